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
    | 'cancelled';
  chargeId?: number;
  /** Held, and what it is a part of; the same of the client fee. */
  held: bigint;
  principal: bigint;
  fee: bigint;
  feeHeld: bigint;
  lots: Lot[];
  /** What the freelancer got of each lot and has not given back, with the fee that was earned on it (E-19). */
  paid: Lot[];
  reserved?: { chargeId: number; amount: bigint };
  submission?: number;
  dueAt?: number;
  /** Where the review stands still (E-16). */
  left?: number;
  /** Safety holds that freeze all of it (E-22). */
  holds: number[];
  requestId?: number;
  released: bigint;
};

export type Charge = {
  status: 'pending' | 'failed' | 'succeeded' | 'orphaned';
  bonus: boolean;
  pays: boolean;
  named?: number;
  shares: { milestone: number; version: number; principal: bigint; fee: bigint }[];
  rolling?: { from: number; amount: bigint };
  initiation: bigint;
};

export type Refund = {
  chargeId: number;
  milestone?: number;
  amount: bigint;
  status: 'drawing' | 'refunding' | 'refunded' | 'refund_failed' | 'refused';
  /** It draws on the freelancer's balance (E-25). */
  isDrawn?: boolean;
};

/** What was released of a milestone, and how much of it went back since (E-18). */
export type Payment = {
  milestone: number;
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
  net: bigint;
  fees: bigint;
  undo: () => void;
};

export type Request = {
  status: 'running' | 'suspended' | 'unproven' | 'approved' | 'silent' | 'settled';
  dueAt: number;
  left?: number;
  proofs: number[];
};

export type Deadline = Readonly<{ at: number } & ({ review: number } | { request: number })>;

const hour = 3_600_000;
export const day = 24 * hour;
export const live: readonly Milestone['status'][] = ['funded', 'submitted', 'changes_requested'];
export const holding = ({ status }: Milestone): boolean =>
  live.includes(status) || status === 'refund_pending';
/** What stayed after a part was paid counts as settled (E-2). */
export const isRest = (each: Milestone): boolean => live.includes(each.status) && each.held < each.principal;
export const isFrozen = ({ holds }: Milestone): boolean => holds.length > 0;
export const movable = (each: Milestone): bigint =>
  isFrozen(each) ? 0n : each.held - (each.reserved?.amount ?? 0n);

export const isOpenRefund = ({ status }: Refund): boolean => status !== 'refunded' && status !== 'refused';
export const agreed = (price: bigint): Milestone => ({
  ...{ ...empty, price, version: 1, status: 'agreed' },
  lots: [],
  paid: [],
  holds: [],
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
