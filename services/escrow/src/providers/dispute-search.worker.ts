import { plusDays } from '@holdfast/domain';
import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { FinishDisputeSearch } from '../commands/finish-dispute-search.ts';
import type { DisputeView } from '../domain/chargeback.ts';
import { ChargebackTable } from '../tables/chargeback.table.ts';
import { type DisputeSearchRow, DisputeSearchTable } from '../tables/dispute-search.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { SmallChargeTable } from '../tables/small-charge.table.ts';
import { SmallDisputeTable } from '../tables/small-dispute.table.ts';
import { CardDispute } from './card-dispute.ts';
import { disputeRecord } from './dispute.worker.ts';

/** 1 day: the provider's clock is not ours, and a list may lag. */
const overlapDays = 1;

/**
 * A chargeback whose notice is lost is found by itself: the provider's list is read back to the last search, and what
 * is not known of it is booked (P-9, P-11). What is known is asked about on its own.
 */
@Injectable()
export class DisputeSearchWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly disputes: CardDispute,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly businessClock: BusinessClock,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  async advance({ id }: DisputeSearchRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const begunAt = this.businessClock.now();
    const search = await this.orm.em
      .fork()
      .findOne(DisputeSearchTable, { id, nextCallAt: { $lte: begunAt } });
    if (!search) return;
    const since = search.searchedTo ? plusDays(search.searchedTo, -overlapDays) : undefined;
    for (let after: string | undefined; ; ) {
      const page = await this.disputes.list(since, after);
      if (page.kind === 'not_sent') return this.#pauses.rest(id, page.retryAfterMs);
      for (const dispute of page.disputes) await this.#book(dispute);
      if (!page.next) break;
      after = page.next;
    }
    this.#pauses.over(id);
    recorded();
    const message: MessageRef = { source: 'worker', id: newId() };
    await this.commands.execute(new FinishDisputeSearch({ message, searchId: id, begunAt }));
  }

  async #book(dispute: DisputeView): Promise<void> {
    const em = this.orm.em.fork();
    if (await em.findOne(ChargebackTable, { disputeId: dispute.id })) return;
    if (await em.findOne(SmallDisputeTable, { disputeId: dispute.id })) return;
    const { intentId } = dispute;
    const funding = await em.findOne(FundingTable, { intentId });
    const charge = funding ?? (await em.findOne(SmallChargeTable, { intentId }));
    // Of somebody else: its notice, if there is one, is kept for an operator.
    if (!charge) return;
    await asWorkOf(charge, () =>
      this.commands.execute(disputeRecord(dispute, charge.id, { isSmall: !funding })),
    );
  }
}
