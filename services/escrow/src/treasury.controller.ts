import { PositiveMoney } from '@holdfast/domain';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { type SettleAnswer, SettleCard } from './commands/settle-card.ts';
import { Settlements } from './queries/settlements.ts';

const SettleBody = z.strictObject({
  amount: PositiveMoney.optional(),
  reason: z.string().trim().min(1).max(500),
});

/** IN: what operators do with the places where money lies (M-23). */
@Controller('v1/treasury')
@RolesAllowed('operator')
export class TreasuryController {
  constructor(
    private readonly commands: CommandBus,
    private readonly settlements: Settlements,
  ) {}

  @Summary('The card provider pays out its balance, or the amount, to the bank; person and reason are kept.')
  @Post('settle-card')
  @HttpCode(202)
  settleCard(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: SettleBody }) body: z.output<typeof SettleBody>,
  ): Promise<SettleAnswer> {
    return this.commands.execute(new SettleCard({ message, by, ...body }));
  }

  @Summary('Settlements of the card provider’s balance, newest first.')
  @Get('settlements')
  list(): Promise<object> {
    return this.settlements.list();
  }
}
