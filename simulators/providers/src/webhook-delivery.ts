import type { Tx } from './store.ts';

/**
 * How a signature is made wrong: another secret, a properly signed but old time, no header at all, the name of
 * another subscription, or a key whose certificate nobody vouches for.
 */
export type Forgery = 'signature' | 'timestamp' | 'missing' | 'webhook-id' | 'certificate';

/**
 * One webhook on its way; all times are wall time. `after` names a delivery that must be over first,
 * `held` waits
 * for business time; the first `forgedAttempts` attempts carry a wrong signature.
 */
export type Delivery = Readonly<{
  id: string;
  provider: string;
  eventId: string;
  requestId: string | null;
  createdAtMs: number;
  nextAtMs: number;
  firstTriedAtMs: number | null;
  attempts: number;
  after: string | null;
  held: boolean;
  forgery: Forgery | null;
  forgedAttempts: number;
  skewSeconds: number;
}>;

/** What a signature may be about beside the body; `atSeconds` is wall time. */
export type Signing = Readonly<{ eventId: string; atSeconds: number; forgery: Forgery | null }>;

/** Where a provider's webhooks go, how long it waits for a 2xx, and the headers that sign a body. */
export type Channel = Readonly<{
  url: string | undefined;
  answersWithinMs: number;
  sign: (body: string, signing: Signing) => Record<string, string>;
  /** Signs with a new key from now on; absent where the keys stand in the configuration. */
  rotate?: (tx: Tx) => void;
}>;

/** 3 days, as the card provider retries (section 4.1). */
export const triesForMs = 3 * 86_400_000;

/** 200 ms, doubling, at most 1 h. */
export function retryDelayMs(attempts: number): number {
  return Math.min(200 * 2 ** (attempts - 1), 3_600_000);
}

/** @returns whether the receiver took it with a 2xx */
export async function postEvent(
  channel: Channel,
  delivery: Delivery,
  event: unknown,
  stopping: AbortSignal,
): Promise<boolean> {
  if (!channel.url) return false;
  const body = JSON.stringify(event);
  const forgery = delivery.attempts < delivery.forgedAttempts ? delivery.forgery : null;
  const atSeconds = Math.floor(Date.now() / 1000) + delivery.skewSeconds;
  try {
    const response = await fetch(channel.url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([stopping, AbortSignal.timeout(channel.answersWithinMs)]),
      headers: {
        'content-type': 'application/json; charset=utf-8',
        ...channel.sign(body, { eventId: delivery.eventId, atSeconds, forgery }),
      },
      body,
    });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false; // Refused, reset or too slow: tried again like any other answer that is not a 2xx.
  }
}
