import { isLate, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf, escrowEvents } from '@holdfast/events';
import type { Agreement, Left, PartyRole } from './agreement.ts';
import { type Milestone, openSubmission } from './milestone.ts';

type ContractsEvent = EventOf<typeof contractsEvents>;
export type EndRequested = Extract<ContractsEvent, { type: 'contracts.contract.end_requested' }>;
export type ContractEnded = Extract<ContractsEvent, { type: 'contracts.contract.ended' }>;

/** What escrow says about the end of a contract: its own call to end it, and its answers (A-16, A-19, E-13). */
export type EndFact = Extract<
  EventOf<typeof escrowEvents>,
  { type: 'escrow.contract.cleared' | 'escrow.contract.clearing_refused' }
>;

/** What is new needs a contract that goes on, or will: nothing begins on one that closes. */
export type RunningAgreement = Extract<Agreement, { status: 'active' | 'paused' }>;

/** @throws Rejection agreement.closing | agreement.ended */
export function assertRunning(agreement: Agreement): asserts agreement is RunningAgreement {
  if (agreement.status === 'closing') throw new Rejection('agreement.closing');
  if (agreement.status === 'ended') throw new Rejection('agreement.ended');
}

export type Ending = Readonly<{
  by: PartyRole;
  /** Milestones under review that the freelancer gives up by name (E-17). */
  waivedMilestoneIds: readonly string[];
  milestones: readonly Milestone[];
  /** By milestone: when silence ends its review, as escrow last said; none where it is not begun or stands still. */
  reviewsDue: ReadonlyMap<string, Date>;
  now: Date;
}>;

/**
 * Either party ends the contract; escrow answers whether anything is left (rules ). With money held the
 * client ends it in escrow, naming what each milestone is paid (E-13); a freelancer gives up by name what is under
 * review, and the rest goes back (E-17).
 * @throws Rejection agreement.closing | agreement.ended | agreement.escrow_held | waiver.not_yours |
 *   milestone.unknown | waiver.not_under_review | waiver.review_over
 */
export function requestEnd(agreement: Agreement, { by, now, ...named }: Ending): EndRequested {
  assertRunning(agreement);
  if (by === 'client') assertNothingHeld(named);
  else for (const id of named.waivedMilestoneIds) assertWaivable({ ...named, now }, id);
  return {
    type: 'contracts.contract.end_requested',
    agreementId: agreement.id,
    by,
    waivedMilestoneIds: [...new Set(named.waivedMilestoneIds)],
    requestedAt: now,
  };
}

function assertNothingHeld({
  milestones,
  waivedMilestoneIds,
}: Pick<Ending, 'milestones' | 'waivedMilestoneIds'>): void {
  if (waivedMilestoneIds.length > 0) throw new Rejection('waiver.not_yours');
  const held = milestones.filter((milestone) => 'held' in milestone).map(({ id }) => id);
  if (held.length > 0) throw new Rejection('agreement.escrow_held', { milestoneIds: held });
}

/** At the due instant silence has released it already, whether escrow's timer has run or not (M-16, M-20). */
function assertWaivable({ milestones, reviewsDue, now }: Omit<Ending, 'by'>, milestoneId: string): void {
  const milestone = milestones.find(({ id }) => id === milestoneId);
  if (!milestone) throw new Rejection('milestone.unknown');
  if (!openSubmission(milestone)) throw new Rejection('waiver.not_under_review', { milestoneId });
  const dueAt = reviewsDue.get(milestoneId);
  if (dueAt && isLate(now, dueAt)) throw new Rejection('waiver.review_over', { milestoneId });
}

/** From here on the contract closes, whoever asked for it and in whichever service. */
export function closed(agreement: Agreement, { by, now }: Readonly<{ by: PartyRole; now: Date }>): Agreement {
  if (agreement.status === 'closing' || agreement.status === 'ended') return agreement;
  return { ...termsOf(agreement), status: 'closing', closingBy: by, closingAt: now };
}

/** Asked for here, so that escrow has to answer (M-15). */
export function closedByRequest(agreement: Agreement, { by, requestedAt }: EndRequested): Agreement {
  const unanswered = [...(agreement.unanswered ?? []), 'end'] as const;
  return { ...closed(agreement, { by, now: requestedAt }), unanswered };
}

/** Escrow says what is left: money, for the client to name amounts, or what comes to its end by itself (A-19, E-13). */
export function refusedClearing(agreement: Agreement, { balance, openItems }: Left): Agreement {
  return agreement.status === 'closing'
    ? { ...answered(agreement, 'end'), left: { balance, openItems } }
    : agreement;
}

/** Escrow has spoken about it, whatever it said (M-15). */
export function answered<A extends Agreement>(agreement: A, request: 'funding' | 'end'): A {
  const { unanswered, ...rest } = agreement;
  const others = unanswered?.filter((each) => each !== request) ?? [];
  return (others.length > 0 ? { ...rest, unanswered: others } : rest) as A;
}

/** Nothing is held and nothing is open: the contract has ended (rule A-19). Undefined where it had ended before. */
export function end(agreement: Agreement, now: Date): ContractEnded | undefined {
  if (agreement.status === 'ended') return undefined;
  return { type: 'contracts.contract.ended', agreementId: agreement.id, endedAt: now };
}

/**
 * One that nobody has ended here was ended in escrow, which the client alone can, with nothing held that a request or a
 * release would have told of (E-13).
 */
export function ended(agreement: Agreement, { endedAt }: ContractEnded): Agreement {
  const closing = closed(agreement, { by: 'client', now: endedAt });
  const { closingBy, closingAt } = closing as Extract<Agreement, { status: 'closing' }>;
  const { unanswered: _, ...terms } = termsOf(agreement);
  return { ...terms, status: 'ended', closingBy, closingAt, endedAt };
}

/** What was agreed, in whatever state the agreement is, and what escrow still has to answer. */
export function termsOf(agreement: Agreement) {
  const { id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt, unanswered } =
    agreement;
  const terms = { id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt };
  return { ...terms, ...(unanswered ? { unanswered } : {}) };
}
