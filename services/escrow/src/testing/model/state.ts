import { sum } from './arithmetic.ts';
import type { Lot } from './lots.ts';

/** What the business refuses; nothing has changed then. */
export class Refused extends Error {}

export type Terms = Readonly<{
  mode: 'one_at_a_time' | 'project_upfront';
  clientBps: bigint;
  freelancerBps: bigint;
  initiation: bigint;
}>;

export type Milestone = {
  price: bigint;
  version: number;
  status:
    | 'agreed'
    | 'funding_pending'
    | 'funded'
    | 'submitted'
    | 'changes_requested'
    | 'refund_pending'
    | 'refunding'
    | 'refund_failed'
    | 'refunded'
    | 'split'
    | 'released'
    | 'charged_back'
    | 'cancelled';
  chargeId?: number;
  /** Held, and what it is a part of; the same of the client fee. */
  held: bigint;
  principal: bigint;
  fee: bigint;
  feeHeld: bigint;
  lots: Lot[];
  /** Every charge that has ever paid some of it. */
  charges: Set<number>;
  /** What the freelancer got of each lot and has not given back, with the fee that was earned on it (E-19). */
  paid: Lot[];
  reserved?: { chargeId: number; amount: bigint };
  submission?: number;
  dueAt?: number;
  /** Where the review stands still (E-16). */
  left?: number;
  /** What waits for a hold or a chargeback to end (E-22). */
  freezes: Freeze[];
  requestId?: number;
  released: bigint;
};

/** `by`: what it waits for. A chargeback freezes the lots of its charge. */
export type Freeze = Readonly<{ by: string; amount: bigint; chargeId?: number; since: number }>;

export type Charge = {
  status: 'pending' | 'failed' | 'succeeded' | 'orphaned';
  bonus: boolean;
  pays: boolean;
  named?: number;
  shares: { milestone: number; version: number; principal: bigint; fee: bigint }[];
  rolling?: { from: number; amount: bigint };
  initiation: bigint;
  /** Of a bonus, what the freelancer got of it and has not given back, and got less than it. */
  paid: Lot[];
  freelancerFee?: bigint;
};

export type Refund = {
  chargeId: number;
  milestone?: number;
  amount: bigint;
  status: 'drawing' | 'refunding' | 'refunded' | 'refund_failed' | 'refused' | 'cancelled' | 'reversed';
  /**
   * Of the call that pays it: still to be made, looked for since a chargeback came, kept back until that ends, taken by the
   * provider, or looked for in vain after its key was forgotten.
   */
  call: 'due' | 'doubt' | 'kept' | 'sent' | 'lost';
  /** Since when the provider may know its key. */
  since: number;
  /** It draws on the freelancer's balance (E-25): since when, what leaves it, and the fees that are not earned. */
  drawn?: Readonly<{ at: number; net: bigint; fees: bigint; undo: () => void }>;
};

/** What was paid: a milestone, or a bonus by its charge. */
export type Paid = Readonly<{ milestone: number } | { bonus: number }>;
export const nameOf = (paid: Paid): string =>
  'bonus' in paid ? `bonus ${paid.bonus}` : `milestone ${paid.milestone}`;

/** What was released of a milestone or as a bonus, and how much of it went back since (E-18). */
export type Payment = {
  of: Paid;
  gross: bigint;
  fee: bigint;
  freelancerFee: bigint;
  back: bigint;
  at: number;
};

/** One question to payouts: all of its refunds or none (E-25). */
export type Draw = {
  status: 'asked' | 'taken' | 'refused';
  refunds: number[];
  /** What the client had asked for, and it answers. */
  request?: PaidRequest;
};

/** The client asks for paid money (E-18): one at a time for each, until it is answered or can no longer be given. */
export type PaidRequest = {
  of: Paid;
  status: 'open' | 'given' | 'declined' | 'lapsed';
  openUntil: number;
};

export type Request = {
  status: 'running' | 'suspended' | 'unproven' | 'approved' | 'silent' | 'settled';
  dueAt: number;
  left?: number;
  proofs: number[];
};

/** What of a dispute stands for what (P-10): a refund that was not sent, held money, the fee for the contract, a bonus. */
export type Part = Readonly<
  | { kind: 'owed'; refundId: number; amount: bigint }
  | { kind: 'held'; milestone: number; principal: bigint; fee: bigint; initiation: bigint }
  | { kind: 'initiation'; amount: bigint }
  | { kind: 'bonus'; net: bigint; fees: bigint }
>;

/** A client's bank takes the money of a charge back (P-11). */
export type Chargeback = {
  chargeId: number;
  amount: bigint;
  fee: bigint;
  status: 'inquiry' | 'received' | 'contested' | 'accepted' | 'recovering' | 'lost' | 'won' | 'closed';
  dueAt: number;
  isAnswered: boolean;
  /** What was lost. */
  parts: Part[];
};

export type Deadline = Readonly<
  { at: number } & ({ review: number } | { request: number } | { evidence: number } | { dormancy: true })
>;

const hour = 3_600_000;
export const day = 24 * hour;
export const live: readonly Milestone['status'][] = ['funded', 'submitted', 'changes_requested'];
export const holding = ({ status }: Milestone): boolean =>
  live.includes(status) || status === 'refund_pending';
/** What stayed after a part was paid counts as settled (E-2). */
export const isRest = (each: Milestone): boolean => live.includes(each.status) && each.held < each.principal;
export const isFrozen = ({ freezes }: Milestone): boolean => freezes.length > 0;
/** Freezes add up; what is reserved for a charge moves with that one alone. */
export function movable({ held, freezes, reserved }: Milestone, chargeId?: number): bigint {
  const waits = reserved && reserved.chargeId !== chargeId ? reserved.amount : 0n;
  const covered = waits + sum(freezes.map(({ amount }) => amount));
  return held > covered ? held - covered : 0n;
}
/** A part passes over the lots that a chargeback has frozen (E-22); where all may leave, none of them counts (M-16). */
export const lotsFor = ({ lots, freezes, held }: Milestone, amount: bigint): Lot[] =>
  amount === held ? lots : lots.filter((lot) => freezes.every(({ chargeId }) => chargeId !== lot.chargeId));
export const feesOf = (lots: readonly Lot[]): bigint => sum(lots.map(({ fee }) => fee));

const overRefunds: readonly Refund['status'][] = ['refunded', 'refused', 'cancelled', 'reversed'];
export const isOpenRefund = ({ status }: Refund): boolean => !overRefunds.includes(status);
/** Taken, and not decided: no refund of its charge is sent (E-23). */
export const isOpenChargeback = ({ status }: Chargeback): boolean =>
  status === 'received' || status === 'contested' || status === 'accepted';
export const agreed = (price: bigint): Milestone => ({
  ...{ ...empty, price, version: 1, status: 'agreed' },
  lots: [],
  paid: [],
  freezes: [],
  charges: new Set(),
});
/** Neither running nor standing still. */
export const stopped = { dueAt: undefined, left: undefined };
const empty = { held: 0n, principal: 0n, fee: 0n, feeHeld: 0n, released: 0n };

export const sums = ({ shares }: Charge) => ({
  total: sum(shares.map(({ principal }) => principal)),
  fees: sum(shares.map(({ fee }) => fee)),
});

export function refuseIf(condition: boolean): void {
  if (condition) throw new Refused();
}
