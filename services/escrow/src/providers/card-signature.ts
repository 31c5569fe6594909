import { createHmac, timingSafeEqual } from 'node:crypto';

/** Notices whose signed time is further from ours than this are refused; measured by the wall clock (0.2). */
const toleranceSeconds = 300;

/**
 * `Stripe-Signature: t=<unix>,v1=<hex>[,v1=...]` over the raw bytes: any `v1` of any of our secrets suffices,
 * since two are active while one is rolled (provider protocols, 4.1).
 */
export function isSigned(
  header: string | undefined,
  rawBody: Buffer,
  secrets: readonly string[],
  now: Date,
): boolean {
  const parts = (header ?? '').split(',').map((part) => part.trim().split(/=(.*)/s));
  const time = parts.find(([name]) => name === 't')?.[1];
  const given = parts
    .filter(([name, value]) => name === 'v1' && /^[0-9a-f]{64}$/i.test(value ?? ''))
    .map(([, value]) => Buffer.from(value!, 'hex'));
  if (!time || !/^\d{1,12}$/.test(time)) return false;
  const expected = secrets.map((secret) =>
    createHmac('sha256', secret).update(`${time}.`).update(rawBody).digest(),
  );
  const matches = expected.some((mac) => given.some((candidate) => timingSafeEqual(candidate, mac)));
  const skewSeconds = Math.abs(now.getTime() / 1_000 - Number(time));
  return matches && skewSeconds <= toleranceSeconds;
}
