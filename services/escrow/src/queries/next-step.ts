import { later } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import type { InferEntity } from '@mikro-orm/postgresql';
import type { FundingTable } from '../tables/funding.table.ts';
import type { MilestoneTable } from '../tables/milestone.table.ts';
import type { TransferTable } from '../tables/transfer.table.ts';

type Milestone = InferEntity<typeof MilestoneTable>;
type Funding = InferEntity<typeof FundingTable>;
type Transfer = InferEntity<typeof TransferTable>;

export type Next = { what: string; who: string; at?: string };

const instant = (date: Date | null | undefined) => (date ? Instant.encode(date) : undefined);

/** What happens next to a milestone's money, by itself or by whom, and when (C-10). */
export function nextOf(
  milestone: Milestone,
  funding: Funding | undefined,
  transfers: readonly Transfer[],
): Next {
  switch (milestone.status) {
    case 'agreed':
      return { what: 'fund', who: 'client' };
    case 'funding_pending':
      return nextOfCharge(funding);
    case 'funded':
    case 'changes_requested':
      return { what: 'submit', who: 'freelancer' };
    case 'submitted':
      return {
        what: 'released unless the client answers',
        who: 'client',
        at: instant(milestone.reviewDueAt),
      };
    case 'refund_pending':
      return { what: 'approve the refund or dispute it', who: 'freelancer' };
    case 'refunding':
      return { what: 'pay the refund', who: 'provider' };
    case 'refund_failed':
      return { what: 'choose another way for the refund', who: 'operator' };
    case 'refunded':
    case 'charged_back':
    case 'cancelled':
      return { what: 'nothing', who: 'nobody' };
    case 'split':
    case 'released':
      return nextOfReleases(transfers);
  }
}

export function nextOfCharge(funding: Funding | undefined): Next {
  switch (funding?.status) {
    case 'awaiting_payer':
      return { what: 'confirm the payment', who: 'client', at: instant(funding.expiresAt) };
    case 'in_review':
      return { what: 'look at the charge', who: 'operator' };
    default:
      return { what: 'answer the charge', who: 'provider', at: instant(funding?.expiresAt) };
  }
}

/** Parts become available one after the other (B-3): the last one says when all of it is. */
export function nextOfReleases(transfers: readonly Transfer[]): Next {
  const waiting = transfers.filter(({ status }) => status !== 'matured');
  if (waiting.length === 0) return { what: 'withdraw', who: 'freelancer' };
  const instants = waiting.flatMap(({ availableAt }) => availableAt ?? []);
  const isKnown = instants.length === waiting.length;
  return {
    what: 'becomes available',
    who: 'nobody',
    at: isKnown ? instant(instants.reduce(later)) : undefined,
  };
}
