import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordRegistration } from '../commands/record-registration.ts';
import { RecordScreening } from '../commands/record-screening.ts';
import type { WithdrawalMethodRow } from '../tables/withdrawal-method.table.ts';
import { ReceivingAccounts } from './receiving-account.ts';
import { Screening } from './screening.ts';

/** Takes a new method through its two calls, screening and registration; neither moves money (AD-4). */
@Injectable()
export class MethodWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly screening: Screening,
    private readonly accounts: ReceivingAccounts,
    private readonly commands: CommandBus,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  /** The next call of a method that is due; called by the sweep. */
  async advance(method: WithdrawalMethodRow): Promise<void> {
    if (this.#pauses.resting(method.id)) return;
    await asWorkOf(method, () =>
      method.screening === 'pending' ? this.#screen(method) : this.#register(method),
    );
  }

  async #screen(method: WithdrawalMethodRow): Promise<void> {
    const answer = await this.screening.ask(method);
    if (answer === 'no_answer') return this.#pauses.rest(method.id);
    this.#answered(method);
    await this.commands.execute(new RecordScreening({ message: asked(), methodId: method.id, answer }));
  }

  async #register(method: WithdrawalMethodRow): Promise<void> {
    const answer = await this.accounts.register(method);
    if (answer.kind === 'again') return this.#pauses.rest(method.id, answer.retryAfterMs);
    this.#answered(method);
    const { kind: _, ...known } = answer;
    const registration = 'receivingAccountId' in known ? known : ({ refused: true } as const);
    await this.commands.execute(
      new RecordRegistration({ message: asked(), methodId: method.id, registration }),
    );
  }

  #answered({ id }: WithdrawalMethodRow): void {
    this.#pauses.over(id);
    recorded();
  }
}

const asked = (): MessageRef => ({ source: 'worker', id: newId() });
