import { usd } from '@holdfast/domain';
import {
  type EventOf,
  type HoldKind,
  type PinnedSettings,
  payoutsEvents,
  pinnedDefaults,
} from '@holdfast/events';
import { checkLedger, LedgerWriter, type ReportedJournal, readJournals } from '@holdfast/ledger';
import { type MessageRef, newId } from '@holdfast/messaging';
import { connectOrm, migrate, PersonTexts } from '@holdfast/service';
import { type TestDatabase, useDatabase } from '@holdfast/testing';
import { afterEach, expect } from '@jest/globals';
import { AddWithdrawalMethod, AddWithdrawalMethodHandler } from '../commands/add-withdrawal-method.ts';
import {
  ChangeIdentity,
  ChangeIdentityHandler,
  FailIdentity,
  FailIdentityHandler,
} from '../commands/change-identity.ts';
import { CreditRelease, CreditReleaseHandler } from '../commands/credit-release.ts';
import { EndCooling, EndCoolingHandler } from '../commands/end-cooling.ts';
import { MatureFunds, MatureFundsHandler } from '../commands/mature-funds.ts';
import { RecordAccountHold, RecordAccountHoldHandler } from '../commands/record-account-hold.ts';
import {
  RecordRegistration,
  RecordRegistrationHandler,
  type Registration,
} from '../commands/record-registration.ts';
import {
  DecideScreening,
  DecideScreeningHandler,
  RecordScreening,
  RecordScreeningHandler,
} from '../commands/record-screening.ts';
import { RecordTaxForm, RecordTaxFormHandler } from '../commands/record-tax-form.ts';
import { RememberAccount, RememberAccountHandler } from '../commands/remember-account.ts';
import { RememberAgreement, RememberAgreementHandler } from '../commands/remember-agreement.ts';
import {
  RemoveWithdrawalMethod,
  RemoveWithdrawalMethodHandler,
} from '../commands/remove-withdrawal-method.ts';
import type { Region, TaxForm } from '../domain/person.ts';
import type { ScreeningAnswer } from '../domain/withdrawal-method.ts';
import { definition } from '../payouts.module.ts';
import { MyBalances } from '../queries/my-balances.ts';
import type { BankDetails } from '../tables/withdrawal-method.table.ts';

const masterKey = Buffer.alloc(32, 7).toString('base64');
export const texts = new PersonTexts({ MASTER_KEYS: `test:${masterKey}` });

export const http = (id: string = newId()): MessageRef => ({ source: 'http', id });
export const event = (id: string = newId()): MessageRef => ({ source: 'event', id });
export const worker = (id: string = newId()): MessageRef => ({ source: 'worker', id });
export const timer = (kind: string, id: string, datedAt: Date): MessageRef => {
  return { source: 'timer', id: `${kind}/${id}/${datedAt.getTime()}`, datedAt };
};

export const holderName = 'Ada Marie Lopez';
/** Of a bank account as its owner types it; nothing of it but four digits is seen again. */
export const bankDetails: BankDetails = {
  holderName,
  routingNumber: '021000021',
  accountNumber: '4111222233334444',
  accountType: 'checking',
};

export interface Parties {
  agreementId: string;
  clientId: string;
  freelancerId: string;
}

/** A release as escrow tells it. */
export type Released = {
  agreementId: string;
  freelancerId: string;
  transferId: string;
  net: bigint;
  releasedAt: Date;
};

/** A database of payouts and its use cases; after each test the books are checked (I1 to I3). */
export function usePayouts(): () => Payouts {
  const database = useDatabase({
    service: 'payouts',
    migrate: (ownerUrl, appRole) => migrate(definition, ownerUrl, appRole),
    connect: (appUrl) => connectOrm(definition, appUrl),
    journals: new LedgerWriter(newId),
  });
  afterEach(async () => expect(await checkLedger(database().pool)).toEqual([]));
  return () => new Payouts(database());
}

export class Payouts {
  constructor(readonly database: TestDatabase) {}

  remember(parties: Parties, settings: PinnedSettings = pinnedDefaults, message = event()) {
    const command = new RememberAgreement({ message, ...parties, settings });
    return new RememberAgreementHandler(this.database.unitOfWork).execute(command);
  }

  async agreement(settings = pinnedDefaults, freelancerId = `freelancer-${newId()}`): Promise<Parties> {
    const parties = { agreementId: newId(), clientId: `client-${newId()}`, freelancerId };
    await this.remember(parties, settings);
    return parties;
  }

  /** A release that has just been made. */
  released(parties: Omit<Parties, 'clientId'>, more: Partial<Released> = {}): Released {
    const { agreementId, freelancerId } = parties;
    return { agreementId, freelancerId, transferId: newId(), net: 90_000n, releasedAt: this.now(), ...more };
  }

  credit({ net, ...released }: Released, message = event()) {
    const command = new CreditRelease({ message, ...released, net: usd(net) });
    return new CreditReleaseHandler(this.database.unitOfWork).execute(command);
  }

  mature(transferId: string, datedAt: Date) {
    const message = timer('hold.end', transferId, datedAt);
    return new MatureFundsHandler(this.database.unitOfWork).execute(new MatureFunds({ message, transferId }));
  }

