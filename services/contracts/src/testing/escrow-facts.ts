import { type Money, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import type { EscrowFact } from '../domain/milestone.ts';

const nothing = usd(0n);

/** Facts of escrow about one milestone. */
export function escrowFacts({ agreementId, milestoneId }: { agreementId: string; milestoneId: string }) {
  const ids = { agreementId, milestoneId };
  const funding = { agreementId, milestoneIds: [milestoneId], fundingId: newId(), version: 1 };
  const dueAt = new Date('2027-01-01T00:00:00.000Z');
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
    reviewStarted: (submissionId: string): EscrowFact => ({
      type: 'escrow.review.started',
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
    }: {
      submissionId?: string;
      balance?: Money;
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
      cause: balance.amountMinor > 0n ? 'partial' : 'approval',
      transferId: newId(),
      releasedAt: dueAt,
    }),
  };
}
