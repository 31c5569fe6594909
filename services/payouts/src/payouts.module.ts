import { contractsEvents, escrowEvents, payoutsEvents } from '@holdfast/events';
import { WallClock } from '@holdfast/messaging';
import {
  AcknowledgeNoticeHandler,
  FinishNoticeHandler,
  NoticesController,
  PostponeNoticeHandler,
  ProviderNoticeTable,
  providerNoticesGrants,
  ReceiveNoticeHandler,
} from '@holdfast/providers';
import {
  AdjustmentsController,
  adjustmentEntities,
  adjustmentsGrants,
  CONFIG,
  DecideAdjustmentHandler,
  PersonKeyTable,
  PersonTexts,
  ProposeAdjustmentHandler,
  personKeysGrants,
  type ServiceDefinition,
  StaffDecisionsController,
  type Startup,
  staffEntities,
  staffGrants,
} from '@holdfast/service';
import { Module } from '@nestjs/common';
import { payoutsAdjustable } from './adjustable.ts';
import { payoutsAlarms } from './alarms.ts';
import { AddWithdrawalMethodHandler } from './commands/add-withdrawal-method.ts';
import { CancelWithdrawalHandler } from './commands/cancel-withdrawal.ts';
import { ChangeIdentityHandler, FailIdentityHandler } from './commands/change-identity.ts';
import { ClawBackFunds, ClawBackFundsHandler } from './commands/claw-back-funds.ts';
import { CreditRelease, CreditReleaseHandler } from './commands/credit-release.ts';
import { EndCoolingHandler } from './commands/end-cooling.ts';
import { HoldFunds, HoldFundsHandler } from './commands/hold-funds.ts';
import { MatureFundsHandler } from './commands/mature-funds.ts';
import { NoteClearing, NoteClearingHandler } from './commands/note-clearing.ts';
import { RecordAccountHold, RecordAccountHoldHandler } from './commands/record-account-hold.ts';
import { RecordAttemptHandler } from './commands/record-attempt.ts';
import { RecordRegistrationHandler } from './commands/record-registration.ts';
import { DecideScreeningHandler, RecordScreeningHandler } from './commands/record-screening.ts';
import { RecordTaxFormHandler } from './commands/record-tax-form.ts';
import { RememberAccount, RememberAccountHandler } from './commands/remember-account.ts';
import { RememberAgreement, RememberAgreementHandler } from './commands/remember-agreement.ts';
import { RemoveWithdrawalMethodHandler } from './commands/remove-withdrawal-method.ts';
import { RequestWithdrawalHandler } from './commands/request-withdrawal.ts';
import { ResolveAttemptHandler } from './commands/resolve-attempt.ts';
import {
  RestoreFunds,
  RestoreFundsHandler,
  RestoreRefund,
  RestoreRefundHandler,
} from './commands/restore-funds.ts';
import { ReviewHoldsHandler } from './commands/review-holds.ts';
import { StartAttemptHandler } from './commands/start-attempt.ts';
import { FinishStopHandler, ResumeSendingHandler, StopSendingHandler } from './commands/stop-sending.ts';
import { TakeRefund, TakeRefundHandler } from './commands/take-refund.ts';
import { PayoutsConfig } from './config.ts';
import { payoutsDeadlines } from './deadlines.ts';
import { payoutsErrors } from './errors.ts';
import { GatesController } from './gates.controller.ts';
import { HttpController } from './http.controller.ts';
import { KafkaController } from './kafka.controller.ts';
import { MethodController } from './method.controller.ts';
import { UnknownPayouts } from './metrics.ts';
import { Migration001Credits } from './migrations/001-credits.ts';
import { Migration002Methods } from './migrations/002-methods.ts';
import { Migration003Withdrawals } from './migrations/003-withdrawals.ts';
import { Migration004Seals } from './migrations/004-seals.ts';
import { Migration006Holds } from './migrations/006-holds.ts';
import { Migration007Adjustments } from './migrations/007-adjustments.ts';
import { Migration008Regions } from './migrations/008-regions.ts';
import { Migration009Staff } from './migrations/009-staff.ts';
import { Bank } from './providers/bank.ts';
import { BankClient } from './providers/bank-client.ts';
import { MethodWorker } from './providers/method.worker.ts';
import { MethodDetails } from './providers/method-details.ts';
import { NoticeWorker } from './providers/notice.worker.ts';
import { ReceivingAccounts } from './providers/receiving-account.ts';
import { HttpScreening, Screening, ScreeningClient } from './providers/screening.ts';
import { StopWorker } from './providers/stop.worker.ts';
import { WithdrawalWorker } from './providers/withdrawal.worker.ts';
import { AccountGates } from './queries/account-gates.ts';
import { Attention } from './queries/attention.ts';
import { payoutsMovements } from './queries/movements.ts';
import { MyBalances } from './queries/my-balances.ts';
import { MyMethods } from './queries/my-methods.ts';
import { MyStanding } from './queries/my-standing.ts';
import { MyWithdrawals } from './queries/my-withdrawals.ts';
import { SendingStops } from './queries/sending-stops.ts';
import { WithdrawalQuotes } from './queries/withdrawal-quotes.ts';
import { SendingController } from './sending.controller.ts';
import { payoutsSettings } from './settings.ts';
import { AccountChangeTable } from './tables/account-change.table.ts';
import { AgreementTable } from './tables/agreement.table.ts';
import { AttemptTable } from './tables/attempt.table.ts';
import { ClearingTransferTable } from './tables/clearing-transfer.table.ts';
import { CreditTable } from './tables/credit.table.ts';
import { DebtTable } from './tables/debt.table.ts';
import { AvailableView, FundHoldTable } from './tables/fund-hold.table.ts';
import { AccountHoldTable, PersonTable } from './tables/person.table.ts';
import { SendingStopTable } from './tables/sending-stop.table.ts';
import { WithdrawalTable } from './tables/withdrawal.table.ts';
import { WithdrawalMethodTable } from './tables/withdrawal-method.table.ts';
import { WebhookController } from './webhook.controller.ts';
import { WithdrawalController } from './withdrawal.controller.ts';

