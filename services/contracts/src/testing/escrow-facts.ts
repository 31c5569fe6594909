import { type Money, usd } from '@holdfast/domain';
import type { ReleaseCause } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import type { MatterFact } from '../domain/matter.ts';
import type { EscrowFact } from '../domain/milestone-facts.ts';

const nothing = usd(0n);
const dueAt = new Date('2027-01-01T00:00:00.000Z');

type Ids = Readonly<{ agreementId: string; milestoneId: string }>;

/** Facts of escrow about one milestone. */
export const escrowFacts = (ids: Ids) => ({
  ...fundingFacts(ids),
  ...reviewFacts(ids),
  ...freezeFacts(ids),
  ...refundFacts(ids),
});

function fundingFacts({ agreementId, milestoneId }: Ids) {
  const ids = { agreementId, milestoneId };
  const funding = { agreementId, milestoneIds: [milestoneId], fundingId: newId(), version: 1 };
  return {
    started: (): EscrowFact => ({
      type: 'escrow.funding.started',
      ...funding,
      kind: 'card',
      amount: usd(10_999n),
    }),
    failed: (): EscrowFact => ({ type: 'escrow.funding.failed', ...funding, reason: 'declined' }),
    funded: (amount: Money = usd(10_000n)): EscrowFact => ({
      type: 'escrow.milestone.funded',
      ...ids,
      version: 1,
      fundingId: newId(),
      amount,
      clientFee: usd(500n),
      lots: [{ lotId: newId(), amount }],
      fundedAt: dueAt,
    }),
    rolled: (balance: Money = nothing): EscrowFact => ({
      type: 'escrow.milestone.rolled',
      ...ids,
      toMilestoneId: newId(),
      amount: usd(1_000n),
      clientFee: usd(50n),
      balance,
      lots: [{ lotId: newId(), amount: usd(1_000n) }],
      rolledAt: dueAt,
    }),
  };
}

function reviewFacts(ids: Ids) {
  return {
    reviewStarted: (submissionId: string): EscrowFact => ({
      type: 'escrow.review.started',
      ...ids,
      submissionId,
      dueAt,
    }),
    suspended: (submissionId: string): EscrowFact => ({
      type: 'escrow.review.suspended',
      ...ids,
      submissionId,
      leftMs: 3_600_000,
      cause: 'chargeback',
    }),
    resumed: (submissionId: string): EscrowFact => ({
      type: 'escrow.review.resumed',
      ...ids,
      submissionId,
      dueAt,
    }),
    refused: (submissionId: string): EscrowFact => ({
      type: 'escrow.submission.refused',
      ...ids,
      submissionId,
      reason: 'not_funded',
    }),
    changesRequested: (submissionId: string): EscrowFact => ({
      type: 'escrow.milestone.changes_requested',
      ...ids,
      submissionId,
      reasonHash: 'b'.repeat(64),
    }),
    released: ({
      submissionId,
      balance = nothing,
      cause = balance.amountMinor > 0n ? 'partial' : 'approval',
    }: {
      submissionId?: string;
      balance?: Money;
      cause?: ReleaseCause;
    } = {}): EscrowFact => ({
      type: 'escrow.milestone.released',
      ...ids,
      submissionId,
      freelancerId: 'freelancer',
      gross: usd(10_000n),
      clientFee: usd(500n),
      freelancerFee: usd(1_000n),
      net: usd(9_000n),
      balance,
      cause,
      transferId: newId(),
      releasedAt: dueAt,
    }),
  };
}

function freezeFacts(ids: Ids) {
  return {
    frozen: (causeId: string, amount: Money = usd(1_000n)): EscrowFact => ({
      type: 'escrow.milestone.frozen',
      ...ids,
      cause: 'chargeback',
      causeId,
      amount,
      balance: usd(10_000n),
      frozenAt: dueAt,
    }),
    unfrozen: (causeId: string): EscrowFact => ({
      type: 'escrow.milestone.unfrozen',
      ...ids,
      cause: 'chargeback',
      causeId,
      balance: usd(10_000n),
    }),
    chargedBack: (balance: Money = nothing): EscrowFact => ({
      type: 'escrow.milestone.charged_back',
      ...ids,
      chargebackId: newId(),
      amount: usd(10_000n),
      clientFee: usd(500n),
      balance,
    }),
  };
}

function refundFacts({ agreementId, milestoneId }: Ids) {
  const [ids, refundId, refundRequestId] = [{ agreementId, milestoneId }, newId(), newId()];
  const amount = usd(10_500n);
  return {
    refundRequested: (): EscrowFact => ({
      type: 'escrow.refund.requested',
      agreementId,
      refundRequestId,
      clientId: 'client',
      freelancerId: 'freelancer',
      milestones: [{ milestoneId, amount: usd(10_000n) }],
      requestedAt: dueAt,
      dueAt,
    }),
    deadlineMoved: (to: Date): EscrowFact => ({
      type: 'escrow.deadline.moved',
      agreementId,
      deadlineKind: 'refund.silence',
      deadlineId: refundRequestId,
      dueAt: to,
      reason: 'notice_not_proven',
    }),
    deadlineSuspended: (leftMs: number): EscrowFact => ({
      type: 'escrow.deadline.suspended',
      agreementId,
      deadlineKind: 'refund.silence',
      deadlineId: refundRequestId,
      leftMs,
      reason: 'frozen',
    }),
    refundDecided: (balance: Money = nothing, attempt = 1): EscrowFact => ({
      type: 'escrow.refund.decided',
      ...ids,
      refundId,
      fundingId: newId(),
      principal: usd(10_000n),
      clientFee: usd(500n),
      amount,
      cause: 'consent',
      attempt,
      kind: 'card',
      balance,
    }),
    refundFailed: (): EscrowFact & MatterFact => ({
      type: 'escrow.refund.failed',
      ...ids,
      refundId,
      amount,
      kind: 'card',
      reason: 'method_closed',
    }),
    refundPaid: (): MatterFact => ({
      type: 'escrow.refund.paid',
      agreementId,
      refundId,
      amount,
      kind: 'card',
    }),
    refunded: (outcome: 'refunded' | 'split' = 'refunded', balance: Money = nothing): EscrowFact => ({
      type: 'escrow.milestone.refunded',
      ...ids,
      refundId,
      amount: usd(10_000n),
      balance,
      cause: 'consent',
      outcome,
    }),
  };
}
