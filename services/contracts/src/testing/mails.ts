import { type AnyDeadline, BusinessClock, Deadlines, WallClock } from '@holdfast/messaging';
import { CONFIG, Mailer, type MailTimeouts } from '@holdfast/service';
import {
  type FaultName,
  type MailSimulator,
  type ReceivedMail,
  readConfig,
  startMailSimulator,
} from '@holdfast/simulator-mail';
import { eventually } from '@holdfast/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { BeginNoticeHandler, RecordDeliveryHandler } from '../commands/send-notice.ts';
import { contractsDeadlines } from '../deadlines.ts';
import { NoticeWorker } from '../mail/notice.worker.ts';
import { type Contracts, personTexts } from './contracts.ts';

export const mailSettings = {
  MAIL_FROM: 'Holdfast <notices@holdfast.example>',
  LINK_BASE_URL: 'https://marketplace.example',
  PUBLIC_URL: 'https://contracts.example',
  UNSUBSCRIBE_SECRET: 'unsubscribe-secret-of-tests',
};
const credentials = { MAIL_USER: 'tester', MAIL_PASSWORD: 'tester-password' };

/** A receiving mail server in this process, spoken to by SMTP as the real one would be. */
export class MailServer {
  #simulator!: MailSimulator;
  readonly #mailers: Mailer[] = [];

  async start(): Promise<void> {
    this.#simulator = await startMailSimulator(readConfig({ PORT: '0', CONTROL_PORT: '0', ...credentials }));
  }

  async stop(): Promise<void> {
    this.closeMailers();
    await this.#simulator.close();
  }

  mailer(more: object = {}, timeouts: Partial<MailTimeouts> = {}): Mailer {
    const where = { MAIL_HOST: '127.0.0.1', MAIL_PORT: this.#simulator.port, MAIL_TLS: 'none' as const };
    const mailer = new Mailer({ ...where, ...credentials, ...mailSettings, ...more }, timeouts);
    this.#mailers.push(mailer);
    return mailer;
  }

  closeMailers(): void {
    for (const mailer of this.#mailers.splice(0)) mailer.close();
  }

  async to(address: string): Promise<ReceivedMail[]> {
    return (await this.#control('GET', `/__sim/messages?${new URLSearchParams({ to: address })}`)).messages;
  }

  fault(fault: FaultName, to?: string, times = 1): Promise<unknown> {
    return this.#control('POST', '/__sim/faults', { fault, to, times });
  }

  healed(): Promise<unknown> {
    return this.#control('DELETE', '/__sim/faults');
  }

  // biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for.
  async #control(method: string, path: string, body?: object): Promise<any> {
    const response = await fetch(`http://127.0.0.1:${this.#simulator.controlPort}${path}`, {
      method,
      ...(body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  }
}

/** The same with Jest's life cycle; no fault outlives its test. */
export function useMailServer(): MailServer {
  const server = new MailServer();
  beforeAll(() => server.start());
  afterEach(async () => {
    await server.healed();
    server.closeMailers();
  });
  afterAll(() => server.stop());
  return server;
}

/** What falls due in contracts, with the real worker, handlers and mail server. */
export class Mails {
  deadlines!: Deadlines;
  /** Called before each word of the server is recorded: a crash there loses it. */
  beforeRecord: (() => void) | undefined;

  constructor(
    private readonly contracts: Contracts,
    private readonly server: MailServer,
  ) {
    contracts.database.unitOfWork.onCommit(() => this.deadlines?.wake());
  }

  /** Anew, with nothing in memory, as after a crash. */
  start(): void {
    const { pool, orm, clock } = this.contracts.database;
    this.deadlines = new Deadlines({ pool, orm, clock }, this.#all());
    this.deadlines.start();
  }

  /** Nothing is due any more: every mail has come to its end, or waits for a later instant. */
  async quiet(): Promise<void> {
    this.deadlines.wake();
    await eventually(
      () => this.deadlines.dueNow(),
      (due) => due.length === 0,
    );
  }

  #all(): AnyDeadline[] {
    const { unitOfWork, orm, clock } = this.contracts.database;
    const handlers = [new BeginNoticeHandler(unitOfWork), new RecordDeliveryHandler(unitOfWork)];
    const execute = async (command: object) => {
      const name = command.constructor.name;
      if (name === 'RecordDelivery') this.beforeRecord?.();
      const handler = handlers.find((one) => one.constructor.name === `${name}Handler`)!;
      return handler.execute(command as never);
    };
    const commands = { execute } as unknown as CommandBus;
    const mailer = this.server.mailer({}, { socketTimeout: 1_000 });
    const config = mailSettings as never;
    const worker = new NoticeWorker(mailer, commands, orm, personTexts, config, clock, new WallClock());
    const known = new Map<unknown, unknown>([
      [CommandBus, commands],
      [CONFIG, config],
      [BusinessClock, clock],
      [NoticeWorker, worker],
    ]);
    // Offers that expire are no matter of these tests.
    return contractsDeadlines({ get: (token: unknown) => known.get(token) } as never).filter(
      ({ kind }) => kind === 'notice.send',
    );
  }
}

/** Workers of each test's own, which stop with it. */
export function useMails(contracts: () => Contracts, server: MailServer): () => Mails {
  let mails: Mails;
  beforeEach(() => {
    mails = new Mails(contracts(), server);
    mails.start();
  });
  afterEach(() => mails.deadlines.stop());
  return () => mails;
}
