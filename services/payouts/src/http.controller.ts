import { Caller, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Controller, Get } from '@nestjs/common';
import { MyBalances } from './queries/my-balances.ts';

/** IN: routes -> commands and queries. */
@Controller('v1')
export class HttpController {
  constructor(private readonly balances: MyBalances) {}

  @Summary("The caller's own balances: pending, available, held, in transit (B-1).")
  @Get('balances/me')
  @RolesAllowed('freelancer')
  myBalances(@Caller() { accountId }: Party): Promise<object> {
    return this.balances.of(accountId);
  }
}
