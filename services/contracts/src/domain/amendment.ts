import { isLate, Money, plusDays, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf, TermsRefusal } from '@holdfast/events';
import type { Agreement, PartyRole } from './agreement.ts';
import { assertRunning } from './agreement-end.ts';
import type { Milestone } from './milestone.ts';

type ContractsEvent = EventOf<typeof contractsEvents>;
export type AmendmentProposed = Extract<ContractsEvent, { type: 'contracts.amendment.proposed' }>;
export type AmendmentLapsed = Extract<ContractsEvent, { type: 'contracts.amendment.lapsed' }>;
export type LapseReason = AmendmentLapsed['reason'];

/** What a party writes about a milestone; stored only encrypted, and never part of an event. */
export type MilestoneTexts = Readonly<{ title?: string; scope?: string }>;

/** A change as a party asks for it; whatever it does not name stays as it is. */
export type AskedChange =
  | (MilestoneTexts & Readonly<{ kind: 'change'; milestoneId: string; price?: Money; dueDate?: string }>)
  | (MilestoneTexts & Readonly<{ kind: 'add'; price: Money; dueDate: string }>)
  | Readonly<{ kind: 'delete'; milestoneId: string }>;

/** The figures of a change, whole; `version` is that of the milestone's terms with it. */
export type Change = Readonly<{
  kind: AskedChange['kind'];
  milestoneId: string;
  version: number;
  price: Money;
  dueDate: string;
  /** Escrow's answer; a new milestone has nothing to ask. */
  outcome?: 'applied' | TermsRefusal;
}>;

/** A change of terms that needs both parties: one proposes, the other accepts, and escrow has the last word. */
export type Amendment = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  by: PartyRole;
  /** The version of the agreement's terms that it makes. */
  termsVersion: number;
  termsHash: string;
  changes: readonly Change[];
  proposedAt: Date;
}> &
  (
    | { status: 'proposed'; dueAt: Date }
    /** Accepted; escrow has not answered every change yet (M-15). */
    | { status: 'waiting'; acceptedAt: Date }
    | { status: 'applied' }
    | { status: 'lapsed'; reason: LapseReason }
  );

/** At most this many milestones of an agreement, cancelled ones included. */
const milestonesMax = 200;

export type Proposal = Readonly<{
  by: PartyRole;
  asked: readonly AskedChange[];
  milestones: readonly Milestone[];
  /** By change: the id that it gets where it adds a milestone. */
  newIds: readonly string[];
}>;

/**
 * The figures of what is asked for, checked: only milestones that are agreed and not funded change (rules,
 *
 * @throws Rejection agreement.closing | agreement.ended | milestone.unknown | milestone.funded | milestone.cancelled |
 *   milestone.below_minimum | milestones.too_many | milestones.none_left
 */
export function changesOf(agreement: Agreement, { asked, milestones, newIds }: Proposal): Change[] {
  assertRunning(agreement);
  const changes = asked.map((one, index): Change => {
    if (one.kind === 'add') {
      return { kind: 'add', milestoneId: newIds[index]!, version: 1, price: one.price, dueDate: one.dueDate };
    }
    const { kind, milestoneId } = one;
    const milestone = milestones.find(({ id }) => id === milestoneId);
    const { termsVersion, price, dueDate } = assertChangeable(milestone);
    const figures = { price, dueDate, ...(kind === 'change' ? named(one) : {}) };
    return { kind, milestoneId, version: termsVersion + 1, ...figures };
  });
  assertPriced(agreement, changes);
  assertCount(milestones, changes);
  return changes;
}

const named = ({ price, dueDate }: { price?: Money; dueDate?: string }) => ({
  ...(price ? { price } : {}),
  ...(dueDate ? { dueDate } : {}),
});

