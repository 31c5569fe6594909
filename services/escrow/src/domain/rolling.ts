import { halfUp, subtract, usd } from '@holdfast/domain';
import type { Rolling } from './charging.ts';
import { leavingClientFee } from './client-fee.ts';
import { least } from './lots.ts';
import type { MilestoneRolled } from './milestone-events.ts';

/** The parts of a lot that roll-over divides (E-21, P-12). */
export type RollingLot = Readonly<{
  principalMinor: bigint;
  clientFeeMinor: bigint;
  initiationFeeMinor: bigint;
  taxMinor: bigint;
  taxReturnedMinor: bigint;
}>;

/**
 * A rest rolls over to a later milestone, with its part of the client fee that is still held (E-9, R-6).
 * `feeMinorMax`: the fee on the lots that may be touched, where a chargeback freezes others (E-22).
 */
export function roll(
  { from, amount }: Rolling,
  to: Readonly<{ toMilestoneId: string; now: Date; feeMinorMax?: bigint }>,
): Omit<MilestoneRolled, 'lots'> {
  const clientFee = leavingClientFee(from, amount).amountMinor;
  return {
    type: 'escrow.milestone.rolled',
    agreementId: from.agreementId,
    milestoneId: from.id,
    toMilestoneId: to.toMilestoneId,
    amount,
    clientFee: usd(to.feeMinorMax === undefined ? clientFee : least(clientFee, to.feeMinorMax)),
    balance: subtract(from.held, amount),
    rolledAt: to.now,
  };
}

/** The tax that goes along with a part of a lot's client fee; what went back with a fee before stays (P-12, R-6). */
export function rollingTax(lot: RollingLot, clientFeeMinor: bigint): bigint {
  const feesMinor = lot.clientFeeMinor + lot.initiationFeeMinor;
  if (feesMinor === 0n) return 0n;
  return least(halfUp(lot.taxMinor, clientFeeMinor, feesMinor), lot.taxMinor - lot.taxReturnedMinor);
}
