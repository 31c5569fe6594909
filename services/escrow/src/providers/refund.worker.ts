import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { RecordRefund } from '../commands/record-refund.ts';
import { RecordSmallRefund } from '../commands/record-small-refund.ts';
import { nextStep, type RefundAttempt, type RefundObservation } from '../domain/refund-attempt.ts';
import { fromRow, type RefundAttemptRow, RefundAttemptTable } from '../tables/refund-attempt.table.ts';
import { attemptOf, type SmallRefundRow, SmallRefundTable } from '../tables/small-charge.table.ts';
import { BankRefund } from './bank-refund.ts';
import type { NotSent } from './card.ts';
import { CardRefund, type RefundProvider } from './card-refund.ts';
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
    const provider = { card: this.card, paypal: this.paypal, bank: this.bank }[row.subAccount];
    await this.#advance(
      { row, attempt: fromRow(row), provider },
      now,
      (message, observation) => new RecordRefund({ message, attemptId: id, observation }),
    );
  }

  /** One step of a small charge's way back (P-2). */
  async advanceSmall({ id }: SmallRefundRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const now = this.businessClock.now();
    const row = await this.orm.em.fork().findOne(SmallRefundTable, { id, nextCallAt: { $lte: now } });
    if (!row) return;
    await this.#advance(
      { row, attempt: attemptOf(row), provider: this.card },
      now,
      (message, observation) => new RecordSmallRefund({ message, attemptId: id, observation }),
    );
  }

  async #advance(
    due: Due,
    now: Date,
    recordOf: (message: MessageRef, observation: RefundObservation) => Command<void>,
  ): Promise<void> {
    const { id } = due.attempt;
    await asWorkOf(due.row, async () => {
      const observation = await step(due, now);
      if (observation.kind === 'not_sent') return this.#pauses.rest(id, observation.retryAfterMs);
      this.#pauses.over(id);
      recorded();
      await this.commands.execute(recordOf({ source: 'worker', id: newId() }, observation));
    });
  }
}

type Due = Readonly<{
  row: Pick<
    RefundAttemptRow,
    'id' | 'createBody' | 'chargeReference' | 'reference' | 'correlationId' | 'traceparent'
  >;
  attempt: RefundAttempt;
  provider: RefundProvider;
}>;

function step({ row, attempt, provider }: Due, now: Date): Promise<RefundObservation | NotSent> {
  switch (nextStep(attempt, now)) {
    case 'create':
      return provider.create(row.id, row.createBody, row.chargeReference);
    case 'find':
      return provider.find(row.id, row.chargeReference);
    case 'read':
      return provider.read(row.reference!, row.id);
  }
}
