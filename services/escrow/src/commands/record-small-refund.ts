import { NotYet } from '@holdfast/domain';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  keptBack,
  observe,
  observeOutdated,
  type RefundAttempt,
  type RefundObservation,
} from '../domain/refund-attempt.ts';
import { smallRefundPaidJournal, smallRefundReturnedJournal } from '../domain/small-charge.ts';
import {
  attemptOf,
  refundRow,
  SmallChargeTable,
  type SmallRefundRow,
  SmallRefundTable,
} from '../tables/small-charge.table.ts';
import { isDisputed } from '../tables/small-dispute.table.ts';
import { sendSmallRefund } from './small-charges.ts';

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
      const after = isOver
        ? observeOutdated(before, observation)
        : await kept(tx, row, observe(before, observation, tx.now));
      if (after === before) return;
      tx.save(SmallRefundTable, refundRow(after, row));
      if (after.status === before.status) return;
      if (observation.kind === 'disputed') await sendLater(tx, row);
      else book(tx, after, row.accountId);
    });
  }
}

/** Proven not executed, while the charge is disputed: it is not called again before the end of that. */
const kept = async (
  tx: Tx,
  { smallChargeId }: SmallRefundRow,
  after: RefundAttempt,
): Promise<RefundAttempt> =>
  after.status === 'requested' && (await isDisputed(tx, smallChargeId)) ? keptBack(after) : after;

/** The provider knows of a dispute, of which its notice may still be on its way: another one waits for its end. */
async function sendLater(tx: Tx, { smallChargeId, number }: SmallRefundRow): Promise<void> {
  const charge = (await tx.one(SmallChargeTable, { id: smallChargeId }))!;
  sendSmallRefund(tx, charge, { number: number + 1, isDisputed: true });
}

/** What fails stays owed, and an alarm tells: nothing is sent again by itself (E-23). */
function book(tx: Tx, attempt: RefundAttempt, accountId: string): void {
  if (attempt.status === 'paid') tx.post(smallRefundPaidJournal(attempt, accountId));
  if (attempt.status === 'returned') tx.post(smallRefundReturnedJournal(attempt, accountId));
}
