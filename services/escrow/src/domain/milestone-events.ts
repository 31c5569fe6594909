import type { EventOf, escrowEvents } from '@holdfast/events';

type EscrowEvent = EventOf<typeof escrowEvents>;
type Of<Type extends EscrowEvent['type']> = Extract<EscrowEvent, { type: Type }>;
export type FundingStarted = Of<'escrow.funding.started'>;
export type FundingFailed = Of<'escrow.funding.failed'>;
export type MilestoneFunded = Of<'escrow.milestone.funded'>;
export type MilestoneRolled = Of<'escrow.milestone.rolled'>;
export type TermsApplied = Of<'escrow.milestone.terms_applied'>;
export type TermsRefused = Of<'escrow.milestone.terms_refused'>;
export type ReviewStarted = Of<'escrow.review.started'>;
export type ReviewSuspended = Of<'escrow.review.suspended'>;
export type ReviewResumed = Of<'escrow.review.resumed'>;
export type SubmissionRefused = Of<'escrow.submission.refused'>;
export type ChangesRequested = Of<'escrow.milestone.changes_requested'>;
export type MilestoneReleased = Of<'escrow.milestone.released'>;
export type MilestoneFrozen = Of<'escrow.milestone.frozen'>;
export type FreezeRefused = Of<'escrow.milestone.freeze_refused'>;
export type MilestoneUnfrozen = Of<'escrow.milestone.unfrozen'>;
export type MilestoneRefunded = Of<'escrow.milestone.refunded'>;
export type MilestoneChargedBack = Of<'escrow.milestone.charged_back'>;
export type RefundRequested = Of<'escrow.refund.requested'>;
export type RefundDecided = Of<'escrow.refund.decided'>;
export type RefundFailed = Of<'escrow.refund.failed'>;
/** What changes a milestone: its state is the fold of these. */
export type MilestoneEvent =
  | FundingStarted
  | FundingFailed
  | MilestoneFunded
  | MilestoneRolled
  | TermsApplied
  | ReviewStarted
  | ReviewSuspended
  | ReviewResumed
  | ChangesRequested
  | MilestoneReleased
  | MilestoneFrozen
  | MilestoneUnfrozen
  | MilestoneRefunded
  | MilestoneChargedBack
  | RefundRequested
  | RefundDecided
  | RefundFailed;
