import { PositiveMoney } from '@holdfast/domain';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { NoBody } from './bodies.ts';
import { type CancelledWithdrawal, CancelWithdrawal } from './commands/cancel-withdrawal.ts';
import { type RequestedWithdrawal, RequestWithdrawal } from './commands/request-withdrawal.ts';
import { MyWithdrawals } from './queries/my-withdrawals.ts';

const Id = z.uuid();
const WithdrawalBody = z.strictObject({ amount: PositiveMoney, methodId: Id });

/** IN: a freelancer's withdrawals. */
@Controller('v1/withdrawals')
@RolesAllowed('freelancer')
export class WithdrawalController {
  constructor(
    private readonly commands: CommandBus,
    private readonly withdrawals: MyWithdrawals,
  ) {}

  @Summary('Asks for a part of the available balance; it is sent at the cut-off (W-4, W-5, W-9).')
  @Post()
  @HttpCode(202)
  request(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: WithdrawalBody }) body: z.output<typeof WithdrawalBody>,
  ): Promise<RequestedWithdrawal> {
    return this.commands.execute(new RequestWithdrawal({ message, accountId, ...body }));
  }

  @Summary('Takes a withdrawal back while nothing of it may have left (W-10).')
  @Post(':withdrawalId/cancel')
  @HttpCode(200)
  cancel(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('withdrawalId', { schema: Id }) withdrawalId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<CancelledWithdrawal> {
    return this.commands.execute(new CancelWithdrawal({ message, accountId, withdrawalId }));
  }

  @Summary("The caller's own withdrawals, newest first.")
  @Get()
  list(@Caller() { accountId }: Party): Promise<object> {
    return this.withdrawals.list(accountId);
  }

  @Summary('One of them: where the money is, why, its attempts, and what happens next (C-10).')
  @Get(':withdrawalId')
  one(
    @Caller() { accountId }: Party,
    @Param('withdrawalId', { schema: Id }) withdrawalId: string,
  ): Promise<object> {
    return this.withdrawals.one(accountId, withdrawalId);
  }
}
