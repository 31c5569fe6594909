import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import {
  EndAgreementBody,
  NoBody,
  OrderMilestonesBody,
  ProposeAmendmentBody,
  RequestPaymentBody,
} from './bodies.ts';
import {
  AcceptAmendment,
  type AcceptedAmendment,
  RefuseAmendment,
  type RefusedAmendment,
} from './commands/answer-amendment.ts';
import { EndAgreement, type RequestedEnd } from './commands/end-agreement.ts';
import { type OrderedMilestones, OrderMilestones } from './commands/order-milestones.ts';
import { ProposeAmendment, type ProposedAmendment } from './commands/propose-amendment.ts';
import { type RequestedPayment, RequestPayment } from './commands/request-payment.ts';

const anId = { schema: z.uuid() };

/** IN: what the parties do about a contract that runs. */
@Controller('v1/agreements/:agreementId')
@RolesAllowed('client', 'freelancer')
export class AgreementsController {
  constructor(private readonly commands: CommandBus) {}

  @Summary('Ends the contract; it closes until escrow has cleared it (A-16, A-19, E-17).')
  @Post('end')
  @HttpCode(200)
  end(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Body({ schema: EndAgreementBody }) { waivedMilestoneIds }: z.output<typeof EndAgreementBody>,
  ): Promise<RequestedEnd> {
    return this.commands.execute(new EndAgreement({ message, accountId, agreementId, waivedMilestoneIds }));
  }

  @Summary('Proposes other terms for milestones that are not funded; the other party answers (A-11, A-13).')
  @Post('amendments')
  propose(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Body({ schema: ProposeAmendmentBody }) { changes }: z.output<typeof ProposeAmendmentBody>,
  ): Promise<ProposedAmendment> {
    return this.commands.execute(new ProposeAmendment({ message, accountId, agreementId, changes }));
  }

  @Summary('Accepts other terms; they hold once escrow has applied them (A-11, A-13).')
  @Post('amendments/:amendmentId/accept')
  @HttpCode(200)
  accept(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Param('amendmentId', anId) amendmentId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<AcceptedAmendment> {
    return this.commands.execute(new AcceptAmendment({ message, accountId, agreementId, amendmentId }));
  }

  @Summary('Declines other terms that the other party has proposed (A-11).')
  @Post('amendments/:amendmentId/decline')
  @HttpCode(200)
  decline(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Param('amendmentId', anId) amendmentId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<RefusedAmendment> {
    const refusal = { accountId, agreementId, amendmentId, as: 'decline' } as const;
    return this.commands.execute(new RefuseAmendment({ message, ...refusal }));
  }

  @Summary("Takes the caller's own proposal back (A-11).")
  @Post('amendments/:amendmentId/withdraw')
  @HttpCode(200)
  withdraw(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Param('amendmentId', anId) amendmentId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<RefusedAmendment> {
    const refusal = { accountId, agreementId, amendmentId, as: 'withdraw' } as const;
    return this.commands.execute(new RefuseAmendment({ message, ...refusal }));
  }

  @Summary('Asks the client to pay milestones, or the whole project; moves no money (E-27).')
  @Post('payment-requests')
  @RolesAllowed('freelancer')
  requestPayment(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Body({ schema: RequestPaymentBody }) { milestoneIds }: z.output<typeof RequestPaymentBody>,
  ): Promise<RequestedPayment> {
    return this.commands.execute(new RequestPayment({ message, freelancerId, agreementId, milestoneIds }));
  }

  @Summary('Puts the milestones that are not funded into another order (A-13).')
  @Post('order')
  @HttpCode(200)
  @RolesAllowed('client')
  order(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('agreementId', anId) agreementId: string,
    @Body({ schema: OrderMilestonesBody }) { milestoneIds }: z.output<typeof OrderMilestonesBody>,
  ): Promise<OrderedMilestones> {
    return this.commands.execute(new OrderMilestones({ message, clientId, agreementId, milestoneIds }));
  }
}
