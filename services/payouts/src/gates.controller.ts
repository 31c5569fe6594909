import { AccountId } from '@holdfast/events';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, PersonTexts, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Param, Post, Put } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { DecisionBody, IdentityBody, TaxFormBody } from './bodies.ts';
import { ChangeIdentity, type RecordedIdentity } from './commands/change-identity.ts';
import { type DecidedScreening, DecideScreening } from './commands/record-screening.ts';
import { type RecordedTaxForm, RecordTaxForm } from './commands/record-tax-form.ts';
import { AccountGates } from './queries/account-gates.ts';

/** IN: what operators record about the gates before a withdrawal; each with person and reason (AD-21). */
@Controller('v1')
@RolesAllowed('operator')
export class GatesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly texts: PersonTexts,
    private readonly gates: AccountGates,
  ) {}

  @Summary("What stands before a person's withdrawals, and who recorded what, and why; no names, no numbers.")
  @Get('accounts/:accountId/gates')
  gatesOf(@Param('accountId', { schema: AccountId }) accountId: string): Promise<object> {
    return this.gates.of(accountId);
  }

  @Summary("How a person's identity check stands; the verified name is kept encrypted and never shown (S-3).")
  @Put('accounts/:accountId/identity')
  changeIdentity(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('accountId', { schema: AccountId }) accountId: string,
    @Body({ schema: IdentityBody }) { verifiedName: name, ...body }: z.output<typeof IdentityBody>,
  ): Promise<RecordedIdentity> {
    const verifiedName = name === undefined ? undefined : this.texts.hide({ name });
    return this.commands.execute(new ChangeIdentity({ message, by, accountId, ...body, verifiedName }));
  }

  @Summary('Which tax form of a person is on file; nothing that stands in it (P-13).')
  @Put('accounts/:accountId/tax-form')
  recordTaxForm(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('accountId', { schema: AccountId }) accountId: string,
    @Body({ schema: TaxFormBody }) body: z.output<typeof TaxFormBody>,
  ): Promise<RecordedTaxForm> {
    return this.commands.execute(new RecordTaxForm({ message, by, accountId, ...body }));
  }

  @Summary('Ends a review of a method, or blocks it; counts as asked at this instant (W-17).')
  @Post('screenings/:methodId/decision')
  @HttpCode(200)
  decideScreening(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Param('methodId', { schema: z.uuid() }) methodId: string,
    @Body({ schema: DecisionBody }) body: z.output<typeof DecisionBody>,
  ): Promise<DecidedScreening> {
    return this.commands.execute(new DecideScreening({ message, by, methodId, ...body }));
  }
}
