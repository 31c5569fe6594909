import { Money, NotYet } from '@holdfast/domain';
import { escrowEvents, Instant } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { planDraw } from '../domain/drawn-refund.ts';
import { ask, decline, lapse } from '../domain/paid-refund-request.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import {
  fromRow,
  insertPaidRequest,
  openRequestOf,
  PaidRefundRequestTable,
  savePaidRequest,
} from '../tables/paid-refund-request.table.ts';
import { loadPaid, loadPaidOwner, type PaidId } from './draw-paid.ts';

export type AskAnswer = {
  paidRefundRequestId: string;
  status: 'open';
  amount: z.input<typeof Money>;
  openUntil: string;
};

export class AskPaidRefund extends Command<AskAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      clientId: string;
      /** Of what was released; without one, all of it. */
      amount?: Money;
    } & PaidId,
  ) {
    super();
  }
}

/**
 * The client asks the freelancer for paid money (E-18), as much as could be given back now; it moves nothing.
 * @throws Rejection paid_refund_request.open | refund.exceeds_paid | refund.too_late | refund.charge_disputed
 */
@CommandHandler(AskPaidRefund)
export class AskPaidRefundHandler implements ICommandHandler<AskPaidRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AskPaidRefund): Promise<AskAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { clientId, amount } = command.input;
      const { paid, ...parties } = await loadPaidOwner(tx, { clientId }, command.input);
      const { settings } = (await tx.one(AgreementTable, { id: parties.agreementId }))!;
      const days = settings['refund.days'];
      const known = await loadPaid(tx, paid);
      const planned = planDraw(known, { amountMinor: amount?.amountMinor, now: tx.now, days });
      const open = await openRequestOf(tx, paid);
      const asking = { id: newId(), ...parties, ...paid, askedAt: tx.now };
      const [request, asked] = ask(asking, { planned, payments: known.payments, days }, open);
      if (open) savePaidRequest(tx, lapse(open, tx.now));
      insertPaidRequest(tx, request);
      tx.publish(escrowEvents, [asked]);
      return {
        paidRefundRequestId: request.id,
        status: 'open',
        amount: Money.encode(request.amount),
        openUntil: Instant.encode(request.openUntil),
      };
    });
  }
}

export type DeclineAnswer = { paidRefundRequestId: string; status: 'declined' };

export class DeclinePaidRefund extends Command<DeclineAnswer> {
  constructor(readonly input: { message: MessageRef; freelancerId: string; paidRefundRequestId: string }) {
    super();
  }
}

/**
 * The freelancer gives nothing; what was paid stays so (E-18).
 * @throws Rejection paid_refund_request.closed
 */
@CommandHandler(DeclinePaidRefund)
export class DeclinePaidRefundHandler implements ICommandHandler<DeclinePaidRefund> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: DeclinePaidRefund): Promise<DeclineAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { paidRefundRequestId, freelancerId } = command.input;
      const row = await tx.one(PaidRefundRequestTable, { id: paidRefundRequestId, freelancerId });
      if (!row) throw new NotYet('paid_refund_request.unknown');
      const [request, declined] = decline(fromRow(row), tx.now);
      savePaidRequest(tx, request);
      tx.publish(escrowEvents, [declined]);
      return { paidRefundRequestId, status: 'declined' };
    });
  }
}
