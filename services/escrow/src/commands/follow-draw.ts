import { add, type Money, NotYet, Rejection, usd } from '@holdfast/domain';
import { type EventOf, escrowEvents, type payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { returned, takenBack } from '../domain/drawn-refund.ts';
import { type Given, reopen } from '../domain/paid-refund-request.ts';
import { type Drawn, type DrawnShare, nextAttempt, type Refund, refuse } from '../domain/refund.ts';
import { drawnJournal } from '../domain/refund-journals.ts';
import { LotTable } from '../tables/lot.table.ts';
import {
  fromRow,
  openRequestOf,
  PaidRefundRequestTable,
  savePaidRequest,
} from '../tables/paid-refund-request.table.ts';
import { loadDraw, loadRefund, saveRefund } from '../tables/refund.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { loadCharge, sendRefund } from './decide-refund.ts';
import { clearAfterRefund } from './settle-refunded-milestone.ts';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
type Told<Type extends PayoutsEvent['type']> = Omit<Extract<PayoutsEvent, { type: Type }>, 'type'>;
type DrawnRefund = Refund & Readonly<{ drawn: Drawn }>;

export class DecideDrawnRefund extends Command<void> {
  constructor(readonly input: { message: MessageRef } & Told<'payouts.refund.taken'>) {
    super();
  }
}

/**
 * Payouts has taken the net of a refund after release: it is owed to the client from here on, and the transfer is
 * answered (E-25, M-22). Another amount than was asked for is no answer: the message is parked.
 * @throws Rejection transfer.mismatch
 */
@CommandHandler(DecideDrawnRefund)
export class DecideDrawnRefundHandler implements ICommandHandler<DecideDrawnRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: DecideDrawnRefund): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { transferId, accountId, agreementId, fromPending, fromAvailable, debt } = command.input;
      const refunds = await drawOf(tx, transferId);
      const net = refunds.map(({ drawn }) => drawn.net).reduce(add, usd(0n));
      const taken = [fromPending, fromAvailable, debt].reduce(add, usd(0n));
      const isOurs = refunds.every(({ freelancerId }) => freelancerId === accountId);
      if (!isOurs || net.amountMinor !== taken.amountMinor) {
        throw new Rejection('transfer.mismatch', { transferId });
      }
      for (const before of refunds) {
        const refund = nextAttempt(before) as DrawnRefund;
        saveRefund(tx, refund);
        tx.post(drawnJournal(refund, refund.drawn));
        await sendRefund(tx, refund, await loadCharge(tx, refund.fundingId));
      }
      publishApplied(tx, { agreementId, accountId, transferId, amount: net });
    });
  }
}

function publishApplied(
  tx: Tx,
  applied: { agreementId: string; accountId: string; transferId: string; amount: Money },
): void {
  tx.publish(escrowEvents, [{ type: 'escrow.clearing.applied', ...applied, kind: 'refund_taken' }]);
}

export class RefuseDrawnRefund extends Command<void> {
  constructor(readonly input: { message: MessageRef } & Told<'payouts.refund.refused'>) {
    super();
  }
}

/** The balance does not cover it: nothing moves, and the payment may be asked for again (E-25). */
@CommandHandler(RefuseDrawnRefund)
export class RefuseDrawnRefundHandler implements ICommandHandler<RefuseDrawnRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RefuseDrawnRefund): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { refundId, reason } = command.input;
      const { drawn } = await loadRefund(tx, refundId);
      if (!drawn) throw new NotYet('refund.unknown');
      const refunds = await drawOf(tx, drawn.transferId);
      await saveShares(
        tx,
        refunds.flatMap((refund) => refund.drawn.shares.map(takenBack)),
      );
      for (const before of refunds) {
        const [refund, refused] = refuse(before, reason, tx.now);
        saveRefund(tx, refund);
        tx.publish(escrowEvents, [refused]);
      }
      await reopenAnswered(tx, drawn.transferId);
      await clearAfterRefund(tx, refunds);
    });
  }
}

/** The balance did not give it (E-25): what the client asked waits again, unless another one does. */
async function reopenAnswered(tx: Tx, transferId: string): Promise<void> {
  const row = await tx.one(PaidRefundRequestTable, { transferId });
  if (!row) return;
  const { milestoneId, bonusId } = row;
  if (await openRequestOf(tx, milestoneId ? { milestoneId } : { bonusId: bonusId! })) return;
  savePaidRequest(tx, reopen(fromRow(row) as Given));
}

/** @throws NotYet refund.unknown; Rejection refund.decided, of a draw that was answered before */
async function drawOf(tx: Tx, transferId: string): Promise<DrawnRefund[]> {
  const refunds = (await loadDraw(tx, transferId)) as DrawnRefund[];
  if (refunds.length === 0) throw new NotYet('refund.unknown');
  if (refunds.some(({ status }) => status !== 'drawing')) throw new Rejection('refund.decided');
  return refunds;
}

/** What a draw takes back of its releases, and of the lots that paid them, is not there for another one (M-13). */
export async function saveShares(tx: Tx, shares: readonly DrawnShare[]): Promise<void> {
  for (const [id, own] of Map.groupBy(shares, ({ releaseId }) => releaseId)) {
    const transfer = (await tx.one(TransferTable, { id }))!;
    const refundedMinor = own.reduce((sum, share) => sum + share.principalMinor, transfer.refundedMinor);
    tx.save(TransferTable, { ...transfer, refundedMinor });
  }
  for (const [id, own] of Map.groupBy(shares, ({ lotId }) => lotId)) {
    const lot = (await tx.one(LotTable, { id }))!;
    tx.save(LotTable, own.reduce(returned, lot));
  }
}
