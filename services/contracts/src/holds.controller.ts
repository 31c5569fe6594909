import { AccountId } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { CloseAccountBody, LiftHoldBody, PlaceHoldBody } from './bodies.ts';
import { CloseAccount, type ClosedAccount } from './commands/close-account.ts';
import { type LiftedHold, LiftHold } from './commands/lift-hold.ts';
import { type PlacedHold, PlaceHold } from './commands/place-hold.ts';
import { AccountHolds } from './queries/account-holds.ts';

/** IN: what operators do about an account: its holds, and its end (S-5, S-12). */
@Controller('v1/accounts/:accountId')
@RolesAllowed('operator')
export class HoldsController {
  constructor(
    private readonly commands: CommandBus,
    private readonly holds: AccountHolds,
  ) {}

  @Summary('Every hold of an account, lifted ones too, with authors and words.')
  @Get('holds')
  list(@Param('accountId', { schema: AccountId }) accountId: string): Promise<object> {
    return this.holds.of(accountId);
  }

  @Summary('Places a hold; person, reason and words are recorded (S-5, AD-21).')
  @Post('holds')
  place(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('accountId', { schema: AccountId }) accountId: string,
    @Body({ schema: PlaceHoldBody }) body: z.output<typeof PlaceHoldBody>,
  ): Promise<PlacedHold> {
    return this.commands.execute(new PlaceHold({ message, accountId, by, ...body }));
  }

  @Summary('Lifts one hold; person, reason and words are recorded (S-12, AD-21).')
  @Post('holds/:holdId/lift')
  @HttpCode(200)
  lift(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('accountId', { schema: AccountId }) accountId: string,
    @Param('holdId', { schema: z.uuid() }) holdId: string,
    @Body({ schema: LiftHoldBody }) body: z.output<typeof LiftHoldBody>,
  ): Promise<LiftedHold> {
    return this.commands.execute(new LiftHold({ message, accountId, holdId, by, ...body }));
  }

  @Summary('Closes an account on which nothing runs any more; person and words are recorded (S-12, AD-21).')
  @Post('close')
  @HttpCode(200)
  close(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('accountId', { schema: AccountId }) accountId: string,
    @Body({ schema: CloseAccountBody }) { note }: z.output<typeof CloseAccountBody>,
  ): Promise<ClosedAccount> {
    return this.commands.execute(new CloseAccount({ message, accountId, operator: { by, note } }));
  }
}
