import { NotYet, usd } from '@holdfast/domain';
import { type EventOf, escrowEvents, type FundingFailure } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { planFunding, takesCharge } from '../domain/charging.ts';
import { type Funding, type Observation, observe } from '../domain/funding.ts';
import { orphanedJournal } from '../domain/journals.ts';
import { evolve, type HeldMilestone, type Milestone } from '../domain/milestone.ts';
import type { FundingFailed } from '../domain/milestone-events.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { BonusTable } from '../tables/bonus.table.ts';
import { type FundingFrame, FundingShareTable, loadFunding, saveFunding } from '../tables/funding.table.ts';
import { loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';
import { backupsFor } from './begin-charge.ts';
import { bookFunding } from './book-funding.ts';
import { clearIfSettled, loadStanding } from './clear-agreement.ts';
import { chargeOf, decideRefund } from './decide-refund.ts';
import { beginFunding } from './fund-milestone.ts';
import { bookBonus, failBonus } from './pay-bonus.ts';
import { ordersOfHolds } from './record-account-hold.ts';

export class RecordCharge extends Command<void> {
  constructor(readonly input: { message: MessageRef; fundingId: string; observation: Observation }) {
    super();
  }
}

/** Books what was observed of a charge: funded, failed, or a next step at the provider (E-26, P-3). */
@CommandHandler(RecordCharge)
export class RecordChargeHandler implements ICommandHandler<RecordCharge> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordCharge): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { fundingId, observation } = command.input;
      const known = await loadFunding(tx, fundingId);
      if (!known) throw new NotYet('milestone.unknown');
      const { funding: before, frame } = known;
      const after = observe(before, observation, tx.now);
      if (after === before) return;
      saveFunding(tx, after, frame);
      if (after.status === before.status) return;
      if (after.status === 'succeeded') await settle(tx, after, frame);
      if (after.status === 'failed') await fail(tx, after, frame);
    });
  }
}

/**
 * A success that arrives late funds the milestones if they still take it at that version; else it is an orphan
 * (E-26).
 */
async function settle(tx: Tx, funding: Funding, frame: FundingFrame): Promise<void> {
  const agreement = (await tx.one(AgreementTable, { id: frame.agreementId }))!;
  // The initiation fee is charged once (P-6): a charge that holds a second one is not booked in part.
  if (funding.parts.initiationFee.amountMinor > 0n && agreement.initiationFee !== 'due') {
    return orphan(tx, funding, frame);
  }
  if (frame.bonusId) {
    const { status } = (await tx.one(BonusTable, { id: frame.bonusId }))!;
    // The client has been told that it failed, and may have paid it again. What a hold freezes cannot be released,
    // and a bonus is never held (E-10, E-22).
    const isTaken = status === 'charging' && (await ordersOfHolds(tx, agreement)).length === 0;
    if (!isTaken) return orphan(tx, funding, frame);
    const after = await bookBonus(tx, { agreement, funding, frame });
    const milestones = await loadMilestonesOf(tx, frame.agreementId);
    await clearIfSettled(tx, { agreement: after, milestones }, { fundingId: funding.id });
    return;
  }
  const milestones = await loadMilestonesOf(tx, frame.agreementId);
  const shares = await sharesOf(tx, funding.id);
  const { rollFrom, rollMinor } = frame;
  const charge = {
    fundingId: funding.id,
    shares,
    ...(rollFrom ? { rolling: { milestoneId: rollFrom, amountMinor: rollMinor } } : {}),
  };
  const mode = agreement.settings['funding.mode'];
  if (!takesCharge(milestones, charge, { mode, status: agreement.status })) {
    return orphan(tx, funding, frame);
  }
  const byId = (id: string): Milestone => milestones.find((milestone) => milestone.id === id)!;
  const milestone = byId(frame.milestoneId!);
  const from = rollFrom ? (byId(rollFrom) as HeldMilestone) : undefined;
  await bookFunding(tx, {
    agreement,
    milestone,
    rolling: from && { from, amount: usd(rollMinor) },
    charge: { funding, frame },
    payments: shares.map(({ milestoneId, ...share }) => ({ milestone: byId(milestoneId), ...share })),
    // The client has been told that nothing was paid: a success that comes after that is held.
    pays: frame.pays && milestone.status === 'funding_pending',
  });
}

async function sharesOf(tx: Tx, fundingId: string) {
  const rows = await tx.many(FundingShareTable, { fundingId });
  return rows.map(({ milestoneId, termsVersion, principalMinor, clientFeeMinor, taxMinor }) => ({
    milestoneId,
    termsVersion,
    principal: usd(principalMinor),
    clientFee: usd(clientFeeMinor),
    tax: usd(taxMinor),
  }));
}

