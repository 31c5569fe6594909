import { feeOf, isLate, type Money, plusDays, Rejection, subtract, usd } from '@holdfast/domain';
import type { EventOf, escrowEvents, PinnedSettings } from '@holdfast/events';

type EscrowEvent = EventOf<typeof escrowEvents>;
export type BonusCharged = Extract<EscrowEvent, { type: 'escrow.bonus.charged' }>;
export type BonusFailed = Extract<EscrowEvent, { type: 'escrow.bonus.charge_failed' }>;
export type BonusReleased = Extract<EscrowEvent, { type: 'escrow.bonus.released' }>;

/**
 * Whether a client may pay this bonus: within the limits (E-11), and until `bonus.days_after_end` after the contract's
 * end (E-10). While the platform pauses the contract nothing is charged.
 * @throws Rejection bonus.too_small | bonus.too_large | bonus.too_late | agreement.not_active
 */
export function assertBonus(
  amount: Money,
  agreement: Readonly<{
    status: 'active' | 'paused' | 'closing' | 'ended';
    endedAt?: Date | null;
    settings: Pick<PinnedSettings, 'bonus.min' | 'bonus.max' | 'bonus.days_after_end'>;
  }>,
  now: Date,
): void {
  const { status, endedAt, settings } = agreement;
  if (amount.amountMinor < BigInt(settings['bonus.min'])) throw new Rejection('bonus.too_small');
  if (amount.amountMinor > BigInt(settings['bonus.max'])) throw new Rejection('bonus.too_large');
  if (status === 'paused') throw new Rejection('agreement.not_active', { state: status });
  if (endedAt && isLate(now, plusDays(endedAt, settings['bonus.days_after_end']))) {
    throw new Rejection('bonus.too_late');
  }
}

/** The bonus is released by itself, whole, when its charge succeeds (E-10); the fees as with any release (P-7). */
export function releaseBonus(
  charged: BonusCharged,
  decision: Readonly<{ freelancerId: string; transferId: string; now: Date; freelancerFeeBps: bigint }>,
): BonusReleased {
  const { agreementId, bonusId, amount: gross, clientFee } = charged;
  const freelancerFee = usd(feeOf(gross.amountMinor, decision.freelancerFeeBps));
  return {
    type: 'escrow.bonus.released',
    agreementId,
    bonusId,
    freelancerId: decision.freelancerId,
    gross,
    clientFee,
    freelancerFee,
    net: subtract(gross, freelancerFee),
    cause: 'bonus',
    transferId: decision.transferId,
    releasedAt: decision.now,
  };
}
