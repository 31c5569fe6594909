import { usd } from '@holdfast/domain';
import { type EventOf, type PinnedSettings, payoutsEvents, pinnedDefaults } from '@holdfast/events';
import { checkLedger, LedgerWriter, type ReportedJournal, readJournals } from '@holdfast/ledger';
import { type MessageRef, newId } from '@holdfast/messaging';
import { connectOrm, migrate } from '@holdfast/service';
import { type TestDatabase, useDatabase } from '@holdfast/testing';
import { afterEach, expect } from '@jest/globals';
import { CreditRelease, CreditReleaseHandler } from '../commands/credit-release.ts';
import { MatureFunds, MatureFundsHandler } from '../commands/mature-funds.ts';
import { RememberAgreement, RememberAgreementHandler } from '../commands/remember-agreement.ts';
import { definition } from '../payouts.module.ts';
import { MyBalances } from '../queries/my-balances.ts';

export const event = (id: string = newId()): MessageRef => ({ source: 'event', id });

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
    const message: MessageRef = {
      source: 'timer',
      id: `hold.end/${transferId}/${datedAt.getTime()}`,
      datedAt,
    };
    return new MatureFundsHandler(this.database.unitOfWork).execute(new MatureFunds({ message, transferId }));
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
