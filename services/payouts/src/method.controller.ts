import type { MessageRef } from '@holdfast/messaging';
import { Caller, DigitsIn, Message, type Party, PersonTexts, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { MethodBody, NoBody } from './bodies.ts';
import { type AddedMethod, AddWithdrawalMethod } from './commands/add-withdrawal-method.ts';
import { type RemovedMethod, RemoveWithdrawalMethod } from './commands/remove-withdrawal-method.ts';
import { MyMethods } from './queries/my-methods.ts';
import { MyStanding } from './queries/my-standing.ts';

/** IN: a freelancer's ways out, and what stands before them. */
@Controller('v1')
@RolesAllowed('freelancer')
export class MethodController {
  constructor(
    private readonly commands: CommandBus,
    private readonly methods: MyMethods,
    private readonly standing: MyStanding,
    private readonly texts: PersonTexts,
  ) {}

  @Summary('Identity, tax form and holds: what a withdrawal still needs (W-4).')
  @Get('accounts/me')
  myStanding(@Caller() { accountId }: Party): Promise<object> {
    return this.standing.of(accountId);
  }

  @Summary('Adds a US bank account; it is screened, and cools off before it can be used (W-1, W-2, W-17).')
  @Post('withdrawal-methods')
  @HttpCode(202)
  @DigitsIn('accountNumber')
  addMethod(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Body({ schema: MethodBody }) { kind, ...typed }: z.output<typeof MethodBody>,
  ): Promise<AddedMethod> {
    const details = this.texts.hide(typed);
    return this.commands.execute(new AddWithdrawalMethod({ message, accountId, kind, details }));
  }

  @Summary("The caller's own methods: the last four digits of each, never more (W-3).")
  @Get('withdrawal-methods')
  myMethods(@Caller() { accountId }: Party): Promise<object> {
    return this.methods.of(accountId);
  }

  @Summary('Removes a method; to change an account number, add another one (W-3).')
  @Post('withdrawal-methods/:methodId/remove')
  @HttpCode(200)
  removeMethod(
    @Message() message: MessageRef,
    @Caller() { accountId }: Party,
    @Param('methodId', { schema: z.uuid() }) methodId: string,
    @Body({ schema: NoBody }) _body: unknown,
  ): Promise<RemovedMethod> {
    return this.commands.execute(new RemoveWithdrawalMethod({ message, accountId, methodId }));
  }
}
