import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Refund, retry } from '../domain/refund.ts';
import { loadRefund, saveRefund } from '../tables/refund.table.ts';
import { decideByTwo } from '../tables/refund-decision.table.ts';
import { loadCharge, sendRefund } from './decide-refund.ts';
import { noteRefundRetried } from './settle-refunded-milestone.ts';

export type RetryAnswer = { refundId: string; status: 'proposed' | 'refunding'; attempt: number };

export class RetryRefund extends Command<RetryAnswer> {
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
 * A refund that failed is sent once more to the source of its charge, when two persons want it: the first call
 * proposes, that of another person decides (E-23, S-11). Nothing is ever sent again by itself.
 * @throws Rejection refund.not_failed | refund.second_person_needed
 */
@CommandHandler(RetryRefund)
export class RetryRefundHandler implements ICommandHandler<RetryRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RetryRefund): Promise<RetryAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundId, by, reason } = command.input;
      const refund = await loadRefund(tx, refundId);
      const again = retry(refund);
      const { attempt } = refund;
      if (!(await decideByTwo(tx, { refundId, attempt, decision: 'retry' }, { by, reason }))) {
        saveRefund(tx, refund);
        return { refundId, status: 'proposed', attempt };
      }
      await sendAgain(tx, again);
      return { refundId, status: 'refunding', attempt: again.attempt };
    });
  }
}

async function sendAgain(tx: Tx, refund: Refund): Promise<void> {
  saveRefund(tx, refund);
  await sendRefund(tx, refund, await loadCharge(tx, refund.fundingId));
  await noteRefundRetried(tx, refund);
}
