import { readFileSync } from 'node:fs';
import { contractsEvents, disputesEvents, escrowEvents, payoutsEvents } from '@holdfast/events';
import { WallClock } from '@holdfast/messaging';
import {
  AcknowledgeNoticeHandler,
  FinishNoticeHandler,
  NoticesController,
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
import { escrowAdjustable } from './adjustable.ts';
import { escrowAlarms } from './alarms.ts';
import { BalancesController } from './balances.controller.ts';
import { ChargebackController } from './chargeback.controller.ts';
import { ActivateAgreement, ActivateAgreementHandler } from './commands/activate-agreement.ts';
import { AddBillingMethodHandler } from './commands/add-billing-method.ts';
import { AnswerChargebackHandler, ExpireEvidenceHandler } from './commands/answer-chargeback.ts';
import { ApplyClawBack, ApplyClawBackHandler } from './commands/apply-claw-back.ts';
import { ApplyWithdrawalPaid, ApplyWithdrawalPaidHandler } from './commands/apply-withdrawal-paid.ts';
import {
  ApplyWithdrawalReturned,
  ApplyWithdrawalReturnedHandler,
} from './commands/apply-withdrawal-returned.ts';
import { AskPaidRefundHandler, DeclinePaidRefundHandler } from './commands/ask-paid-refund.ts';
import {
  AddMilestone,
  AddMilestoneHandler,
  ChangeTerms,
  ChangeTermsHandler,
  OrderMilestone,
  OrderMilestoneHandler,
} from './commands/change-terms.ts';
import { ConfirmBillingMethodHandler, ExpireConfirmationHandler } from './commands/confirm-billing-method.ts';
import { EndAgreementHandler } from './commands/end-agreement.ts';
import {
  EndDormancyHandler,
  RefuseDormantReleaseHandler,
  RequestDormantReleaseHandler,
  TakeDormancyTurnHandler,
} from './commands/end-dormancy.ts';
import { ExpireFundingHandler } from './commands/expire-funding.ts';
import { FinishDisputeSearchHandler } from './commands/finish-dispute-search.ts';
import {
  EndCaseFreeze,
  EndCaseFreezeHandler,
  FreezeForCase,
  FreezeForCaseHandler,
} from './commands/follow-case.ts';
import { NoteActivity, NoteActivityHandler, restartDormancy } from './commands/follow-dormancy.ts';
import {
  DecideDrawnRefund,
  DecideDrawnRefundHandler,
  RefuseDrawnRefund,
  RefuseDrawnRefundHandler,
} from './commands/follow-draw.ts';
import { RecordNotice, RecordNoticeHandler } from './commands/follow-refund-request.ts';
import { FundMilestoneHandler, PayMilestoneHandler } from './commands/fund-milestone.ts';
import { GiveBackHandler } from './commands/give-back.ts';
import { ApproveRefundRequestHandler, GrantBySilenceHandler } from './commands/grant-refund-request.ts';
import { MoveTreasuryHandler } from './commands/move-treasury.ts';
import { NoteDebt, NoteDebtHandler } from './commands/note-debt.ts';
import { NoteRestored, NoteRestoredHandler } from './commands/note-restored.ts';
import { NoteTransfer, NoteTransferHandler } from './commands/note-transfer.ts';
import { OpenTreasuryAtStart } from './commands/open-treasury.ts';
import { MakeMethodPrimaryHandler, RemoveBillingMethodHandler } from './commands/order-billing-methods.ts';
import { PayBonusHandler } from './commands/pay-bonus.ts';
import { ReadCostsDailyHandler, ReadCostsHandler } from './commands/read-costs.ts';
import { RecordAccountHold, RecordAccountHoldHandler } from './commands/record-account-hold.ts';
import { RecordChargeHandler } from './commands/record-charge.ts';
import { RecordChargebackHandler } from './commands/record-chargeback.ts';
import { RecordCostsHandler } from './commands/record-costs.ts';
import { RecordRefundHandler } from './commands/record-refund.ts';
import { RecordSettlementHandler } from './commands/record-settlement.ts';
import { RecordSetupHandler } from './commands/record-setup.ts';
import { ExpireSmallChargeHandler, RecordSmallChargeHandler } from './commands/record-small-charge.ts';
import { RecordSmallDisputeHandler } from './commands/record-small-dispute.ts';
import { RecordSmallRefundHandler } from './commands/record-small-refund.ts';
import { RefundBySupportHandler } from './commands/refund-by-support.ts';
import { RefundReleasedHandler } from './commands/refund-released.ts';
import { ReleaseBySilenceHandler, ReleaseMilestoneHandler } from './commands/release-milestone.ts';
import { RememberAccount, RememberAccountHandler } from './commands/remember-account.ts';
import { RequestChangesHandler } from './commands/request-changes.ts';
import {
  NoteAgreementEnded,
  NoteAgreementEndedHandler,
  RequestClearing,
  RequestClearingHandler,
} from './commands/request-clearing.ts';
import { RerouteRefundHandler } from './commands/reroute-refund.ts';
import { RetryRefundHandler } from './commands/retry-refund.ts';
import { RetrySmallRefundHandler } from './commands/retry-small-refund.ts';
import { ReverseRefundHandler } from './commands/reverse-refund.ts';
import { SettleCardHandler } from './commands/settle-card.ts';
import { SmallAmounts, SmallCharges } from './commands/small-charges.ts';
import { StartReview, StartReviewHandler } from './commands/start-review.ts';
import { EscrowConfig } from './config.ts';
import { escrowDeadlines } from './deadlines.ts';
import { escrowErrors } from './errors.ts';
import { HttpController } from './http.controller.ts';
import { KafkaController } from './kafka.controller.ts';
import { Migration001Escrow } from './migrations/001-escrow.ts';
import { Migration002Notices } from './migrations/002-notices.ts';
import { Migration003Settlements } from './migrations/003-settlements.ts';
import { Migration004Seals } from './migrations/004-seals.ts';
import { Migration005FixedPrice } from './migrations/005-fixed-price.ts';
import { Migration006Payments } from './migrations/006-payments.ts';
import { Migration007Refunds } from './migrations/007-refunds.ts';
import { Migration008Methods } from './migrations/008-methods.ts';
import { Migration009AccountHolds } from './migrations/009-account-holds.ts';
import { Migration010Chargebacks } from './migrations/010-chargebacks.ts';
import { Migration011RefundRequests } from './migrations/011-refund-requests.ts';
import { Migration012Treasury } from './migrations/012-treasury.ts';
import { Migration014RefundWays } from './migrations/014-refund-ways.ts';
import { Migration015Adjustments } from './migrations/015-adjustments.ts';
import { Migration016Costs } from './migrations/016-costs.ts';
import { Migration017Dormancy } from './migrations/017-dormancy.ts';
import { Migration018PaidRefunds } from './migrations/018-paid-refunds.ts';
import { Migration019SmallCharges } from './migrations/019-small-charges.ts';
import { Migration020Reports } from './migrations/020-reports.ts';
import { Migration021Staff } from './migrations/021-staff.ts';
import { Migration022Verifications } from './migrations/022-verifications.ts';
import { PaidRefundsController } from './paid-refunds.controller.ts';
import { BankClient } from './providers/bank-client.ts';
import { BankRefund } from './providers/bank-refund.ts';
import { BankStatement } from './providers/bank-statement.ts';
import { Card } from './providers/card.ts';
import { CardClient } from './providers/card-client.ts';
import { CardDispute } from './providers/card-dispute.ts';
import { CardPayout } from './providers/card-payout.ts';
import { CardRefund } from './providers/card-refund.ts';
import { CardReport } from './providers/card-report.ts';
import { CardSetup } from './providers/card-setup.ts';
import { ChargeWorker } from './providers/charge.worker.ts';
import { CostWorker } from './providers/cost.worker.ts';
import { DisputeWorker } from './providers/dispute.worker.ts';
import { DisputeSearchWorker } from './providers/dispute-search.worker.ts';
import { NoticeWorker } from './providers/notice.worker.ts';
import { PayIn } from './providers/pay-in.ts';
import { Paypal } from './providers/paypal.ts';
import { PaypalClient } from './providers/paypal-client.ts';
import { PaypalRefund } from './providers/paypal-refund.ts';
import { PaypalReport } from './providers/paypal-report.ts';
import { PaypalSetup } from './providers/paypal-setup.ts';
import { PaypalSignature } from './providers/paypal-signature.ts';
import { RefundWorker } from './providers/refund.worker.ts';
import { SettlementWorker } from './providers/settlement.worker.ts';
import { SetupWorker } from './providers/setup.worker.ts';
import { AgreementMoney } from './queries/agreement-money.ts';
import { BillingMethods } from './queries/billing-methods.ts';
import { Chargebacks } from './queries/chargebacks.ts';
import { CostReports } from './queries/cost-reports.ts';
import { milestonesAddUp } from './queries/milestones-add-up.ts';
import { escrowMovements } from './queries/movements.ts';
import { MyEscrow } from './queries/my-escrow.ts';
import { Quotes } from './queries/quotes.ts';
import { ReportGaps } from './queries/report-gaps.ts';
import { Settlements } from './queries/settlements.ts';
import { SupportRefunds } from './queries/support-refunds.ts';
import { Treasury } from './queries/treasury.ts';
import { RefundsController } from './refunds.controller.ts';
import { escrowSettings } from './settings.ts';
import { AccountTable } from './tables/account.table.ts';
import { AccountHoldTable } from './tables/account-hold.table.ts';
import { AgreementTable } from './tables/agreement.table.ts';
import { BankCashView } from './tables/bank-cash.table.ts';
import { BillingMethodTable } from './tables/billing-method.table.ts';
import { BonusTable } from './tables/bonus.table.ts';
import { ChangeRequestTable } from './tables/change-request.table.ts';
import { ChargebackTable } from './tables/chargeback.table.ts';
import {
  AdjustedMovementView,
  CostReadingTable,
  CostReportTable,
  KnownMovementView,
  MovementBreakTable,
  ProcessingCostTable,
  ReportLineTable,
  UnreportedCaptureView,
  UnreportedMovementView,
} from './tables/cost-report.table.ts';
import { DisputeSearchTable } from './tables/dispute-search.table.ts';
import { DormancyTable } from './tables/dormancy.table.ts';
import { FundingShareTable, FundingTable } from './tables/funding.table.ts';
import { LotTable } from './tables/lot.table.ts';
import { FreezeTable, MilestoneTable } from './tables/milestone.table.ts';
import { PaidRefundRequestTable } from './tables/paid-refund-request.table.ts';
import { RefundTable } from './tables/refund.table.ts';
import { RefundAttemptTable } from './tables/refund-attempt.table.ts';
import { RefundDecisionTable } from './tables/refund-decision.table.ts';
import { NoticeProofTable, RefundRequestTable } from './tables/refund-request.table.ts';
import { CardCashView, CashAccountTable, SettlementTable } from './tables/settlement.table.ts';
import { SmallChargeTable, SmallRefundTable } from './tables/small-charge.table.ts';
import { SmallDisputeTable } from './tables/small-dispute.table.ts';
import { SupportRefundTable } from './tables/support-refund.table.ts';
import { TransferTable } from './tables/transfer.table.ts';
import { FreelancerDebtTable, TreasuryCoverView, TreasuryMovementTable } from './tables/treasury.table.ts';
import { TreasuryController } from './treasury.controller.ts';
import { WebhookController } from './webhook.controller.ts';

/** A client's money: charged, held, released. The arbiter where several act on one milestone (AD-2). */
export const definition: ServiceDefinition = {
  name: 'escrow',
  publishes: escrowEvents,
  listensTo: [contractsEvents, payoutsEvents, disputesEvents],
  handles: {
    'contracts.account.hold_placed': RecordAccountHold.name,
    'contracts.account.hold_lifted': RecordAccountHold.name,
    'contracts.account.opened': RememberAccount.name,
    'contracts.contract.activated': ActivateAgreement.name,
    'contracts.milestone.agreed': [AddMilestone.name, NoteActivity.name],
    'contracts.milestone.terms_proposed': [ChangeTerms.name, NoteActivity.name],
    'contracts.milestone.changed': [OrderMilestone.name, NoteActivity.name],
    'contracts.milestone.cancelled': NoteActivity.name,
    'contracts.contract.amended': NoteActivity.name,
    'contracts.payment.requested': NoteActivity.name,
    'contracts.contract.end_requested': RequestClearing.name,
    'contracts.contract.ended': NoteAgreementEnded.name,
    'contracts.notice.sent': RecordNotice.name,
    'contracts.notice.bounced': RecordNotice.name,
    'contracts.milestone.submitted': [StartReview.name, NoteActivity.name],
    'payouts.funds.credited': NoteTransfer.name,
    'payouts.funds.matured': NoteTransfer.name,
    'payouts.funds.clawed_back': ApplyClawBack.name,
    'payouts.funds.restored': NoteRestored.name,
    'payouts.debt.opened': NoteDebt.name,
    'payouts.debt.settled': NoteDebt.name,
    'payouts.refund.taken': DecideDrawnRefund.name,
    'payouts.refund.refused': RefuseDrawnRefund.name,
    'payouts.withdrawal.paid': ApplyWithdrawalPaid.name,
    'payouts.withdrawal.returned': ApplyWithdrawalReturned.name,
    'disputes.case.opened': FreezeForCase.name,
    'disputes.case.withdrawn': EndCaseFreeze.name,
  },
  entities: [
    AccountHoldTable,
    AccountTable,
    AgreementTable,
    MilestoneTable,
    FreezeTable,
    FundingTable,
    FundingShareTable,
    LotTable,
    BonusTable,
    TransferTable,
    BankCashView,
    BillingMethodTable,
    ProviderNoticeTable,
    ChangeRequestTable,
    ChargebackTable,
    DisputeSearchTable,
    FreelancerDebtTable,
    TreasuryMovementTable,
    TreasuryCoverView,
    SettlementTable,
    RefundTable,
    RefundAttemptTable,
    RefundRequestTable,
    RefundDecisionTable,
    PaidRefundRequestTable,
    SupportRefundTable,
    SmallChargeTable,
    SmallRefundTable,
    SmallDisputeTable,
    NoticeProofTable,
    DormancyTable,
    CashAccountTable,
    CardCashView,
    CostReadingTable,
    CostReportTable,
    ProcessingCostTable,
    ReportLineTable,
    MovementBreakTable,
    KnownMovementView,
    AdjustedMovementView,
    UnreportedMovementView,
    UnreportedCaptureView,
    PersonKeyTable,
    ...adjustmentEntities,
    ...staffEntities,
  ],
  migrations: [
    { name: '001-escrow', class: Migration001Escrow },
    { name: '002-notices', class: Migration002Notices },
    { name: '003-settlements', class: Migration003Settlements },
    { name: '004-seals', class: Migration004Seals },
    { name: '005-fixed-price', class: Migration005FixedPrice },
    { name: '006-payments', class: Migration006Payments },
    { name: '007-refunds', class: Migration007Refunds },
    { name: '008-methods', class: Migration008Methods },
    { name: '009-account-holds', class: Migration009AccountHolds },
    { name: '010-chargebacks', class: Migration010Chargebacks },
    { name: '011-refund-requests', class: Migration011RefundRequests },
    { name: '012-treasury', class: Migration012Treasury },
    { name: '014-refund-ways', class: Migration014RefundWays },
    { name: '015-adjustments', class: Migration015Adjustments },
    { name: '016-costs', class: Migration016Costs },
    { name: '017-dormancy', class: Migration017Dormancy },
    { name: '018-paid-refunds', class: Migration018PaidRefunds },
    { name: '019-small-charges', class: Migration019SmallCharges },
    { name: '021-staff', class: Migration021Staff },
    { name: '020-reports', class: Migration020Reports },
    { name: '022-verifications', class: Migration022Verifications },
  ],
  grants: {
    account_holds: 'select, insert, update',
    accounts: 'select, insert',
    agreements: 'select, insert, update',
    milestones: 'select, insert, update',
    freezes: 'select, insert, update',
    fundings: 'select, insert, update',
    funding_shares: 'select, insert, update',
    lots: 'select, insert, update',
    bonuses: 'select, insert, update',
    transfers: 'select, insert, update',
    billing_methods: 'select, insert, update',
    small_charges: 'select, insert, update',
    small_disputes: 'select, insert, update',
    small_refunds: 'select, insert, update',
    ...providerNoticesGrants,
    chargebacks: 'select, insert, update',
    dispute_searches: 'select, update',
    freelancer_debts: 'select, insert, update',
    treasury_movements: 'select, insert',
    treasury_cover: 'select',
    change_requests: 'select, insert',
    settlements: 'select, insert, update',
    dormancies: 'select, insert, update',
    refunds: 'select, insert, update',
    refund_attempts: 'select, insert, update',
    refund_requests: 'select, insert, update',
    refund_decisions: 'select, insert, update',
    paid_refund_requests: 'select, insert, update',
    support_refunds: 'select, insert, update',
    notice_proofs: 'select, insert, update',
    cash_accounts: 'select, update',
    card_cash: 'select',
    bank_cash: 'select',
    cost_readings: 'select, update',
    cost_reports: 'select, insert, update',
    processing_costs: 'select, insert',
    report_lines: 'select, insert, update',
    movement_breaks: 'select, insert, update',
    known_movements: 'select',
    adjusted_movements: 'select',
    unreported_movements: 'select',
    unreported_captures: 'select',
    ...personKeysGrants,
    ...adjustmentsGrants,
    ...staffGrants,
  },
  ledger: 'E',
  follows: restartDormancy,
  movements: escrowMovements,
  proofs: [milestonesAddUp],
  adjustable: escrowAdjustable,
  errors: escrowErrors,
  settings: escrowSettings,
};

const client = {
  provide: CardClient,
  inject: [CONFIG, WallClock],
  useFactory: (config: EscrowConfig, wallClock: WallClock) =>
    new CardClient({ baseUrl: config.CARD_BASE_URL, apiKey: config.CARD_API_KEY, wallClock }),
};

const paypalClient = {
  provide: PaypalClient,
  inject: [CONFIG, WallClock],
  useFactory: (config: EscrowConfig, wallClock: WallClock) =>
    new PaypalClient({
      baseUrl: config.PAYPAL_BASE_URL,
      clientId: config.PAYPAL_CLIENT_ID,
      clientSecret: config.PAYPAL_CLIENT_SECRET,
      wallClock,
    }),
};

const bankClient = {
  provide: BankClient,
  inject: [CONFIG, WallClock],
  useFactory: (config: EscrowConfig, wallClock: WallClock) =>
    new BankClient({
      baseUrl: config.BANK_BASE_URL,
      organizationId: config.BANK_ORGANIZATION_ID,
      apiKey: config.BANK_API_KEY,
      wallClock,
    }),
};

const paypalSignature = {
  provide: PaypalSignature,
  inject: [CONFIG, WallClock],
  useFactory: (config: EscrowConfig, wallClock: WallClock) =>
    new PaypalSignature({
      webhookId: config.PAYPAL_WEBHOOK_ID,
      hosts: config.PAYPAL_CERT_HOSTS,
      authority: config.PAYPAL_CERT_AUTHORITY_FILE && readFileSync(config.PAYPAL_CERT_AUTHORITY_FILE, 'utf8'),
      wallClock,
    }),
};

@Module({
  controllers: [
    HttpController,
    BalancesController,
    TreasuryController,
    ChargebackController,
    RefundsController,
    PaidRefundsController,
    StaffDecisionsController,
    WebhookController,
    NoticesController,
    AdjustmentsController,
    KafkaController,
  ],
  providers: [
    AcknowledgeNoticeHandler,
    DecideAdjustmentHandler,
    ProposeAdjustmentHandler,
    ActivateAgreementHandler,
    AddBillingMethodHandler,
    AddMilestoneHandler,
    ChangeTermsHandler,
    AnswerChargebackHandler,
    ApplyClawBackHandler,
    ApplyWithdrawalPaidHandler,
    ApplyWithdrawalReturnedHandler,
    ExpireEvidenceHandler,
    ExpireFundingHandler,
    ConfirmBillingMethodHandler,
    ExpireConfirmationHandler,
    ExpireSmallChargeHandler,
    FinishDisputeSearchHandler,
    FinishNoticeHandler,
    FundMilestoneHandler,
    ApproveRefundRequestHandler,
    AskPaidRefundHandler,
    DeclinePaidRefundHandler,
    DecideDrawnRefundHandler,
    EndAgreementHandler,
    EndDormancyHandler,
    EndCaseFreezeHandler,
    FreezeForCaseHandler,
    GiveBackHandler,
    MakeMethodPrimaryHandler,
    MoveTreasuryHandler,
    NoteDebtHandler,
    GrantBySilenceHandler,
    NoteAgreementEndedHandler,
    RecordNoticeHandler,
    RequestClearingHandler,
    NoteRestoredHandler,
    NoteActivityHandler,
    NoteTransferHandler,
    PayBonusHandler,
    PayMilestoneHandler,
    OpenTreasuryAtStart,
    OrderMilestoneHandler,
    PersonTexts,
    ReceiveNoticeHandler,
    RecordAccountHoldHandler,
    ReadCostsDailyHandler,
    ReadCostsHandler,
    RecordCostsHandler,
    RecordChargeHandler,
    RecordChargebackHandler,
    RecordRefundHandler,
    RecordSettlementHandler,
    RecordSetupHandler,
    RecordSmallChargeHandler,
    RecordSmallDisputeHandler,
    RecordSmallRefundHandler,
    SmallAmounts,
    SmallCharges,
    RememberAccountHandler,
    RefundBySupportHandler,
    RefundReleasedHandler,
    RefuseDrawnRefundHandler,
    ReleaseBySilenceHandler,
    ReleaseMilestoneHandler,
    RemoveBillingMethodHandler,
    RefuseDormantReleaseHandler,
    RequestChangesHandler,
    RequestDormantReleaseHandler,
    RerouteRefundHandler,
    RetryRefundHandler,
    RetrySmallRefundHandler,
    ReverseRefundHandler,
    SettleCardHandler,
    StartReviewHandler,
    TakeDormancyTurnHandler,
    AgreementMoney,
    Chargebacks,
    BillingMethods,
    Quotes,
    MyEscrow,
    CostReports,
    ReportGaps,
    Settlements,
    SupportRefunds,
    Treasury,
    client,
    { provide: Card, inject: [CardClient], useFactory: (cards: CardClient) => new Card(cards) },
    { provide: CardSetup, inject: [CardClient], useFactory: (cards: CardClient) => new CardSetup(cards) },
    {
      provide: CardDispute,
      inject: [CardClient],
      useFactory: (cards: CardClient) => new CardDispute(cards),
    },
    { provide: CardPayout, inject: [CardClient], useFactory: (cards: CardClient) => new CardPayout(cards) },
    { provide: CardReport, inject: [CardClient], useFactory: (cards: CardClient) => new CardReport(cards) },
    { provide: CardRefund, inject: [CardClient], useFactory: (cards: CardClient) => new CardRefund(cards) },
    bankClient,
    {
      provide: BankStatement,
      inject: [BankClient],
      useFactory: (bank: BankClient) => new BankStatement(bank),
    },
    { provide: BankRefund, inject: [BankClient], useFactory: (bank: BankClient) => new BankRefund(bank) },
    paypalClient,
    paypalSignature,
    {
      provide: PaypalReport,
      inject: [PaypalClient, ReportGaps],
      useFactory: (paypal: PaypalClient, gaps: ReportGaps) => new PaypalReport(paypal, gaps),
    },
    {
      provide: PaypalRefund,
      inject: [PaypalClient],
      useFactory: (paypal: PaypalClient) => new PaypalRefund(paypal),
    },
    { provide: Paypal, inject: [PaypalClient], useFactory: (paypal: PaypalClient) => new Paypal(paypal) },
    {
      provide: PaypalSetup,
      inject: [PaypalClient],
      useFactory: (paypal: PaypalClient) => new PaypalSetup(paypal),
    },
    {
      provide: PayIn,
      inject: [Card, Paypal],
      useFactory: (card: Card, paypal: Paypal) => new PayIn(card, paypal),
    },
    ChargeWorker,
    DisputeSearchWorker,
    DisputeWorker,
    NoticeWorker,
    RefundWorker,
    CostWorker,
    SettlementWorker,
    SetupWorker,
  ],
})
export class EscrowModule {}

export const startup: Startup<typeof EscrowConfig> = {
  definition,
  module: EscrowModule,
  config: EscrowConfig,
  deadlines: escrowDeadlines,
  alarms: escrowAlarms,
  providers: (app) => [app.get(CardClient), app.get(PaypalClient), app.get(BankClient)],
};
