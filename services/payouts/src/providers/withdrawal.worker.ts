import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordAttempt } from '../commands/record-attempt.ts';
import { RecordScreening } from '../commands/record-screening.ts';
import { type SendingStep, StartAttempt } from '../commands/start-attempt.ts';
import type { Observation } from '../domain/attempt.ts';
import { type AttemptRow, AttemptTable } from '../tables/attempt.table.ts';
import type { WithdrawalRow } from '../tables/withdrawal.table.ts';
import { WithdrawalMethodTable } from '../tables/withdrawal-method.table.ts';
import { Bank, type Reading } from './bank.ts';
import { Screening } from './screening.ts';

/** The bank asks everybody to wait, or does not answer anybody. */
const queue = 'payout.ach';

/** Sends withdrawals and asks what became of them, between short transactions (AD-4, W-15). */
@Injectable()
export class WithdrawalWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly bank: Bank,
    private readonly screening: Screening,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  /** One step of a withdrawal that is due; called by the sweep. */
  async advance(withdrawal: WithdrawalRow): Promise<void> {
    if (this.#pauses.resting(withdrawal.id)) return;
    await asWorkOf(withdrawal, async () => {
      const live = await this.#live(withdrawal.id);
      if (!live || (live.state === 'created' && !live.callingSince)) return this.#send(withdrawal);
      // Its process died during the call, or nobody recorded what came of it (F7): it is asked about.
      if (live.state === 'created') return this.#record(live.key, { kind: 'unknown' });
      return this.#ask(live);
    });
  }

  async #send({ id: withdrawalId }: WithdrawalRow): Promise<void> {
    if (this.#pauses.resting(queue)) return;
    let step = await this.#start(withdrawalId);
    if (step?.step === 'screen') {
      await this.#screen(step.methodId);
      step = await this.#start(withdrawalId);
    }
    if (step?.step !== 'call') return;
    const { body } = (await this.orm.em.fork().findOne(AttemptTable, { key: step.key }))!;
    const { retryAfterMs, ...observation } = await this.bank.send(step.key, body);
    if (observation.kind === 'not_sent' && !observation.isOutOfMoney) this.#pauses.rest(queue, retryAfterMs);
    else this.#pauses.over(queue);
    recorded();
    await this.#record(step.key, observation);
  }

  #start(withdrawalId: string): Promise<SendingStep | undefined> {
    const message: MessageRef = { source: 'worker', id: newId() };
    return this.commands.execute(new StartAttempt({ message, withdrawalId }));
  }

  /** A clear of today is needed; review, blocked or no answer hold the withdrawal (W-17). */
  async #screen(methodId: string): Promise<void> {
    const method = (await this.orm.em.fork().findOne(WithdrawalMethodTable, { id: methodId }))!;
    const answer = await this.screening.ask(method);
    const message: MessageRef = { source: 'worker', id: newId() };
    await this.commands.execute(new RecordScreening({ message, methodId, answer }));
  }

  async #ask(attempt: AttemptRow): Promise<void> {
    const { key, providerReference: reference, withdrawalId } = attempt;
    const reading: Reading = reference ? await this.bank.read(reference) : await this.bank.find(key);
    if (reading.kind === 'again') return this.#pauses.rest(withdrawalId, reading.retryAfterMs);
    this.#pauses.over(withdrawalId);
    await this.#record(key, reading);
  }

  #record(key: string, observation: Observation): Promise<void> {
    const message: MessageRef = { source: 'worker', id: newId() };
    return this.commands.execute(new RecordAttempt({ message, key, observation }));
  }

  async #live(withdrawalId: string): Promise<AttemptRow | undefined> {
    const ended = ['failed', 'cancelled', 'returned'] as const;
    const where = { withdrawalId, state: { $nin: [...ended] } };
    return (await this.orm.em.fork().findOne(AttemptTable, where)) ?? undefined;
  }
}
