import { type Money, usd } from '@holdfast/domain';
import {
  type BillingMethodKind,
  type EventOf,
  escrowEvents,
  type HoldKind,
  type PinnedSettings,
  pinnedDefaults,
} from '@holdfast/events';
import {
  checkLedger,
  LedgerWriter,
  type ReportedJournal,
  readBalances,
  readJournals,
} from '@holdfast/ledger';
import { type MessageRef, newId } from '@holdfast/messaging';
import { connectOrm, migrate, PersonTexts, type Proposed } from '@holdfast/service';
import { type TestDatabase, useDatabase } from '@holdfast/testing';
import { afterEach, expect } from '@jest/globals';
import { ActivateAgreement, ActivateAgreementHandler } from '../commands/activate-agreement.ts';
import { AddBillingMethod, AddBillingMethodHandler } from '../commands/add-billing-method.ts';
import { ApplyWithdrawalPaid, ApplyWithdrawalPaidHandler } from '../commands/apply-withdrawal-paid.ts';
import {
  ApplyWithdrawalReturned,
  ApplyWithdrawalReturnedHandler,
} from '../commands/apply-withdrawal-returned.ts';
import {
  AddMilestone,
  AddMilestoneHandler,
  ChangeTerms,
  ChangeTermsHandler,
  OrderMilestone,
  OrderMilestoneHandler,
} from '../commands/change-terms.ts';
import { ExpireFunding, ExpireFundingHandler } from '../commands/expire-funding.ts';
import {
  type FundAnswer,
  FundMilestone,
  FundMilestoneHandler,
  PayMilestone,
  PayMilestoneHandler,
} from '../commands/fund-milestone.ts';
import { GiveBack, GiveBackHandler } from '../commands/give-back.ts';
import { NoteTransfer, NoteTransferHandler } from '../commands/note-transfer.ts';
import {
  MakeMethodPrimary,
  MakeMethodPrimaryHandler,
  RemoveBillingMethod,
  RemoveBillingMethodHandler,
} from '../commands/order-billing-methods.ts';
import { PayBonus, PayBonusHandler } from '../commands/pay-bonus.ts';
import { RecordAccountHold, RecordAccountHoldHandler } from '../commands/record-account-hold.ts';
import { RecordCharge, RecordChargeHandler } from '../commands/record-charge.ts';
import { RecordRefund, RecordRefundHandler } from '../commands/record-refund.ts';
import { RecordSettlement, RecordSettlementHandler } from '../commands/record-settlement.ts';
import { RecordSetup, RecordSetupHandler, type SetupObservation } from '../commands/record-setup.ts';
import {
  ReleaseBySilence,
  ReleaseBySilenceHandler,
  ReleaseMilestone,
  ReleaseMilestoneHandler,
} from '../commands/release-milestone.ts';
import { RememberAccount, RememberAccountHandler } from '../commands/remember-account.ts';
import { RequestChanges, RequestChangesHandler } from '../commands/request-changes.ts';
import { SettleCard, SettleCardHandler } from '../commands/settle-card.ts';
import { SmallAmounts, SmallCharges } from '../commands/small-charges.ts';
import { StartReview, StartReviewHandler } from '../commands/start-review.ts';
import type { IntentView, Observation } from '../domain/funding.ts';
import type { RefundObservation, RefundView } from '../domain/refund-attempt.ts';
import type { PayoutObservation, PayoutView } from '../domain/settlement.ts';
import type { WithdrawalPaid, WithdrawalReturned } from '../domain/withdrawal.ts';
import { definition } from '../escrow.module.ts';
import { milestonesAddUp } from '../queries/milestones-add-up.ts';
import { payout } from './settlements.ts';

const masterKey = Buffer.alloc(32, 7).toString('base64');
export const config = {
  MASTER_KEYS: `test:${masterKey}`,
  PAYER_RETURN_URL: 'https://ours.example/back',
  BANK_ORIGINATING_ACCOUNT_ID: 'ia_trust',
};
export const texts = new PersonTexts(config);
export const smallCharges = new SmallCharges(new SmallAmounts(), config);

