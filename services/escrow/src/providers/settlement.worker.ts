import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordSettlement } from '../commands/record-settlement.ts';
import { nextStep, type PayoutObservation } from '../domain/settlement.ts';
import { fromRow, type SettlementRow, SettlementTable } from '../tables/settlement.table.ts';
import type { NotSent } from './card.ts';
import { CardPayout } from './card-payout.ts';

/** Takes a settlement's next step at the card provider, between two short transactions (AD-4). */
@Injectable()
export class SettlementWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly payouts: CardPayout,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly businessClock: BusinessClock,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  /** One step of a settlement that is due; called by the sweep. */
  async advance({ id }: SettlementRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const now = this.businessClock.now();
    // The sweep may have read the row before the last step was recorded, and that step is not taken twice (0.1).
    const row = await this.orm.em.fork().findOne(SettlementTable, { id, nextCallAt: { $lte: now } });
    if (!row) return;
    await asWorkOf(row, async () => {
      const observation = await this.#step(row, now);
      if (observation.kind === 'not_sent') return this.#pauses.rest(id, observation.retryAfterMs);
      this.#pauses.over(id);
      recorded();
      const message: MessageRef = { source: 'worker', id: newId() };
      await this.commands.execute(new RecordSettlement({ message, settlementId: id, observation }));
    });
  }

  #step(row: SettlementRow, now: Date): Promise<PayoutObservation | NotSent> {
    switch (nextStep(fromRow(row), now)) {
      case 'create':
        return this.payouts.create(row.id, row.createBody);
      case 'find':
        return this.payouts.find(row.id);
      case 'read':
        return this.payouts.read(row.payoutId!);
    }
  }
}
