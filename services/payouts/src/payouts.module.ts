import { contractsEvents, escrowEvents, payoutsEvents } from '@holdfast/events';
import { BaseConfig, type ServiceDefinition, type Startup } from '@holdfast/service';
import { Module } from '@nestjs/common';
import { CreditReleaseHandler } from './commands/credit-release.ts';
import { MatureFundsHandler } from './commands/mature-funds.ts';
import { RememberAgreementHandler } from './commands/remember-agreement.ts';
import { payoutsDeadlines } from './deadlines.ts';
import { payoutsErrors } from './errors.ts';
import { HttpController } from './http.controller.ts';
import { KafkaController } from './kafka.controller.ts';
import { Migration001Credits } from './migrations/001-credits.ts';
import { MyBalances } from './queries/my-balances.ts';
import { payoutsSettings } from './settings.ts';
import { AgreementTable } from './tables/agreement.table.ts';
import { CreditTable } from './tables/credit.table.ts';

/** Freelancers' balances: what was released to them, how long it is held, what they may withdraw. */
export const definition: ServiceDefinition = {
  name: 'payouts',
  publishes: payoutsEvents,
  listensTo: [contractsEvents, escrowEvents],
  entities: [AgreementTable, CreditTable],
  migrations: [{ name: '001-credits', class: Migration001Credits }],
  grants: { agreements: 'select, insert, update', credits: 'select, insert, update' },
  ledger: true,
  errors: payoutsErrors,
  settings: payoutsSettings,
};

@Module({
  controllers: [HttpController, KafkaController],
  providers: [RememberAgreementHandler, CreditReleaseHandler, MatureFundsHandler, MyBalances],
})
export class PayoutsModule {}

export const startup: Startup<typeof BaseConfig> = {
  definition,
  module: PayoutsModule,
  config: BaseConfig,
  deadlines: payoutsDeadlines,
};