export const http = (id: string = newId()): MessageRef => ({ source: 'http', id });
export const event = (id: string = newId()): MessageRef => ({ source: 'event', id });
const worker = (): MessageRef => ({ source: 'worker', id: newId() });
const timer = (kind: string, id: string, datedAt: Date): MessageRef => {
  return { source: 'timer', id: `${kind}/${id}/${datedAt.getTime()}`, datedAt };
};

/** What one of the staff says; where that is a proposal, another one says the same (S-11). */
export async function byTwo<Answer extends { status?: string }>(
  say: (by: string, message: MessageRef) => Promise<Answer>,
  { by = 'operator-1', message = http() } = {},
): Promise<Exclude<Answer, Proposed>> {
  const first = await say(by, message);
  const done = first.status === 'proposed' ? await say(`second-${by}`, http()) : first;
  return done as Exclude<Answer, Proposed>;
}

type Charging = FundAnswer & { fundingId: string };

export interface Agreed {
  agreementId: string;
  clientId: string;
  freelancerId: string;
  milestoneIds: string[];
}

/** A database of escrow and its use cases; after each test the books are checked (I1 to I4, M-4). */
export function useEscrow(): () => Escrow {
  const database = useDatabase({
    service: 'escrow',
    migrate: (ownerUrl, appRole) => migrate(definition, ownerUrl, appRole),
    connect: (appUrl) => connectOrm(definition, appUrl),
    journals: new LedgerWriter(newId),
    follows: definition.follows,
  });
  afterEach(async () => {
    expect(await checkLedger(database().pool)).toEqual([]);
    expect(await new Escrow(database()).rows(uncovered)).toEqual([]);
    expect(await new Escrow(database()).rows(milestonesAddUp.wrong)).toEqual([]);
  });
  return () => new Escrow(database());
}

/** Milestones whose held fee is not that of their lots and of their account in the ledger (M-6). */
const uncovered = `select m.id, m.client_fee_held_minor, l.fee, b.fee_held from milestones m
  cross join lateral (select coalesce(sum(client_fee_left_minor), 0) as fee from lots where milestone_id = m.id) l
  cross join lateral (select coalesce(sum(amount_minor), 0) as fee_held from balances
    where account = 'E.fee.client_held' and sub_account = m.id::text) b
  where m.client_fee_held_minor <> l.fee or l.fee <> b.fee_held`;

export class Escrow {
  constructor(readonly database: TestDatabase) {}

