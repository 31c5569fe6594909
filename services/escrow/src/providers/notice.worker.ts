import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { FinishNotice } from '../commands/receive-notice.ts';
import { RecordCharge } from '../commands/record-charge.ts';
import { RecordSetup } from '../commands/record-setup.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import type { ProviderNotice } from '../tables/provider-notice.table.ts';
import { Card, isSeen } from './card.ts';
import { CardSetup } from './card-setup.ts';
import { asWorkOf, Pauses } from './work.ts';

/**
 * A notice only says that something may have changed: the object itself is read and that is applied (0.2).
 */
@Injectable()
export class NoticeWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly card: Card,
    private readonly setup: CardSetup,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  async work(notice: ProviderNotice): Promise<void> {
    if (this.#pauses.resting(notice.id)) return;
    const done = notice.objectId.startsWith('seti_')
      ? await this.#workSetup(notice.objectId)
      : await this.#workIntent(notice.objectId);
    if (!done) return this.#pauses.rest(notice.id);
    this.#pauses.over(notice.id);
    const message: MessageRef = { source: 'worker', id: notice.id };
    await this.commands.execute(new FinishNotice({ message, noticeId: notice.id }));
  }

  /** @returns false when no answer came and it must be tried again */
  async #workIntent(intentId: string): Promise<boolean> {
    const observation = await this.card.read(intentId);
    if (observation.kind === 'not_sent') return false;
    if (!isSeen(observation) || !observation.intent.fundingId) return true;
    const funding = await this.orm.em.fork().findOne(FundingTable, { id: observation.intent.fundingId });
    // Ours is stored before its intent is created: this one is somebody else's.
    if (!funding) return true;
    await asWorkOf(funding, () =>
      this.commands.execute(
        new RecordCharge({ message: { source: 'worker', id: newId() }, fundingId: funding.id, observation }),
      ),
    );
    return true;
  }

  async #workSetup(setupId: string): Promise<boolean> {
    const method = await this.orm.em.fork().findOne(BillingMethodTable, { setupId });
    // The worker of the set-up asks by itself until it knows the end.
    if (!method) return true;
    const answer = await this.setup.readSetup(setupId);
    if (answer.kind === 'again') return false;
    if (answer.kind === 'done') {
      const observation = { setup: answer.value };
      const message: MessageRef = { source: 'worker', id: newId() };
      await asWorkOf(method, () =>
        this.commands.execute(new RecordSetup({ message, methodId: method.id, observation })),
      );
    }
    return true;
  }
}
