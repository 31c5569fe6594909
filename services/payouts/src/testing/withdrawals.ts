import { usd } from '@holdfast/domain';
import type { EventOf, payoutsEvents } from '@holdfast/events';
import { CancelWithdrawal, CancelWithdrawalHandler } from '../commands/cancel-withdrawal.ts';
import { NoteClearing, NoteClearingHandler } from '../commands/note-clearing.ts';
import { RecordAttempt, RecordAttemptHandler } from '../commands/record-attempt.ts';
import { RequestWithdrawal, RequestWithdrawalHandler } from '../commands/request-withdrawal.ts';
import { ResolveAttempt, ResolveAttemptHandler } from '../commands/resolve-attempt.ts';
import { ReviewHolds, ReviewHoldsHandler } from '../commands/review-holds.ts';
import { StartAttempt, StartAttemptHandler } from '../commands/start-attempt.ts';
import {
  FinishStop,
  FinishStopHandler,
  ResumeSending,
  ResumeSendingHandler,
  StopSending,
  StopSendingHandler,
} from '../commands/stop-sending.ts';
import type { Observation, OrderView } from '../domain/attempt.ts';
import { MyWithdrawals } from '../queries/my-withdrawals.ts';
import { event, http, Payouts, texts, usePayouts, worker } from './payouts.ts';

export const bankConfig = { BANK_ORIGINATING_ACCOUNT_ID: 'ia_holdfast' };

/** A person who may withdraw, and by what. */
export type Cleared = { accountId: string; methodId: string };
type Row = Record<string, unknown>;

