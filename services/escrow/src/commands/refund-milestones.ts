import type { Money } from '@holdfast/domain';
import type { RefundCause } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { assertHeld, evolve, type Milestone } from '../domain/milestone.ts';
import { type PlannedRefund, planRefunds, type Returning } from '../domain/refund-plan.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { type Lot, LotTable, returnFromLot } from '../tables/lot.table.ts';
import { saveMilestoneWithFreezes } from '../tables/milestone.table.ts';
import { decideRefund, loadCharge } from './decide-refund.ts';

/** Held money of one milestone that goes back, and why. */
export type Refunding = Readonly<{
  milestoneId: string;
  /** Without it, all that is held. */
  amount?: Money;
  cause: RefundCause;
  refundRequestId?: string;
}>;

/** An agreement as it stands in the middle of a decision: what was decided already is in it. */
export type Standing = Readonly<{ agreement: Agreement; milestones: readonly Milestone[] }>;

/** The same with the refunds that were decided just now: each is open until the provider has paid it (E-23). */
export type Refunded = Standing & Readonly<{ refundIds: readonly string[] }>;

/**
 * Decides the refunds of held money, newest lots first, one for each charge (E-12, E-15, E-21), with a journal and an
 * event each. Rows are saved; what the milestones and the agreement are afterwards is returned.
 * @throws Rejection milestone.not_funded | milestone.released | milestone.settled | milestone.frozen
 */
export async function refundMilestones(
  tx: Tx,
  standing: Standing,
  refundings: readonly Refunding[],
): Promise<Refunded> {
  const lots = await tx.many(LotTable, { agreementId: standing.agreement.id });
  const returning = refundings.map((refunding): Returning & Refunding => {
    const milestone = standing.milestones.find(({ id }) => id === refunding.milestoneId)!;
    assertHeld(milestone);
    const own = lots.filter(({ milestoneId }) => milestoneId === milestone.id);
    return { ...refunding, milestone, amount: refunding.amount ?? milestone.held, lots: own };
  });
  const planned = planRefunds(returning, initiationLotOf(standing, returning, lots));
  return book(tx, standing, { planned, returning, lots });
}

/**
 * The lot whose charge took the initiation fee, where the fee goes back: the contract ends, nothing was ever released,
 * and after this decision nothing is left that could be (P-6).
 */
function initiationLotOf(
  { agreement, milestones }: Standing,
  returning: readonly Returning[],
  lots: readonly Lot[],
): Lot | undefined {
  if (agreement.initiationFee !== 'held' || agreement.status !== 'closing') return undefined;
  const staysOpen = milestones.some((milestone) => {
    if (!('held' in milestone)) return milestone.status === 'funding_pending';
    const going = returning.find((each) => each.milestone.id === milestone.id);
    return going?.amount.amountMinor !== milestone.held.amountMinor;
  });
  return staysOpen ? undefined : lots.find(({ initiationFeeMinor }) => initiationFeeMinor > 0n);
}

async function book(
  tx: Tx,
  standing: Standing,
  {
    planned,
    returning,
    lots,
  }: {
    planned: readonly PlannedRefund[];
    returning: readonly (Returning & Refunding)[];
    lots: readonly Lot[];
  },
): Promise<Refunded> {
  const refundIds: string[] = [];
  const milestones = new Map(standing.milestones.map((milestone) => [milestone.id, milestone]));
  let { agreement } = standing;
  for (const { fundingId, milestoneId, parts, lots: returned } of planned) {
    const why = returning.find(({ milestone }) => milestone.id === milestoneId) ?? returning.at(-1);
    const milestone = milestoneId ? milestones.get(milestoneId)! : undefined;
    const heldMinor = milestone && 'held' in milestone ? milestone.held.amountMinor : 0n;
    const decided = await decideRefund(tx, {
      charge: await loadCharge(tx, fundingId),
      cause: why?.cause ?? 'consent',
      parts,
      ...(milestone
        ? {
            milestoneId: milestone.id,
            balance: { ...parts.principal, amountMinor: heldMinor - parts.principal.amountMinor },
          }
        : {}),
      ...(why?.refundRequestId ? { refundRequestId: why.refundRequestId } : {}),
      source: 'escrow',
    });
    refundIds.push(decided.refundId);
    if (milestone) milestones.set(milestone.id, evolve(milestone, decided));
    for (const each of returned) returnFromLot(tx, lots.find(({ id }) => id === each.lotId)!, each);
    if (parts.initiationFee.amountMinor > 0n) agreement = { ...agreement, initiationFee: 'returned' };
  }
  if (agreement !== standing.agreement) tx.save(AgreementTable, agreement);
  // With their freezes: one that came too late for a timer ends with what it covered (M-16).
  for (const { milestone } of returning) await saveMilestoneWithFreezes(tx, milestones.get(milestone.id)!);
  const changed = standing.milestones.map(({ id }) => milestones.get(id)!);
  return { agreement, milestones: changed, refundIds };
}
