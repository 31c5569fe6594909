import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { CONFIG } from '@holdfast/service';
import { Inject, Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordSetup, type SetupObservation } from '../commands/record-setup.ts';
import type { EscrowConfig } from '../config.ts';
import type { BillingMethod } from '../tables/billing-method.table.ts';
import { CardSetup, type SetupAnswer } from './card-setup.ts';
import { PaypalSetup } from './paypal-setup.ts';

/** Takes a method's set-up through the calls of its provider; none of them moves money. */
@Injectable()
export class SetupWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly card: CardSetup,
    private readonly paypal: PaypalSetup,
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

  #step(method: BillingMethod): Promise<SetupAnswer<SetupObservation>> {
    const provider = method.kind === 'paypal' ? this.paypal : this.card;
    return provider.step(method, this.config.PAYER_RETURN_URL);
  }
}