/** Nothing takes it any more: it goes back whole, by itself (E-26). */
async function orphan(tx: Tx, funding: Funding, frame: FundingFrame): Promise<void> {
  const { agreementId, bonusId } = frame;
  const { id: fundingId, kind, intentId = null, parts } = funding;
  const { total, ...refunded } = parts;
  const refundId = newId();
  tx.post(orphanedJournal({ agreementId, fundingId }, total, kind));
  const orphaned: EventOf<typeof escrowEvents> = {
    type: 'escrow.funding.orphaned',
    agreementId,
    fundingId,
    milestoneIds: bonusId ? [] : await milestoneIdsOf(tx, fundingId, frame),
    ...(bonusId ? { bonusId } : {}),
    amount: total,
    refundId,
  };
  await giveUp(tx, { ...funding, status: 'failed', ending: 'cancelled' }, frame);
  tx.publish(escrowEvents, [orphaned]);
  await decideRefund(tx, {
    refundId,
    charge: chargeOf({ ...frame, id: fundingId, kind, intentId }),
    cause: 'orphaned_charge',
    ...(bonusId ? { bonusId } : {}),
    parts: refunded,
    source: 'payable',
  });
}

/** Whoever still waits for the charge has not been told yet that nothing comes of it. */
async function giveUp(tx: Tx, funding: Funding & { status: 'failed' }, frame: FundingFrame): Promise<void> {
  if (frame.bonusId) {
    const { status } = (await tx.one(BonusTable, { id: frame.bonusId }))!;
    if (status === 'charging') await failBonus(tx, funding, frame);
    return;
  }
  const milestones = await loadMilestonesOf(tx, frame.agreementId);
  if (!milestones.some((each) => concerns(each, funding.id))) return;
  const failed = await failedFact(tx, funding, frame);
  tx.publish(escrowEvents, [failed]);
  for (const each of milestones) if (concerns(each, funding.id)) saveMilestone(tx, evolve(each, failed));
}

/** Whom the bank or PayPal refused may be paid for by another method; who is called must act first (P-1, P-16). */
const goesOn: readonly FundingFailure[] = ['declined', 'method_unusable'];

/** The milestones are agreed again, and what was to roll over is free (E-9, E-26); or the next method is tried (P-1). */
async function fail(tx: Tx, funding: Funding & { status: 'failed' }, frame: FundingFrame): Promise<void> {
  if (frame.bonusId) {
    await failBonus(tx, funding, frame);
    await clearIfSettled(tx, await loadStanding(tx, frame.agreementId), { fundingId: funding.id });
    return;
  }
  const { unattended, ending } = funding;
  const failed = await failedFact(tx, funding, frame);
  tx.publish(escrowEvents, [failed]);
  const milestones = await loadMilestonesOf(tx, frame.agreementId);
  const waits = milestones.some((each) => 'fundingId' in each && each.fundingId === funding.id);
  let after = milestones.map((each) => (concerns(each, funding.id) ? evolve(each, failed) : each));
  const agreement = (await tx.one(AgreementTable, { id: frame.agreementId }))!;
  // While a contract is closing nothing is funded.
  const isTried =
    waits &&
    unattended &&
    goesOn.includes(ending) &&
    agreement.status !== 'closing' &&
    agreement.status !== 'ended';
  const instead = isTried ? await backupsFor(tx, funding.id, frame) : undefined;
  if (instead) {
    const milestone = after.find(({ id }) => id === frame.milestoneId)!;
    const plan = planFunding(milestone, after, agreement.settings['funding.mode']);
    const { event } = await beginFunding(tx, { agreement, milestone, plan, instead });
    after = after.map((each) => evolve(each, event));
  }
  after.forEach((each, index) => {
    if (each !== milestones[index]) saveMilestone(tx, each);
  });
  if (!instead) await clearAfterFailure(tx, funding.id, frame, after);
}

/** A charge that ran while the contract was being ended kept it from being cleared. */
async function clearAfterFailure(
  tx: Tx,
  fundingId: string,
  { agreementId }: FundingFrame,
  milestones: readonly Milestone[],
): Promise<void> {
  const { agreement } = await loadStanding(tx, agreementId);
  await clearIfSettled(tx, { agreement, milestones }, { fundingId });
}

const failedFact = async (
  tx: Tx,
  { id: fundingId, ending: reason }: Funding & { status: 'failed' },
  frame: FundingFrame,
): Promise<FundingFailed> => ({
  type: 'escrow.funding.failed',
  agreementId: frame.agreementId,
  fundingId,
  milestoneIds: await milestoneIdsOf(tx, fundingId, frame),
  version: frame.termsVersion,
  reason,
});

/** It waits for this charge, or keeps a rest for it. */
const concerns = (milestone: Milestone, fundingId: string): boolean =>
  ('fundingId' in milestone && milestone.fundingId === fundingId) ||
  ('held' in milestone && milestone.reserved?.fundingId === fundingId);

/** The one that was named stands first: the version is that of its terms. */
async function milestoneIdsOf(tx: Tx, fundingId: string, { milestoneId }: FundingFrame): Promise<string[]> {
  const ids = (await sharesOf(tx, fundingId)).map((share) => share.milestoneId);
  return [milestoneId!, ...ids.filter((id) => id !== milestoneId)];
}
