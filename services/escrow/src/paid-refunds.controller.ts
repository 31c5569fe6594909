import { PositiveMoney } from '@holdfast/domain';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import {
  type AskAnswer,
  AskPaidRefund,
  type DeclineAnswer,
  DeclinePaidRefund,
} from './commands/ask-paid-refund.ts';
import { RefundBySupport, type SupportAnswer } from './commands/refund-by-support.ts';
import { SupportRefunds } from './queries/support-refunds.ts';

const Id = z.uuid();
const AskBody = z.strictObject({ amount: PositiveMoney.optional() });
const SupportBody = AskBody.extend({ reason: z.string().trim().min(1).max(500) });

/** IN: who asks for paid money, and what support gives back of it (E-18). */
@Controller('v1')
export class PaidRefundsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly supportRefunds: SupportRefunds,
  ) {}

  @Summary('Asks the freelancer for paid money, all or a part; nothing happens without an answer (E-18).')
  @Post('milestones/:milestoneId/paid-refund-requests')
  @RolesAllowed('client')
  @HttpCode(201)
  ask(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: AskBody }) body: z.output<typeof AskBody>,
  ): Promise<AskAnswer> {
    return this.commands.execute(new AskPaidRefund({ message, clientId, milestoneId, ...body }));
  }

  @Summary('Asks the freelancer for a bonus, all or a part; nothing happens without an answer (E-18).')
  @Post('bonuses/:bonusId/paid-refund-requests')
  @RolesAllowed('client')
  @HttpCode(201)
  askBonus(
    @Message() message: MessageRef,
    @Caller() { accountId: clientId }: Party,
    @Param('bonusId', { schema: Id }) bonusId: string,
    @Body({ schema: AskBody }) body: z.output<typeof AskBody>,
  ): Promise<AskAnswer> {
    return this.commands.execute(new AskPaidRefund({ message, clientId, bonusId, ...body }));
  }

  @Summary(
    'The freelancer gives nothing of what the client asks; to give is a refund of the milestone (E-18).',
  )
  @Post('paid-refund-requests/:paidRefundRequestId/decline')
  @RolesAllowed('freelancer')
  @HttpCode(200)
  decline(
    @Message() message: MessageRef,
    @Caller() { accountId: freelancerId }: Party,
    @Param('paidRefundRequestId', { schema: Id }) paidRefundRequestId: string,
  ): Promise<DeclineAnswer> {
    return this.commands.execute(new DeclinePaidRefund({ message, freelancerId, paidRefundRequestId }));
  }

  @Summary(
    'Gives back what the freelancer cannot any more, up to a year; much of it by two persons (E-18, S-11).',
  )
  @Post('milestones/:milestoneId/refund-by-support')
  @RolesAllowed('operator')
  @HttpCode(202)
  refund(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('milestoneId', { schema: Id }) milestoneId: string,
    @Body({ schema: SupportBody }) body: z.output<typeof SupportBody>,
  ): Promise<SupportAnswer> {
    return this.commands.execute(new RefundBySupport({ message, by, milestoneId, ...body }));
  }

  @Summary('The same for a bonus (E-18, S-11).')
  @Post('bonuses/:bonusId/refund-by-support')
  @RolesAllowed('operator')
  @HttpCode(202)
  refundBonus(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('bonusId', { schema: Id }) bonusId: string,
    @Body({ schema: SupportBody }) body: z.output<typeof SupportBody>,
  ): Promise<SupportAnswer> {
    return this.commands.execute(new RefundBySupport({ message, by, bonusId, ...body }));
  }

  @Summary('What support gives back of pay, and why: first what waits for a second person (S-11).')
  @Get('support-refunds')
  @RolesAllowed('operator')
  list(): Promise<object> {
    return this.supportRefunds.list();
  }
}