/** Freelancers' balances: what was released to them, how long it is held, what they may withdraw. */
export const definition: ServiceDefinition = {
  name: 'payouts',
  publishes: payoutsEvents,
  listensTo: [contractsEvents, escrowEvents],
  handles: {
    'contracts.account.opened': RememberAccount.name,
    'contracts.account.hold_placed': RecordAccountHold.name,
    'contracts.account.hold_lifted': RecordAccountHold.name,
    'contracts.contract.activated': RememberAgreement.name,
    'escrow.milestone.released': CreditRelease.name,
    'escrow.bonus.released': CreditRelease.name,
    'escrow.chargeback.received': HoldFunds.name,
    'escrow.chargeback.won': RestoreFunds.name,
    'escrow.chargeback.lost': ClawBackFunds.name,
    'escrow.refund.drawn_on_balance': TakeRefund.name,
    'escrow.refund.reversed': RestoreRefund.name,
    'escrow.clearing.applied': NoteClearing.name,
  },
  entities: [
    AgreementTable,
    CreditTable,
    FundHoldTable,
    AvailableView,
    DebtTable,
    PersonTable,
    AccountHoldTable,
    AccountChangeTable,
    WithdrawalMethodTable,
    WithdrawalTable,
    AttemptTable,
    SendingStopTable,
    ClearingTransferTable,
    ProviderNoticeTable,
    PersonKeyTable,
    ...adjustmentEntities,
    ...staffEntities,
  ],
  migrations: [
    { name: '001-credits', class: Migration001Credits },
    { name: '002-methods', class: Migration002Methods },
    { name: '003-withdrawals', class: Migration003Withdrawals },
    { name: '004-seals', class: Migration004Seals },
    { name: '006-holds', class: Migration006Holds },
    { name: '007-adjustments', class: Migration007Adjustments },
    { name: '009-staff', class: Migration009Staff },
    { name: '008-regions', class: Migration008Regions },
  ],
  grants: {
    agreements: 'select, insert, update',
    credits: 'select, insert, update',
    fund_holds: 'select, insert, update',
    available_balances: 'select',
    debts: 'select, insert, update',
    persons: 'select, insert, update',
    account_holds: 'select, insert, update',
    account_changes: 'select, insert',
    withdrawal_methods: 'select, insert, update',
    withdrawals: 'select, insert, update',
    attempts: 'select, insert, update',
    sending_stops: 'select, insert, update',
    clearing_transfers: 'select, insert, update',
    ...providerNoticesGrants,
    ...personKeysGrants,
    ...adjustmentsGrants,
    ...staffGrants,
  },
  ledger: 'P',
  movements: payoutsMovements,
  adjustable: payoutsAdjustable,
  errors: payoutsErrors,
  settings: payoutsSettings,
};

