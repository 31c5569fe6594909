import type { AppealRefusal } from '@holdfast/events';
import { contractsEvents, type EventOf, type HoldKind } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { connectOrm, migrate, PersonTexts } from '@holdfast/service';
import { type TestDatabase, useDatabase } from '@holdfast/testing';
import { type AcceptedOffer, AcceptOffer, AcceptOfferHandler } from '../commands/accept-offer.ts';
import {
  AcceptAmendment,
  AcceptAmendmentHandler,
  ExpireAmendment,
  ExpireAmendmentHandler,
  RefuseAmendment,
  RefuseAmendmentHandler,
} from '../commands/answer-amendment.ts';
import {
  DeclineOffer,
  DeclineOfferHandler,
  RequestOfferChanges,
  RequestOfferChangesHandler,
} from '../commands/answer-offer.ts';
import { AppealHold, AppealHoldHandler } from '../commands/appeal-hold.ts';
import { ApplyTerms, ApplyTermsHandler, type TermsAnswer } from '../commands/apply-terms.ts';
import { ChangeEmail, ChangeEmailHandler } from '../commands/change-email.ts';
import { CloseAccount, CloseAccountHandler } from '../commands/close-account.ts';
import { DecideAppeal, DecideAppealHandler } from '../commands/decide-appeal.ts';
import {
  EndAgreement,
  EndAgreementHandler,
  FollowClearing,
  FollowClearingHandler,
} from '../commands/end-agreement.ts';
import { ExpireOffer, ExpireOfferHandler } from '../commands/expire-offer.ts';
import { ForgetBillingMethod, ForgetBillingMethodHandler } from '../commands/forget-billing-method.ts';
import { LiftHold, LiftHoldByFact, LiftHoldByFactHandler, LiftHoldHandler } from '../commands/lift-hold.ts';
import {
  MirrorMatter,
  MirrorMatterHandler,
  MirrorMilestone,
  MirrorMilestoneHandler,
} from '../commands/mirror-milestone.ts';
import { OpenAccount, OpenAccountHandler } from '../commands/open-account.ts';
import { OrderMilestones, OrderMilestonesHandler } from '../commands/order-milestones.ts';
import {
  PlaceHold,
  PlaceHoldByFact,
  PlaceHoldByFactHandler,
  PlaceHoldHandler,
} from '../commands/place-hold.ts';
import { type ForeignTelling, PlanNotices, PlanNoticesHandler } from '../commands/plan-notices.ts';
import { ProposeAmendment, ProposeAmendmentHandler } from '../commands/propose-amendment.ts';
import { RememberBillingMethod, RememberBillingMethodHandler } from '../commands/remember-billing-method.ts';
import { RequestPayment, RequestPaymentHandler } from '../commands/request-payment.ts';
import { ReviseOffer, ReviseOfferHandler } from '../commands/revise-offer.ts';
import { SendOffer, SendOfferHandler, type SentOffer } from '../commands/send-offer.ts';
import { ShowNotice, ShowNoticeHandler } from '../commands/show-notice.ts';
import { SubmitWork, SubmitWorkHandler } from '../commands/submit-work.ts';
import { WithdrawOffer, WithdrawOfferHandler } from '../commands/withdraw-offer.ts';
import { definition } from '../contracts.module.ts';
import type { AccountRole } from '../domain/account.ts';
import type { EndFact } from '../domain/agreement-end.ts';
import type { AskedChange } from '../domain/amendment.ts';
import type { LiftingFact, PlacingFact } from '../domain/hold.ts';
import type { MatterFact } from '../domain/matter.ts';
import type { EscrowFact } from '../domain/milestone-facts.ts';
import { someTerms } from './terms.ts';

const masterKey = Buffer.alloc(32, 7).toString('base64');
export const personTexts = new PersonTexts({ MASTER_KEYS: `test:${masterKey}` });

export const http = (id: string = newId()): MessageRef => ({ source: 'http', id });
const event = (): MessageRef => ({ source: 'event', id: newId() });
let accounts = 0;
export const newAccountId = (role: string): string => `${role}-${++accounts}`;

/** A database of contracts and its use cases, for the tests of one file. */
export function useContracts(): () => Contracts {
  const database = useDatabase({
    service: 'contracts',
    migrate: (ownerUrl, appRole) => migrate(definition, ownerUrl, appRole),
    connect: (appUrl) => connectOrm(definition, appUrl),
  });
  return () => new Contracts(database());
}

type Ids = { clientId: string; freelancerId: string };

export class Contracts {
  constructor(readonly database: TestDatabase) {}

  /** The same, which waits long for a fact that is on its way. */
  patient(): Contracts {
    const { pool, orm, clock } = this.database;
    const unitOfWork = new UnitOfWork({ pool, orm, clock, unknownMs: 60_000 });
    return new Contracts({ ...this.database, unitOfWork });
  }

