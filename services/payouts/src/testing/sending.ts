import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Rejection } from '@holdfast/domain';
import { Deadlines, WallClock } from '@holdfast/messaging';
import {
  type BreakerSettings,
  FinishNoticeHandler,
  PostponeNoticeHandler,
  ReceiveNoticeHandler,
} from '@holdfast/providers';
import { CONFIG } from '@holdfast/service';
import { eventually } from '@holdfast/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { EndCoolingHandler } from '../commands/end-cooling.ts';
import { RecordAttemptHandler } from '../commands/record-attempt.ts';
import { RecordRegistrationHandler } from '../commands/record-registration.ts';
import { RecordScreeningHandler } from '../commands/record-screening.ts';
import { ReviewHoldsHandler } from '../commands/review-holds.ts';
import { StartAttemptHandler } from '../commands/start-attempt.ts';
import { FinishStopHandler } from '../commands/stop-sending.ts';
import { payoutsDeadlines } from '../deadlines.ts';
import { Bank } from '../providers/bank.ts';
import type { BankClient } from '../providers/bank-client.ts';
import { MethodWorker } from '../providers/method.worker.ts';
import { MethodDetails } from '../providers/method-details.ts';
import { NoticeWorker } from '../providers/notice.worker.ts';
import { ReceivingAccounts } from '../providers/receiving-account.ts';
import { HttpScreening } from '../providers/screening.ts';
import { StopWorker } from '../providers/stop.worker.ts';
import { WithdrawalWorker } from '../providers/withdrawal.worker.ts';
import type { BankDetails } from '../tables/withdrawal-method.table.ts';
import { WebhookController } from '../webhook.controller.ts';
import { BankProvider } from './bank-provider.ts';
import { texts } from './payouts.ts';
import { bankConfig, type Cleared, useWithdrawals, type Withdrawals } from './withdrawals.ts';

const webhookSecret = 'mt_test_key';

/** Payouts with its real workers, and the bank's simulator spoken to over HTTP in both directions. */
export class Sending {
  readonly provider = new BankProvider();
  deadlines!: Deadlines;
  /** Of the process that runs. */
  bank!: BankClient;
  /** Answers that the bank got to its webhooks. */
  readonly answered: number[] = [];
  readonly #payouts: () => Withdrawals;
  #server!: Server;

  constructor(payouts: () => Withdrawals) {
    this.#payouts = payouts;
  }

