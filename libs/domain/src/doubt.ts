import { isLate, plusHours, plusMinutes } from './time.ts';

/**
 * A call to a provider that may have been executed is asked about before anything else (rule W-15). One query
 * that finds nothing proves nothing: three do, once they span ten minutes.
 */
export type Doubt = Readonly<{
  /** Queries that found nothing, and when the first of them was. */
  misses: number;
  firstMissAt?: Date;
}>;

const queryMinutes = 5;
const missesNeeded = 3;
const missesSpanMinutes = 10;
/** Providers know a key for 24 h; an hour less, so that clocks need not agree. */
const keyHours = 23;

export const noMisses: Doubt = { misses: 0, firstMissAt: undefined };

/** One more query that found nothing. */
export const missedAgain = ({ misses, firstMissAt }: Doubt, now: Date): Doubt & { firstMissAt: Date } => ({
  misses: misses + 1,
  firstMissAt: firstMissAt ?? now,
});

/** Proven not executed: the same key with the same bytes may be sent again, inside the key's window. */
export const isProvenAbsent = ({ misses, firstMissAt }: Doubt, now: Date): boolean =>
  misses >= missesNeeded &&
  firstMissAt !== undefined &&
  isLate(now, plusMinutes(firstMissAt, missesSpanMinutes));

/** When the next query is due. */
export const nextQueryAt = (now: Date): Date => plusMinutes(now, queryMinutes);

/** The provider may have forgotten the key: sent again under it, the call could be executed twice. */
export const isKeyForgotten = (keySince: Date, now: Date): boolean =>
  isLate(now, plusHours(keySince, keyHours));