  async openAccount(
    accountId = `freelancer-${newId()}`,
    message = event(),
    region: Region = 'US',
  ): Promise<string> {
    const command = new RememberAccount({ message, accountId, region });
    await new RememberAccountHandler(this.database.unitOfWork).execute(command);
    return accountId;
  }

  hold(accountId: string, kind: HoldKind, { holdId = newId(), isStanding = true, message = event() } = {}) {
    const command = new RecordAccountHold({ message, accountId, holdId, kind, isStanding });
    return new RecordAccountHoldHandler(this.database.unitOfWork, texts).execute(command);
  }

  /** An operator records a state; the name goes with `verified`. */
  identity(
    accountId: string,
    status: ChangeIdentity['input']['status'],
    { verifiedName = holderName, message = http() } = {},
  ) {
    const named = status === 'verified' ? { verifiedName: texts.hide({ name: verifiedName }) } : {};
    const recorded = { message, by: 'operator-1', accountId, status, ...named, reason: 'A video call' };
    const handler = new ChangeIdentityHandler(this.database.unitOfWork, texts);
    return handler.execute(new ChangeIdentity(recorded));
  }

  async verify(accountId: string, verifiedName = holderName): Promise<void> {
    for (const status of ['requested', 'in_review', 'verified'] as const) {
      await this.identity(accountId, status, { verifiedName });
    }
  }

  failIdentity(accountId: string, datedAt: Date) {
    const message = timer('identity.answer', accountId, datedAt);
    return new FailIdentityHandler(this.database.unitOfWork).execute(
      new FailIdentity({ message, accountId }),
    );
  }

  taxForm(
    accountId: string,
    status: TaxForm['status'] = 'on_file',
    { type = 'W-9' as TaxForm['type'], message = http() } = {},
  ) {
    const recorded = { message, by: 'operator-1', accountId, type, status, reason: 'By post' };
    return new RecordTaxFormHandler(this.database.unitOfWork, texts).execute(new RecordTaxForm(recorded));
  }

  /** A person whom only a method keeps from withdrawing (W-4). */
  async clearedPerson(): Promise<string> {
    const accountId = await this.openAccount();
    await this.verify(accountId);
    await this.taxForm(accountId);
    return accountId;
  }

  addMethod(accountId: string, details: Partial<BankDetails> = {}, message = http()) {
    const command = new AddWithdrawalMethod({
      message,
      accountId,
      kind: 'ach',
      details: texts.hide({ ...bankDetails, ...details }),
    });
    return new AddWithdrawalMethodHandler(this.database.unitOfWork, texts).execute(command);
  }

  removeMethod(accountId: string, methodId: string, message = http()) {
    const command = new RemoveWithdrawalMethod({ message, accountId, methodId });
    return new RemoveWithdrawalMethodHandler(this.database.unitOfWork).execute(command);
  }

  screen(methodId: string, answer: ScreeningAnswer, message = worker()) {
    const command = new RecordScreening({ message, methodId, answer });
    return new RecordScreeningHandler(this.database.unitOfWork, texts).execute(command);
  }

  decide(methodId: string, decision: 'clear' | 'blocked', message = http()) {
    const decided = { message, by: 'operator-1', methodId, decision, reason: 'Another person of that name' };
    return new DecideScreeningHandler(this.database.unitOfWork, texts).execute(new DecideScreening(decided));
  }

  register(
    methodId: string,
    registration: Registration = { receivingAccountId: `ea_${methodId}` },
    message = worker(),
  ) {
    const command = new RecordRegistration({ message, methodId, registration });
    return new RecordRegistrationHandler(this.database.unitOfWork, texts).execute(command);
  }

  cool(methodId: string, datedAt: Date) {
    const message = timer('method.cooling', methodId, datedAt);
    return new EndCoolingHandler(this.database.unitOfWork, texts).execute(
      new EndCooling({ message, methodId }),
    );
  }

  /** A method that withdrawals may be sent to; business time does not move for it. */
  async activeMethod(accountId: string, details: Partial<BankDetails> = {}): Promise<string> {
    const { methodId, usableAt } = await this.addMethod(accountId, details);
    await this.screen(methodId, 'clear');
    await this.register(methodId);
    await this.cool(methodId, new Date(usableAt));
    return methodId;
  }

  async methodRow(methodId: string): Promise<Record<string, unknown>> {
    return (await this.rows('select * from withdrawal_methods where id = $1', [methodId]))[0]!;
  }

  // biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
  balances(accountId: string): Promise<any> {
    return new MyBalances(this.database.pool, this.database.orm).of(accountId);
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

  journals(accountId: string): Promise<ReportedJournal[]> {
    return readJournals(this.database.pool, { accountId, limit: 100 });
  }

  /** The facts in the outbox under a key, in order, as another service would read them. */
  async published(key: string): Promise<EventOf<typeof payoutsEvents>[]> {
    const rows = await this.rows('select type, payload from outbox where aggregateid = $1 order by seq', [
      key,
    ]);
    return rows.map((row) => {
      const type = String(row.type).replace(/\.v1$/, '') as keyof typeof payoutsEvents.events;
      return { type, ...payoutsEvents.events[type].data.parse(row.payload) } as EventOf<typeof payoutsEvents>;
    });
  }
}
