import { halfUp, isLate, plusDays, Rejection, split } from '@holdfast/domain';
import { least, takeLots } from './lots.ts';
import type { DrawnShare, RefundParts } from './refund.ts';
import { partsOf, type RefundableLot, withTax } from './refund-plan.ts';

/** A release with the fees on it, and what of it went back since (E-19). */
export type Payment = Readonly<{
  /** The transfer's. */
  id: string;
  releasedAt: Date;
  grossMinor: bigint;
  clientFeeMinor: bigint;
  freelancerFeeMinor: bigint;
  refundedMinor: bigint;
}>;

/** A lot with what the freelancer got of it. */
export type PaidLot = RefundableLot &
  Readonly<{ principalMinor: bigint; principalRefundedMinor: bigint; chargedBackMinor: bigint }>;

/** One refund to one charge; all of a draw are decided together or not at all (E-25). */
export type PlannedDraw = Readonly<{
  fundingId: string;
  parts: RefundParts;
  freelancerFeeMinor: bigint;
  netMinor: bigint;
  shares: readonly DrawnShare[];
}>;

/**
 * What goes back of paid money, and to which charge: the newest releases and lots first (E-18, E-21), each with both
 * fees on it. What is kept of a payment keeps `fee x kept / paid`, so that the last part absorbs the rounding.
 * @param asked without an amount, all that can still go back; only what was released at least `afterDays` ago, which
 *   support alone gives back, and less than `days`
 * @throws Rejection refund.exceeds_paid: less was paid | refund.too_late: less was paid in the last `days` |
 *   refund.too_early: some of it was paid in the last `afterDays`
 */
export function planDraw(
  paid: Readonly<{ payments: readonly Payment[]; lots: readonly PaidLot[] }>,
  asked: Readonly<{ amountMinor?: bigint; now: Date; afterDays?: number; days: number }>,
): PlannedDraw[] {
  const { now, afterDays, days } = asked;
  const payments = [...paid.payments].sort(newestFirst);
  const isEarly = ({ releasedAt }: Payment): boolean =>
    afterDays !== undefined && !isLate(now, plusDays(releasedAt, afterDays));
  const inTime = payments.filter(
    (payment) => !isEarly(payment) && !isLate(now, plusDays(payment.releasedAt, days)),
  );
  const amountMinor = asked.amountMinor ?? leftOf(inTime);
  const leftMinor = least(leftOf(payments), paidBy(paid.lots));
  if (leftMinor === 0n || amountMinor > leftMinor) throw new Rejection('refund.exceeds_paid');
  if (amountMinor === 0n || amountMinor > leftOf(inTime)) {
    const hasEarly = leftOf(payments.filter(isEarly)) > 0n;
    throw new Rejection(hasEarly ? 'refund.too_early' : 'refund.too_late');
  }
  let lots = paid.lots;
  let open = amountMinor;
  const shares: (DrawnShare & { fundingId: string })[] = [];
  for (const payment of inTime) {
    const principalMinor = least(keptOf(payment), open);
    if (principalMinor === 0n) continue;
    open -= principalMinor;
    const taken = sharesOf(payment, principalMinor, lots);
    lots = lots.map((lot) =>
      returned(
        lot,
        taken.find(({ lotId }) => lotId === lot.id),
      ),
    );
    shares.push(...taken);
  }
  return byCharge(shares);
}

/** What one payment gives back, over the lots that paid it. */
function sharesOf(payment: Payment, principalMinor: bigint, lots: readonly PaidLot[]) {
  const { id: releaseId, clientFeeMinor, freelancerFeeMinor } = payment;
  const taken = takeLots(lots.map(paidPartOf), {
    principalMinor,
    clientFeeMinor: feeGoingBack(payment, clientFeeMinor, principalMinor),
    order: 'newest_first',
  });
  const freelancerFees = split(
    feeGoingBack(payment, freelancerFeeMinor, principalMinor),
    taken.map((share) => share.principalMinor),
  );
  return taken.map((share, index) => {
    const { lotId, fundingId } = share;
    const back = { lotId, principalMinor: share.principalMinor, clientFeeMinor: share.clientFeeMinor };
    const { taxMinor } = withTax(lots.find(({ id }) => id === lotId)!, { ...back, initiationFeeMinor: 0n });
    return { ...back, releaseId, fundingId, freelancerFeeMinor: freelancerFees[index]!, taxMinor };
  });
}

/** What is kept keeps its part; the difference to what was kept before goes back. */
function feeGoingBack({ grossMinor, refundedMinor }: Payment, feeMinor: bigint, principalMinor: bigint) {
  const keptBefore = grossMinor - refundedMinor;
  const feeKept = (kept: bigint): bigint => halfUp(feeMinor, kept, grossMinor);
  return feeKept(keptBefore) - feeKept(keptBefore - principalMinor);
}

/** What the freelancer got of it, and the fee that was earned on it: no refund exceeds its source (M-13). */
const paidPartOf = (lot: PaidLot) => ({
  ...lot,
  principalLeftMinor:
    lot.principalMinor - lot.principalLeftMinor - lot.principalRefundedMinor - lot.chargedBackMinor,
  clientFeeLeftMinor: lot.clientFeeMinor - lot.clientFeeLeftMinor - lot.feeReturnedMinor,
});

/** As it is once a share of it has gone back. */
export function returned<L extends PaidLot>(lot: L, share: Omit<DrawnShare, 'releaseId'> | undefined): L {
  if (!share) return lot;
  return {
    ...lot,
    principalRefundedMinor: lot.principalRefundedMinor + share.principalMinor,
    feeReturnedMinor: lot.feeReturnedMinor + share.clientFeeMinor,
    taxReturnedMinor: lot.taxReturnedMinor + share.taxMinor,
  };
}

/** The reverse, for a draw that was refused or reversed. */
export const takenBack = (share: DrawnShare): DrawnShare => ({
  ...share,
  principalMinor: -share.principalMinor,
  clientFeeMinor: -share.clientFeeMinor,
  freelancerFeeMinor: -share.freelancerFeeMinor,
  taxMinor: -share.taxMinor,
});

function byCharge(shares: readonly (DrawnShare & { fundingId: string })[]): PlannedDraw[] {
  return [...new Set(shares.map(({ fundingId }) => fundingId))].map((fundingId) => {
    const own = shares
      .filter((share) => share.fundingId === fundingId)
      .map(({ fundingId: _, ...share }) => share);
    const parts = partsOf(own.map((share) => ({ ...share, initiationFeeMinor: 0n })));
    const freelancerFeeMinor = own.reduce((sum, share) => sum + share.freelancerFeeMinor, 0n);
    const netMinor = parts.principal.amountMinor - freelancerFeeMinor;
    return { fundingId, parts, freelancerFeeMinor, netMinor, shares: own };
  });
}

const keptOf = ({ grossMinor, refundedMinor }: Payment): bigint => grossMinor - refundedMinor;
const paidBy = (lots: readonly PaidLot[]): bigint =>
  lots.reduce((sum, lot) => sum + paidPartOf(lot).principalLeftMinor, 0n);
const leftOf = (payments: readonly Payment[]): bigint =>
  payments.reduce((sum, payment) => sum + keptOf(payment), 0n);

/** Ids are in time order, so that two of one instant have an order too. */
const newestFirst = (a: Payment, b: Payment): number =>
  b.releasedAt.getTime() - a.releasedAt.getTime() || (a.id < b.id ? 1 : -1);
