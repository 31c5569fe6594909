import { type Journal, plusDays, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';
import type { ChargeParts, ChargeShare } from '../../domain/charge-parts.ts';
import type { Chargeback } from '../../domain/chargeback.ts';
import type { ChargedLot } from '../../domain/charged-parts.ts';
import type { Charge } from '../../domain/charging.ts';
import type { Payment } from '../../domain/drawn-refund.ts';
import { evolve, type Milestone } from '../../domain/milestone.ts';
import type { MilestoneEvent } from '../../domain/milestone-events.ts';
import type { Refund } from '../../domain/refund.ts';
import { agreedMilestone } from '../milestones.ts';

/** A charge as it was begun, and what became of it. */
export type Paying = Charge &
  Readonly<{
    parts: ChargeParts & { shares: readonly ChargeShare[] };
    status: 'pending' | 'failed' | 'succeeded' | 'orphaned';
  }>;

export type ContractLot = ChargedLot & Readonly<{ milestoneId: string }>;

/**
 * The money of one contract as the pure functions of `domain/` leave it: each act gives the next state, or refuses. No
 * table, no transaction and no clock; ids are counted.
 */
export type Contract = Readonly<{
  mode: PinnedSettings['funding.mode'];
  milestones: readonly Milestone[];
  lots: readonly ContractLot[];
  charges: readonly Paying[];
  releases: readonly (Payment & { milestoneId: string })[];
  refunds: readonly Refund[];
  chargebacks: readonly Chargeback[];
  initiation: 'due' | 'held' | 'earned' | 'returned';
  /** Debit positive. */
  accounts: ReadonlyMap<string, bigint>;
  posted: ReadonlySet<string>;
  holds: readonly string[];
  now: Date;
  ids: number;
}>;

export const agreementId = 'agreement';

export const beginContract = (mode: Contract['mode'], prices: readonly bigint[]): Contract => ({
  mode,
  milestones: prices.map((price, index) =>
    agreedMilestone({ id: `milestone-${index + 1}`, order: index + 1, price: usd(price) }),
  ),
  ...{ lots: [], charges: [], releases: [], refunds: [], chargebacks: [], holds: [] },
  initiation: 'due',
  accounts: new Map(),
  posted: new Set(),
  now: new Date('2026-11-23T09:00:00.000Z'),
  ids: 0,
});

/** Ids are in time order, as the real ones. */
export const idOf = (name: string, number: number): string => `${name}-${String(number).padStart(5, '0')}`;

/** What a ledger does with it: each fact posts once (M-8). */
export function post(contract: Contract, { kind, causeId, lines }: Journal): Contract {
  const fact = `${kind}/${causeId}`;
  if (contract.posted.has(fact)) throw new Error(`${fact} was posted twice`);
  const accounts = new Map(contract.accounts);
  for (const { account, amountMinor } of lines)
    accounts.set(account, (accounts.get(account) ?? 0n) + amountMinor);
  return { ...contract, accounts, posted: new Set([...contract.posted, fact]) };
}

/** The milestones that it concerns, after an event. */
export const happened = (contract: Contract, event: MilestoneEvent): Contract => ({
  ...contract,
  milestones: contract.milestones.map((milestone) =>
    'milestoneIds' in event || ('milestoneId' in event && event.milestoneId === milestone.id)
      ? evolve(milestone, event)
      : milestone,
  ),
});

export const milestoneOf = ({ milestones }: Contract, milestoneId: string): Milestone =>
  milestones.find(({ id }) => id === milestoneId)!;

export const daysLater = (contract: Contract, days: number): Contract => ({
  ...contract,
  now: plusDays(contract.now, days),
});

export const replaced = <T>(all: readonly T[], before: T, after: T): T[] =>
  all.map((each) => (each === before ? after : each));

type Share = Readonly<{ lotId: string }>;
type LotChange<S> = (lot: ContractLot, share: S) => Partial<Omit<ChargedLot, 'milestoneId'>>;

/** The lots after each has given, or got back, its shares. */
export function changeLots<S extends Share>(
  contract: Contract,
  shares: readonly S[],
  change: LotChange<S>,
): Contract {
  const lots = contract.lots.map((before) => {
    let lot = before;
    for (const share of shares) if (share.lotId === lot.id) lot = { ...lot, ...change(lot, share) };
    return lot;
  });
  return { ...contract, lots };
}
