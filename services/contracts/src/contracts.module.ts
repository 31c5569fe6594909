import { contractsEvents, escrowEvents, payoutsEvents } from '@holdfast/events';
import {
  CONFIG,
  Mailer,
  PersonKeyTable,
  PersonTexts,
  personKeysGrants,
  type ServiceDefinition,
  type Startup,
} from '@holdfast/service';
import { Module } from '@nestjs/common';
import { AgreementsController } from './agreements.controller.ts';
import { contractsAlarms } from './alarms.ts';
import { AppealsController } from './appeals.controller.ts';
import { AcceptOfferHandler } from './commands/accept-offer.ts';
import {
  AcceptAmendmentHandler,
  ExpireAmendmentHandler,
  RefuseAmendmentHandler,
} from './commands/answer-amendment.ts';
import { DeclineOfferHandler, RequestOfferChangesHandler } from './commands/answer-offer.ts';
import { AppealHoldHandler } from './commands/appeal-hold.ts';
import { ApplyTerms, ApplyTermsHandler } from './commands/apply-terms.ts';
import { ChangeEmailHandler } from './commands/change-email.ts';
import { CloseAccountHandler } from './commands/close-account.ts';
import { DecideAppealHandler } from './commands/decide-appeal.ts';
import { EndAgreementHandler, FollowClearing, FollowClearingHandler } from './commands/end-agreement.ts';
import { ExpireOfferHandler } from './commands/expire-offer.ts';
import { ForgetBillingMethod, ForgetBillingMethodHandler } from './commands/forget-billing-method.ts';
import { LiftHoldByFact, LiftHoldByFactHandler, LiftHoldHandler } from './commands/lift-hold.ts';
import {
  MirrorMatter,
  MirrorMatterHandler,
  MirrorMilestone,
  MirrorMilestoneHandler,
} from './commands/mirror-milestone.ts';
import { OpenAccountHandler } from './commands/open-account.ts';
import { OrderMilestonesHandler } from './commands/order-milestones.ts';
import { PlaceHoldByFact, PlaceHoldByFactHandler, PlaceHoldHandler } from './commands/place-hold.ts';
import { PlanNotices, PlanNoticesHandler } from './commands/plan-notices.ts';
import { ProposeAmendmentHandler } from './commands/propose-amendment.ts';
import { RecordBounceHandler } from './commands/record-bounce.ts';
import { RefuseNewsHandler } from './commands/refuse-news.ts';
import { RememberBillingMethod, RememberBillingMethodHandler } from './commands/remember-billing-method.ts';
import { RequestPaymentHandler } from './commands/request-payment.ts';
import { ReviseOfferHandler } from './commands/revise-offer.ts';
import { BeginNoticeHandler, RecordDeliveryHandler } from './commands/send-notice.ts';
import { SendOfferHandler } from './commands/send-offer.ts';
import { ShowNoticeHandler } from './commands/show-notice.ts';
import { SubmitWorkHandler } from './commands/submit-work.ts';
import { WithdrawOfferHandler } from './commands/withdraw-offer.ts';
import { ContractsConfig } from './config.ts';
import { contractsDeadlines } from './deadlines.ts';
import { tellingTypes } from './domain/notices.ts';
import { contractsErrors } from './errors.ts';
import { HoldsController } from './holds.controller.ts';
import { HttpController } from './http.controller.ts';
import { KafkaController } from './kafka.controller.ts';
import { NoticeWorker } from './mail/notice.worker.ts';
import { MailController } from './mail.controller.ts';
import { Migration001Agreements } from './migrations/001-agreements.ts';
import { Migration002Holds } from './migrations/002-holds.ts';
import { Migration003Agreements } from './migrations/003-agreements.ts';
import { Migration004Notices } from './migrations/004-notices.ts';
import { Migration009BillingMethods } from './migrations/009-billing-methods.ts';
import { Migration010Accounts } from './migrations/010-accounts.ts';
import { Migration011Appeals } from './migrations/011-appeals.ts';
import { Migration012Answers } from './migrations/012-answers.ts';
import { NoticesController } from './notices.controller.ts';
import { AccountHolds } from './queries/account-holds.ts';
import { AgreementWithMilestones } from './queries/agreement-with-milestones.ts';
import { Appeals } from './queries/appeals.ts';
import { MyAccount } from './queries/my-account.ts';
import { MyNotices } from './queries/my-notices.ts';
import { OfferWithVersions } from './queries/offer-with-versions.ts';
import { contractsSettings } from './settings.ts';
import { AccountTable, BillingMethodTable } from './tables/account.table.ts';
import { AgreementTable } from './tables/agreement.table.ts';
import { AmendmentTable, AmendmentTextsTable, MilestoneVersionTable } from './tables/amendment.table.ts';
import { HoldAppealTable } from './tables/appeal.table.ts';
import { ContactTable } from './tables/contact.table.ts';
import { AccountHoldTable } from './tables/hold.table.ts';
import { MatterTable, UnsettledView } from './tables/matter.table.ts';
import { MilestoneTable } from './tables/milestone.table.ts';
import { NoticeTable } from './tables/notice.table.ts';
import { OfferChangeRequestTable, OfferTable, OfferVersionTable } from './tables/offer.table.ts';
import { PaymentRequestTable } from './tables/payment-request.table.ts';
import { SubmissionContentTable, SubmissionTable } from './tables/submission.table.ts';

