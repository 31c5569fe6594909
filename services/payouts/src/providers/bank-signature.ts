import { createHmac, timingSafeEqual } from 'node:crypto';

const hexDigest = /^[0-9a-f]{64}$/i;

/**
 * `X-Signature`: the HMAC-SHA256 of the raw body, in hex (3.6 of the provider protocols). No time is signed:
 * what protects against a replay is the stored id of the notice (F53).
 */
export function isSigned(
  signature: string | undefined,
  rawBody: Buffer,
  secrets: readonly string[],
): boolean {
  if (!signature || !hexDigest.test(signature)) return false;
  const given = Buffer.from(signature, 'hex');
  const matches = secrets.map((secret) =>
    timingSafeEqual(given, createHmac('sha256', secret).update(rawBody).digest()),
  );
  // All are compared, so that the time does not tell which one matched.
  return matches.includes(true);
}
