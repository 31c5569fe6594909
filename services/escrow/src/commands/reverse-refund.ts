import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { takenBack } from '../domain/drawn-refund.ts';
import { reverse } from '../domain/refund.ts';
import { reversedJournal } from '../domain/refund-journals.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadRefund, saveRefund } from '../tables/refund.table.ts';
import { decideByTwo } from '../tables/refund-decision.table.ts';
import { saveShares } from './follow-draw.ts';
import { clearAfterRefund } from './settle-refunded-milestone.ts';

export type ReverseAnswer = { refundId: string; status: 'proposed' | 'reversed' };

export class ReverseRefund extends Command<ReverseAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      refundId: string;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * A refund after release that reached the client by no method within `refund.retry_days` is given up, when two persons
 * want it: fees are earned again, and payouts gives the net back (E-25).
 * @throws Rejection refund.not_failed | refund.not_drawn | refund.reversed_too_early | refund.second_person_needed
 */
@CommandHandler(ReverseRefund)
export class ReverseRefundHandler implements ICommandHandler<ReverseRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReverseRefund): Promise<ReverseAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundId, by, reason } = command.input;
      const before = await loadRefund(tx, refundId);
      const { settings } = (await tx.one(AgreementTable, { id: before.agreementId }))!;
      const transferId = newId();
      const days = settings['refund.retry_days'];
      const [refund, reversed] = reverse(before, { transferId, now: tx.now, days });
      const { attempt } = before;
      if (!(await decideByTwo(tx, { refundId, attempt, decision: 'reverse' }, { by, reason, transferId }))) {
        saveRefund(tx, before);
        return { refundId, status: 'proposed' };
      }
      saveRefund(tx, refund);
      const drawn = refund.drawn!;
      await saveShares(tx, drawn.shares.map(takenBack));
      tx.post(reversedJournal(refund, drawn, transferId));
      tx.publish(escrowEvents, [reversed]);
      await clearAfterRefund(tx, [refund]);
      return { refundId, status: 'reversed' };
    });
  }
}