const accountTables = [AccountTable, AccountHoldTable, HoldAppealTable, PersonKeyTable, BillingMethodTable];
const noticeTables = [ContactTable, NoticeTable];
const offerTables = [OfferTable, OfferVersionTable, OfferChangeRequestTable];
const agreementTables = [
  AgreementTable,
  MilestoneTable,
  SubmissionTable,
  SubmissionContentTable,
  MatterTable,
  UnsettledView,
];
const termsTables = [MilestoneVersionTable, AmendmentTable, AmendmentTextsTable, PaymentRequestTable];

/** A row that a decision has read is locked at its commit, which takes a right to update: of the version. */
const writtenOnce = 'select, insert, update (version)';

/** What a foreign fact tells is planned behind what else it does here (C-7). */
function alsoTelling(handles: Readonly<Record<string, string | string[]>>): ServiceDefinition['handles'] {
  const foreign = tellingTypes.filter((type) => !type.startsWith('contracts.'));
  const told = foreign.map((type) => [
    type,
    handles[type] ? [handles[type], PlanNotices.name].flat() : PlanNotices.name,
  ]);
  return { ...handles, ...Object.fromEntries(told) };
}

/** Accounts with their holds, offers and agreements: who works for whom, on which terms, and what was submitted. */
export const definition: ServiceDefinition = {
  name: 'contracts',
  publishes: contractsEvents,
  listensTo: [escrowEvents, payoutsEvents],
  handles: alsoTelling({
    'escrow.billing_method.verified': RememberBillingMethod.name,
    'escrow.billing_method.removed': ForgetBillingMethod.name,
    'escrow.funding.started': MirrorMilestone.name,
    'escrow.funding.failed': MirrorMilestone.name,
    'escrow.milestone.funded': MirrorMilestone.name,
    'escrow.milestone.rolled': MirrorMilestone.name,
    'escrow.review.started': MirrorMilestone.name,
    'escrow.review.suspended': MirrorMilestone.name,
    'escrow.review.resumed': MirrorMilestone.name,
    'escrow.submission.refused': MirrorMilestone.name,
    'escrow.milestone.changes_requested': MirrorMilestone.name,
    'escrow.milestone.released': MirrorMilestone.name,
    'escrow.milestone.frozen': MirrorMilestone.name,
    'escrow.milestone.unfrozen': MirrorMilestone.name,
    'escrow.milestone.refunded': MirrorMilestone.name,
    'escrow.milestone.charged_back': MirrorMilestone.name,
    'escrow.refund.requested': MirrorMilestone.name,
    'escrow.refund.decided': MirrorMilestone.name,
    'escrow.refund.failed': MirrorMilestone.name,
    'escrow.deadline.moved': MirrorMilestone.name,
    'escrow.deadline.suspended': MirrorMilestone.name,
    'escrow.refund.drawn_on_balance': MirrorMatter.name,
    'escrow.refund.paid': MirrorMatter.name,
    'escrow.refund.refused': MirrorMatter.name,
    'escrow.refund.reversed': MirrorMatter.name,
    'escrow.refund.cancelled': MirrorMatter.name,
    'escrow.chargeback.warned': MirrorMatter.name,
    'escrow.chargeback.received': [MirrorMatter.name, PlaceHoldByFact.name],
    'escrow.chargeback.contested': MirrorMatter.name,
    'escrow.chargeback.accepted': MirrorMatter.name,
    'escrow.chargeback.won': [MirrorMatter.name, LiftHoldByFact.name],
    'escrow.chargeback.lost': MirrorMatter.name,
    'escrow.bonus.charged': MirrorMatter.name,
    'escrow.bonus.charge_failed': MirrorMatter.name,
    'escrow.bonus.released': MirrorMatter.name,
    'escrow.dormancy.started': MirrorMatter.name,
    'escrow.dormancy.release_requested': MirrorMatter.name,
    'escrow.dormancy.cancelled': MirrorMatter.name,
    'escrow.milestone.terms_applied': ApplyTerms.name,
    'escrow.milestone.terms_refused': ApplyTerms.name,
    'escrow.contract.cleared': FollowClearing.name,
    'escrow.contract.clearing_refused': FollowClearing.name,
    'payouts.identity.failed': PlaceHoldByFact.name,
    'payouts.identity.verified': LiftHoldByFact.name,
    'payouts.screening.blocked': PlaceHoldByFact.name,
    'payouts.screening.cleared': LiftHoldByFact.name,
  }),
  entities: [...accountTables, ...offerTables, ...agreementTables, ...termsTables, ...noticeTables],
  migrations: [
    { name: '001-agreements', class: Migration001Agreements },
    { name: '002-holds', class: Migration002Holds },
    { name: '003-agreements', class: Migration003Agreements },
    { name: '004-notices', class: Migration004Notices },
    { name: '009-billing-methods', class: Migration009BillingMethods },
    { name: '010-accounts', class: Migration010Accounts },
    { name: '011-appeals', class: Migration011Appeals },
    { name: '012-answers', class: Migration012Answers },
  ],
  grants: {
    accounts: 'select, insert, update',
    account_holds: 'select, insert, update',
    hold_appeals: 'select, insert, update',
    ...personKeysGrants,
    billing_methods: 'select, insert, update',
    offers: 'select, insert, update',
    offer_versions: writtenOnce,
    offer_change_requests: 'select, insert',
    agreements: 'select, insert, update',
    milestones: 'select, insert, update',
    submissions: 'select, insert, update',
    submission_contents: 'select, insert',
    contacts: 'select, insert, update',
    notices: 'select, insert, update',
    amendments: 'select, insert, update',
    amendment_texts: 'select, insert',
    milestone_versions: 'select, insert',
    agreement_matters: 'select, insert, update',
    unsettled_agreements: 'select',
    payment_requests: writtenOnce,
  },
  ledger: false,
  errors: contractsErrors,
  settings: contractsSettings,
};

