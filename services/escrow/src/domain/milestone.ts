import {
  earnedFee,
  feeOf,
  isLate,
  later,
  type Money,
  plusDays,
  plusHours,
  Rejection,
  subtract,
  usd,
} from '@holdfast/domain';
import type { EventOf, escrowEvents, ReleaseCause, SubmissionRefusal } from '@holdfast/events';

type EscrowEvent = EventOf<typeof escrowEvents>;
type Of<Type extends EscrowEvent['type']> = Extract<EscrowEvent, { type: Type }>;
export type FundingStarted = Of<'escrow.funding.started'>;
export type FundingFailed = Of<'escrow.funding.failed'>;
export type MilestoneFunded = Of<'escrow.milestone.funded'>;
export type ReviewStarted = Of<'escrow.review.started'>;
export type SubmissionRefused = Of<'escrow.submission.refused'>;
export type ChangesRequested = Of<'escrow.milestone.changes_requested'>;
export type MilestoneReleased = Of<'escrow.milestone.released'>;
export type MilestoneEvent =
  | FundingStarted
  | FundingFailed
  | MilestoneFunded
  | ReviewStarted
  | ChangesRequested
  | MilestoneReleased;

/** Money that waits for a case, chargeback or safety hold. Several may overlap: rows, no status (E-22). */
export type Freeze = Readonly<{
  causeId: string;
  cause: 'case' | 'chargeback' | 'safety_hold';
  amount: Money;
}>;

/** What both parties agreed; the version is that of the terms (E-26). */
export type Terms = Readonly<{
  id: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  order: number;
  termsVersion: number;
  price: Money;
}>;

/** Of `principal` with its `clientFee`, `held` is still here; the difference has been released. */
export type Holding = Readonly<{
  held: Money;
  principal: Money;
  clientFee: Money;
  freezes: readonly Freeze[];
}>;

export type Milestone = Terms &
  (
    | { status: 'agreed' }
    | { status: 'funding_pending'; fundingId: string }
    | (Holding & { status: 'funded' })
    | (Holding & { status: 'submitted'; submissionId: string; reviewDueAt: Date })
    | (Holding & { status: 'changes_requested'; submissionId: string })
    | { status: 'released' }
  );

/** Statuses in which money is held or on its way in: the next milestone opens only after them (E-2). */
const unsettled: readonly Milestone['status'][] = [
  'funding_pending',
  'funded',
  'submitted',
  'changes_requested',
];

/**
 * Whether this milestone may be charged now, by the version of the terms that the client saw (E-2, E-26).
 * @throws Rejection milestone.already_funded | milestone.funding_pending | terms.version_outdated |
 *   funding.one_at_a_time
 */
export function assertFundable(milestone: Milestone, others: readonly Milestone[], version: number): void {
  if (milestone.status === 'funding_pending') throw new Rejection('milestone.funding_pending');
  if (milestone.status !== 'agreed') throw new Rejection('milestone.already_funded');
  if (version !== milestone.termsVersion) throw new Rejection('terms.version_outdated');
  const open = openBeside(milestone, others);
  if (open) throw new Rejection('funding.one_at_a_time', { openMilestoneId: open.id });
}

/**
 * Whether a charge that succeeded funds its milestone: it waits for this charge, or is agreed again at that
 * version and no other has been opened meanwhile (E-2, E-26). Else the charge is an orphan.
 */
export function takesCharge(
  milestone: Milestone,
  others: readonly Milestone[],
  charge: Readonly<{ fundingId: string; termsVersion: number }>,
): boolean {
  if (milestone.status === 'funding_pending') return milestone.fundingId === charge.fundingId;
  const stillAgreed = milestone.status === 'agreed' && milestone.termsVersion === charge.termsVersion;
  return stillAgreed && !openBeside(milestone, others);
}

const openBeside = (milestone: Milestone, others: readonly Milestone[]): Milestone | undefined =>
  others.find((other) => other.id !== milestone.id && unsettled.includes(other.status));

/**
 * Work was submitted: the review begins, or the freelancer is told why not (E-4). It lasts `review.days` from
 * the submission and at least `review.min_hours` from the instant it was received: the later of the two
 * (E-5).
 */
export function startReview(
  milestone: Milestone,
  submission: Readonly<{ submissionId: string; submittedAt: Date; receivedAt: Date }>,
  settings: Readonly<{ 'review.days': number; 'review.min_hours': number }>,
): ReviewStarted | SubmissionRefused {
  const { agreementId, id: milestoneId } = milestone;
  const { submissionId, submittedAt, receivedAt } = submission;
  const reason = refusalOf(milestone);
  if (reason) return { type: 'escrow.submission.refused', agreementId, milestoneId, submissionId, reason };
  const dueAt = later(
    plusDays(submittedAt, settings['review.days']),
    plusHours(receivedAt, settings['review.min_hours']),
  );
  return { type: 'escrow.review.started', agreementId, milestoneId, submissionId, dueAt };
}

function refusalOf({ status }: Milestone): SubmissionRefusal | undefined {
  switch (status) {
    case 'agreed':
    case 'funding_pending':
      return 'not_funded';
    case 'released':
      return 'released';
    case 'submitted':
      return 'already_under_review';
    case 'funded':
    case 'changes_requested':
      return undefined;
  }
}