/** A funded milestone cannot be edited, nor one that is being charged (rule A-13). */
function assertChangeable(milestone: Milestone | undefined): Milestone {
  if (!milestone) throw new Rejection('milestone.unknown');
  const { id: milestoneId, status } = milestone;
  if (status === 'cancelled') throw new Rejection('milestone.cancelled', { milestoneId });
  if (status !== 'agreed') throw new Rejection('milestone.funded', { milestoneId, state: status });
  return milestone;
}

function assertPriced({ settings }: Agreement, changes: readonly Change[]): void {
  const minimum = BigInt(Math.max(settings['milestone.min'], 1));
  const cheap = changes.findIndex(({ kind, price }) => kind !== 'delete' && price.amountMinor < minimum);
  if (cheap < 0) return;
  const details = { order: cheap + 1, minimum: Money.encode({ amountMinor: minimum, currency: 'USD' }) };
  throw new Rejection('milestone.below_minimum', details);
}

function assertCount(milestones: readonly Milestone[], changes: readonly Change[]): void {
  const ofKind = (wanted: Change['kind']) => changes.filter(({ kind }) => kind === wanted).length;
  if (milestones.length + ofKind('add') > milestonesMax)
    throw new Rejection('milestones.too_many', { maximum: milestonesMax });
  const standing = milestones.filter(({ status }) => status !== 'cancelled').length;
  if (standing + ofKind('add') - ofKind('delete') < 1) throw new Rejection('milestones.none_left');
}

/** Proposed to the other party; unanswered it lapses `amendment.expiry_days` later (rule A-11). */
export function propose(
  agreement: Agreement,
  {
    amendmentId,
    by,
    termsHash,
    now,
  }: Readonly<{ amendmentId: string; by: PartyRole; termsHash: string; now: Date }>,
): AmendmentProposed {
  return {
    type: 'contracts.amendment.proposed',
    agreementId: agreement.id,
    amendmentId,
    version: agreement.termsVersion + 1,
    by,
    termsHash,
    dueAt: plusDays(now, agreement.settings['amendment.expiry_days']),
  };
}

/** An amendment begins with what it changes and `contracts.amendment.proposed`. */
export const begun = (
  { clientId, freelancerId }: Pick<Agreement, 'clientId' | 'freelancerId'>,
  { amendmentId: id, agreementId, version: termsVersion, by, termsHash, dueAt }: AmendmentProposed,
  { changes, now: proposedAt }: Readonly<{ changes: readonly Change[]; now: Date }>,
): Amendment => ({
  ...{ id, agreementId, clientId, freelancerId, by, termsVersion, termsHash, changes, proposedAt },
  status: 'proposed',
  dueAt,
});

export type Answering = Readonly<{ caller: PartyRole; now: Date }>;

/**
 * The other party says yes, in time. What escrow must answer waits for it; where there is nothing to ask the terms hold
 * at once (rules ).
 * @throws Rejection amendment.own | amendment.not_open | amendment.expired
 */
export function accept(amendment: Amendment, { caller, now }: Answering): Amendment {
  const open = assertOpen(amendment, now);
  if (caller === open.by) throw new Rejection('amendment.own');
  const { dueAt: _, ...accepted } = open;
  return open.changes.every(({ kind }) => kind === 'add')
    ? { ...accepted, status: 'applied' }
    : { ...accepted, status: 'waiting', acceptedAt: now };
}

/**
 * The other party says no, or the proposer takes it back (rule A-11).
 * @throws Rejection amendment.own | amendment.not_own | amendment.not_open | amendment.expired
 */
export function refuse(
  amendment: Amendment,
  { caller, as, now }: Answering & Readonly<{ as: 'decline' | 'withdraw' }>,
): AmendmentLapsed {
  const { by } = assertOpen(amendment, now);
  if (as === 'decline' && caller === by) throw new Rejection('amendment.own');
  if (as === 'withdraw' && caller !== by) throw new Rejection('amendment.not_own');
  return lapsed(amendment, as === 'decline' ? 'declined' : 'withdrawn');
}

