import { type Money, Rejection, subtract, usd } from '@holdfast/domain';
import type { PinnedSettings } from '@holdfast/events';
import { least } from './lots.ts';
import { type HeldMilestone, type Milestone, movable } from './milestone.ts';

type Mode = PinnedSettings['funding.mode'];
type AgreementStatus = 'active' | 'paused' | 'closing' | 'ended';

/** Statuses in which money is held or on its way in: the next milestone opens only after them (E-2). */
const unsettled: readonly Milestone['status'][] = [
  'funding_pending',
  'funded',
  'submitted',
  'changes_requested',
  'refund_pending',
];

/** What stayed after a partial release: it counts as settled (E-2, E-9). */
export const isRest = (milestone: Milestone): milestone is HeldMilestone =>
  'held' in milestone &&
  milestone.status !== 'refund_pending' &&
  milestone.held.amountMinor < milestone.principal.amountMinor;

/**
 * Whether this milestone may be charged now, by the version of the terms that the client saw (E-2, E-26).
 * @throws Rejection milestone.already_funded | milestone.funding_pending | milestone.cancelled |
 *   terms.version_outdated | funding.one_at_a_time
 */
export function assertFundable(
  milestone: Milestone,
  others: readonly Milestone[],
  version: number,
  mode: Mode = 'one_at_a_time',
): void {
  if (milestone.status === 'funding_pending') throw new Rejection('milestone.funding_pending');
  if (milestone.status === 'cancelled') throw new Rejection('milestone.cancelled');
  if (milestone.status !== 'agreed') throw new Rejection('milestone.already_funded');
  if (version !== milestone.termsVersion) throw new Rejection('terms.version_outdated');
  const open = openBeside(milestone, others, mode);
  if (open) throw new Rejection('funding.one_at_a_time', { openMilestoneId: open.id });
}

/** A rest of an earlier milestone and how much of it the next one takes over (E-9). */
export type Rolling = Readonly<{ from: HeldMilestone; amount: Money }>;

/** What one charge pays: the difference of one milestone, or all agreed ones (E-2, E-9). */
export type FundingPlan = Readonly<{
  /** In their order; the first has the initiation fee. */
  payments: readonly Readonly<{ milestone: Milestone; principal: Money }>[];
  rolling?: Rolling;
}>;

/** One at a time, less what rolls over; up front all that are agreed, where nothing rolls (E-2, E-9). */
export function planFunding(milestone: Milestone, all: readonly Milestone[], mode: Mode): FundingPlan {
  if (mode === 'project_upfront') {
    const agreed = all.filter(({ status }) => status === 'agreed');
    return { payments: agreed.map((each) => ({ milestone: each, principal: each.price })) };
  }
  const rolling = restBefore(milestone, all);
  if (!rolling) return { payments: [{ milestone, principal: milestone.price }] };
  const principal = subtract(milestone.price, rolling.amount);
  return { payments: principal.amountMinor === 0n ? [] : [{ milestone, principal }], rolling };
}

/** The rest of the nearest earlier milestone that has one which may move, at most the price (E-9). */
function restBefore(milestone: Milestone, all: readonly Milestone[]): Rolling | undefined {
  const rests = all.filter(isRest).filter(({ order }) => order < milestone.order);
  const [from] = rests.filter(canRoll).sort((a, b) => b.order - a.order);
  if (!from) return undefined;
  return { from, amount: usd(least(movable(from).amountMinor, milestone.price.amountMinor)) };
}

/** Work that was submitted again is judged first. */
const canRoll = (rest: HeldMilestone): boolean => rest.status === 'funded' && movable(rest).amountMinor > 0n;

/** A charge that succeeded, as it was begun. */
export type Charge = Readonly<{
  fundingId: string;
  shares: readonly Readonly<{ milestoneId: string; termsVersion: number }>[];
  rolling?: Readonly<{ milestoneId: string; amountMinor: bigint }>;
}>;

/**
 * Whether a charge that succeeded funds its milestones, all or none of them: they wait for this charge, or are agreed
 * again at that version and no other has been opened meanwhile (E-2, E-26). What was to roll over must still be there,
 * and a contract that is closing takes no money any more. Else the charge is an orphan.
 */
export function takesCharge(
  milestones: readonly Milestone[],
  { fundingId, shares, rolling }: Charge,
  { mode, status }: Readonly<{ mode: Mode; status: AgreementStatus }>,
): boolean {
  if (status === 'closing' || status === 'ended') return false;
  const paid = shares.map(({ milestoneId, termsVersion }) => {
    return { milestone: milestones.find(({ id }) => id === milestoneId), termsVersion };
  });
  const rest = milestones.find(({ id }) => id === rolling?.milestoneId);
  if (rolling && !(rest && isRest(rest) && keeps(rest, rolling.amountMinor, fundingId))) return false;
  const waiting = paid.every(
    ({ milestone }) => milestone?.status === 'funding_pending' && milestone.fundingId === fundingId,
  );
  if (waiting) return true;
  if (status !== 'active') return false;
  return paid.every(
    ({ milestone, termsVersion }) =>
      milestone?.status === 'agreed' &&
      milestone.termsVersion === termsVersion &&
      !openBeside(milestone, milestones, mode),
  );
}

/** What is reserved for this charge is there for it, unless something has frozen it meanwhile (E-9, E-22). */
function keeps(rest: HeldMilestone, amountMinor: bigint, fundingId: string): boolean {
  const reserved = rest.reserved?.fundingId === fundingId ? undefined : rest.reserved;
  return rest.status === 'funded' && movable({ ...rest, reserved }).amountMinor >= amountMinor;
}

/** Up front only a charge that is under way stands in the way of another one (E-2). */
function openBeside(milestone: Milestone, others: readonly Milestone[], mode: Mode): Milestone | undefined {
  const open = mode === 'project_upfront' ? ['funding_pending'] : unsettled;
  return others.find((other) => other.id !== milestone.id && open.includes(other.status) && !isRest(other));
}
