import { Rejection } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type AskedBack, type CaseOpened, type Dormant, refuseCase } from '../domain/case-freeze.ts';
import { isAsked } from '../domain/dormancy.ts';
import type { Milestone } from '../domain/milestone.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { dormancyProofs, loadDormancy } from '../tables/dormancy.table.ts';
import { loadMilestone } from '../tables/milestone.table.ts';
import { loadRefundRequest, proofsOf } from '../tables/refund-request.table.ts';
import { balanceOf } from './clear-agreement.ts';
import { noteActivity, settingsOf } from './follow-dormancy.ts';
import { freezeMilestone, unfreezeMilestone } from './freeze-milestone.ts';

export class FreezeForCase extends Command<void> {
  constructor(readonly input: { message: MessageRef } & Omit<CaseOpened, 'type'>) {
    super();
  }
}

/**
 * The freelancer claims held money (D-1). Who committed first on the milestone wins (M-16), and every case is answered,
 * with what is really frozen or with why nothing is (D-19, AD-2a): a claim above the balance freezes the balance. What
 * was asked back is not granted by silence meanwhile (E-16).
 */
@CommandHandler(FreezeForCase)
export class FreezeForCaseHandler implements ICommandHandler<FreezeForCase> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FreezeForCase): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, milestoneId, caseId: causeId, claim: amount, openedAt: at } = command.input;
      const milestone = await loadMilestone(tx, milestoneId, {}); // Version checked at commit, for a refusal too.
      const askedBack = await askedBackOf(tx, milestone);
      const refused = refuseCase(milestone, command.input, {
        askedBack,
        dormant: await dormantOf(tx, milestone),
      });
      if (refused) return tx.publish(escrowEvents, [refused]);
      await freezeMilestone(tx, milestone, [{ cause: 'case', causeId, amount, at }]);
      await noteActivity(tx, { agreementId, at });
    });
  }
}

async function askedBackOf(tx: Tx, milestone: Milestone): Promise<AskedBack | undefined> {
  if (milestone.status !== 'refund_pending') return undefined;
  const { request } = (await loadRefundRequest(tx, milestone.refundRequestId))!;
  const { settings } = (await tx.one(AgreementTable, { id: milestone.agreementId }))!;
  return { request, proofs: await proofsOf(tx, request), settings };
}

async function dormantOf(tx: Tx, { agreementId }: Milestone): Promise<Dormant> {
  const dormancy = await loadDormancy(tx, agreementId);
  const proofs = isAsked(dormancy) ? await dormancyProofs(tx, dormancy) : [];
  return { dormancy, proofs, settings: await settingsOf(tx, agreementId) };
}

export class EndCaseFreeze extends Command<void> {
  constructor(
    readonly input: { message: MessageRef; agreementId: string; milestoneId: string; caseId: string },
  ) {
    super();
  }
}

/**
 * The opener gave the case up: all is as it was before (D-15). Answered also where nothing of it is frozen, because it
 * was refused or its money has been charged back: whoever asked waits for the answer (AD-2a).
 * @throws Rejection case.other_contract
 */
@CommandHandler(EndCaseFreeze)
export class EndCaseFreezeHandler implements ICommandHandler<EndCaseFreeze> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: EndCaseFreeze): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, milestoneId, caseId: causeId } = command.input;
      const before = await loadMilestone(tx, milestoneId, {});
      if (before.agreementId !== agreementId) throw new Rejection('case.other_contract');
      await noteActivity(tx, { agreementId, at: tx.now });
      const named = { cause: 'case', causeId } as const;
      if ((await unfreezeMilestone(tx, before, named)) !== before) return;
      tx.publish(escrowEvents, [
        {
          type: 'escrow.milestone.unfrozen',
          agreementId,
          milestoneId,
          ...named,
          balance: balanceOf([before]),
        },
      ]);
    });
  }
}
