import { halfUp, type Money, usd } from '@holdfast/domain';
import { least } from './lots.ts';
import type { Refund, RefundParts } from './refund.ts';
import { type LotReturn, type RefundableLot, withTax } from './refund-plan.ts';

/** A lot as far as a chargeback needs it: whose it is, and what of it went which way. */
export type ChargedLot = RefundableLot &
  Readonly<{
    milestoneId?: string | null;
    bonusId?: string | null;
    principalMinor: bigint;
    principalRefundedMinor: bigint;
    chargedBackMinor: bigint;
  }>;

/** What was released to the freelancer of a milestone or bonus, over all its parts. */
export type Released = Readonly<{
  milestoneId?: string | null;
  bonusId?: string | null;
  grossMinor: bigint;
  freelancerFeeMinor: bigint;
  protected: boolean;
}>;

/** Money of the charge that is owed to the client, and was not sent (E-23). */
export type OwedRefund = Pick<Refund, 'id' | 'milestoneId' | 'bonusId' | 'parts'>;

/** What a disputed charge paid (P-10, P-11): owed back, still held, or released and then protected or not. */
export type ChargedPart = Readonly<{
  milestoneId?: string;
  bonusId?: string;
  state: 'refunding' | 'held' | 'released';
  /** The refund, and what it pays besides principal and client fee. */
  refund?: Readonly<{ id: string; initiationFeeMinor: bigint; taxMinor: bigint }>;
  protected: boolean;
  principalMinor: bigint;
  clientFeeMinor: bigint;
  /** Of what was released. */
  freelancerFeeMinor: bigint;
  netMinor: bigint;
  /** Of what is held: what each lot loses, with the fees and the tax that go along. */
  lots: readonly LotReturn[];
}>;

/**
 * What of the disputed amount stands for which part of the charge: first what is owed to the client anyway, then what is
 * still held, then released pay that may be taken back, last what is protected (P-10). What stands for none of them is the
 * platform's.
 * @param initiationLotId the lot with the initiation fee, while that is still held (P-6)
 */
export function chargedParts(
  amountMinor: bigint,
  lots: readonly ChargedLot[],
  released: readonly Released[],
  initiationLotId?: string,
  owed: readonly OwedRefund[] = [],
): ChargedPart[] {
  let open = amountMinor;
  const parts: ChargedPart[] = [];
  const wholes = [
    ...owed.map(owedPart),
    ...heldParts(lots, initiationLotId),
    ...feeAlone(lots, initiationLotId),
    ...releasedParts(lots, released),
  ];
  for (const whole of wholes) {
    const part = cut(whole, least(worthOf(whole), open));
    const isFee = part.state === 'held' && part.milestoneId === undefined;
    if ((part.refund || isFee ? worthOf(part) : part.principalMinor) === 0n) continue;
    open -= worthOf(part);
    parts.push(part);
  }
  return parts;
}

/** What of the disputed amount a part stands for. */
export const worthOf = ({ principalMinor, clientFeeMinor, lots, refund }: ChargedPart): bigint =>
  [...lots, ...(refund ? [refund] : [])].reduce(
    (sum, one) => sum + one.initiationFeeMinor + one.taxMinor,
    principalMinor + clientFeeMinor,
  );

function owedPart({
  id,
  parts: { principal, clientFee, initiationFee, tax },
  ...owner
}: OwedRefund): ChargedPart {
  return {
    ...ownerOf(owner),
    state: 'refunding',
    protected: false,
    principalMinor: principal.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    freelancerFeeMinor: 0n,
    netMinor: 0n,
    lots: [],
    refund: { id, initiationFeeMinor: initiationFee.amountMinor, taxMinor: tax.amountMinor },
  };
}

/** What a refund still owes once a chargeback has taken a part of it. */
export function restOf(
  { principal, clientFee, initiationFee, tax }: RefundParts,
  taken: ChargedPart,
): RefundParts {
  const less = (whole: Money, minor: bigint): Money => usd(whole.amountMinor - minor);
  return {
    principal: less(principal, taken.principalMinor),
    clientFee: less(clientFee, taken.clientFeeMinor),
    initiationFee: less(initiationFee, taken.refund?.initiationFeeMinor ?? 0n),
    tax: less(tax, taken.refund?.taxMinor ?? 0n),
  };
}

function heldParts(lots: readonly ChargedLot[], initiationLotId: string | undefined): ChargedPart[] {
  const held = lots.filter(({ principalLeftMinor }) => principalLeftMinor > 0n);
  return grouped(held).map(({ owner, own }) => {
    const lost = own.map((lot) => {
      const { id: lotId, principalLeftMinor: principalMinor, clientFeeLeftMinor: clientFeeMinor } = lot;
      const initiationFeeMinor = lotId === initiationLotId ? lot.initiationFeeMinor : 0n;
      return withTax(lot, { lotId, principalMinor, clientFeeMinor, initiationFeeMinor });
    });
    return heldPart(owner, lost);
  });
}

/** The initiation fee is held, and nothing of its lot: the milestone that it came with went back to the client before (P-6). */
function feeAlone(lots: readonly ChargedLot[], initiationLotId: string | undefined): ChargedPart[] {
  const lot = lots.find(({ id, principalLeftMinor }) => id === initiationLotId && principalLeftMinor === 0n);
  if (!lot) return [];
  const { id: lotId, initiationFeeMinor } = lot;
  const alone = { lotId, principalMinor: 0n, clientFeeMinor: 0n, initiationFeeMinor };
  return [heldPart({}, [withTax(lot, alone)])];
}