@Module({
  controllers: [
    HttpController,
    AgreementsController,
    HoldsController,
    AppealsController,
    NoticesController,
    MailController,
    KafkaController,
  ],
  providers: [
    OpenAccountHandler,
    CloseAccountHandler,
    RememberBillingMethodHandler,
    ForgetBillingMethodHandler,
    SendOfferHandler,
    ReviseOfferHandler,
    WithdrawOfferHandler,
    ExpireOfferHandler,
    AcceptOfferHandler,
    RequestOfferChangesHandler,
    DeclineOfferHandler,
    SubmitWorkHandler,
    MirrorMilestoneHandler,
    MirrorMatterHandler,
    ProposeAmendmentHandler,
    AcceptAmendmentHandler,
    RefuseAmendmentHandler,
    ExpireAmendmentHandler,
    ApplyTermsHandler,
    OrderMilestonesHandler,
    RequestPaymentHandler,
    EndAgreementHandler,
    FollowClearingHandler,
    PlaceHoldHandler,
    PlaceHoldByFactHandler,
    LiftHoldHandler,
    LiftHoldByFactHandler,
    AppealHoldHandler,
    DecideAppealHandler,
    ChangeEmailHandler,
    PlanNoticesHandler,
    BeginNoticeHandler,
    RecordDeliveryHandler,
    ShowNoticeHandler,
    RecordBounceHandler,
    RefuseNewsHandler,
    { provide: Mailer, inject: [CONFIG], useFactory: (config: ContractsConfig) => new Mailer(config) },
    NoticeWorker,
    MyNotices,
    PersonTexts,
    AccountHolds,
    Appeals,
    MyAccount,
    OfferWithVersions,
    AgreementWithMilestones,
  ],
})
export class ContractsModule {}

export const startup: Startup<typeof ContractsConfig> = {
  definition,
  module: ContractsModule,
  config: ContractsConfig,
  deadlines: contractsDeadlines,
  alarms: contractsAlarms,
  providers: (app) => [app.get(Mailer)],
  formRoutes: ['/v1/unsubscribe'],
};
