import { NotYet } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  observe,
  observeOutdated,
  type RefundAttempt,
  type RefundObservation,
} from '../domain/refund-attempt.ts';
import { smallRefundPaidJournal, smallRefundReturnedJournal } from '../domain/small-charge.ts';
import { attemptOf, refundRow, SmallRefundTable } from '../tables/small-charge.table.ts';

export class RecordSmallRefund extends Command<void> {
  constructor(readonly input: { message: MessageRef; attemptId: string; observation: RefundObservation }) {
    super();
  }
}

/** Books what was observed of a small charge's way back: the cash leaves only when the provider has paid it (E-23). */
@CommandHandler(RecordSmallRefund)
export class RecordSmallRefundHandler implements ICommandHandler<RecordSmallRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordSmallRefund): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { attemptId, observation } = command.input;
      const row = await tx.one(SmallRefundTable, { id: attemptId });
      if (!row) throw new NotYet('refund.unknown');
      const before = attemptOf(row);
      const all = await tx.many(SmallRefundTable, { smallChargeId: row.smallChargeId });
      const isOver = all.some(({ number }) => number > row.number);
      const after = isOver ? observeOutdated(before, observation) : observe(before, observation, tx.now);
      if (after === before) return;
      tx.save(SmallRefundTable, refundRow(after, row));
      if (after.status !== before.status) book(tx, after, row.accountId);
    });
  }
}

/** What fails stays owed, and an alarm tells: nothing is sent again by itself (E-23). */
function book(tx: Tx, attempt: RefundAttempt, accountId: string): void {
  if (attempt.status === 'paid') tx.post(smallRefundPaidJournal(attempt, accountId));
  if (attempt.status === 'returned') tx.post(smallRefundReturnedJournal(attempt, accountId));
}
