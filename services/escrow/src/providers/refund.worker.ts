import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordRefund } from '../commands/record-refund.ts';
import { nextStep, type RefundObservation } from '../domain/refund-attempt.ts';
import { fromRow, type RefundAttemptRow, RefundAttemptTable } from '../tables/refund-attempt.table.ts';
import { BankRefund } from './bank-refund.ts';
import type { NotSent } from './card.ts';
import { CardRefund } from './card-refund.ts';
import { PaypalRefund } from './paypal-refund.ts';

/** Takes a refund's next step at its provider, between two short transactions (AD-4). */
@Injectable()
export class RefundWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly card: CardRefund,
    private readonly paypal: PaypalRefund,
    private readonly bank: BankRefund,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly businessClock: BusinessClock,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  /** One step of an attempt that is due; called by the sweep. */
  async advance({ id }: RefundAttemptRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const now = this.businessClock.now();
    // The sweep may have read the row before the last step was recorded, and that step is not taken twice (0.1).
    const row = await this.orm.em.fork().findOne(RefundAttemptTable, { id, nextCallAt: { $lte: now } });
    if (!row) return;
    await asWorkOf(row, async () => {
      const observation = await this.#step(row, now);
      if (observation.kind === 'not_sent') return this.#pauses.rest(id, observation.retryAfterMs);
      this.#pauses.over(id);
      recorded();
      const message: MessageRef = { source: 'worker', id: newId() };
      await this.commands.execute(new RecordRefund({ message, attemptId: id, observation }));
    });
  }

  #step(row: RefundAttemptRow, now: Date): Promise<RefundObservation | NotSent> {
    const provider = { card: this.card, paypal: this.paypal, bank: this.bank }[row.subAccount];
    switch (nextStep(fromRow(row), now)) {
      case 'create':
        return provider.create(row.id, row.createBody, row.chargeReference);
      case 'find':
        return provider.find(row.id, row.chargeReference);
      case 'read':
        return provider.read(row.reference!, row.id);
    }
  }
}
