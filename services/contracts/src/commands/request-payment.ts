import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertFree } from '../domain/hold.ts';
import { begun, requestPayment } from '../domain/payment-request.ts';
import { loadAccount } from '../tables/account.table.ts';
import { loadAgreement, saveAgreement } from '../tables/agreement.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { insertPaymentRequest, loadPaymentRequests } from '../tables/payment-request.table.ts';
import { tell } from './plan-notices.ts';

export type RequestedPayment = { paymentRequestId: string; milestoneIds: string[]; requestedAt: string };

export class RequestPayment extends Command<RequestedPayment> {
  constructor(
    readonly input: {
      message: MessageRef;
      freelancerId: string;
      agreementId: string;
      /** None: the whole project. */
      milestoneIds?: string[];
    },
  ) {
    super();
  }
}

/**
 * The freelancer asks for payment; the client is told by mail and in the feed (E-27, C-7, S-5).
 * @throws Rejection account.on_hold | agreement.closing | agreement.ended | agreement.paused | milestone.unknown |
 *   milestone.released | milestone.settled | payment.nothing_open | payment.requested_already
 * @throws NotYet agreement.unknown
 */
@CommandHandler(RequestPayment)
export class RequestPaymentHandler implements ICommandHandler<RequestPayment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RequestPayment): Promise<RequestedPayment> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, agreementId, milestoneIds: asked } = command.input;
      const agreement = await loadAgreement(tx, { id: agreementId, freelancerId });
      if (!agreement) throw new NotYet('agreement.unknown');
      assertFree((await loadAccount(tx, freelancerId))!, 'submit');
      const milestones = await loadMilestonesOf(tx, agreementId);
      const earlier = await loadPaymentRequests(tx, agreementId);
      const paymentRequestId = newId();
      const requested = requestPayment(agreement, {
        paymentRequestId,
        asked,
        milestones,
        earlier,
        now: tx.now,
      });
      insertPaymentRequest(tx, begun(requested));
      // Its new version: of two requests at once the second one finds the first.
      saveAgreement(tx, agreement);
      tx.publish(contractsEvents, [requested]);
      await tell(tx, requested, { causeId: paymentRequestId, parties: agreement });
      const { milestoneIds, requestedAt } = requested;
      return { paymentRequestId, milestoneIds, requestedAt: requestedAt.toISOString() };
    });
  }
}