/** Nobody answered in time (rule A-11). Undefined where somebody did. */
export function expire(amendment: Amendment, now: Date): AmendmentLapsed | undefined {
  const isOver = amendment.status === 'proposed' && isLate(now, amendment.dueAt);
  return isOver ? lapsed(amendment, 'expired') : undefined;
}

/** The answer after the expiry is the same whether its timer has run or not. */
function assertOpen(amendment: Amendment, now: Date): Extract<Amendment, { status: 'proposed' }> {
  if (amendment.status === 'lapsed' && amendment.reason === 'expired')
    throw new Rejection('amendment.expired');
  if (amendment.status !== 'proposed') throw new Rejection('amendment.not_open', { state: amendment.status });
  if (isLate(now, amendment.dueAt)) throw new Rejection('amendment.expired');
  return amendment;
}

export const lapsed = (
  { id, agreementId, termsVersion }: Amendment,
  reason: LapseReason,
): AmendmentLapsed => ({
  type: 'contracts.amendment.lapsed',
  agreementId,
  amendmentId: id,
  version: termsVersion,
  reason,
});

/** The terms stay as they were. */
export function withLapse(amendment: Amendment, { reason }: AmendmentLapsed): Amendment {
  return { ...proposalOf(amendment), status: 'lapsed', reason };
}

/** Escrow has answered every change, and its terms hold. */
export const withTerms = (amendment: Amendment): Amendment => ({
  ...proposalOf(amendment),
  status: 'applied',
});

function proposalOf(amendment: Amendment) {
  const { id, agreementId, clientId, freelancerId, by, termsVersion, termsHash, changes, proposedAt } =
    amendment;
  return { id, agreementId, clientId, freelancerId, by, termsVersion, termsHash, changes, proposedAt };
}

/** A waiting change with escrow's answer; the same answer twice, or one to something else, changes nothing. */
export function withOutcome(
  amendment: Amendment,
  { milestoneId, version }: Readonly<{ milestoneId: string; version: number }>,
  outcome: NonNullable<Change['outcome']>,
): Amendment {
  const isAnswered = (change: Change): boolean =>
    change.milestoneId === milestoneId && change.version === version && change.kind !== 'add';
  const changes = amendment.changes.map((one) => (isAnswered(one) ? { ...one, outcome } : one));
  return { ...amendment, changes };
}

/**
 * What is to happen once escrow has answered. A set of changes is one bargain: new milestones come only with all the
 * rest of it. Where escrow has applied one change and refused another, both parties see which; the terms that hold are
 * those of escrow, whose word it is (rule A-13).
 */
export function verdict({ changes }: Amendment): 'waiting' | 'applied' | 'refused' {
  const asked = changes.filter(({ kind }) => kind !== 'add');
  if (asked.some(({ outcome }) => outcome === undefined)) return 'waiting';
  return asked.length === 0 || asked.some(({ outcome }) => outcome === 'applied') ? 'applied' : 'refused';
}

/** The milestones that come with it: none where escrow has refused a part of the bargain. */
export const additionsOf = ({ changes }: Amendment): readonly Change[] =>
  changes.every(({ kind, outcome }) => kind === 'add' || outcome === 'applied')
    ? changes.filter(({ kind }) => kind === 'add')
    : [];

/** The text whose SHA-256 is the terms hash: JSON with sorted keys and no spaces (RFC 8785). */
export function canonicalChanges(
  ids: Readonly<{ amendmentId: string; agreementId: string }>,
  changes: readonly Change[],
  texts: readonly MilestoneTexts[],
): string {
  return JSON.stringify({
    agreementId: ids.agreementId,
    amendmentId: ids.amendmentId,
    changes: changes.map(({ kind, milestoneId, version, price, dueDate }, index) => ({
      dueDate,
      kind,
      milestoneId,
      price: { amountMinor: String(price.amountMinor), currency: price.currency },
      scope: texts[index]?.scope,
      title: texts[index]?.title,
      version,
    })),
  });
}
