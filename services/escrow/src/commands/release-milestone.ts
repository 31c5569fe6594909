import { Money } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { releaseJournal } from '../domain/journals.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { MilestoneReleased } from '../domain/milestone-events.ts';
import { release, releaseBySilence, withRisk } from '../domain/release.ts';
import { type Agreement, AgreementTable, initiationFeeHeld } from '../tables/agreement.table.ts';
import { useLots } from '../tables/lot.table.ts';
import { loadMilestone, saveMilestone, saveMilestoneWithFreezes } from '../tables/milestone.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';

export type ReleaseAnswer = {
  milestoneId: string;
  status: 'released';
  transferId: string;
  net: z.input<typeof Money>;
};

export class ReleaseMilestone extends Command<ReleaseAnswer> {
  constructor(
    readonly input: { message: MessageRef; clientId: string; milestoneId: string; submissionId?: string },
  ) {
    super();
  }
}

/** The client pays: with a submission its approval (E-6), without one paid unasked (E-7). */
@CommandHandler(ReleaseMilestone)
export class ReleaseMilestoneHandler implements ICommandHandler<ReleaseMilestone> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReleaseMilestone): Promise<ReleaseAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, clientId, submissionId } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, { clientId }); // Version checked at commit.
      const agreement = (await tx.one(AgreementTable, { id: milestone.agreementId }))!;
      const released = release(milestone, { ...decisionOf(tx, agreement), cause: 'approval', submissionId });
      await book(tx, { milestone, agreement, released });
      const { transferId, net } = released;
      return { milestoneId, status: 'released', transferId, net: Money.encode(net) };
    });
  }
}

export class ReleaseBySilence extends Command<void> {
  constructor(readonly input: { message: MessageRef; milestoneId: string }) {
    super();
  }
}

/** The timer of the review (E-5), dated at its due instant (M-21). */
@CommandHandler(ReleaseBySilence)
export class ReleaseBySilenceHandler implements ICommandHandler<ReleaseBySilence> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReleaseBySilence): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const milestone = await loadMilestone(tx, command.input.milestoneId, {});
      const agreement = (await tx.one(AgreementTable, { id: milestone.agreementId }))!;
      const released = releaseBySilence(milestone, decisionOf(tx, agreement));
      if (released) await book(tx, { milestone, agreement, released });
    });
  }
}

const decisionOf = (tx: Tx, { settings }: Agreement) => ({
  transferId: newId(),
  now: tx.now,
  freelancerFeeBps: BigInt(settings['fee.freelancer_bps']),
});

async function book(
  tx: Tx,
  {
    milestone,
    agreement,
    released: decided,
  }: { milestone: Milestone; agreement: Agreement; released: MilestoneReleased },
): Promise<void> {
  const { agreementId, milestoneId, transferId, gross, clientFee, freelancerFee, net, releasedAt } = decided;
  // A freeze that came too late for the timer ends with what it covered.
  if ('freezes' in milestone && milestone.freezes.length > 0) {
    await saveMilestoneWithFreezes(tx, evolve(milestone, decided));
  } else saveMilestone(tx, evolve(milestone, decided));
  const taken = { gross: gross.amountMinor, clientFee: clientFee.amountMinor };
  const { atRiskUntil } = await useLots(tx, milestoneId, taken);
  const released = withRisk(decided, atRiskUntil);
  if (agreement.initiationFee === 'held') tx.save(AgreementTable, { ...agreement, initiationFee: 'earned' });
  tx.insert(TransferTable, {
    id: transferId,
    agreementId,
    milestoneId,
    bonusId: null,
    netMinor: net.amountMinor,
    grossMinor: gross.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    freelancerFeeMinor: freelancerFee.amountMinor,
    refundedMinor: 0n,
    protected: true,
    status: 'sent',
    releasedAt,
    availableAt: null,
  });
  tx.post(releaseJournal(released, initiationFeeHeld(agreement)));
  tx.publish(escrowEvents, [released]);
}
