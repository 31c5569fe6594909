import { createHmac, timingSafeEqual } from 'node:crypto';

const hexDigest = /^[0-9a-f]{64}$/i;
const hmac = (secret: string, bytes: Buffer | string): Buffer =>
  createHmac('sha256', secret).update(bytes).digest();

/** `X-Signature`: the HMAC-SHA256 of the raw body, in hex. What protects against a replay is the signed id (F53). */
export function isSigned(
  signature: string | undefined,
  rawBody: Buffer,
  secrets: readonly string[],
): boolean {
  if (!signature || !hexDigest.test(signature)) return false;
  const given = Buffer.from(signature, 'hex');
  // All are compared, so that the time does not tell which one matched.
  return secrets.map((secret) => timingSafeEqual(given, hmac(secret, rawBody))).includes(true);
}

const tokenForm = /^([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;
const macOf = (secret: string, noticeId: string): Buffer => hmac(secret, `unsubscribe/${noticeId}`);

/** Names the mail in which it stands and nothing of its person (C-4). */
export const unsubscribeToken = (secret: string, noticeId: string): string =>
  `${noticeId}.${macOf(secret, noticeId).toString('base64url')}`;

/** The notice in whose mail the token stands; undefined where it is not ours. */
export function noticeOfToken(secret: string, token: string): string | undefined {
  const [, noticeId, mac] = tokenForm.exec(token) ?? [];
  if (noticeId === undefined || mac === undefined) return undefined;
  const given = Buffer.from(mac, 'base64url');
  const right = macOf(secret, noticeId);
  return given.length === right.length && timingSafeEqual(given, right) ? noticeId : undefined;
}
