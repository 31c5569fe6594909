import { plusDays, plusMinutes, usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  type Tx,
  UnitOfWork,
} from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  type Chargeback,
  type ChargebackStep,
  type DisputeView,
  isOpen,
  stepsOf,
} from '../domain/chargeback.ts';
import { escrowSettings } from '../settings.ts';
import {
  type ChargebackFrame,
  type ChargebackRow,
  ChargebackTable,
  fromRow,
  toRow,
} from '../tables/chargeback.table.ts';
import { type FundingRow, FundingTable } from '../tables/funding.table.ts';
import { factOf, lose, partsNow, receive, win, winLater } from './book-chargeback.ts';
import { isInDoubt } from './hold-refunds.ts';

/** 1 day: an open dispute is looked at daily, in case its notice is lost. */
const lookDays = 1;
/** 5 min: a doubt is settled by three queries in ten minutes. */
const doubtMinutes = 5;

export class RecordChargeback extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      /** The charge that is disputed. */
      fundingId: string;
      dispute: DisputeView;
      /** By the worker, and whether it gave our answer with it; absent for a notice. */
      look?: { isAnswered: boolean };
    },
  ) {
    super();
  }
}

/**
 * Books what a look at the provider's dispute shows, one step in a transaction; if it shows more than that, the next
 * look is due at once (P-11).
 */
@CommandHandler(RecordChargeback)
export class RecordChargebackHandler implements ICommandHandler<RecordChargeback> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordChargeback): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { dispute, fundingId, look } = command.input;
      const row = await tx.one(ChargebackTable, { disputeId: dispute.id });
      const [step, ...more] = stepsOf(row?.status, dispute);
      if (!row) {
        if (!step) return;
        const funding = (await tx.one(FundingTable, { id: fundingId }))!;
        const opened = await open(tx, funding, dispute, step);
        tx.insert(
          ChargebackTable,
          toRow(opened.chargeback, { ...opened.frame, ...nextLook(tx, opened, more) }),
        );
        return;
      }
      const known = { chargeback: fromRow(row), frame: row };
      if (step === 'lose' && (await isInDoubt(tx, fundingId))) {
        const nextCallAt = plusMinutes(tx.now, doubtMinutes);
        return tx.save(ChargebackTable, { ...toRow(known.chargeback, row), nextCallAt });
      }
      const after = step ? await take(tx, known, dispute, step) : known;
      // An answer that was decided while the worker looked, or a notice was read, is still to be given.
      if (!step && (!look || (isAnswering(row) && !look.isAnswered))) return;
      tx.save(ChargebackTable, toRow(after.chargeback, { ...after.frame, ...nextLook(tx, after, more) }));
    });
  }
}

type Known = Readonly<{ chargeback: Chargeback; frame: ChargebackFrame }>;

/** When the worker looks again: at once where there is more to book, else daily while it may change. */
function nextLook(
  tx: Tx,
  { chargeback }: Known,
  more: readonly ChargebackStep[],
): Pick<ChargebackRow, 'nextCallAt'> {
  if (more.length > 0) return { nextCallAt: tx.now };
  const { status } = chargeback;
  return { nextCallAt: isOpen(status) || status === 'inquiry' ? plusDays(tx.now, lookDays) : null };
}

/** An answer of ours is on its way. */
const isAnswering = ({ answer, status }: ChargebackRow): boolean =>
  (answer === 'contest' && status === 'received') || (answer === 'accept' && status === 'accepted');

