import { NotYet } from '@holdfast/domain';
import { contractsEvents, type EventOf, type escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Agreement } from '../domain/agreement.ts';
import {
  type Amendment,
  additionsOf,
  lapsed,
  verdict,
  withLapse,
  withOutcome,
  withTerms,
} from '../domain/amendment.ts';
import type { Milestone } from '../domain/milestone.ts';
import { agreedMilestone, agreeLater, applied, evolveTerms } from '../domain/milestone-terms.ts';
import { loadAgreement, saveAgreement } from '../tables/agreement.table.ts';
import { loadOpenAmendment, MilestoneVersionTable, saveAmendment } from '../tables/amendment.table.ts';
import { insertMilestone, loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';
import { tell } from './plan-notices.ts';

/** Escrow's answers to `contracts.milestone.terms_proposed` (A-13, M-15). */
export type TermsAnswer = Extract<
  EventOf<typeof escrowEvents>,
  { type: 'escrow.milestone.terms_applied' | 'escrow.milestone.terms_refused' }
>;

export class ApplyTerms extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: TermsAnswer }) {
    super();
  }
}

/**
 * The changed terms hold once escrow says so; what it refuses stays as it was. With the last answer the amendment is
 * done.
 */
@CommandHandler(ApplyTerms)
export class ApplyTermsHandler implements ICommandHandler<ApplyTerms> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ApplyTerms): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { event } = command.input;
      const { agreementId, milestoneId, version } = event;
      const agreement = await loadAgreement(tx, { id: agreementId });
      const open = agreement && (await loadOpenAmendment(tx, agreementId));
      const change = open?.changes.find((one) => one.milestoneId === milestoneId && one.version === version);
      if (!agreement || !change || open?.status !== 'waiting') throw new NotYet('amendment.unknown');
      const isApplied = event.type === 'escrow.milestone.terms_applied';
      const amendment = withOutcome(open, event, isApplied ? 'applied' : event.reason);
      let milestones = await loadMilestonesOf(tx, agreementId);
      if (isApplied) {
        const milestone = milestones.find(({ id }) => id === milestoneId)!;
        const fact = applied(milestone, change);
        const changed = evolveTerms(milestone, fact);
        saveMilestone(tx, changed);
        if (change.kind === 'change') keepVersion(tx, { milestone: changed, amendment });
        tx.publish(contractsEvents, [fact]);
        milestones = milestones.map((one) => (one.id === milestoneId ? changed : one));
      }
      await finishAmendment(tx, { agreement, amendment, milestones });
    });
  }
}

type Finishing = { agreement: Agreement; amendment: Amendment; milestones: readonly Milestone[] };

/** Once every change is answered: its new milestones are agreed and the contract is amended, or nothing of it holds. */
export async function finishAmendment(
  tx: Tx,
  { agreement, amendment, milestones }: Finishing,
): Promise<void> {
  const outcome = verdict(amendment);
  if (outcome === 'waiting') saveAmendment(tx, amendment);
  else if (outcome === 'applied') await apply(tx, { agreement, amendment, milestones });
  else {
    const fact = lapsed(amendment, 'refused_by_escrow');
    saveAmendment(tx, withLapse(amendment, fact));
    tx.publish(contractsEvents, [fact]);
    await tell(tx, fact, { causeId: amendment.id, parties: agreement });
  }
}

async function apply(tx: Tx, { agreement, amendment, milestones }: Finishing): Promise<void> {
  saveAmendment(tx, withTerms(amendment));
  const last = Math.max(0, ...milestones.map(({ order }) => order));
  additionsOf(amendment).forEach((addition, index) => {
    const agreed = agreeLater(agreement, addition, last + index + 1);
    const milestone = agreedMilestone(agreement, agreed);
    insertMilestone(tx, milestone);
    keepVersion(tx, { milestone, amendment });
    tx.publish(contractsEvents, [agreed]);
  });
  const { id: amendmentId, agreementId, termsVersion: version } = amendment;
  saveAgreement(tx, { ...agreement, termsVersion: version });
  const amended = {
    type: 'contracts.contract.amended' as const,
    ...{ agreementId, amendmentId, version, amendedAt: tx.now },
  };
  tx.publish(contractsEvents, [amended]);
  await tell(tx, amended, { causeId: amendmentId, parties: agreement });
}

function keepVersion(tx: Tx, { milestone, amendment }: { milestone: Milestone; amendment: Amendment }): void {
  tx.insert(MilestoneVersionTable, {
    id: newId(),
    milestoneId: milestone.id,
    agreementId: milestone.agreementId,
    termsVersion: milestone.termsVersion,
    priceMinor: milestone.price.amountMinor,
    dueDate: milestone.dueDate,
    amendmentId: amendment.id,
    textIndex: amendment.changes.findIndex(({ milestoneId }) => milestoneId === milestone.id),
    agreedAt: tx.now,
  });
}
