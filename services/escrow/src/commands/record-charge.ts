import { NotYet } from '@holdfast/domain';
import { type EventOf, escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Funding, type Observation, observe } from '../domain/funding.ts';
import { fundingJournal, orphanedJournal } from '../domain/journals.ts';
import { evolve, type FundingFailed, type Milestone, type MilestoneFunded } from '../domain/milestone.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { type FundingFrame, loadFunding, saveFunding } from '../tables/funding.table.ts';
import { insertLot } from '../tables/lot.table.ts';
import { loadMilestone, saveMilestone } from '../tables/milestone.table.ts';

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
      const milestone = await loadMilestone(tx, frame.milestoneId, {});
      if (after.status === 'succeeded') await fund(tx, milestone, after, frame);
      if (after.status === 'failed') fail(tx, milestone, after, frame);
    });
  }
}

/** A success that arrives late funds the milestone if it still takes it at that version; else it is an orphan (E-26). */
async function fund(tx: Tx, milestone: Milestone, funding: Funding, frame: FundingFrame): Promise<void> {
  const { principal, clientFee, initiationFee, total } = funding.parts;
  const ids = { agreementId: frame.agreementId, milestoneId: frame.milestoneId, fundingId: funding.id };
  const expected = milestone.status === 'funding_pending' && milestone.fundingId === funding.id;
  const stillAgreed = milestone.status === 'agreed' && milestone.termsVersion === frame.termsVersion;
  const agreement = (await tx.one(AgreementTable, { id: frame.agreementId }))!;
  const feeStillDue = initiationFee.amountMinor === 0n || agreement.initiationFee === 'due';
  if (!(expected || stillAgreed) || !feeStillDue) {
    tx.post(orphanedJournal(ids, total));
    const orphaned: EventOf<typeof escrowEvents> = {
      type: 'escrow.funding.orphaned',
      agreementId: ids.agreementId,
      fundingId: ids.fundingId,
      milestoneIds: [ids.milestoneId],
      amount: total,
      refundId: newId(),
    };
    tx.publish(escrowEvents, [orphaned]);
    return;
  }
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
    subAccount: 'card',
    principalMinor: principal.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    initiationFeeMinor: initiationFee.amountMinor,
    taxMinor: 0n,
    principalLeftMinor: principal.amountMinor,
    clientFeeLeftMinor: clientFee.amountMinor,
    chargedAt: tx.now,
  });
  if (agreement.initiationFee === 'due') {
    tx.save(AgreementTable, {
      ...agreement,
      initiationFee: 'held',
      initiationFeeMinor: initiationFee.amountMinor,
    });
  }
  saveMilestone(tx, evolve(milestone, funded));
  tx.post(fundingJournal(ids, funding.parts));
  tx.publish(escrowEvents, [funded]);
}

function fail(tx: Tx, milestone: Milestone, funding: Funding & { status: 'failed' }, frame: FundingFrame): void {
  const failed: FundingFailed = {
    type: 'escrow.funding.failed',
    agreementId: frame.agreementId,
    fundingId: funding.id,
    milestoneIds: [milestone.id],
    version: frame.termsVersion,
    reason: funding.ending,
  };
  if (milestone.status === 'funding_pending' && milestone.fundingId === funding.id) {
    saveMilestone(tx, evolve(milestone, failed));
  }
  tx.publish(escrowEvents, [failed]);
}
