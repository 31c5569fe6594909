import { Rejection } from '@holdfast/domain';
import type {
  contractsEvents,
  EventOf,
  escrowEvents,
  HoldKind,
  HoldReason,
  payoutsEvents,
} from '@holdfast/events';
import type { Account } from './account.ts';

export type HoldEvent = Extract<
  EventOf<typeof contractsEvents>,
  { type: 'contracts.account.hold_placed' | 'contracts.account.hold_lifted' }
>;
export type HoldPlaced = Extract<HoldEvent, { type: 'contracts.account.hold_placed' }>;
export type HoldLifted = Extract<HoldEvent, { type: 'contracts.account.hold_lifted' }>;

/** It stands between an account and some of its acts until it is lifted; one per cause (S-5, S-12). */
export type Hold = Readonly<{
  id: string;
  accountId: string;
  kind: HoldKind;
  reason: HoldReason;
  /** What it came of: an account, a withdrawal method, a chargeback, or the hold itself where an operator's call is the cause. */
  causeId: string;
  placedAt: Date;
}> &
  Readonly<{ status: 'standing' } | { status: 'lifted'; liftReason: HoldReason; liftedAt: Date }>;

type ForeignFact = EventOf<typeof payoutsEvents> | EventOf<typeof escrowEvents>;
/** Facts of other services that begin the cause of a hold. */
export type PlacingFact = Extract<
  ForeignFact,
  { type: 'payouts.identity.failed' | 'payouts.screening.blocked' | 'escrow.chargeback.received' }
>;
/** Facts of other services that end it. */
export type LiftingFact = Extract<
  ForeignFact,
  { type: 'payouts.identity.verified' | 'payouts.screening.cleared' | 'escrow.chargeback.won' }
>;

/**
 * Identity is one cause of an account, the screening of each withdrawal method another one, and each chargeback one of
 * the client (rules S-12, W-17, P-9).
 */
export function causeOf(fact: PlacingFact | LiftingFact): Pick<Hold, 'kind' | 'reason' | 'causeId'> {
  switch (fact.type) {
    case 'payouts.identity.failed':
      return { kind: 'identity', reason: 'identity_failed', causeId: fact.accountId };
    case 'payouts.identity.verified':
      return { kind: 'identity', reason: 'identity_verified', causeId: fact.accountId };
    case 'payouts.screening.blocked':
      return { kind: 'safety', reason: 'screening_blocked', causeId: fact.methodId };
    case 'payouts.screening.cleared':
      return { kind: 'safety', reason: 'screening_cleared', causeId: fact.methodId };
    case 'escrow.chargeback.received':
      return { kind: 'financial', reason: 'chargeback', causeId: fact.chargebackId };
    case 'escrow.chargeback.won':
      return { kind: 'financial', reason: 'chargeback_won', causeId: fact.chargebackId };
  }
}

/** Whom it holds: of a chargeback the client, whose bank has taken the money back (rule P-9). */
export const holderOf = (fact: PlacingFact): string =>
  fact.type === 'escrow.chargeback.received' ? fact.clientId : fact.accountId;

export type Placing = Readonly<{ holdId: string; accountId: string; kind: HoldKind; reason: HoldReason }>;

export function placeHold({ holdId, accountId, kind, reason }: Placing): HoldPlaced {
  return { type: 'contracts.account.hold_placed', accountId, holdId, kind, reason };
}

/**
 * Each hold is lifted on its own: another one of the same account stands on (rule S-12).
 * @throws Rejection hold.lifted
 */
export function liftHold(hold: Hold, reason: HoldReason): HoldLifted {
  const { id: holdId, accountId, kind, status } = hold;
  if (status === 'lifted') throw new Rejection('hold.lifted');
  return { type: 'contracts.account.hold_lifted', accountId, holdId, kind, reason };
}

/** The state after an event; a hold begins with its cause and `contracts.account.hold_placed`. */
export function evolve(hold: Hold | Pick<Hold, 'causeId'>, event: HoldEvent, now: Date): Hold {
  const { causeId } = hold;
  const { holdId: id, accountId, kind } = event;
  switch (event.type) {
    case 'contracts.account.hold_placed':
      return { id, accountId, kind, reason: event.reason, causeId, placedAt: now, status: 'standing' };
    case 'contracts.account.hold_lifted': {
      const { reason, placedAt } = hold as Hold;
      const placed = { id, accountId, kind, reason, causeId, placedAt };
      return { ...placed, status: 'lifted', liftReason: event.reason, liftedAt: now };
    }
  }
}

/** What the person is told about the reason; which check or signal it was stays secret (S-11, W-17). */
export type ReasonClass = 'identity' | 'payment' | 'under_review' | 'other';

export function classOf(reason: HoldReason): ReasonClass {
  switch (reason) {
    case 'identity_failed':
      return 'identity';
    case 'failed_charge':
    case 'chargeback':
      return 'payment';
    case 'screening_blocked':
    case 'scam_signals':
      return 'under_review';
    default:
      return 'other';
  }
}

type Act = 'hire' | 'be_hired' | 'submit' | 'amend';

/**
 * What each kind forbids in contracts (rule S-5): with `identity` running contracts go on, and owing money keeps from
 * hiring alone.
 */
const forbidden: Readonly<Record<HoldKind, readonly Act[]>> = {
  identity: ['hire', 'be_hired'],
  financial: ['hire'],
  safety: ['hire', 'be_hired', 'submit', 'amend'],
  closed: ['hire', 'be_hired', 'submit', 'amend'],
};

const holdAgainst = ({ holds }: Account, act: Act): HoldKind | undefined =>
  holds.find((kind) => forbidden[kind].includes(act));

const isKept = (account: Account, act: Act): boolean =>
  account.closedAt !== undefined || holdAgainst(account, act) !== undefined;

/**
 * A closed account stays closed, whatever becomes of the hold that came with it (S-12).
 * @throws Rejection account.closed | account.on_hold
 */
export function assertFree(account: Account, act: Act): void {
  if (account.closedAt) throw new Rejection('account.closed');
  const kind = holdAgainst(account, act);
  if (kind) throw new Rejection('account.on_hold', { kind });
}

/**
 * Every step towards a contract needs both parties free (rule S-5). Of the other one's hold the caller learns neither
 * kind nor reason.
 * @throws Rejection account.closed | account.on_hold | offer.party_on_hold
 */
export function assertMayContract(
  caller: 'client' | 'freelancer',
  { client, freelancer }: Readonly<{ client: Account; freelancer: Account }>,
): void {
  const [own, act, other, otherAct] =
    caller === 'client'
      ? ([client, 'hire', freelancer, 'be_hired'] as const)
      : ([freelancer, 'be_hired', client, 'hire'] as const);
  assertFree(own, act);
  if (isKept(other, otherAct)) throw new Rejection('offer.party_on_hold');
}

/**
 * Other terms need both parties free of what stops a contract (rules A-11, S-5).
 * @throws Rejection account.closed | account.on_hold | offer.party_on_hold
 */
export function assertMayAmend(
  caller: 'client' | 'freelancer',
  { client, freelancer }: Readonly<{ client: Account; freelancer: Account }>,
): void {
  const [own, other] = caller === 'client' ? [client, freelancer] : [freelancer, client];
  assertFree(own, 'amend');
  if (isKept(other, 'amend')) throw new Rejection('offer.party_on_hold');
}
