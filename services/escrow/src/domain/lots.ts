import { split } from '@holdfast/domain';

/** What is left of a charge on one milestone or bonus (E-21). */
export type Lot = Readonly<{
  id: string;
  /** The charge that paid it: refunds and chargebacks name it. */
  fundingId: string;
  chargedAt: Date;
  principalLeftMinor: bigint;
  clientFeeLeftMinor: bigint;
}>;

export type LotShare = Readonly<{
  lotId: string;
  fundingId: string;
  principalMinor: bigint;
  clientFeeMinor: bigint;
}>;

export type Taking = Readonly<{
  principalMinor: bigint;
  /** Worked out on the milestone; divided over the lots touched. */
  clientFeeMinor: bigint;
  /** Releases take the oldest first, refunds and roll-over the newest. */
  order: 'oldest_first' | 'newest_first';
  /** Charges whose lots a chargeback freezes: they are passed over by everything else (E-22). */
  frozenFundingIds?: ReadonlySet<string>;
}>;

/**
 * What each lot gives of an amount that leaves its milestone (E-21). Never more than is left of a lot, so that no
 * refund exceeds its source.
 * @throws RangeError when the free lots do not cover it: the caller has let more go than it may
 */
export function takeLots(lots: readonly Lot[], taking: Taking): LotShare[] {
  const { principalMinor, clientFeeMinor, order, frozenFundingIds } = taking;
  const free = lots
    .filter(({ fundingId }) => !frozenFundingIds?.has(fundingId))
    .sort((a, b) => (order === 'oldest_first' ? byAge(a, b) : byAge(b, a)));
  let open = principalMinor;
  const touched: { lot: Lot; principalMinor: bigint }[] = [];
  for (const lot of free) {
    const principal = least(lot.principalLeftMinor, open);
    if (principal === 0n) continue;
    open -= principal;
    touched.push({ lot, principalMinor: principal });
  }
  if (open > 0n) throw new RangeError('the lots do not cover the amount');
  const fees = feesOf(free, touched, clientFeeMinor);
  return free
    .map((lot) => ({
      lotId: lot.id,
      fundingId: lot.fundingId,
      principalMinor: touched.find((share) => share.lot === lot)?.principalMinor ?? 0n,
      clientFeeMinor: fees.get(lot.id) ?? 0n,
    }))
    .filter((share) => share.principalMinor > 0n || share.clientFeeMinor > 0n);
}

/**
 * R-4 over the lots touched, with the principal as weights. A lot that gives its last principal gives its last fee first,
 * as far as the fee goes, and what rounding left on an empty lot is taken when the others have none.
 */
function feesOf(
  free: readonly Lot[],
  touched: readonly { lot: Lot; principalMinor: bigint }[],
  clientFeeMinor: bigint,
): Map<string, bigint> {
  const fees = new Map<string, bigint>();
  let open = clientFeeMinor;
  const take = (lot: Lot, wanted: bigint): void => {
    const given = least(lot.clientFeeLeftMinor - (fees.get(lot.id) ?? 0n), least(wanted, open));
    fees.set(lot.id, (fees.get(lot.id) ?? 0n) + given);
    open -= given;
  };
  const isEmptied = ({ lot, principalMinor }: (typeof touched)[number]): boolean =>
    lot.principalLeftMinor === principalMinor;
  for (const share of touched) if (isEmptied(share)) take(share.lot, open);
  const others = touched.filter((share) => !isEmptied(share));
  if (others.length > 0) {
    const parts = split(
      open,
      others.map(({ principalMinor }) => principalMinor),
    );
    others.forEach(({ lot }, index) => {
      take(lot, parts[index]!);
    });
  }
  for (const { lot } of touched) take(lot, open);
  for (const lot of free) take(lot, open);
  if (open > 0n) throw new RangeError('the lots do not cover the fee');
  return fees;
}

/** By the instant of the charge, then by id: ids are in time order. */
function byAge(a: Lot, b: Lot): number {
  return a.chargedAt.getTime() - b.chargedAt.getTime() || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

export const least = (left: bigint, right: bigint): bigint => (left < right ? left : right);
