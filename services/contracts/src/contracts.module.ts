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
import { contractsAlarms } from './alarms.ts';
import { AcceptOfferHandler } from './commands/accept-offer.ts';
import { ChangeEmailHandler } from './commands/change-email.ts';
import { ExpireOfferHandler } from './commands/expire-offer.ts';
import { ForgetBillingMethod, ForgetBillingMethodHandler } from './commands/forget-billing-method.ts';
import { LiftHoldByFact, LiftHoldByFactHandler, LiftHoldHandler } from './commands/lift-hold.ts';
import { MirrorMilestone, MirrorMilestoneHandler } from './commands/mirror-milestone.ts';
import { OpenAccountHandler } from './commands/open-account.ts';
import { PlaceHoldByFact, PlaceHoldByFactHandler, PlaceHoldHandler } from './commands/place-hold.ts';
import { PlanNotices, PlanNoticesHandler } from './commands/plan-notices.ts';
import { RecordBounceHandler } from './commands/record-bounce.ts';
import { RefuseNewsHandler } from './commands/refuse-news.ts';
import { RememberBillingMethod, RememberBillingMethodHandler } from './commands/remember-billing-method.ts';
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
import { Migration004Notices } from './migrations/004-notices.ts';
import { Migration009BillingMethods } from './migrations/009-billing-methods.ts';
import { NoticesController } from './notices.controller.ts';
import { AccountHolds } from './queries/account-holds.ts';
import { AgreementWithMilestones } from './queries/agreement-with-milestones.ts';
import { MyAccount } from './queries/my-account.ts';
import { MyNotices } from './queries/my-notices.ts';
import { OfferWithVersions } from './queries/offer-with-versions.ts';
import { contractsSettings } from './settings.ts';
import { AccountTable, BillingMethodTable } from './tables/account.table.ts';
import { AgreementTable } from './tables/agreement.table.ts';
import { ContactTable } from './tables/contact.table.ts';
import { AccountHoldTable } from './tables/hold.table.ts';
import { MilestoneTable } from './tables/milestone.table.ts';
import { NoticeTable } from './tables/notice.table.ts';
import { OfferTable, OfferVersionTable } from './tables/offer.table.ts';
import { SubmissionContentTable, SubmissionTable } from './tables/submission.table.ts';

const accountTables = [AccountTable, AccountHoldTable, PersonKeyTable, BillingMethodTable];
const noticeTables = [ContactTable, NoticeTable];
const offerTables = [OfferTable, OfferVersionTable];
const agreementTables = [AgreementTable, MilestoneTable, SubmissionTable, SubmissionContentTable];

/** A row that a decision has read is locked at its commit, which takes a right to update: of the version. */
const writtenOnce = 'select, insert, update (version)';

/** What a foreign fact tells is planned behind what else it does here (C-7). */
function alsoTelling(handles: Readonly<Record<string, string>>): ServiceDefinition['handles'] {
  const foreign = tellingTypes.filter((type) => !type.startsWith('contracts.'));
  const told = foreign.map((type) => [
    type,
    handles[type] ? [handles[type], PlanNotices.name] : PlanNotices.name,
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
    'escrow.review.started': MirrorMilestone.name,
    'escrow.submission.refused': MirrorMilestone.name,
    'escrow.milestone.changes_requested': MirrorMilestone.name,
    'escrow.milestone.released': MirrorMilestone.name,
    'payouts.identity.failed': PlaceHoldByFact.name,
    'payouts.identity.verified': LiftHoldByFact.name,
    'payouts.screening.blocked': PlaceHoldByFact.name,
    'payouts.screening.cleared': LiftHoldByFact.name,
  }),
  entities: [...accountTables, ...offerTables, ...agreementTables, ...noticeTables],
  migrations: [
    { name: '001-agreements', class: Migration001Agreements },
    { name: '002-holds', class: Migration002Holds },
    { name: '009-billing-methods', class: Migration009BillingMethods },
    { name: '004-notices', class: Migration004Notices },
  ],
  grants: {
    accounts: 'select, insert, update',
    account_holds: 'select, insert, update',
    ...personKeysGrants,
    billing_methods: 'select, insert, update',
    offers: 'select, insert, update',
    offer_versions: writtenOnce,
    agreements: 'select, insert, update',
    milestones: 'select, insert, update',
    submissions: 'select, insert, update',
    submission_contents: 'select, insert',
    contacts: 'select, insert, update',
    notices: 'select, insert, update',
  },
  ledger: false,
  errors: contractsErrors,
  settings: contractsSettings,
};

@Module({
  controllers: [HttpController, HoldsController, NoticesController, MailController, KafkaController],
  providers: [
    OpenAccountHandler,
    RememberBillingMethodHandler,
    ForgetBillingMethodHandler,
    SendOfferHandler,
    ReviseOfferHandler,
    WithdrawOfferHandler,
    ExpireOfferHandler,
    AcceptOfferHandler,
    SubmitWorkHandler,
    MirrorMilestoneHandler,
    PlaceHoldHandler,
    PlaceHoldByFactHandler,
    LiftHoldHandler,
    LiftHoldByFactHandler,
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
