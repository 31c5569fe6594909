import { NotYet, plusBankingDays, usd } from '@holdfast/domain';
import { type EventOf, escrowEvents, type FundingFailure } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { takesCharge } from '../domain/charging.ts';
import { type Funding, type Observation, observe } from '../domain/funding.ts';
import { fundingJournal, orphanedJournal, placeOf } from '../domain/journals.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { FundingFailed, MilestoneFunded } from '../domain/milestone-events.ts';
import { escrowSettings } from '../settings.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { type FundingFrame, loadFunding, saveFunding } from '../tables/funding.table.ts';
import { insertLot } from '../tables/lot.table.ts';
import { loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';
import { chargeOf, decideRefund } from './decide-refund.ts';
import { freezeMilestone } from './freeze-milestone.ts';
import { backupsFor, beginFunding } from './fund-milestone.ts';
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
      const milestones = await loadMilestonesOf(tx, frame.agreementId);
      if (after.status === 'succeeded') await settle(tx, milestones, after, frame);
      if (after.status === 'failed') await fail(tx, milestones, after, frame);
    });
  }
}

const milestoneOf = (milestones: readonly Milestone[], { milestoneId }: FundingFrame): Milestone =>
  milestones.find(({ id }) => id === milestoneId)!;

/**
 * A success that arrives late funds the milestone if it still takes it at that version; else it is an orphan
 * (E-26).
 */
async function settle(
  tx: Tx,
  milestones: readonly Milestone[],
  funding: Funding,
  frame: FundingFrame,
): Promise<void> {
  const { id: fundingId, parts } = funding;
  const milestone = milestoneOf(milestones, frame);
  const agreement = (await tx.one(AgreementTable, { id: frame.agreementId }))!;
  const { termsVersion } = frame;
  // The initiation fee is charged once (P-6): a charge that holds a second one is not booked in part.
  const feeFits = parts.initiationFee.amountMinor === 0n || agreement.initiationFee === 'due';
  if (feeFits && takesCharge(milestone, milestones, { fundingId, termsVersion })) {
    await fund(tx, { agreement, milestone, funding, frame });
  } else {
    await orphan(tx, funding, frame);
  }
}

/** Nothing takes it any more: it goes back whole, by itself (E-26). */
async function orphan(tx: Tx, funding: Funding, frame: FundingFrame): Promise<void> {
  const { agreementId, milestoneId } = frame;
  const { id: fundingId, kind, intentId = null, parts } = funding;
  const { principal, clientFee, initiationFee, total } = parts;
  const refundId = newId();
  tx.post(orphanedJournal({ agreementId, fundingId }, total, kind));
  const orphaned: EventOf<typeof escrowEvents> = {
    type: 'escrow.funding.orphaned',
    agreementId,
    fundingId,
    milestoneIds: [milestoneId],
    amount: total,
    refundId,
  };
  tx.publish(escrowEvents, [orphaned]);
  await decideRefund(tx, {
    refundId,
    charge: chargeOf({ ...frame, id: fundingId, kind, intentId }),
    cause: 'orphaned_charge',
    parts: { principal, clientFee, initiationFee, tax: usd(0n) },
    source: 'payable',
  });
}

async function fund(
  tx: Tx,
  charged: { agreement: Agreement; milestone: Milestone; funding: Funding; frame: FundingFrame },
): Promise<void> {
  const { agreement, milestone, funding, frame } = charged;
  const { 'ach.risk_business_days': riskDays } = await currentSettings(tx, escrowSettings);
  const { principal, clientFee, initiationFee } = funding.parts;
  const ids = { agreementId: agreement.id, milestoneId: milestone.id, fundingId: funding.id };
  const lotId = newId();
  const funded: MilestoneFunded = {
    type: 'escrow.milestone.funded',
    ...ids,
    version: frame.termsVersion,
    amount: principal,
    clientFee,
    lots: [{ lotId, amount: principal }],
    fundedAt: tx.now,
  };
  insertLot(tx, {
    id: lotId,
    ...ids,
    chargeReference: funding.intentId!,
    methodId: frame.methodId,
    subAccount: placeOf(funding.kind),
    principalMinor: principal.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    initiationFeeMinor: initiationFee.amountMinor,
    taxMinor: 0n,
    principalLeftMinor: principal.amountMinor,
    clientFeeLeftMinor: clientFee.amountMinor,
    chargedAt: tx.now,
    rolledFrom: null,
    taxReturnedMinor: 0n,
    principalRefundedMinor: 0n,
    // A bank debit that succeeded may still come back (P-14).
    atRiskUntil: funding.kind === 'bank' ? plusBankingDays(tx.now, riskDays) : null,
  });
  if (agreement.initiationFee === 'due') {
    tx.save(AgreementTable, {
      ...agreement,
      initiationFee: 'held',
      initiationFeeMinor: initiationFee.amountMinor,
    });
  }
  tx.post(fundingJournal(ids, funding.parts, funding.kind));
  tx.publish(escrowEvents, [funded]);
  await freezeMilestone(tx, evolve(milestone, funded), await ordersOfHolds(tx, agreement));
}

/** Whom the bank or PayPal refused may be paid for by another method; who is called must act first (P-1, P-16). */
const goesOn: readonly FundingFailure[] = ['declined', 'method_unusable'];

async function fail(
  tx: Tx,
  milestones: readonly Milestone[],
  funding: Funding & { status: 'failed' },
  frame: FundingFrame,
): Promise<void> {
  const milestone = milestoneOf(milestones, frame);
  const failed: FundingFailed = {
    type: 'escrow.funding.failed',
    agreementId: frame.agreementId,
    fundingId: funding.id,
    milestoneIds: [milestone.id],
    version: frame.termsVersion,
    reason: funding.ending,
  };
  if (milestone.status === 'funding_pending' && milestone.fundingId === funding.id) {
    tx.publish(escrowEvents, [failed]);
    const agreed = evolve(milestone, failed);
    const tried =
      funding.unattended && goesOn.includes(funding.ending) ? await backupsFor(tx, frame) : undefined;
    if (!tried) return saveMilestone(tx, agreed);
    const agreement = (await tx.one(AgreementTable, { id: frame.agreementId }))!;
    return saveMilestone(tx, await beginFunding(tx, { agreement, milestone: agreed, tried }));
  }
  tx.publish(escrowEvents, [failed]);
}
