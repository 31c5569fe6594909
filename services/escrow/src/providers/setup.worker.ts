import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { CONFIG } from '@holdfast/service';
import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordSetup, type SetupObservation } from '../commands/record-setup.ts';
import type { EscrowConfig } from '../config.ts';
import type { BillingMethod } from '../tables/billing-method.table.ts';
import { CardSetup, type SetupAnswer, type SetupView } from './card-setup.ts';

/** Takes a card's set-up through its three calls; none of them moves money. */
@Injectable()
export class SetupWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly setup: CardSetup,
    private readonly commands: CommandBus,
    wallClock: WallClock,
    @Inject(CONFIG) private readonly config: EscrowConfig,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  async advance(method: BillingMethod): Promise<void> {
    if (this.#pauses.resting(method.id)) return;
    await asWorkOf(method, async () => {
      const answer = await this.#step(method);
      if (answer.kind === 'again') return this.#pauses.rest(method.id, answer.retryAfterMs);
      this.#pauses.over(method.id);
      recorded();
      const message: MessageRef = { source: 'worker', id: newId() };
      const observation: SetupObservation =
        answer.kind === 'done' ? answer.value : { refused: answer.reason };
      await this.commands.execute(new RecordSetup({ message, methodId: method.id, observation }));
    });
  }

  async #step(method: BillingMethod): Promise<SetupAnswer<SetupObservation>> {
    if (!method.customerId) {
      const answer = await this.setup.createCustomer(method.id);
      return answer.kind === 'done' ? { kind: 'done', value: { customerId: answer.value.id } } : answer;
    }
    if (!method.setupId)
      return seen(await this.setup.createSetup(method.id, method.customerId, method.token));
    const known = await this.setup.readSetup(method.setupId);
    if (known.kind !== 'done' || known.value.status !== 'requires_confirmation') return seen(known);
    return seen(await this.setup.confirmSetup(method.id, method.setupId, this.config.PAYER_RETURN_URL));
  }
}

const seen = (answer: SetupAnswer<SetupView>): SetupAnswer<SetupObservation> =>
  answer.kind === 'done' ? { kind: 'done', value: { setup: answer.value } } : answer;
