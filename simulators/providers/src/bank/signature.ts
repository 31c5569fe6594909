import { createHmac } from 'node:crypto';
import type { Signing } from '../webhook-delivery.ts';

/** Hex HMAC-SHA256 over the raw body (section 3.6); no time is signed. */
export function signatureOf(secret: string, body: string): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

/** The id is the receiver's only protection against a replay. */
export function signHeaders(
  secret: string,
  body: string,
  { eventId, forgery }: Signing,
): Record<string, string> {
  const id = { 'x-webhook-id': eventId };
  if (forgery === 'missing') return id;
  return { ...id, 'x-signature': signatureOf(forgery ? `${secret}_forged` : secret, body) };
}
