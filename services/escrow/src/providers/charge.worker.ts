import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordCharge } from '../commands/record-charge.ts';
import type { Observation } from '../domain/funding.ts';
import type { FundingRow } from '../tables/funding.table.ts';
import { type NotSent, PayIn } from './pay-in.ts';

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
  async advance(funding: FundingRow): Promise<void> {
    if (this.#pauses.resting(funding.id)) return;
    await asWorkOf(funding, async () => {
      const observation = await this.#step(funding);
      if (observation.kind === 'not_sent') return this.#pauses.rest(funding.id, observation.retryAfterMs);
      this.#pauses.over(funding.id);
      recorded();
      const message: MessageRef = { source: 'worker', id: newId() };
      await this.commands.execute(new RecordCharge({ message, fundingId: funding.id, observation }));
    });
  }

  #step({ id, kind, step, intentId, createBody, confirmBody }: FundingRow): Promise<Observation | NotSent> {
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
