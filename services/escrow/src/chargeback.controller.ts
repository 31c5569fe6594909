import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { AnswerChargeback, type AnsweredChargeback } from './commands/answer-chargeback.ts';
import { Chargebacks } from './queries/chargebacks.ts';

const Id = z.uuid();
const AnswerBody = z.strictObject({ reason: z.string().trim().min(1).max(500) });
type AnswerBody = z.output<typeof AnswerBody>;

/** IN: what operators do about chargebacks (P-9 to P-11). */
@Controller('v1/chargebacks')
@RolesAllowed('operator')
export class ChargebackController {
  constructor(
    private readonly commands: CommandBus,
    private readonly chargebacks: Chargebacks,
  ) {}

  @Summary('Chargebacks, those that are open first: what each took, and by when it must be answered.')
  @Get()
  list(): Promise<object> {
    return this.chargebacks.list();
  }

  @Summary('Answers a chargeback with the contract’s records (P-9); person and reason are kept.')
  @Post(':chargebackId/contest')
  @HttpCode(202)
  contest(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('chargebackId', { schema: Id }) chargebackId: string,
    @Body({ schema: AnswerBody }) { reason }: AnswerBody,
  ): Promise<AnsweredChargeback> {
    const answer = { chargebackId, answer: 'contest', by, reason } as const;
    return this.commands.execute(new AnswerChargeback({ message, ...answer }));
  }

  @Summary('Lets a chargeback go; a large one by two persons: the first call is `proposed` (P-11, S-11).')
  @Post(':chargebackId/accept')
  @HttpCode(202)
  accept(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('chargebackId', { schema: Id }) chargebackId: string,
    @Body({ schema: AnswerBody }) { reason }: AnswerBody,
  ): Promise<AnsweredChargeback> {
    const answer = { chargebackId, answer: 'accept', by, reason } as const;
    return this.commands.execute(new AnswerChargeback({ message, ...answer }));
  }
}