  get payouts(): Withdrawals {
    return this.#payouts();
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#receive(request, response));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    await this.provider.start({
      BANK_WEBHOOK_URL: `http://127.0.0.1:${port}/v1/webhooks/bank`,
      BANK_WEBHOOK_SECRET: webhookSecret,
      BANK_OPENING_BALANCE_MINOR: '10000000',
    });
  }

  async stop(): Promise<void> {
    await this.provider.stop();
    this.#server.close();
  }

  /** A process with these workers; the next one knows only what is committed. */
  startProcess(settings: Partial<BreakerSettings> = {}): void {
    const { pool, orm, clock, unitOfWork } = this.payouts.database;
    this.deadlines = new Deadlines({ pool, orm, clock }, this.#due(settings));
    unitOfWork.onCommit(() => this.deadlines.wake());
    this.deadlines.start();
  }

  stopProcess(): Promise<void> {
    return this.deadlines.stop();
  }

  #due(settings: Partial<BreakerSettings>) {
    const { orm, clock } = this.payouts.database;
    const [commands, wallClock] = [this.#commands(), new WallClock()];
    const details = new MethodDetails(orm, texts);
    this.bank = this.provider.bank(settings);
    const [bank, accounts] = [new Bank(this.bank), new ReceivingAccounts(this.bank, details)];
    const screening = new HttpScreening(this.provider.screening(), details);
    const known = new Map<unknown, unknown>([
      [CommandBus, commands],
      [CONFIG, { DEPLOYED_SERVICES: [] }],
      [MethodWorker, new MethodWorker(screening, accounts, commands, wallClock)],
      [WithdrawalWorker, new WithdrawalWorker(bank, screening, commands, orm, wallClock)],
      [NoticeWorker, new NoticeWorker(bank, commands, orm, clock, wallClock)],
      [StopWorker, new StopWorker(commands, orm)],
    ]);
    const watched = ['method.call', 'withdrawal.call', 'provider_notice.read', 'sending_stop.review'];
    const all = payoutsDeadlines({ get: (token: unknown) => known.get(token) } as never);
    return all.filter(({ kind }) => watched.includes(kind));
  }

  #commands(): CommandBus {
    const { unitOfWork } = this.payouts.database;
    const handlers = [
      new EndCoolingHandler(unitOfWork, texts),
      new FinishNoticeHandler(unitOfWork),
      new PostponeNoticeHandler(unitOfWork),
      new FinishStopHandler(unitOfWork),
      new ReceiveNoticeHandler(unitOfWork),
      new RecordAttemptHandler(unitOfWork),
      new RecordRegistrationHandler(unitOfWork, texts),
      new RecordScreeningHandler(unitOfWork, texts),
      new ReviewHoldsHandler(unitOfWork),
      new StartAttemptHandler(unitOfWork, bankConfig),
    ];
    const execute = (command: object) =>
      handlers
        .find((handler) => handler.constructor.name === `${command.constructor.name}Handler`)!
        .execute(command as never);
    return { execute } as unknown as CommandBus;
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const controller = new WebhookController(this.#commands(), { BANK_WEBHOOK_SECRETS: [webhookSecret] });
    const header = (name: string) => request.headers[name] as string | undefined;
    const status = await controller
      .bank(Buffer.concat(chunks), header('x-signature'), header('x-webhook-id'))
      .then(
        () => 200,
        (error) => (error instanceof Rejection ? 401 : 500),
      );
    this.answered.push(status);
    response.writeHead(status).end();
  }

  /** Nothing is due at the bank or here, and no webhook is under way. */
  async quiet(): Promise<void> {
    this.deadlines.wake();
    await eventually(
      async () => [...(await this.deadlines.dueNow()), ...((await this.provider.isQuiet()) ? [] : ['bank'])],
      (due) => due.length === 0,
      30_000,
    );
  }

  /** From due instant to due instant, here and at the bank, as the sandbox does it. */
  async pass(until: Date): Promise<void> {
    for (;;) {
      await this.quiet();
      if (this.payouts.now() >= until) return;
      const due = [await this.deadlines.nextDueAt(), await this.provider.nextDueAt(), until];
      const next = due.filter((date) => date !== undefined).sort((a, b) => a.getTime() - b.getTime())[0]!;
      await this.reach(next);
    }
  }

  /** In one jump, without waiting for anything. */
  async reach(instant: Date): Promise<void> {
    this.payouts.pass(instant);
    await this.provider.moveClock(this.payouts.database.clock.offsetMs);
    this.deadlines.wake();
  }

  passHours(hours: number): Promise<void> {
    return this.pass(new Date(this.payouts.now().getTime() + hours * 3_600_000));
  }

  /** A person with a bank account that is screened and registered, and so much available. */
  async cleared(availableMinor = 50_000n, details: Partial<BankDetails> = {}): Promise<Cleared> {
    const accountId = await this.payouts.clearedPerson();
    const { methodId, usableAt } = await this.payouts.addMethod(accountId, details);
    await this.quiet();
    await this.payouts.cool(methodId, new Date(usableAt));
    await this.payouts.earned(accountId, availableMinor);
    return { accountId, methodId };
  }

  /** A withdrawal whose cut-off has come. */
  async due(amountMinor = 50_000n, details: Partial<BankDetails> = {}) {
    const requested = await this.requested(amountMinor, details);
    await this.reach(new Date(requested.cutOffAt));
    return requested;
  }

  async requested(amountMinor = 50_000n, details: Partial<BankDetails> = {}) {
    const who = await this.cleared(amountMinor, details);
    const { withdrawalId, cutOffAt } = await this.payouts.request(who, amountMinor);
    const { reference } = await this.payouts.row(withdrawalId);
    return { ...who, withdrawalId, cutOffAt, key: `po_${reference}-1` };
  }

  /** Until the withdrawal is in that state. */
  async becomes(withdrawalId: string, status: string): Promise<void> {
    await eventually(
      () => this.payouts.statusOf(withdrawalId),
      (seen) => seen === status,
      30_000,
    );
  }

  /** The sendings of an attempt as the bank's log has them. */
  sendings(key: string) {
    return this.provider.requests({ op: 'payout.ach', key });
  }

  /** What the bank moved for an attempt: payouts, and what came back of them. */
  async moved(key: string): Promise<string[]> {
    return (await this.provider.executed(key)).map(({ kind, amountMinor }) => `${kind} ${amountMinor}`);
  }
}

export function useSending(): Sending {
  const sending = new Sending(useWithdrawals());
  beforeAll(() => sending.start());
  beforeEach(() => sending.startProcess());
  afterEach(async () => {
    await sending.stopProcess();
    await sending.provider.healed();
    await sending.provider.closeClients();
  });
  afterAll(() => sending.stop());
  return sending;
}