  get #uow() {
    return this.database.unitOfWork;
  }

  addMethod(accountId: string, message = http(), token = 'pm_card_visa', kind: BillingMethodKind = 'card') {
    const named = kind === 'paypal' ? {} : { token };
    const command = new AddBillingMethod({ message, accountId, kind, ...named });
    return new AddBillingMethodHandler(this.#uow).execute(command);
  }

  makePrimary(accountId: string, methodId: string, message = http()) {
    const command = new MakeMethodPrimary({ message, accountId, methodId });
    return new MakeMethodPrimaryHandler(this.#uow).execute(command);
  }

  removeMethod(accountId: string, methodId: string, message = http()) {
    const command = new RemoveBillingMethod({ message, accountId, methodId });
    return new RemoveBillingMethodHandler(this.#uow).execute(command);
  }

  recordSetup(methodId: string, observation: SetupObservation, message = worker()) {
    return new RecordSetupHandler(this.#uow, smallCharges).execute(
      new RecordSetup({ message, methodId, observation }),
    );
  }

  /** A method through its set-up. */
  async verifiedMethod(accountId: string, kind: BillingMethodKind = 'card'): Promise<string> {
    const { methodId } = await this.addMethod(accountId, undefined, undefined, kind);
    const setup = { id: `seti_${methodId.replaceAll('-', '')}`, method: 'pm_1', payerUrl: undefined };
    if (kind !== 'paypal') await this.recordSetup(methodId, { customerId: 'cus_1' });
    await this.recordSetup(methodId, { setup: { ...setup, status: 'succeeded' } });
    return methodId;
  }

  /** The account of a client, once. */
  async account(accountId: string, region: 'US' | 'other' = 'US', message = event()): Promise<void> {
    const [known] = await this.rows('select id from accounts where id = $1', [accountId]);
    if (known) return;
    const command = new RememberAccount({ message, accountId, region });
    await new RememberAccountHandler(this.#uow).execute(command);
  }

  async activate(
    agreed: Agreed,
    prices: readonly Money[],
    settings: PinnedSettings = pinnedDefaults,
    message = event(),
  ) {
    await this.account(agreed.clientId);
    const dueDate = this.now().toISOString().slice(0, 10);
    const milestones = agreed.milestoneIds.map((milestoneId, index) => {
      return { milestoneId, version: 1, order: index + 1, price: prices[index]!, dueDate };
    });
    const command = new ActivateAgreement({ message, ...agreed, settings, milestones });
    return new ActivateAgreementHandler(this.#uow).execute(command);
  }

  /** An agreement whose first milestone is being charged, or only agreed where the client has no method. */
  async agreement({
    prices = [100_000n],
    withMethod = true,
    kind = 'card' as BillingMethodKind,
    settings = pinnedDefaults,
  } = {}): Promise<Agreed> {
    const agreed = {
      agreementId: newId(),
      clientId: `client-${newId()}`,
      freelancerId: `freelancer-${newId()}`,
      milestoneIds: prices.map(() => newId()),
    };
    if (withMethod) await this.verifiedMethod(agreed.clientId, kind);
    await this.activate(agreed, prices.map(usd), settings);
    return agreed;
  }

  /** One whose first milestone is funded. */
  async funded(options: Parameters<Escrow['agreement']>[0] = {}): Promise<Agreed> {
    const agreed = await this.agreement(options);
    await this.charge(await this.fundingOf(agreed.milestoneIds[0]!));
    return agreed;
  }

  /** One whose first milestone is under review. */
  async submitted(): Promise<Agreed & { submissionId: string; dueAt: Date }> {
    const agreed = await this.funded();
    const submissionId = newId();
    await this.submit(agreed.milestoneIds[0]!, submissionId);
    const [row] = await this.rows('select review_due_at from milestones where id = $1', [
      agreed.milestoneIds[0],
    ]);
    return { ...agreed, submissionId, dueAt: row!.review_due_at as Date };
  }

  fund(
    clientId: string,
    milestoneId: string,
    { version = 1, message = http(), billingMethodId = undefined as string | undefined } = {},
  ) {
    const command = new FundMilestone({ message, clientId, milestoneId, version, billingMethodId });
    // Undefined only where nothing is charged (E-9).
    return new FundMilestoneHandler(this.#uow, config).execute(command) as Promise<Charging>;
  }

  /** Paid in one step (E-28). */
  pay(
    clientId: string,
    milestoneId: string,
    { version = 1, message = http(), billingMethodId = undefined as string | undefined } = {},
  ) {
    const command = new PayMilestone({ message, clientId, milestoneId, version, billingMethodId });
    return new PayMilestoneHandler(this.#uow, config).execute(command) as Promise<Charging>;
  }

  bonus(clientId: string, agreementId: string, amountMinor: bigint, message = http()) {
    const command = new PayBonus({ message, clientId, agreementId, amount: usd(amountMinor) });
    return new PayBonusHandler(this.#uow, config).execute(command);
  }

  async fundingOf(milestoneId: string): Promise<string> {
    const text =
      'select funding_id as id from funding_shares where milestone_id = $1 order by id desc limit 1';
    return String((await this.rows(text, [milestoneId]))[0]!.id);
  }

  observe(fundingId: string, observation: Observation, message = worker()) {
    return new RecordChargeHandler(this.#uow).execute(new RecordCharge({ message, fundingId, observation }));
  }

  /** What the provider says of the funding's intent, of the right amount where it has succeeded. */
  async see(
    fundingId: string,
    status: IntentView['status'],
    more: Partial<IntentView> = {},
    message = worker(),
  ) {
    const [row] = await this.rows('select total_minor from fundings where id = $1', [fundingId]);
    const receivedMinor = status === 'succeeded' ? (row!.total_minor as bigint) : 0n;
    const id = `pi_${fundingId.replaceAll('-', '')}`;
    const intent = { id, status, receivedMinor, currency: 'usd', ...more };
    return this.observe(fundingId, { kind: 'seen', intent }, message);
  }

  async charge(fundingId: string): Promise<void> {
    await this.see(fundingId, 'requires_confirmation');
    await this.see(fundingId, 'succeeded');
  }

  expire(fundingId: string, datedAt: Date) {
    const message = timer('funding.expiry', fundingId, datedAt);
    return new ExpireFundingHandler(this.#uow).execute(new ExpireFunding({ message, fundingId }));
  }

  submit(milestoneId: string, submissionId: string, { submittedAt = this.now(), message = event() } = {}) {
    const command = new StartReview({ message, milestoneId, submissionId, submittedAt });
    return new StartReviewHandler(this.#uow).execute(command);
  }

  release(
    clientId: string,
    milestoneId: string,
    {
      submissionId = undefined as string | undefined,
      amountMinor = undefined as bigint | undefined,
      bonusMinor = undefined as bigint | undefined,
      message = http(),
    } = {},
  ) {
    const amount = amountMinor === undefined ? undefined : usd(amountMinor);
    const bonus = bonusMinor === undefined ? undefined : { amount: usd(bonusMinor) };
    const command = new ReleaseMilestone({ message, clientId, milestoneId, submissionId, amount, bonus });
    return new ReleaseMilestoneHandler(this.#uow, config).execute(command);
  }

  silence(milestoneId: string, datedAt: Date) {
    const message = timer('review.silence', milestoneId, datedAt);
    return new ReleaseBySilenceHandler(this.#uow).execute(new ReleaseBySilence({ message, milestoneId }));
  }

  requestChanges(
    clientId: string,
    milestoneId: string,
    submissionId: string,
    { reason = 'Wrong colours', message = http() } = {},
  ) {
    const command = new RequestChanges({ message, clientId, milestoneId, submissionId, reason });
    return new RequestChangesHandler(this.#uow, texts).execute(command);
  }

  hold(
    accountId: string,
    {
      holdId = newId(),
      kind = 'safety' as HoldKind,
      isStanding = true,
      at = this.now(),
      message = event(),
    } = {},
  ) {
    const command = new RecordAccountHold({ message, accountId, holdId, kind, isStanding, at });
    return new RecordAccountHoldHandler(this.#uow).execute(command);
  }

  changeTerms(
    milestoneId: string,
    { version = 1, priceMinor = 30_000n, isDeleted = false, message = event() } = {},
  ) {
    const terms = { version, price: usd(priceMinor), delete: isDeleted };
    const command = new ChangeTerms({ message, milestoneId, ...terms });
    return new ChangeTermsHandler(this.#uow).execute(command);
  }

  addMilestone(
    agreementId: string,
    milestoneId: string,
    { order, priceMinor, message = event() }: { order: number; priceMinor: bigint; message?: MessageRef },
  ) {
    const terms = { agreementId, milestoneId, version: 1, order, price: usd(priceMinor) };
    return new AddMilestoneHandler(this.#uow).execute(new AddMilestone({ message, ...terms }));
  }

  orderMilestone(milestoneId: string, order: number, message = event()) {
    return new OrderMilestoneHandler(this.#uow).execute(new OrderMilestone({ message, milestoneId, order }));
  }

  note(transferId: string, status: 'credited' | 'matured', availableAt: Date, message = event()) {
    const command = new NoteTransfer({ message, transferId, status, availableAt });
    return new NoteTransferHandler(this.#uow).execute(command);
  }

  /** By one person, or by two where it needs them (S-11). */
  settleCard({
    amount = undefined as Money | undefined,
    by = 'operator-1',
    reason = 'Cash for withdrawals.',
    message = http(),
  } = {}) {
    const handler = new SettleCardHandler(this.#uow, texts);
    return byTwo(
      (operator, ref) => handler.execute(new SettleCard({ message: ref, by: operator, reason, amount })),
      { by, message },
    );
  }

  /** Changes `staff.dual_control`. */
  async limitStaff(minor: number): Promise<void> {
    const settings = { 'staff.dual_control': minor };
    await this.rows(
      `insert into policies values ('00000000-0000-7000-8000-000000000001', $1, 1)
        on conflict (id) do update set settings = policies.settings || excluded.settings`,
      [settings],
    );
  }

  observePayout(settlementId: string, observation: PayoutObservation, message = worker()) {
    const command = new RecordSettlement({ message, settlementId, observation });
    return new RecordSettlementHandler(this.#uow).execute(command);
  }

  /** What the provider says of the settlement's payout, of the right amount. */
  async seePayout(settlementId: string, status: PayoutView['status'], more: Partial<PayoutView> = {}) {
    const [row] = await this.rows('select amount_minor from settlements where id = $1', [settlementId]);
    const id = `po_${settlementId.replaceAll('-', '')}`;
    const amountMinor = row!.amount_minor as bigint;
    return this.observePayout(settlementId, {
      kind: 'seen',
      payout: payout(status, { id, amountMinor, ...more }),
    });
  }

  giveBack(freelancerId: string, milestoneId: string, message = http()) {
    return new GiveBackHandler(this.#uow).execute(new GiveBack({ message, freelancerId, milestoneId }));
  }

  /** The newest attempt of the agreement's refunds, or of one of them. */
  async refundAttemptOf(id: string): Promise<Record<string, unknown>> {
    const text = `select a.* from refund_attempts a where a.agreement_id = $1 or a.refund_id = $1
      order by a.id desc limit 1`;
    return (await this.rows(text, [id]))[0]!;
  }

  observeRefund(attemptId: string, observation: RefundObservation, message = worker()) {
    const command = new RecordRefund({ message, attemptId, observation });
    return new RecordRefundHandler(this.#uow).execute(command);
  }

  /** What the provider says of the newest attempt, of the right amount. */
  async seeRefund(id: string, status: RefundView['status'], more: Partial<RefundView> = {}) {
    const { id: attemptId, amount_minor } = await this.refundAttemptOf(id);
    const reference = `re_${String(attemptId).replaceAll('-', '')}`;
    const amountMinor = amount_minor as bigint;
    const refund = { id: reference, status, amountMinor, currency: 'usd', ...more };
    return this.observeRefund(String(attemptId), { kind: 'seen', refund });
  }

  withdrawalPaid(paid: WithdrawalPaid, message = event()) {
    return new ApplyWithdrawalPaidHandler(this.#uow).execute(new ApplyWithdrawalPaid({ message, ...paid }));
  }

  withdrawalReturned(returned: WithdrawalReturned, message = event()) {
    const command = new ApplyWithdrawalReturned({ message, ...returned });
    return new ApplyWithdrawalReturnedHandler(this.#uow).execute(command);
  }

  /** What a cash account holds by the ledger. */
  async cashAt(subAccount: 'card' | 'paypal' | 'bank'): Promise<bigint> {
    return (await readBalances(this.database.pool)).get(`E.cash.trust:${subAccount}`) ?? 0n;
  }

  now(): Date {
    return this.database.clock.now();
  }

  /** Moves business time so that this instant has passed. */
  pass(instant: Date): void {
    const { clock } = this.database;
    clock.moveTo(clock.offsetMs + Math.max(0, instant.getTime() - clock.now().getTime()) + 1);
  }

  async rows(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return (await this.database.pool.query(text, values)).rows;
  }

  async statusOf(milestoneId: string): Promise<unknown> {
    return (await this.rows('select status from milestones where id = $1', [milestoneId]))[0]?.status;
  }

  journals(agreementId: string): Promise<ReportedJournal[]> {
    return readJournals(this.database.pool, { agreementId, limit: 100 });
  }

  /** The facts in the outbox under a key, in order, as another service would read them. */
  async published(key: string): Promise<EventOf<typeof escrowEvents>[]> {
    const rows = await this.rows('select type, payload from outbox where aggregateid = $1 order by seq', [
      key,
    ]);
    return rows.map((row) => {
      const type = String(row.type).replace(/\.v1$/, '') as keyof typeof escrowEvents.events;
      return { type, ...escrowEvents.events[type].data.parse(row.payload) } as EventOf<typeof escrowEvents>;
    });
  }

  async typesOf(key: string): Promise<string[]> {
    return (await this.published(key)).map(({ type }) => type);
  }
}

/** Lines of a journal by account, the milestone's and agreement's own ids left out. */
export const linesOf = ({ lines }: ReportedJournal) =>
  Object.fromEntries(
    lines.map(({ account, amountMinor }) => [account.replace(/:[0-9a-f-]{36}$/, ''), amountMinor]),
  );
