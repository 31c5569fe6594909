import { plusDays, plusMinutes, usd } from '@holdfast/domain';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  type Tx,
  UnitOfWork,
} from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { DisputeView } from '../domain/chargeback.ts';
import { drop, type RefundAttempt, resume, suspend } from '../domain/refund-attempt.ts';
import {
  nextStepOf,
  type SmallDispute,
  smallDisputeJournal,
  smallDisputeLostJournal,
  smallDisputeWonJournal,
} from '../domain/small-dispute.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';
import {
  attemptOf,
  refundRow,
  type SmallChargeRow,
  SmallChargeTable,
  SmallRefundTable,
} from '../tables/small-charge.table.ts';
import { fromRow, SmallDisputeTable, toRow } from '../tables/small-dispute.table.ts';
import { giveBackSmallCharges, sendSmallRefund } from './small-charges.ts';
import { endConfirmation, refuseMethod } from './verify-method.ts';

/** 1 day: as any dispute, in case its notice is lost. */
const lookDays = 1;
/** 5 min: a doubt is settled by three queries in ten minutes. */
const doubtMinutes = 5;

export class RecordSmallDispute extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      /** The charge that is disputed. */
      smallChargeId: string;
      dispute: DisputeView;
      /** By the worker, and not for a notice. */
      isLook?: boolean;
    },
  ) {
    super();
  }
}

/** Books what the holder's bank does about a small charge, one step in a transaction (P-2, P-11). */
@CommandHandler(RecordSmallDispute)
export class RecordSmallDisputeHandler implements ICommandHandler<RecordSmallDispute> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordSmallDispute): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { smallChargeId, dispute: view, isLook = false } = command.input;
      const charge = (await tx.one(SmallChargeTable, { id: smallChargeId }))!;
      // Written, so that whoever sends it back at the same time decides again.
      tx.save(SmallChargeTable, charge);
      const row = await tx.one(SmallDisputeTable, { disputeId: view.id });
      const step = nextStepOf(row?.status, view);
      if (!row) {
        if (step) tx.insert(SmallDisputeTable, await receive(tx, charge, view));
        return;
      }
      const before = fromRow(row);
      const isInDoubt =
        step === 'lose' && (await sentOf(tx, charge)).some(({ status }) => status === 'unknown');
      if (isInDoubt)
        return tx.save(SmallDisputeTable, { ...row, nextCallAt: plusMinutes(tx.now, doubtMinutes) });
      if (!step && !isLook) return;
      const after = step ? await end(tx, charge, before, { step, view }) : before;
      tx.save(SmallDisputeTable, toRow(after, { ...row, nextCallAt: nextLook(tx, after.status, view) }));
    });
  }
}

function nextLook(tx: Tx, status: SmallDispute['status'], view: DisputeView): Date | null {
  if (nextStepOf(status, view)) return tx.now;
  return status === 'received' ? plusDays(tx.now, lookDays) : null;
}

/** The bank has taken amount and fee: the card is not to be trusted, and its refund waits (E-23). */
async function receive(tx: Tx, charge: SmallChargeRow, view: DisputeView) {
  const dispute: SmallDispute = {
    id: newId(),
    accountId: charge.accountId,
    status: 'received',
    amount: usd(view.amountMinor),
    fee: usd(view.debited!.feeMinor),
    feeReturned: usd(0n),
    tookOwed: false,
  };
  tx.post(smallDisputeJournal(dispute));
  await changeSent(tx, charge, (attempt) => suspend(attempt, tx.now));
  const method = (await tx.one(BillingMethodTable, { id: charge.methodId }))!;
  if (method.status === 'verifying' || method.status === 'confirming') {
    refuseMethod(tx, method, 'disputed');
    endConfirmation(tx, method, 'disputed');
    await giveBackSmallCharges(tx, method.id, charge.id);
  }
  return toRow(dispute, {
    disputeId: view.id,
    smallChargeId: charge.id,
    receivedAt: tx.now,
    nextCallAt: nextLook(tx, 'received', view),
    correlationId: currentCausality()?.correlationId ?? charge.id,
    traceparent: currentTraceparent() ?? null,
  });
}

async function end(
  tx: Tx,
  charge: SmallChargeRow,
  before: SmallDispute,
  { step, view }: { step: 'receive' | 'lose' | 'win'; view: DisputeView },
): Promise<SmallDispute> {
  if (step === 'lose') {
    const isBack = (await sentOf(tx, charge)).some(
      ({ status }) => status === 'paid' || status === 'in_transit',
    );
    // A part of it the provider would not pay back besides: that is for a person.
    const isWhole = before.amount.amountMinor === charge.amountMinor;
    const lost: SmallDispute = { ...before, status: 'lost', tookOwed: isWhole && !isBack };
    tx.post(smallDisputeLostJournal(lost));
    await changeSent(tx, charge, (attempt) => (lost.tookOwed ? drop : resume)(attempt, tx.now));
    return lost;
  }
  const feeReturned = usd(view.reinstated!.feeMinor);
  const wasLost = before.status === 'lost';
  tx.post(smallDisputeWonJournal(before, { wasLost, feeReturned }));
  if (!wasLost) await changeSent(tx, charge, (attempt) => resume(attempt, tx.now));
  else if (before.tookOwed) await sendAgain(tx, charge);
  return { ...before, status: 'won', feeReturned };
}

/** It is owed once more (G-35.1). */
async function sendAgain(tx: Tx, charge: SmallChargeRow): Promise<void> {
  const sent = await tx.many(SmallRefundTable, { smallChargeId: charge.id });
  sendSmallRefund(tx, charge, { number: sent.length + 1, isDisputed: false });
}

const sentOf = async (tx: Tx, { id: smallChargeId }: SmallChargeRow): Promise<RefundAttempt[]> =>
  (await tx.many(SmallRefundTable, { smallChargeId })).map(attemptOf);

async function changeSent(
  tx: Tx,
  { id: smallChargeId }: SmallChargeRow,
  change: (attempt: RefundAttempt) => RefundAttempt,
): Promise<void> {
  for (const row of await tx.many(SmallRefundTable, { smallChargeId })) {
    const before = attemptOf(row);
    const after = change(before);
    if (after !== before) tx.save(SmallRefundTable, refundRow(after, row));
  }
}
