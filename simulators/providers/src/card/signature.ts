import { createHmac } from 'node:crypto';
import type { Forgery } from '../webhook-delivery.ts';

/** Older than the 300 s that a receiver may tolerate (section 4.1). */
const oldSeconds = 600;

/** One `v1` per active secret: two during a roll. `atSeconds` is wall time. */
export function signatureOf(secrets: readonly string[], body: string, atSeconds: number): string {
  const signatures = secrets.map((secret) => {
    const hex = createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex');
    return `v1=${hex}`;
  });
  return [`t=${atSeconds}`, ...signatures].join(',');
}

export function signHeaders(
  secrets: readonly string[],
  body: string,
  atSeconds: number,
  forgery: Forgery | null,
): Record<string, string> {
  if (forgery === 'missing') return {};
  const signedBy = forgery === 'signature' ? secrets.map((secret) => `${secret}_forged`) : secrets;
  const signedAt = forgery === 'timestamp' ? atSeconds - oldSeconds : atSeconds;
  return { 'stripe-signature': signatureOf(signedBy, body, signedAt) };
}
