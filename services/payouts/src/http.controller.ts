import { Caller, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { MyBalances } from './queries/my-balances.ts';
import { WithdrawalQuotes } from './queries/withdrawal-quotes.ts';

const QuoteQuery = z.strictObject({
  amountMinor: z
    .string()
    .regex(/^\d{1,18}$/)
    .transform(BigInt)
    .refine((amountMinor) => amountMinor > 0n),
});

/** IN: routes -> commands and queries. */
@Controller('v1')
export class HttpController {
  constructor(
    private readonly balances: MyBalances,
    private readonly quotes: WithdrawalQuotes,
  ) {}

  @Summary("The caller's own balances: pending, available, held, in transit (B-1).")
  @Get('balances/me')
  @RolesAllowed('freelancer')
  myBalances(@Caller() { accountId }: Party): Promise<object> {
    return this.balances.of(accountId);
  }

  @Summary('What a withdrawal would cost and when it would arrive, and what would stand in its way (P-17).')
  @Get('withdrawal-quotes')
  @RolesAllowed('freelancer')
  withdrawalQuotes(
    @Caller() { accountId }: Party,
    @Query({ schema: QuoteQuery }) { amountMinor }: z.output<typeof QuoteQuery>,
  ): Promise<object> {
    return this.quotes.of(accountId, amountMinor);
  }
}