/** The use cases of withdrawals beside those of methods and balances. */
export class Withdrawals extends Payouts {
  get #uow() {
    return this.database.unitOfWork;
  }

  /** With so much available, a verified identity, a tax form and an active method (W-4). */
  async cleared(availableMinor = 50_000n): Promise<Cleared> {
    const accountId = await this.clearedPerson();
    const methodId = await this.activeMethod(accountId);
    await this.earned(accountId, availableMinor);
    return { accountId, methodId };
  }

  /** A release whose hold has ended. */
  async earned(accountId: string, net: bigint): Promise<void> {
    const parties = await this.agreement(undefined, accountId);
    const { transferId } = this.released(parties);
    const releasedAt = this.now();
    await this.credit({ ...parties, transferId, net, releasedAt });
    await this.mature(transferId, new Date(releasedAt.getTime() + 5 * 86_400_000));
  }

  request({ accountId, methodId }: Cleared, amountMinor = 50_000n, message = http()) {
    const command = new RequestWithdrawal({ message, accountId, methodId, amount: usd(amountMinor) });
    return new RequestWithdrawalHandler(this.#uow).execute(command);
  }

  cancel(accountId: string, withdrawalId: string, message = http()) {
    const command = new CancelWithdrawal({ message, accountId, withdrawalId });
    return new CancelWithdrawalHandler(this.#uow).execute(command);
  }

  /** One that was asked for, and whose cut-off has come. */
  async due(cleared?: Cleared): Promise<Cleared & { withdrawalId: string }> {
    const who = cleared ?? (await this.cleared());
    const { withdrawalId, cutOffAt } = await this.request(who);
    this.pass(new Date(cutOffAt));
    await this.screen(who.methodId, 'clear');
    return { ...who, withdrawalId };
  }

  /** One whose call has begun. */
  async calling(cleared?: Cleared): Promise<Cleared & { withdrawalId: string; key: string }> {
    const due = await this.due(cleared);
    const step = await this.start(due.withdrawalId);
    return { ...due, key: (step as { key: string }).key };
  }

  start(withdrawalId: string, message = worker()) {
    const command = new StartAttempt({ message, withdrawalId });
    return new StartAttemptHandler(this.#uow, bankConfig).execute(command);
  }

  record(key: string, observation: Observation, message = worker()) {
    return new RecordAttemptHandler(this.#uow).execute(new RecordAttempt({ message, key, observation }));
  }

  /** What the bank shows of an attempt, of the right amount unless the test says otherwise. */
  async see(key: string, state: OrderView['state'], more: Partial<OrderView> = {}, message = worker()) {
    const [row] = await this.rows('select sent_minor from attempts where key = $1', [key]);
    const amountMinor = row!.sent_minor as bigint;
    const order: OrderView = { reference: `bank_${key}`, key, state, amountMinor, currency: 'USD', ...more };
    return this.record(key, { kind: 'seen', order }, message);
  }

  comesBack(key: string, amountMinor: bigint, reason: 'bad_details' | 'other' = 'bad_details') {
    return this.see(key, 'returned', { returned: { amountMinor, reason } });
  }

  resolve(key: string, message = http(), by = 'operator-1') {
    const command = new ResolveAttempt({ message, by, key, reason: 'Not on the statement' });
    return new ResolveAttemptHandler(this.#uow, texts).execute(command);
  }

  reviewHolds(accountId: string, message = worker()) {
    return new ReviewHoldsHandler(this.#uow).execute(new ReviewHolds({ message, accountId }));
  }

  stopSending(provider: 'bank' | 'all' = 'bank', message = http()) {
    const command = new StopSending({ message, by: 'operator-1', provider, reason: 'The bank is ill' });
    return new StopSendingHandler(this.#uow).execute(command);
  }

  resumeSending(stopId: string, message = http()) {
    const command = new ResumeSending({ message, by: 'operator-2', stopId, reason: 'It is well again' });
    return new ResumeSendingHandler(this.#uow).execute(command);
  }

  finishStop(stopId: string, standing: boolean) {
    const command = new FinishStop({ message: worker(), stopId, standing });
    return new FinishStopHandler(this.#uow).execute(command);
  }

  applied(answer: Omit<NoteClearing['input'], 'message'>, message = event()) {
    return new NoteClearingHandler(this.#uow).execute(new NoteClearing({ message, ...answer }));
  }

  async row(withdrawalId: string): Promise<Row> {
    return (await this.rows('select * from withdrawals where id = $1', [withdrawalId]))[0]!;
  }

  async statusOf(withdrawalId: string): Promise<unknown> {
    return (await this.row(withdrawalId)).status;
  }

  attempts(withdrawalId: string): Promise<Row[]> {
    return this.rows('select * from attempts where withdrawal_id = $1 order by number', [withdrawalId]);
  }

  transfers(withdrawalId: string): Promise<Row[]> {
    const text =
      'select kind, amount_minor, status, id from clearing_transfers where withdrawal_id = $1 order by kind';
    return this.rows(text, [withdrawalId]);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
  view(accountId: string, withdrawalId: string): Promise<any> {
    return new MyWithdrawals(this.database.orm).one(accountId, withdrawalId);
  }

  /** The facts of withdrawals and methods that came after the request, in order. */
  async told(accountId: string): Promise<EventOf<typeof payoutsEvents>[]> {
    const events = await this.published(accountId);
    const first = events.findIndex(({ type }) => type === 'payouts.withdrawal.requested');
    return events.slice(first + 1).filter(({ type }) => !type.startsWith('payouts.screening.'));
  }

  async typesOf(accountId: string): Promise<string[]> {
    return (await this.told(accountId)).map(({ type }) => type.replace('payouts.', ''));
  }

  /** In cents. */
  async money(accountId: string): Promise<{ available: bigint; inTransit: bigint }> {
    const { available, in_transit } = await this.balances(accountId);
    return { available: BigInt(available.amountMinor), inTransit: BigInt(in_transit.amountMinor) };
  }

  /** Lines of the account's journals of one kind, its own id left out. */
  async linesOf(accountId: string, kind: string): Promise<Record<string, bigint>[]> {
    const journals = (await this.journals(accountId)).filter((journal) => journal.kind === kind);
    return journals.map(({ lines }) =>
      Object.fromEntries(lines.map(({ account, amountMinor }) => [account.split(':')[0], amountMinor])),
    );
  }

  setting(settings: Record<string, unknown>): Promise<Row[]> {
    return this.rows(
      `insert into policies values ('00000000-0000-7000-8000-000000000001', $1, 1)
        on conflict (id) do update set settings = policies.settings || excluded.settings`,
      [settings],
    );
  }
}

export function useWithdrawals(): () => Withdrawals {
  const payouts = usePayouts();
  return () => new Withdrawals(payouts().database);
}
