import { NotYet } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { fail, nextAttempt, pay, type Refund } from '../domain/refund.ts';
import {
  keptBack,
  observe,
  observeOutdated,
  type RefundAttempt,
  type RefundObservation,
} from '../domain/refund-attempt.ts';
import { refundPaidJournal, refundReturnedJournal } from '../domain/refund-journals.ts';
import { loadRefund, saveRefund } from '../tables/refund.table.ts';
import {
  type KnownAttempt,
  loadRefundAttempt,
  type RefundAttemptFrame,
  saveRefundAttempt,
} from '../tables/refund-attempt.table.ts';
import { loadCharge, sendRefund } from './decide-refund.ts';
import { isChargedBack } from './hold-refunds.ts';
import { noteRefundFailed, noteRefundPaid } from './settle-refunded-milestone.ts';

export class RecordRefund extends Command<void> {
  constructor(readonly input: { message: MessageRef; attemptId: string; observation: RefundObservation }) {
    super();
  }
}

/** Books what was observed of a refund: the cash leaves only when the provider has paid it (E-23). */
@CommandHandler(RecordRefund)
export class RecordRefundHandler implements ICommandHandler<RecordRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordRefund): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { attemptId, observation } = command.input;
      const known = await loadRefundAttempt(tx, attemptId);
      if (!known) throw new NotYet('refund.unknown');
      const refund = await loadRefund(tx, known.attempt.refundId);
      const after = await attemptAfter(tx, refund, known, observation);
      if (after === known.attempt) return;
      saveRefundAttempt(tx, after, known.frame);
      const isNews = after.status !== known.attempt.status && after.number === refund.attempt;
      if (!isNews) return;
      if (observation.kind === 'disputed') await sendAgain(tx, refund);
      else await follow(tx, refund, after, known.frame);
    });
  }
}

async function attemptAfter(
  tx: Tx,
  refund: Refund,
  { attempt, frame }: KnownAttempt,
  observation: RefundObservation,
): Promise<RefundAttempt> {
  const isOver = attempt.number !== refund.attempt || refund.status === 'cancelled';
  if (isOver) return observeOutdated(attempt, observation);
  const after = observe(attempt, observation, tx.now);
  // Proven not executed, while a chargeback is open: it is not called again before its end.
  const isKept = after.status === 'requested' && (await isChargedBack(tx, frame.fundingId));
  return isKept ? keptBack(after) : after;
}

/**
 * The provider knows of a chargeback, of which its notice may still be on its way. A refusal is final under its key,
 * so that another one waits for the end of the chargeback (E-23).
 */
async function sendAgain(tx: Tx, refund: Refund): Promise<void> {
  const next = nextAttempt(refund);
  saveRefund(tx, next);
  await sendRefund(tx, next, await loadCharge(tx, refund.fundingId), { isDisputed: true });
}

async function follow(
  tx: Tx,
  before: Refund,
  attempt: RefundAttempt,
  { subAccount }: RefundAttemptFrame,
): Promise<void> {
  const cash = `E.cash.trust:${subAccount}`;
  const charged = (await loadCharge(tx, before.fundingId)).kind;
  const kind = subAccount === 'bank' ? 'bank' : charged;
  if (attempt.status === 'paid') {
    const [refund, paid] = pay(before, kind, tx.now);
    saveRefund(tx, refund);
    tx.post(refundPaidJournal(refund, attempt, cash));
    tx.publish(escrowEvents, [paid]);
    await noteRefundPaid(tx, refund);
  }
  if ((attempt.status === 'failed' || attempt.status === 'returned') && attempt.failure !== 'charged_back') {
    const [refund, failed] = fail(before, kind, attempt.failure);
    saveRefund(tx, refund);
    if (attempt.status === 'returned') tx.post(refundReturnedJournal(refund, attempt, cash));
    tx.publish(escrowEvents, [failed]);
    await noteRefundFailed(tx, refund, failed);
  }
}