const heldPart = (owner: Owner, lots: readonly LotReturn[]): ChargedPart => ({
  ...owner,
  state: 'held',
  protected: false,
  principalMinor: sum(lots, ({ principalMinor }) => principalMinor),
  clientFeeMinor: sum(lots, ({ clientFeeMinor }) => clientFeeMinor),
  freelancerFeeMinor: 0n,
  netMinor: 0n,
  lots,
});

function releasedParts(lots: readonly ChargedLot[], released: readonly Released[]): ChargedPart[] {
  const parts = grouped(lots).flatMap(({ owner, own }): ChargedPart[] => {
    const principalMinor = sum(own, releasedOf);
    if (principalMinor === 0n) return [];
    const paid = released.filter(
      ({ milestoneId, bonusId }) =>
        (milestoneId ?? undefined) === owner.milestoneId && (bonusId ?? undefined) === owner.bonusId,
    );
    const grossMinor = sum(paid, (one) => one.grossMinor);
    const feeMinor = sum(paid, (one) => one.freelancerFeeMinor);
    const freelancerFeeMinor = grossMinor === 0n ? 0n : halfUp(feeMinor, principalMinor, grossMinor);
    return [
      {
        ...owner,
        state: 'released',
        protected: paid.every((one) => one.protected),
        principalMinor,
        clientFeeMinor: sum(own, earnedOf),
        freelancerFeeMinor,
        netMinor: principalMinor - freelancerFeeMinor,
        lots: [],
      },
    ];
  });
  return parts.sort((a, b) => Number(a.protected) - Number(b.protected));
}

const releasedOf = (lot: ChargedLot): bigint =>
  lot.principalMinor - lot.principalLeftMinor - lot.principalRefundedMinor - lot.chargedBackMinor;
/** Of what was released nothing of the initiation fee was ever returned (P-6). */
const earnedOf = (lot: ChargedLot): bigint => {
  const earned = lot.clientFeeMinor - lot.clientFeeLeftMinor - lot.feeReturnedMinor;
  return earned > 0n ? earned : 0n;
};

/** Less than the whole: each share rounded down, so that the parts never exceed what was taken. */
function cut(part: ChargedPart, amountMinor: bigint): ChargedPart {
  const value = worthOf(part);
  if (amountMinor >= value) return part;
  if (part.refund) return cutRefund({ ...part, refund: part.refund }, amountMinor);
  const share = (minor: bigint): bigint => (minor * amountMinor) / value;
  if (part.state === 'held') {
    const lots = part.lots.map((lot) => ({
      lotId: lot.lotId,
      principalMinor: share(lot.principalMinor),
      clientFeeMinor: share(lot.clientFeeMinor),
      initiationFeeMinor: 0n,
      taxMinor: 0n,
    }));
    return heldPart(ownerOf(part), lots);
  }
  const principalMinor = share(part.principalMinor);
  const freelancerFeeMinor =
    part.principalMinor === 0n ? 0n : halfUp(part.freelancerFeeMinor, principalMinor, part.principalMinor);
  return {
    ...part,
    principalMinor,
    clientFeeMinor: share(part.clientFeeMinor),
    freelancerFeeMinor,
    netMinor: principalMinor - freelancerFeeMinor,
  };
}

/** Principal first, then the fees. */
function cutRefund(
  part: ChargedPart & Required<Pick<ChargedPart, 'refund'>>,
  amountMinor: bigint,
): ChargedPart {
  let open = amountMinor;
  const take = (minor: bigint): bigint => {
    const taken = least(minor, open);
    open -= taken;
    return taken;
  };
  const { id, ...fees } = part.refund;
  const principalMinor = take(part.principalMinor);
  const clientFeeMinor = take(part.clientFeeMinor);
  const initiationFeeMinor = take(fees.initiationFeeMinor);
  const refund = { id, initiationFeeMinor, taxMinor: take(fees.taxMinor) };
  return { ...part, principalMinor, clientFeeMinor, refund };
}

type Owner = Readonly<{ milestoneId?: string; bonusId?: string }>;

const ownerOf = ({
  milestoneId,
  bonusId,
}: {
  milestoneId?: string | null;
  bonusId?: string | null;
}): Owner => ({
  ...(milestoneId ? { milestoneId } : {}),
  ...(bonusId ? { bonusId } : {}),
});

function grouped(lots: readonly ChargedLot[]): { owner: Owner; own: ChargedLot[] }[] {
  const groups = new Map<string, { owner: Owner; own: ChargedLot[] }>();
  for (const lot of lots) {
    const key = `${lot.milestoneId}/${lot.bonusId}`;
    const group = groups.get(key) ?? { owner: ownerOf(lot), own: [] };
    group.own.push(lot);
    groups.set(key, group);
  }
  return [...groups.values()];
}

const sum = <T>(all: readonly T[], of: (one: T) => bigint): bigint =>
  all.reduce((total, one) => total + of(one), 0n);

/** What a loss does, part by part: no longer owed, written down, recovered from the freelancer, or borne by the platform. */
export function lossOf(amountMinor: bigint, parts: readonly ChargedPart[]) {
  const refunding = parts.filter(({ state }) => state === 'refunding');
  const held = parts.filter(({ state }) => state === 'held');
  const recoverable = parts.filter((part) => part.state === 'released' && !part.protected);
  const recoverableMinor = sum(recoverable, worthOf);
  const owedMinor = sum(refunding, worthOf);
  return {
    refunding,
    owedMinor,
    held,
    recoverable: {
      netMinor: sum(recoverable, ({ netMinor }) => netMinor),
      freelancerFeeMinor: sum(recoverable, ({ freelancerFeeMinor }) => freelancerFeeMinor),
      clientFeeMinor: sum(recoverable, ({ clientFeeMinor }) => clientFeeMinor),
    },
    recoverableMinor,
    borneMinor: amountMinor - owedMinor - sum(held, worthOf) - recoverableMinor,
  };
}
