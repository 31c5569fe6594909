import { type Money, Rejection, subtract, usd } from '@holdfast/domain';
import type { FreezeCause } from '@holdfast/events';
import { least } from './lots.ts';
import type {
  ChangesRequested,
  FundingFailed,
  FundingStarted,
  MilestoneChargedBack,
  MilestoneEvent,
  MilestoneFrozen,
  MilestoneFunded,
  MilestoneReleased,
  MilestoneRolled,
  MilestoneUnfrozen,
  RefundDecided,
  ReviewResumed,
  ReviewStarted,
  ReviewSuspended,
  TermsApplied,
} from './milestone-events.ts';

/**
 * Money that waits for a case, chargeback or safety hold. Several may overlap: rows, no status (E-22). A chargeback
 * freezes the lots of its charge.
 */
export type Freeze = Readonly<{
  causeId: string;
  cause: FreezeCause;
  amount: Money;
  /** The instant of the fact that froze it, which may have arrived later (M-16). */
  since: Date;
  /** The charge whose lots are frozen. */
  fundingId?: string;
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

/**
 * Of `principal` with its `clientFee`, `held` with `clientFeeHeld` is still here; the difference has been released and
 * earned. What rolls over or goes back to the client leaves all four.
 */
export type Holding = Readonly<{
  held: Money;
  principal: Money;
  clientFee: Money;
  /** Its own number: worked out anew after a part has left, the earned fee would be off by a cent now and then. */
  clientFeeHeld: Money;
  freezes: readonly Freeze[];
  /** Waits for the charge that funds a later milestone, and nothing else may move it (E-9). */
  reserved?: Readonly<{ fundingId: string; amount: Money }>;
}>;

/** A review runs to its due instant, or stands still with the time that is left (E-16). */
export type Review = Readonly<
  { reviewDueAt: Date; reviewLeftMs?: undefined } | { reviewDueAt?: undefined; reviewLeftMs: number }
>;

export type Milestone = Terms &
  (
    | { status: 'agreed' }
    | { status: 'funding_pending'; fundingId: string }
    | (Holding & { status: 'funded' })
    | (Holding & Review & { status: 'submitted'; submissionId: string })
    | (Holding & { status: 'changes_requested'; submissionId: string })
    | (Holding & { status: 'refund_pending'; refundRequestId: string })
    /** `released`: what the freelancer got of it before. */
    | { status: 'refunding' | 'refund_failed' | 'split'; released: Money }
    | { status: 'released' | 'refunded' | 'charged_back' | 'cancelled' }
  );

export type HeldMilestone = Extract<Milestone, Holding>;

/** @throws Rejection milestone.released | milestone.not_funded | milestone.settled */
export function assertHeld(milestone: Milestone): asserts milestone is HeldMilestone {
  if ('held' in milestone) return;
  switch (milestone.status) {
    case 'released':
      throw new Rejection('milestone.released');
    case 'agreed':
    case 'funding_pending':
      throw new Rejection('milestone.not_funded');
    default:
      throw new Rejection('milestone.settled', { state: milestone.status });
  }
}

/**
 * What may leave now: no freeze but the one named covers it, and nothing of it is reserved (E-9, E-22, M-12). Freezes
 * add up, so that what one of them ends never takes what another covers.
 */
export function movable({ held, freezes, reserved }: Holding, ownCauseId?: string): Money {
  const covered = freezes
    .filter(({ causeId }) => causeId !== ownCauseId)
    .reduce((sum, { amount }) => sum + amount.amountMinor, reserved?.amount.amountMinor ?? 0n);
  return usd(covered >= held.amountMinor ? 0n : held.amountMinor - covered);
}

/** @throws Rejection milestone.frozen | milestone.reserved */
export function assertMovable(milestone: HeldMilestone, amount: Money): void {
  if (amount.amountMinor <= movable(milestone).amountMinor) return;
  const unreserved = movable({ ...milestone, reserved: undefined });
  throw new Rejection(
    amount.amountMinor > unreserved.amountMinor ? 'milestone.frozen' : 'milestone.reserved',
  );
}

/** The state after an event. */
export function evolve(milestone: Milestone, event: MilestoneEvent): Milestone {
  switch (event.type) {
    case 'escrow.funding.started':
    case 'escrow.funding.failed':
    case 'escrow.milestone.funded':
    case 'escrow.milestone.terms_applied':
      return evolveOpening(milestone, event);
    case 'escrow.review.started':
    case 'escrow.review.suspended':
    case 'escrow.review.resumed':
    case 'escrow.milestone.changes_requested':
      return evolveReview(milestone, event);
    case 'escrow.milestone.frozen':
    case 'escrow.milestone.unfrozen':
      return evolveFreezes(milestone, event);
    case 'escrow.milestone.released':
    case 'escrow.milestone.rolled':
    case 'escrow.milestone.charged_back':
    case 'escrow.refund.decided':
      return evolveLeaving(milestone, event);
    case 'escrow.refund.requested': {
      const holding = holdingOf(milestone);
      return {
        ...terms(milestone),
        ...holding,
        status: 'refund_pending',
        refundRequestId: event.refundRequestId,
      };
    }
    case 'escrow.refund.failed':
      // A part went back, and the rest was paid or charged back since: that is not undone (E-23).
      if (!isGoingBack(milestone)) return milestone;
      return { ...terms(milestone), status: 'refund_failed', released: releasedOf(milestone) };
    case 'escrow.milestone.refunded':
      if (event.outcome === 'refunded') return { ...terms(milestone), status: 'refunded' };
      return { ...terms(milestone), status: 'split', released: releasedOf(milestone) };
  }
}

/** A charge begins, ends or succeeds; the rest of an earlier milestone waits for it meanwhile (E-9, E-26). */
function evolveOpening(
  milestone: Milestone,
  event: FundingStarted | FundingFailed | MilestoneFunded | TermsApplied,
): Milestone {
  switch (event.type) {
    case 'escrow.funding.started': {
      const { fundingId, reserved } = event;
      if (event.milestoneIds.includes(milestone.id)) {
        return { ...terms(milestone), status: 'funding_pending', fundingId };
      }
      if (reserved?.milestoneId !== milestone.id || !('held' in milestone)) return milestone;
      return { ...milestone, reserved: { fundingId, amount: reserved.amount } };
    }
    case 'escrow.funding.failed':
      if (event.milestoneIds.includes(milestone.id)) return { ...terms(milestone), status: 'agreed' };
      if (!('held' in milestone) || milestone.reserved?.fundingId !== event.fundingId) return milestone;
      return { ...milestone, reserved: undefined };
    case 'escrow.milestone.funded': {
      const { amount, clientFee } = event;
      return {
        ...terms(milestone),
        status: 'funded',
        held: amount,
        principal: amount,
        clientFee,
        clientFeeHeld: clientFee,
        freezes: [],
      };
    }
    case 'escrow.milestone.terms_applied': {
      const { price, version: termsVersion, deleted } = event;
      if (deleted) return { ...terms(milestone), termsVersion, status: 'cancelled' };
      return { ...terms(milestone), price, termsVersion, status: 'agreed' };
    }
  }
}

function evolveReview(
  milestone: Milestone,
  event: ReviewStarted | ReviewSuspended | ReviewResumed | ChangesRequested,
): Milestone {
  const { submissionId } = event;
  // The review of a milestone that is asked back stands still: the request alone decides what follows.
  if (milestone.status === 'refund_pending') return milestone;
  const known = { ...terms(milestone), ...holdingOf(milestone), submissionId };
  switch (event.type) {
    case 'escrow.review.started':
    case 'escrow.review.resumed':
      return { ...known, status: 'submitted', reviewDueAt: event.dueAt };
    case 'escrow.review.suspended':
      return { ...known, status: 'submitted', reviewLeftMs: event.leftMs };
    case 'escrow.milestone.changes_requested':
      return { ...known, status: 'changes_requested' };
  }
}

function evolveFreezes(milestone: Milestone, event: MilestoneFrozen | MilestoneUnfrozen): Milestone {
  assertHeld(milestone);
  const { cause, causeId } = event;
  const others = milestone.freezes.filter((freeze) => freeze.cause !== cause || freeze.causeId !== causeId);
  if (event.type === 'escrow.milestone.unfrozen') return { ...milestone, freezes: others };
  const { amount, fundingId, frozenAt: since } = event;
  const freeze = { cause, causeId, amount, since, ...(fundingId ? { fundingId } : {}) };
  return { ...milestone, freezes: [...others, freeze] };
}

/** Money leaves: to the freelancer, to a later milestone, to the client, or back to the client's bank. */
function evolveLeaving(
  milestone: Milestone,
  event: MilestoneReleased | MilestoneRolled | MilestoneChargedBack | RefundDecided,
): Milestone {
  if (event.type === 'escrow.milestone.released') {
    if (event.balance.amountMinor === 0n) return { ...terms(milestone), status: 'released' };
    const holding = holdingOf(milestone);
    const clientFeeHeld = subtract(holding.clientFeeHeld, event.clientFee);
    return { ...terms(milestone), ...holding, held: event.balance, clientFeeHeld, status: 'funded' };
  }
  if (!('held' in milestone)) {
    // What was to be refunded has gone back by the client's bank.
    if (event.type === 'escrow.milestone.charged_back')
      return { ...terms(milestone), status: 'charged_back' };
    // A later attempt of a refund that has left already.
    return { ...terms(milestone), status: 'refunding', released: releasedOf(milestone) };
  }
  const moved = event.type === 'escrow.refund.decided' ? event.principal : event.amount;
  const left = { ...milestone, ...leave(milestone, moved, event.clientFee) };
  if (event.type === 'escrow.milestone.rolled') delete (left as { reserved?: unknown }).reserved;
  if (left.held.amountMinor > 0n) {
    if (event.type !== 'escrow.milestone.charged_back' || !left.reserved) return left;
    return { ...left, reserved: atMost(left.reserved, left.held) };
  }
  switch (event.type) {
    case 'escrow.milestone.rolled':
      return { ...terms(milestone), status: 'released' };
    case 'escrow.milestone.charged_back':
      return { ...terms(milestone), status: 'charged_back' };
    case 'escrow.refund.decided':
      return { ...terms(milestone), status: 'refunding', released: left.principal };
  }
}

/** What waits for a charge was lost too: the charge will not find it (E-9, E-24). */
const atMost = (reserved: NonNullable<Holding['reserved']>, held: Money): Holding['reserved'] => ({
  ...reserved,
  amount: usd(least(reserved.amount.amountMinor, held.amountMinor)),
});

const leave = ({ held, principal, clientFee, clientFeeHeld }: Holding, amount: Money, fee: Money) => ({
  held: subtract(held, amount),
  principal: subtract(principal, amount),
  clientFee: subtract(clientFee, fee),
  clientFeeHeld: subtract(clientFeeHeld, fee),
});

/** What was held last went to the client, or was to. */
const isGoingBack = ({ status }: Milestone): boolean =>
  ['refunding', 'refund_failed', 'refunded', 'split'].includes(status);

const releasedOf = (milestone: Milestone): Money => ('released' in milestone ? milestone.released : usd(0n));

function terms({ id, agreementId, clientId, freelancerId, order, termsVersion, price }: Milestone): Terms {
  return { id, agreementId, clientId, freelancerId, order, termsVersion, price };
}

function holdingOf(milestone: Milestone): Holding {
  assertHeld(milestone);
  const { held, principal, clientFee, clientFeeHeld, freezes, reserved } = milestone;
  return { held, principal, clientFee, clientFeeHeld, freezes, ...(reserved ? { reserved } : {}) };
}
