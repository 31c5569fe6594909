import { isLate, plusDays, Rejection } from '@holdfast/domain';
import type { AppealRefusal, contractsEvents, EventOf } from '@holdfast/events';
import type { Hold } from './hold.ts';

type ContractsEvent = EventOf<typeof contractsEvents>;
export type HoldAppealed = Extract<ContractsEvent, { type: 'contracts.account.hold_appealed' }>;
export type AppealRefused = Extract<ContractsEvent, { type: 'contracts.account.appeal_refused' }>;

/** What a person says against a hold, until another person has decided it (S-11). */
export type Appeal = Readonly<{ id: string; holdId: string; accountId: string; openedAt: Date }> &
  (
    | Readonly<{ status: 'open' }>
    /** `upheld` lifted the hold; `moot` = the hold was lifted for another reason meanwhile. */
    | Readonly<{ status: 'upheld' | 'moot'; endedAt: Date }>
    | Readonly<{ status: 'refused'; endedAt: Date; refusal: AppealRefusal; againAt: Date }>
  );

/**
 * Against every hold that stands, one appeal at a time; after a refusal again once its time is over (S-11). Also against
 * that of a closed account: upheld, it frees what is left of the money, and the account stays closed (S-12).
 * @throws Rejection hold.lifted | appeal.open | appeal.too_early
 */
export function appealHold(
  { id: holdId, accountId, status }: Hold,
  earlier: readonly Appeal[],
  { appealId, now }: Readonly<{ appealId: string; now: Date }>,
): HoldAppealed {
  if (status === 'lifted') throw new Rejection('hold.lifted');
  for (const one of earlier) {
    if (one.status === 'open') throw new Rejection('appeal.open');
    if (one.status === 'refused' && !isLate(now, one.againAt)) {
      throw new Rejection('appeal.too_early', { againAt: one.againAt.toISOString() });
    }
  }
  return { type: 'contracts.account.hold_appealed', accountId, holdId, appealId };
}

/**
 * Nobody looks at what they have done themselves, nor at what concerns themselves (S-11).
 * @param placedBy the operator who placed the hold; none where a fact did
 * @throws Rejection appeal.decided | appeal.own_hold
 */
export function assertDecides(by: string, { status, accountId }: Appeal, placedBy: string | undefined): void {
  if (status !== 'open') throw new Rejection('appeal.decided');
  if (by === placedBy || by === accountId) throw new Rejection('appeal.own_hold');
}

/** The hold stands; after `againDays` the person may say something new. */
export const refuseAppeal = (
  { id: appealId, holdId, accountId }: Appeal,
  { reason, now, againDays }: Readonly<{ reason: AppealRefusal; now: Date; againDays: number }>,
): AppealRefused => ({
  type: 'contracts.account.appeal_refused',
  ...{ accountId, holdId, appealId, reason },
  againAt: plusDays(now, againDays),
});