  get #uow() {
    return this.database.unitOfWork;
  }

  openAccount(accountId: string, roles: AccountRole[] = ['client'], message = http(), address?: string) {
    const email = address === undefined ? undefined : personTexts.hide({ email: address });
    const command = new OpenAccount({ message, accountId, roles, region: 'other', email });
    return new OpenAccountHandler(this.#uow, personTexts).execute(command);
  }

  /** Its owner closes it, or an operator with a word about it. */
  closeAccount(
    accountId: string,
    { operator = undefined as { by: string; note: string } | undefined, message = http() } = {},
  ) {
    const command = new CloseAccount({ message, accountId, operator });
    return new CloseAccountHandler(this.#uow, personTexts).execute(command);
  }

  removeMethod(methodId: string, message = event()) {
    const command = new ForgetBillingMethod({ message, methodId });
    return new ForgetBillingMethodHandler(this.#uow).execute(command);
  }

  changeEmail(accountId: string, email: string, message = http()) {
    const command = new ChangeEmail({ message, accountId, email: personTexts.hide({ email }) });
    return new ChangeEmailHandler(this.#uow, personTexts).execute(command);
  }

  showNotice(accountId: string, noticeId: string, message = http()) {
    return new ShowNoticeHandler(this.#uow).execute(new ShowNotice({ message, accountId, noticeId }));
  }

  /** What another service's fact makes contracts tell. */
  tells(fact: ForeignTelling, message = event()) {
    return new PlanNoticesHandler(this.#uow).execute(new PlanNotices({ message, event: fact }));
  }

  /** What a person is told, in the order of the plan. */
  told(accountId: string) {
    return this.rows('select * from notices where account_id = $1 order by planned_at, id', [accountId]);
  }

  verifyMethod(accountId: string, methodId = newId(), kind = 'card') {
    const command = new RememberBillingMethod({ message: event(), accountId, methodId, kind });
    return new RememberBillingMethodHandler(this.#uow).execute(command);
  }

  /** A client with a verified method and a freelancer. */
  async parties(): Promise<Ids> {
    const ids = { clientId: newAccountId('client'), freelancerId: newAccountId('freelancer') };
    await this.openAccount(ids.clientId, ['client']);
    await this.openAccount(ids.freelancerId, ['freelancer']);
    await this.verifyMethod(ids.clientId);
    return ids;
  }

  sendOffer(ids: Ids, terms = someTerms(), message = http()): Promise<SentOffer> {
    return new SendOfferHandler(this.#uow, personTexts).execute(new SendOffer({ message, ...ids, terms }));
  }

  reviseOffer(clientId: string, offerId: string, terms = someTerms(), message = http()) {
    const command = new ReviseOffer({ message, clientId, offerId, terms });
    return new ReviseOfferHandler(this.#uow, personTexts).execute(command);
  }

  withdrawOffer(clientId: string, offerId: string, message = http()) {
    return new WithdrawOfferHandler(this.#uow).execute(new WithdrawOffer({ message, clientId, offerId }));
  }

  expireOffer(offerId: string, datedAt: Date) {
    const message: MessageRef = {
      source: 'timer',
      id: `offer.expiry/${offerId}/${datedAt.getTime()}`,
      datedAt,
    };
    return new ExpireOfferHandler(this.#uow).execute(new ExpireOffer({ message, offerId }));
  }

  acceptOffer(freelancerId: string, offerId: string, version = 1, message = http()): Promise<AcceptedOffer> {
    const command = new AcceptOffer({ message, freelancerId, offerId, version });
    return new AcceptOfferHandler(this.#uow).execute(command);
  }

  requestOfferChanges(freelancerId: string, offerId: string, version = 1, message = http()) {
    const input = { message, freelancerId, offerId, version, reason: 'A later date' };
    return new RequestOfferChangesHandler(this.#uow, personTexts).execute(new RequestOfferChanges(input));
  }

  declineOffer(freelancerId: string, offerId: string, message = http()) {
    return new DeclineOfferHandler(this.#uow).execute(new DeclineOffer({ message, freelancerId, offerId }));
  }

  /** Parties, new ones where none are named, an accepted offer and its milestones. */
  async agreement(terms = someTerms(), parties?: Ids): Promise<Ids & AcceptedOffer & { offerId: string }> {
    const ids = parties ?? (await this.parties());
    const { offerId } = await this.sendOffer(ids, terms);
    return { ...ids, offerId, ...(await this.acceptOffer(ids.freelancerId, offerId)) };
  }

  submitWork(freelancerId: string, milestoneId: string, { text = 'Done', files = 0, message = http() } = {}) {
    const content = {
      message: text,
      files: Array.from({ length: files }, (_, index) => ({
        name: `page-${index}.pdf`,
        sha256: 'a'.repeat(64),
      })),
    };
    const command = new SubmitWork({ message, freelancerId, milestoneId, content });
    return new SubmitWorkHandler(this.#uow, personTexts).execute(command);
  }

  escrowSays(fact: EscrowFact, message = event()) {
    return new MirrorMilestoneHandler(this.#uow).execute(new MirrorMilestone({ message, event: fact }));
  }

  escrowSaysBeside(fact: MatterFact, message = event()) {
    return new MirrorMatterHandler(this.#uow).execute(new MirrorMatter({ message, event: fact }));
  }

  endAgreement(
    accountId: string,
    agreementId: string,
    { waivedMilestoneIds = [] as string[], message = http() } = {},
  ) {
    const command = new EndAgreement({ message, accountId, agreementId, waivedMilestoneIds });
    return new EndAgreementHandler(this.#uow).execute(command);
  }

  escrowClears(fact: EndFact, message = event()) {
    return new FollowClearingHandler(this.#uow).execute(new FollowClearing({ message, event: fact }));
  }

  proposeAmendment(accountId: string, agreementId: string, changes: AskedChange[], message = http()) {
    const command = new ProposeAmendment({ message, accountId, agreementId, changes });
    return new ProposeAmendmentHandler(this.#uow, personTexts).execute(command);
  }

  acceptAmendment(accountId: string, agreementId: string, amendmentId: string, message = http()) {
    const command = new AcceptAmendment({ message, accountId, agreementId, amendmentId });
    return new AcceptAmendmentHandler(this.#uow).execute(command);
  }

  refuseAmendment(
    as: 'decline' | 'withdraw',
    accountId: string,
    agreementId: string,
    amendmentId: string,
    message = http(),
  ) {
    const command = new RefuseAmendment({ message, accountId, agreementId, amendmentId, as });
    return new RefuseAmendmentHandler(this.#uow).execute(command);
  }

  expireAmendment(amendmentId: string, datedAt: Date) {
    const id = `amendment.expiry/${amendmentId}/${datedAt.getTime()}`;
    const message: MessageRef = { source: 'timer', id, datedAt };
    return new ExpireAmendmentHandler(this.#uow).execute(new ExpireAmendment({ message, amendmentId }));
  }

  escrowAnswers(fact: TermsAnswer, message = event()) {
    return new ApplyTermsHandler(this.#uow).execute(new ApplyTerms({ message, event: fact }));
  }

  orderMilestones(clientId: string, agreementId: string, milestoneIds: string[], message = http()) {
    const command = new OrderMilestones({ message, clientId, agreementId, milestoneIds });
    return new OrderMilestonesHandler(this.#uow).execute(command);
  }

  requestPayment(freelancerId: string, agreementId: string, milestoneIds?: string[], message = http()) {
    const command = new RequestPayment({ message, freelancerId, agreementId, milestoneIds });
    return new RequestPaymentHandler(this.#uow).execute(command);
  }

  /** An operator's hold of a kind. */
  placeHold(accountId: string, kind: HoldKind, { note = 'Seen twice', message = http() } = {}) {
    const words = { reason: 'other', by: 'operator-1', note } as const;
    const command = new PlaceHold({ message, accountId, kind, ...words });
    return new PlaceHoldHandler(this.#uow, personTexts).execute(command);
  }

  liftHold(accountId: string, holdId: string, { note = 'Explained', message = http() } = {}) {
    const words = { reason: 'appeal', by: 'operator-2', note } as const;
    const command = new LiftHold({ message, accountId, holdId, ...words });
    return new LiftHoldHandler(this.#uow, personTexts).execute(command);
  }

  appeal(accountId: string, holdId: string, { note = 'It was somebody else', message = http() } = {}) {
    const command = new AppealHold({ message, accountId, holdId, note });
    return new AppealHoldHandler(this.#uow, personTexts).execute(command);
  }

  /** Upheld, or refused for a reason. */
  decideAppeal(
    appealId: string,
    { by = 'operator-2', refusal = undefined as AppealRefusal | undefined, message = http() } = {},
  ) {
    const command = new DecideAppeal({ message, appealId, by, note: 'The papers were seen', refusal });
    return new DecideAppealHandler(this.#uow, personTexts).execute(command);
  }

  /** Another service's fact begins or ends the cause of a hold. */
  holdFact(fact: PlacingFact | LiftingFact, message = event()): Promise<void> {
    switch (fact.type) {
      case 'payouts.identity.failed':
      case 'payouts.screening.blocked':
      case 'escrow.chargeback.received':
        return new PlaceHoldByFactHandler(this.#uow).execute(new PlaceHoldByFact({ message, event: fact }));
      default:
        return new LiftHoldByFactHandler(this.#uow).execute(new LiftHoldByFact({ message, event: fact }));
    }
  }

  now(): Date {
    return this.database.clock.now();
  }

  /** Moves business time on. */
  passMinutes(minutes: number): void {
    const { clock } = this.database;
    clock.moveTo(clock.offsetMs + minutes * 60_000);
  }

  async rows(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.database.pool.query(text, values)).rows;
  }

  /** The facts in the outbox under a key, in order, as another service would read them. */
  async published(key: string): Promise<EventOf<typeof contractsEvents>[]> {
    const rows = await this.rows('select type, payload from outbox where aggregateid = $1 order by seq', [
      key,
    ]);
    return rows.map((row) => {
      const type = String(row.type).replace(/\.v1$/, '') as keyof typeof contractsEvents.events;
      return { type, ...contractsEvents.events[type].data.parse(row.payload) } as EventOf<
        typeof contractsEvents
      >;
    });
  }
}