/** A dispute that was not known: an inquiry, or the money is gone already. */
async function open(tx: Tx, funding: FundingRow, dispute: DisputeView, step: ChargebackStep): Promise<Known> {
  const id = newId();
  const named = { fundingId: funding.id, agreementId: funding.agreementId, amount: usd(dispute.amountMinor) };
  const opened: Known = {
    chargeback: {
      id,
      disputeId: dispute.id,
      ...named,
      clientId: funding.clientId,
      freelancerId: funding.freelancerId,
      fee: usd(0n),
      feeReturned: usd(0n),
      dueAt: await dueAtOf(tx, dispute),
      parts: await partsNow(tx, named),
      status: 'inquiry',
    },
    frame: {
      debited: false,
      reinstated: false,
      evidenceDueAt: null,
      answer: null,
      answerBody: null,
      answeredBy: null,
      answerReason: null,
      transferredAt: null,
      restored: false,
      receivedAt: tx.now,
      endedAt: null,
      nextCallAt: null,
      correlationId: currentCausality()?.correlationId ?? id,
      traceparent: currentTraceparent() ?? null,
    },
  };
  if (step !== 'warn') return take(tx, opened, dispute, step);
  tx.publish(escrowEvents, [{ type: 'escrow.chargeback.warned', ...factOf(opened.chargeback) }]);
  return opened;
}

/** The provider's time, else that of P-11 from now: an inquiry before it has used up none of it. */
async function dueAtOf(tx: Tx, { dueAt }: DisputeView): Promise<Date> {
  const { 'chargeback.evidence_days': evidenceDays } = await currentSettings(tx, escrowSettings);
  return dueAt ?? plusDays(tx.now, evidenceDays);
}

async function take(tx: Tx, known: Known, dispute: DisputeView, step: ChargebackStep): Promise<Known> {
  const { chargeback, frame } = known;
  const { id: chargebackId, agreementId } = chargeback;
  switch (step) {
    case 'warn':
      return known;
    case 'receive': {
      const received: Chargeback = {
        ...chargeback,
        amount: usd(dispute.amountMinor),
        fee: usd(dispute.debited!.feeMinor),
        dueAt: await dueAtOf(tx, dispute),
        status: 'received',
      };
      const asItIs = { ...received, parts: await partsNow(tx, received) };
      await receive(tx, asItIs);
      return { chargeback: asItIs, frame: { ...frame, debited: true, evidenceDueAt: asItIs.dueAt } };
    }
    case 'contest':
      tx.publish(escrowEvents, [{ type: 'escrow.chargeback.contested', agreementId, chargebackId }]);
      return { chargeback: { ...chargeback, status: 'contested' }, frame: answered(frame) };
    case 'expire':
      return { chargeback: acceptedBy(tx, chargeback, 'unanswered'), frame: answered(frame) };
    case 'lose': {
      const lost = await lose(tx, chargeback);
      return {
        chargeback: lost,
        frame: lost.status === 'lost' ? ended(tx, frame) : { ...frame, transferredAt: tx.now },
      };
    }
    case 'win':
    case 'win_later': {
      const back: Chargeback = { ...chargeback, feeReturned: usd(dispute.reinstated!.feeMinor) };
      const won: Chargeback = step === 'win' ? { ...back, status: 'won' } : await winLater(tx, back);
      if (step === 'win') await win(tx, won);
      const transferredAt = won.restoreTransferId ? tx.now : frame.transferredAt;
      return {
        chargeback: won,
        frame: { ...answered(ended(tx, frame)), reinstated: true, transferredAt },
      };
    }
    case 'close':
      return { chargeback: { ...chargeback, status: 'closed' }, frame: ended(tx, frame) };
  }
}

/** It is not contested: decided so, or unanswered in time (P-11). */
export function acceptedBy(tx: Tx, chargeback: Chargeback, reason: 'accepted' | 'unanswered'): Chargeback {
  const { id: chargebackId, agreementId } = chargeback;
  tx.publish(escrowEvents, [{ type: 'escrow.chargeback.accepted', agreementId, chargebackId, reason }]);
  return { ...chargeback, status: 'accepted' };
}

const answered = (frame: ChargebackFrame): ChargebackFrame => ({ ...frame, evidenceDueAt: null });
const ended = (tx: Tx, frame: ChargebackFrame): ChargebackFrame => ({ ...frame, endedAt: tx.now });
