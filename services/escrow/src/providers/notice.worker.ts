import { type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, FinishNotice, type NoticeOutcome, Pauses, type ProviderNotice } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordCharge } from '../commands/record-charge.ts';
import { RecordRefund } from '../commands/record-refund.ts';
import { RecordSettlement } from '../commands/record-settlement.ts';
import { RecordSetup } from '../commands/record-setup.ts';
import { RecordSmallCharge } from '../commands/record-small-charge.ts';
import { RecordSmallRefund } from '../commands/record-small-refund.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { RefundAttemptTable } from '../tables/refund-attempt.table.ts';
import { SettlementTable } from '../tables/settlement.table.ts';
import { SmallChargeTable, SmallRefundTable } from '../tables/small-charge.table.ts';
import { Card, isSeen } from './card.ts';
import { CardDispute } from './card-dispute.ts';
import { CardPayout } from './card-payout.ts';
import { CardRefund } from './card-refund.ts';
import { CardSetup } from './card-setup.ts';
import { disputeRecord } from './dispute.worker.ts';
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
    const { fundingId: id } = observation.intent;
    const em = this.orm.em.fork();
    const funding = await em.findOne(FundingTable, { id });
    const small = funding ? undefined : await em.findOne(SmallChargeTable, { id });
    const charge = funding ?? small;
    // Ours is stored before its intent is created: this one is somebody else's.
    if (!charge) return 'unmatched';
    const message: MessageRef = { source: 'worker', id: newId() };
    const record = small
      ? new RecordSmallCharge({ message, smallChargeId: id, observation })
      : new RecordCharge({ message, fundingId: id, observation });
    await asWorkOf(charge, () => this.commands.execute(record));
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
    if (!id) return 'unmatched';
    const em = this.orm.em.fork();
    const ofFunding = await em.findOne(RefundAttemptTable, { id });
    const attempt = ofFunding ?? (await em.findOne(SmallRefundTable, { id }));
    // A second refund that carries the mark of an attempt of ours is none that we asked for: a person looks.
    if (!attempt || (attempt.reference ?? reference) !== reference) return 'unmatched';
    const input = { message: { source: 'worker', id: newId() }, attemptId: id, observation } as const;
    const record = ofFunding ? new RecordRefund(input) : new RecordSmallRefund(input);
    await asWorkOf(attempt, () => this.commands.execute(record));
    return 'matched';
  }

  async #workDispute(disputeId: string): Promise<NoticeOutcome | undefined> {
    const answer = await this.disputes.read(disputeId);
    if (answer.kind === 'absent') return 'unmatched';
    if (answer.kind !== 'seen') return undefined;
    const { dispute } = answer;
    const { intentId } = dispute;
    const em = this.orm.em.fork();
    const funding = await em.findOne(FundingTable, { intentId });
    const charge = funding ?? (await em.findOne(SmallChargeTable, { intentId }));
    if (!charge) return 'unmatched';
    await asWorkOf(charge, () =>
      this.commands.execute(disputeRecord(dispute, charge.id, { isSmall: !funding })),
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
