import { PositiveMoney } from '@holdfast/domain';
import type { MessageRef } from '@holdfast/messaging';
import { Caller, Message, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Body, Controller, Get, HttpCode, Post } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { z } from 'zod';
import { MoveTreasury, type TreasuryAnswer } from './commands/move-treasury.ts';
import { ReadCosts, type ReadCostsAnswer } from './commands/read-costs.ts';
import { type SettleAnswer, SettleCard } from './commands/settle-card.ts';
import { costProviders } from './domain/processing-cost.ts';
import { CostReports } from './queries/cost-reports.ts';
import { Settlements } from './queries/settlements.ts';
import { Treasury } from './queries/treasury.ts';

const MoveBody = z.strictObject({
  amount: PositiveMoney.optional(),
  reason: z.string().trim().min(1).max(500),
});
type MoveBody = z.output<typeof MoveBody>;
const ReadCostsBody = MoveBody.pick({ reason: true }).extend({
  provider: z.enum(costProviders).default('card'),
});

/** IN: what operators do with the places where money lies (M-23). */
@Controller('v1/treasury')
@RolesAllowed('operator')
export class TreasuryController {
  constructor(
    private readonly commands: CommandBus,
    private readonly settlements: Settlements,
    private readonly treasury: Treasury,
    private readonly costReports: CostReports,
  ) {}

  @Summary('What the customers’ cash is and what it must cover (M-14): what is short, or over.')
  @Get()
  now(): Promise<object> {
    return this.treasury.now();
  }

  @Summary(
    'Tops up what is short, or the amount, from the platform’s own money; much of it by two persons (M-23, S-11).',
  )
  @Post('top-up')
  @HttpCode(201)
  topUp(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: MoveBody }) body: MoveBody,
  ): Promise<TreasuryAnswer> {
    return this.commands.execute(new MoveTreasury({ message, kind: 'top_up', by, ...body }));
  }

  @Summary(
    'Takes what is over, or the amount, to the platform’s own money; much of it by two persons (M-23, S-11).',
  )
  @Post('sweep')
  @HttpCode(201)
  sweep(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: MoveBody }) body: MoveBody,
  ): Promise<TreasuryAnswer> {
    return this.commands.execute(new MoveTreasury({ message, kind: 'sweep', by, ...body }));
  }

  @Summary(
    'The card provider pays out its balance, or the amount, to the bank; much of it by two persons (M-23, S-11).',
  )
  @Post('settle-card')
  @HttpCode(202)
  settleCard(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: MoveBody }) body: MoveBody,
  ): Promise<SettleAnswer> {
    return this.commands.execute(new SettleCard({ message, by, ...body }));
  }

  @Summary('Settlements of the card provider’s balance, newest first.')
  @Get('settlements')
  list(): Promise<object> {
    return this.settlements.list();
  }

  @Summary('Reads a provider’s report at once and posts what it took; person and reason are kept (P-8).')
  @Post('read-costs')
  @HttpCode(202)
  readCosts(
    @Message() message: MessageRef,
    @Caller() { accountId: by }: Party,
    @Body({ schema: ReadCostsBody }) body: z.output<typeof ReadCostsBody>,
  ): Promise<ReadCostsAnswer> {
    return this.commands.execute(new ReadCosts({ message, by, ...body }));
  }

  @Summary(
    'Readings of the providers’ reports of costs, newest first, and what they and the books tell alone.',
  )
  @Get('cost-reports')
  costs(): Promise<object> {
    return this.costReports.list();
  }
}