const clients = [
  {
    provide: ScreeningClient,
    inject: [CONFIG, WallClock],
    useFactory: (config: PayoutsConfig, wallClock: WallClock) =>
      new ScreeningClient({
        baseUrl: config.SCREENING_BASE_URL,
        apiKey: config.SCREENING_API_KEY,
        wallClock,
      }),
  },
  {
    provide: BankClient,
    inject: [CONFIG, WallClock],
    useFactory: (config: PayoutsConfig, wallClock: WallClock) =>
      new BankClient({
        baseUrl: config.BANK_BASE_URL,
        organizationId: config.BANK_ORGANIZATION_ID,
        apiKey: config.BANK_API_KEY,
        wallClock,
      }),
  },
  { provide: Bank, inject: [BankClient], useFactory: (client: BankClient) => new Bank(client) },
  {
    provide: Screening,
    inject: [ScreeningClient, MethodDetails],
    useFactory: (client: ScreeningClient, details: MethodDetails) => new HttpScreening(client, details),
  },
  {
    provide: ReceivingAccounts,
    inject: [BankClient, MethodDetails],
    useFactory: (client: BankClient, details: MethodDetails) => new ReceivingAccounts(client, details),
  },
];

@Module({
  controllers: [
    HttpController,
    MethodController,
    WithdrawalController,
    GatesController,
    SendingController,
    WebhookController,
    NoticesController,
    AdjustmentsController,
    StaffDecisionsController,
    KafkaController,
  ],
  providers: [
    AcknowledgeNoticeHandler,
    DecideAdjustmentHandler,
    ProposeAdjustmentHandler,
    AddWithdrawalMethodHandler,
    CancelWithdrawalHandler,
    ChangeIdentityHandler,
    ClawBackFundsHandler,
    CreditReleaseHandler,
    DecideScreeningHandler,
    EndCoolingHandler,
    FailIdentityHandler,
    FinishNoticeHandler,
    FinishStopHandler,
    HoldFundsHandler,
    MatureFundsHandler,
    NoteClearingHandler,
    PersonTexts,
    PostponeNoticeHandler,
    ReceiveNoticeHandler,
    RecordAccountHoldHandler,
    RecordAttemptHandler,
    RecordRegistrationHandler,
    RecordScreeningHandler,
    RecordTaxFormHandler,
    RememberAccountHandler,
    RememberAgreementHandler,
    RemoveWithdrawalMethodHandler,
    RequestWithdrawalHandler,
    ResolveAttemptHandler,
    RestoreFundsHandler,
    RestoreRefundHandler,
    ResumeSendingHandler,
    ReviewHoldsHandler,
    StartAttemptHandler,
    StopSendingHandler,
    TakeRefundHandler,
    Attention,
    MyBalances,
    AccountGates,
    MyMethods,
    MyStanding,
    WithdrawalQuotes,
    MyWithdrawals,
    SendingStops,
    MethodDetails,
    ...clients,
    MethodWorker,
    NoticeWorker,
    StopWorker,
    UnknownPayouts,
    WithdrawalWorker,
  ],
})
export class PayoutsModule {}

export const startup: Startup<typeof PayoutsConfig> = {
  definition,
  module: PayoutsModule,
  config: PayoutsConfig,
  deadlines: payoutsDeadlines,
  alarms: payoutsAlarms,
  providers: (app) => [app.get(BankClient), app.get(ScreeningClient)],
};
