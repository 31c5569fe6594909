import { Caller, type Party, RolesAllowed, Summary } from '@holdfast/service';
import { Controller, Get } from '@nestjs/common';
import { MyEscrow } from './queries/my-escrow.ts';

/** IN: what a person has, over all agreements. */
@Controller('v1')
export class BalancesController {
  constructor(private readonly escrow: MyEscrow) {}

  @Summary("What is held for the caller's own work: in progress, in review, asked back (B-1).")
  @Get('balances/me')
  @RolesAllowed('freelancer')
  myEscrow(@Caller() { accountId }: Party): Promise<object> {
    return this.escrow.of(accountId);
  }
}