/**
 * The client asks for changes, before the review ends; it stops the timer (E-6).
 * @throws Rejection milestone.not_funded | milestone.released | submission.outdated | review.over
 */
export function requestChanges(
  milestone: Milestone,
  { submissionId, reasonHash, now }: Readonly<{ submissionId: string; reasonHash: string; now: Date }>,
): ChangesRequested {
  assertHeld(milestone);
  if (milestone.status !== 'submitted' || milestone.submissionId !== submissionId) {
    throw new Rejection('submission.outdated');
  }
  if (isLate(now, milestone.reviewDueAt)) throw new Rejection('review.over');
  const { agreementId, id: milestoneId } = milestone;
  return { type: 'escrow.milestone.changes_requested', agreementId, milestoneId, submissionId, reasonHash };
}

export type Release = Readonly<{
  cause: ReleaseCause;
  /** The submission that is judged; none where the client pays unasked (E-7). */
  submissionId?: string;
  transferId: string;
  now: Date;
  /** `fee.freelancer_bps`, pinned. */
  freelancerFeeBps: bigint;
}>;

/**
 * Pays all held money to the freelancer's balance (E-7). The client fee is earned in proportion (P-5, R-6),
 * the freelancer fee is worked out on the released amount (P-7, R-2). Rule M-12: frozen money moves only by
 * the outcome of what froze it.
 * @throws Rejection milestone.not_funded | milestone.released | submission.outdated | milestone.frozen
 */
export function release(milestone: Milestone, decision: Release): MilestoneReleased {
  assertHeld(milestone);
  const { submissionId, cause, transferId, now, freelancerFeeBps } = decision;
  if (submissionId !== undefined && currentSubmission(milestone) !== submissionId) {
    throw new Rejection('submission.outdated');
  }
  if (milestone.freezes.length > 0) throw new Rejection('milestone.frozen');
  const gross = milestone.held;
  const freelancerFee = usd(feeOf(gross.amountMinor, freelancerFeeBps));
  const clientFee = earnedFee({
    feeMinor: milestone.clientFee.amountMinor,
    principalMinor: milestone.principal.amountMinor,
    movedBeforeMinor: subtract(milestone.principal, milestone.held).amountMinor,
    movedMinor: gross.amountMinor,
  });
  return {
    type: 'escrow.milestone.released',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    ...(submissionId === undefined ? {} : { submissionId }),
    freelancerId: milestone.freelancerId,
    gross,
    clientFee: usd(clientFee),
    freelancerFee,
    net: subtract(gross, freelancerFee),
    balance: usd(0n),
    cause,
    transferId,
    releasedAt: now,
  };
}

/** The timer of E-5: undefined where the review no longer runs, or not yet to its end. */
export function releaseBySilence(
  milestone: Milestone,
  decision: Omit<Release, 'cause' | 'submissionId'>,
): MilestoneReleased | undefined {
  if (milestone.status !== 'submitted' || !isLate(decision.now, milestone.reviewDueAt)) return undefined;
  return release(milestone, { ...decision, cause: 'auto', submissionId: milestone.submissionId });
}

/**
 * Only a submission under review can be judged: one that was answered by a change request is an older one
 * (E-6).
 */
const currentSubmission = (milestone: Milestone): string | undefined =>
  milestone.status === 'submitted' ? milestone.submissionId : undefined;

function assertHeld(milestone: Milestone): asserts milestone is Extract<Milestone, Holding> {
  if (milestone.status === 'released') throw new Rejection('milestone.released');
  if (!('held' in milestone)) throw new Rejection('milestone.not_funded');
}

/** The state after an event. */
export function evolve(milestone: Milestone, event: MilestoneEvent): Milestone {
  const terms = termsOf(milestone);
  switch (event.type) {
    case 'escrow.funding.started':
      return { ...terms, status: 'funding_pending', fundingId: event.fundingId };
    case 'escrow.funding.failed':
      return { ...terms, status: 'agreed' };
    case 'escrow.milestone.funded': {
      const { amount, clientFee } = event;
      return { ...terms, status: 'funded', held: amount, principal: amount, clientFee, freezes: [] };
    }
    case 'escrow.review.started': {
      const { submissionId, dueAt } = event;
      return { ...terms, ...holdingOf(milestone), status: 'submitted', submissionId, reviewDueAt: dueAt };
    }
    case 'escrow.milestone.changes_requested':
      return {
        ...terms,
        ...holdingOf(milestone),
        status: 'changes_requested',
        submissionId: event.submissionId,
      };
    case 'escrow.milestone.released':
      return { ...terms, status: 'released' };
  }
}

function termsOf({ id, agreementId, clientId, freelancerId, order, termsVersion, price }: Milestone): Terms {
  return { id, agreementId, clientId, freelancerId, order, termsVersion, price };
}

function holdingOf(milestone: Milestone): Holding {
  assertHeld(milestone);
  const { held, principal, clientFee, freezes } = milestone;
  return { held, principal, clientFee, freezes };
}
