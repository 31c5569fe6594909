import { NotYet, Rejection } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { SmallChargeTable, SmallRefundTable } from '../tables/small-charge.table.ts';
import { isDisputed, isTakenBack } from '../tables/small-dispute.table.ts';
import { sendSmallRefund } from './small-charges.ts';

export type RetrySmallAnswer = { smallChargeId: string; status: 'proposed' | 'refunding'; attempt: number };

export class RetrySmallRefund extends Command<RetrySmallAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      smallChargeId: string;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * A small charge that did not reach the client on its way back is sent once more to its card, when two persons want it
 * (P-2, E-23, S-11).
 * @throws Rejection refund.not_failed | refund.second_person_needed
 */
@CommandHandler(RetrySmallRefund)
export class RetrySmallRefundHandler implements ICommandHandler<RetrySmallRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RetrySmallRefund): Promise<RetrySmallAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { smallChargeId, by, reason } = command.input;
      const charge = await tx.one(SmallChargeTable, { id: smallChargeId });
      const sent = await tx.many(SmallRefundTable, { smallChargeId });
      const last = sent.find(({ number }) => number === sent.length);
      if (!charge || !last) throw new NotYet('refund.unknown');
      const hasFailed = last.status === 'failed' || last.status === 'returned';
      if (!hasFailed || (await isTakenBack(tx, smallChargeId))) throw new Rejection('refund.not_failed');
      if (!last.retryBy) {
        tx.save(SmallRefundTable, { ...last, retryBy: by, retryReason: reason });
        return { smallChargeId, status: 'proposed', attempt: last.number };
      }
      if (last.retryBy === by) throw new Rejection('refund.second_person_needed');
      tx.save(SmallRefundTable, { ...last, retryApprovedBy: by, retryApprovedReason: reason });
      sendSmallRefund(tx, charge, {
        number: last.number + 1,
        isDisputed: await isDisputed(tx, smallChargeId),
      });
      return { smallChargeId, status: 'refunding', attempt: last.number + 1 };
    });
  }
}
