import type { Money } from '@holdfast/domain';
import type { TermsRefusal } from '@holdfast/events';
import type { Milestone } from './milestone.ts';
import type { TermsApplied, TermsRefused } from './milestone-events.ts';

/** Terms that both parties agreed to; they hold once escrow says so. */
export type ProposedTerms = Readonly<{ version: number; price: Money; delete: boolean }>;

/**
 * The changed terms hold from here on, or they stay as they were: only what is agreed may change, and a charge that is
 * under way is for the terms that the client saw (A-13, E-26).
 */
export function applyTerms(
  milestone: Milestone,
  proposed: ProposedTerms,
  agreementStatus: 'active' | 'paused' | 'closing' | 'ended',
): TermsApplied | TermsRefused {
  const { agreementId, id: milestoneId } = milestone;
  const { version, price, delete: deleted } = proposed;
  const reason = refusalOf(milestone, version, agreementStatus);
  if (reason) return { type: 'escrow.milestone.terms_refused', agreementId, milestoneId, version, reason };
  return { type: 'escrow.milestone.terms_applied', agreementId, milestoneId, version, price, deleted };
}

function refusalOf(
  { status, termsVersion }: Milestone,
  version: number,
  agreementStatus: 'active' | 'paused' | 'closing' | 'ended',
): TermsRefusal | undefined {
  if (status === 'funding_pending') return 'funding_pending';
  if (['funded', 'submitted', 'changes_requested', 'refund_pending'].includes(status)) return 'funded';
  if (status !== 'agreed') return 'settled';
  if (version <= termsVersion) return 'outdated';
  return agreementStatus === 'closing' || agreementStatus === 'ended' ? 'contract_closing' : undefined;
}
