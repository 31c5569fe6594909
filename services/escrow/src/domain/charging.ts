import { Rejection } from '@holdfast/domain';
import type { Milestone } from './milestone.ts';

/** Statuses in which money is held or on its way in: the next milestone opens only after them (E-2). */
const unsettled: readonly Milestone['status'][] = [
  'funding_pending',
  'funded',
  'submitted',
  'changes_requested',
  'refund_pending',
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
