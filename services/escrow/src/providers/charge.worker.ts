import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { RecordCharge } from '../commands/record-charge.ts';
import { RecordSmallCharge } from '../commands/record-small-charge.ts';
import type { Observation } from '../domain/funding.ts';
import type { FundingRow } from '../tables/funding.table.ts';
import type { SmallChargeRow } from '../tables/small-charge.table.ts';
import { type NotSent, PayIn } from './pay-in.ts';

type Due = Pick<
  FundingRow,
  'id' | 'kind' | 'step' | 'intentId' | 'createBody' | 'confirmBody' | 'correlationId' | 'traceparent'
>;

/** Takes a charge's next step at the provider, between two short transactions (AD-4). */
@Injectable()
export class ChargeWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly payIn: PayIn,
    private readonly commands: CommandBus,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  /** One step of a funding that is due; called by the sweep. */
  advance(funding: FundingRow): Promise<void> {
    return this.#advance(
      funding,
      (message, observation) => new RecordCharge({ message, fundingId: funding.id, observation }),
    );
  }

  /** One step of a charge that verifies a card (P-2). */
  advanceSmall(charge: SmallChargeRow): Promise<void> {
    return this.#advance(
      { ...charge, kind: 'card' },
      (message, observation) => new RecordSmallCharge({ message, smallChargeId: charge.id, observation }),
    );
  }

  async #advance(
    charge: Due,
    recordOf: (message: MessageRef, observation: Observation) => Command<void>,
  ): Promise<void> {
    if (this.#pauses.resting(charge.id)) return;
    await asWorkOf(charge, async () => {
      const observation = await this.#step(charge);
      if (observation.kind === 'not_sent') return this.#pauses.rest(charge.id, observation.retryAfterMs);
      this.#pauses.over(charge.id);
      recorded();
      await this.commands.execute(recordOf({ source: 'worker', id: newId() }, observation));
    });
  }

  #step({ id, kind, step, intentId, createBody, confirmBody }: Due): Promise<Observation | NotSent> {
    const provider = this.payIn.of(kind);
    switch (step!) {
      case 'create':
        return provider.create(id, createBody);
      case 'confirm':
        return provider.confirm(id, intentId!, confirmBody);
      case 'cancel':
        return provider.cancel(intentId!);
      case 'read':
        return intentId ? provider.read(intentId) : provider.find(id, createBody);
    }
  }
}
