import { Money } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import type { EscrowConfig } from '../config.ts';
import { evolve } from '../domain/milestone.ts';
import { releaseByClient, releaseBySilence } from '../domain/release.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { freeClientFee } from '../tables/lot.table.ts';
import { loadMilestone } from '../tables/milestone.table.ts';
import { bookRelease, decisionOf, followRelease } from './book-release.ts';
import { type BonusAnswer, beginBonus } from './pay-bonus.ts';

export type ReleaseAnswer = {
  milestoneId: string;
  /** `funded` where a rest stays (E-9). */
  status: 'released' | 'funded';
  transferId: string;
  net: z.input<typeof Money>;
  balance: z.input<typeof Money>;
  bonus?: BonusAnswer;
};

export class ReleaseMilestone extends Command<ReleaseAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      clientId: string;
      milestoneId: string;
      submissionId?: string;
      /** Without one, all that is held (E-8). */
      amount?: Money;
      /** A charge of its own beside the release, which never waits for it (E-7, E-10). */
      bonus?: { amount: Money; billingMethodId?: string };
    },
  ) {
    super();
  }
}

/** The client pays: with a submission its approval (E-6), without one paid unasked (E-7); all or a part (E-8). */
@CommandHandler(ReleaseMilestone)
export class ReleaseMilestoneHandler implements ICommandHandler<ReleaseMilestone> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'PAYER_RETURN_URL'>,
  ) {}

  execute(command: ReleaseMilestone): Promise<ReleaseAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, clientId, submissionId, amount, bonus } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, { clientId }); // Version checked at commit.
      const agreement = (await tx.one(AgreementTable, { id: milestone.agreementId }))!;
      const released = releaseByClient(milestone, {
        ...decisionOf(tx, agreement),
        submissionId,
        amount,
        freeClientFee: await freeClientFee(tx, milestone),
      });
      await bookRelease(tx, { milestone, agreement, released });
      await followRelease(tx, { milestone, released });
      const payer = { billingMethodId: bonus?.billingMethodId, returnUrl: this.config.PAYER_RETURN_URL };
      const begun = bonus && (await beginBonus(tx, { agreement, amount: bonus.amount, payer }));
      const { transferId, net, balance } = released;
      const status = evolve(milestone, released).status as 'released' | 'funded';
      const amounts = { net: Money.encode(net), balance: Money.encode(balance) };
      return { milestoneId, status, transferId, ...amounts, ...(begun ? { bonus: begun } : {}) };
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
      if (!released) return;
      await bookRelease(tx, { milestone, agreement, released });
      await followRelease(tx, { milestone, released });
    });
  }
}
