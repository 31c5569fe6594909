import { halfUp, type Money, usd } from '@holdfast/domain';
import { leavingClientFee } from './client-fee.ts';
import { type Lot, least, takeLots } from './lots.ts';
import { assertMovable, type HeldMilestone } from './milestone.ts';
import type { RefundParts } from './refund.ts';

/** A lot with what its charge took besides the principal, and what of that went back already (P-6, P-12). */
export type RefundableLot = Lot &
  Readonly<{
    clientFeeMinor: bigint;
    initiationFeeMinor: bigint;
    taxMinor: bigint;
    /** Of client and initiation fee. */
    feeReturnedMinor: bigint;
    taxReturnedMinor: bigint;
  }>;

/** What one lot gives back. */
export type LotReturn = Readonly<{
  lotId: string;
  principalMinor: bigint;
  clientFeeMinor: bigint;
  initiationFeeMinor: bigint;
  taxMinor: bigint;
}>;

/** One refund that is to be decided: to one charge, of one milestone (E-21, E-23). */
export type PlannedRefund = Readonly<{
  fundingId: string;
  /** None where only the initiation fee goes back, since its milestone was refunded before (P-6). */
  milestoneId?: string;
  parts: RefundParts;
  lots: readonly LotReturn[];
}>;

/** Held money of a milestone that goes back to the client. */
export type Returning = Readonly<{
  milestone: HeldMilestone;
  amount: Money;
  lots: readonly RefundableLot[];
}>;

/**
 * What goes back to which charge: the newest lots first, each at most what is left of it (E-21, M-13), with the part of
 * the fees and of their tax that goes along (R-6, P-5, P-12).
 * @param initiationLot with it the initiation fee goes back too: the contract ends and nothing was ever released (P-6)
 * @throws Rejection milestone.frozen | milestone.reserved
 */
export function planRefunds(
  returning: readonly Returning[],
  initiationLot?: RefundableLot,
): readonly PlannedRefund[] {
  const shares = returning.flatMap((each) => sharesOf(each).map((share) => ({ ...share, each })));
  // In the refund of its own charge that is decided last; alone where that charge has none.
  const withFee = initiationLot && shares.findLastIndex(({ lotId }) => lotId === initiationLot.id);
  const planned = shares.map(({ each, lotId, fundingId, principalMinor, clientFeeMinor }, index) => {
    const lot = each.lots.find(({ id }) => id === lotId)!;
    const initiationFeeMinor = index === withFee ? lot.initiationFeeMinor : 0n;
    const returned = withTax(lot, { lotId, principalMinor, clientFeeMinor, initiationFeeMinor });
    return { fundingId, milestoneId: each.milestone.id as string | undefined, returned };
  });
  if (initiationLot && withFee === -1) {
    const { id: lotId, fundingId, initiationFeeMinor } = initiationLot;
    const alone = { lotId, principalMinor: 0n, clientFeeMinor: 0n, initiationFeeMinor };
    planned.push({ fundingId, milestoneId: undefined, returned: withTax(initiationLot, alone) });
  }
  return byCharge(planned);
}

function sharesOf({ milestone, amount, lots }: Returning) {
  assertMovable(milestone, amount);
  return takeLots(lots, {
    principalMinor: amount.amountMinor,
    clientFeeMinor: feeGoingBack(milestone, amount, lots),
    order: 'newest_first',
    frozenFundingIds: new Set(milestone.freezes.flatMap(({ fundingId }) => (fundingId ? [fundingId] : []))),
  });
}

/** What of the client fee goes along with a part, at most what the lots hold that may be touched (R-6, E-22). */
function feeGoingBack(milestone: HeldMilestone, amount: Money, lots: readonly RefundableLot[]): bigint {
  const frozen = new Set(milestone.freezes.map(({ fundingId }) => fundingId));
  const free = lots.filter(({ fundingId }) => !frozen.has(fundingId));
  const freeMinor = free.reduce((sum, lot) => sum + lot.clientFeeLeftMinor, 0n);
  return least(leavingClientFee(milestone, amount).amountMinor, freeMinor);
}

/** The tax follows the fees that go back; cumulative, so that the last part absorbs the rounding (P-12, R-6). */
export function withTax(lot: RefundableLot, returned: Omit<LotReturn, 'taxMinor'>): LotReturn {
  const feesMinor = lot.clientFeeMinor + lot.initiationFeeMinor;
  const soFar = lot.feeReturnedMinor + returned.clientFeeMinor + returned.initiationFeeMinor;
  const taxSoFar = feesMinor === 0n ? 0n : halfUp(lot.taxMinor, soFar, feesMinor);
  return { ...returned, taxMinor: taxSoFar > lot.taxReturnedMinor ? taxSoFar - lot.taxReturnedMinor : 0n };
}

type OfLot = Readonly<{ fundingId: string; milestoneId: string | undefined; returned: LotReturn }>;

/** Two lots of one charge on one milestone, after roll-over, are one refund. */
function byCharge(planned: readonly OfLot[]): PlannedRefund[] {
  const refunds = new Map<string, { fundingId: string; milestoneId?: string; lots: LotReturn[] }>();
  for (const { fundingId, milestoneId, returned } of planned) {
    const key = `${milestoneId}/${fundingId}`;
    const refund = refunds.get(key) ?? { fundingId, milestoneId, lots: [] };
    refund.lots.push(returned);
    refunds.set(key, refund);
  }
  return [...refunds.values()].map((refund) => ({ ...refund, parts: partsOf(refund.lots) }));
}

export function partsOf(lots: readonly LotReturn[]): RefundParts {
  const sum = (of: (lot: LotReturn) => bigint): Money =>
    usd(lots.reduce((total, lot) => total + of(lot), 0n));
  return {
    principal: sum(({ principalMinor }) => principalMinor),
    clientFee: sum(({ clientFeeMinor }) => clientFeeMinor),
    initiationFee: sum(({ initiationFeeMinor }) => initiationFeeMinor),
    tax: sum(({ taxMinor }) => taxMinor),
  };
}
