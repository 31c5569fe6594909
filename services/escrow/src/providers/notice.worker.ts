import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, FinishNotice, type NoticeOutcome, Pauses, type ProviderNotice } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordCharge } from '../commands/record-charge.ts';
import { RecordChargeback } from '../commands/record-chargeback.ts';
import { RecordRefund } from '../commands/record-refund.ts';
import { RecordSettlement } from '../commands/record-settlement.ts';
import { RecordSetup } from '../commands/record-setup.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { RefundAttemptTable } from '../tables/refund-attempt.table.ts';
import { SettlementTable } from '../tables/settlement.table.ts';
import { Card, isSeen } from './card.ts';
import { CardDispute } from './card-dispute.ts';
import { CardPayout } from './card-payout.ts';
import { CardRefund } from './card-refund.ts';
import { CardSetup } from './card-setup.ts';
import type { PayInProvider } from './pay-in.ts';
import { Paypal } from './paypal.ts';

/**
 * A notice only says that something may have changed: the object itself is read and that is applied (0.2).
 */
@Injectable()
export class NoticeWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly card: Card,
    private readonly setup: CardSetup,
    private readonly payouts: CardPayout,
    private readonly refunds: CardRefund,
    private readonly disputes: CardDispute,
    private readonly paypal: Paypal,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  async work(notice: ProviderNotice): Promise<void> {
    if (this.#pauses.resting(notice.id)) return;
    const outcome = await this.#workObject(notice);
    if (!outcome) return this.#pauses.rest(notice.id);
    this.#pauses.over(notice.id);
    const message: MessageRef = { source: 'worker', id: notice.id };
    await this.commands.execute(new FinishNotice({ message, noticeId: notice.id, outcome }));
  }

  /** @returns undefined when no answer came and it must be tried again */
  #workObject({ provider, objectId: id }: ProviderNotice): Promise<NoticeOutcome | undefined> {
    if (provider === 'paypal') return this.#workIntent(this.paypal, id);
    if (id.startsWith('seti_')) return this.#workSetup(id);
    if (id.startsWith('re_')) return this.#workRefund(id);
    if (/^d[pu]_/.test(id)) return this.#workDispute(id);
    return id.startsWith('po_') ? this.#workPayout(id) : this.#workIntent(this.card, id);
  }

  async #workIntent(provider: PayInProvider, intentId: string): Promise<NoticeOutcome | undefined> {
    const observation = await provider.read(intentId);
    if (observation.kind === 'not_sent') return undefined;
    if (!isSeen(observation) || !observation.intent.fundingId) return 'unmatched';
    const funding = await this.orm.em.fork().findOne(FundingTable, { id: observation.intent.fundingId });
    // Ours is stored before its intent is created: this one is somebody else's.
    if (!funding) return 'unmatched';
    await asWorkOf(funding, () =>
      this.commands.execute(
        new RecordCharge({ message: { source: 'worker', id: newId() }, fundingId: funding.id, observation }),
      ),
    );
    return 'matched';
  }

  async #workPayout(payoutId: string): Promise<NoticeOutcome | undefined> {
    const observation = await this.payouts.read(payoutId);
    if (observation.kind === 'not_sent') return undefined;
    const id = observation.kind === 'seen' ? observation.payout.settlementId : undefined;
    const settlement = id && (await this.orm.em.fork().findOne(SettlementTable, { id }));
    // A second payout that carries the mark of a settlement of ours is none that we asked for: a person looks.
    if (!settlement || (settlement.payoutId ?? payoutId) !== payoutId) return 'unmatched';
    const message: MessageRef = { source: 'worker', id: newId() };
    await asWorkOf(settlement, () =>
      this.commands.execute(new RecordSettlement({ message, settlementId: settlement.id, observation })),
    );
    return 'matched';
  }

  async #workRefund(reference: string): Promise<NoticeOutcome | undefined> {
    const observation = await this.refunds.read(reference);
    if (observation.kind === 'not_sent') return undefined;
    const id = observation.kind === 'seen' ? observation.refund.attemptId : undefined;
    const attempt = id && (await this.orm.em.fork().findOne(RefundAttemptTable, { id }));
    // A second refund that carries the mark of an attempt of ours is none that we asked for: a person looks.
    if (!attempt || (attempt.reference ?? reference) !== reference) return 'unmatched';
    const message: MessageRef = { source: 'worker', id: newId() };
    await asWorkOf(attempt, () =>
      this.commands.execute(new RecordRefund({ message, attemptId: attempt.id, observation })),
    );
    return 'matched';
  }

  async #workDispute(disputeId: string): Promise<NoticeOutcome | undefined> {
    const answer = await this.disputes.read(disputeId);
    if (answer.kind === 'absent') return 'unmatched';
    if (answer.kind !== 'seen') return undefined;
    const { dispute } = answer;
    const funding = await this.orm.em.fork().findOne(FundingTable, { intentId: dispute.intentId });
    if (!funding) return 'unmatched';
    const message: MessageRef = { source: 'worker', id: newId() };
    await asWorkOf(funding, () =>
      this.commands.execute(new RecordChargeback({ message, fundingId: funding.id, dispute })),
    );
    return 'matched';
  }

  async #workSetup(setupId: string): Promise<NoticeOutcome | undefined> {
    const method = await this.orm.em.fork().findOne(BillingMethodTable, { setupId });
    // The notice may come before the worker has stored the id, and the worker asks by itself until it knows the end.
    if (!method) return 'matched';
    const answer = await this.setup.readSetup(setupId);
    if (answer.kind === 'again') return undefined;
    if (answer.kind === 'done') {
      const observation = { setup: answer.value };
      const message: MessageRef = { source: 'worker', id: newId() };
      await asWorkOf(method, () =>
        this.commands.execute(new RecordSetup({ message, methodId: method.id, observation })),
      );
    }
    return 'matched';
  }
}
