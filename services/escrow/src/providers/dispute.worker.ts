import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { type Command, CommandBus } from '@nestjs/cqrs';
import { RecordChargeback } from '../commands/record-chargeback.ts';
import { RecordSmallDispute } from '../commands/record-small-dispute.ts';
import type { DisputeView } from '../domain/chargeback.ts';
import { type ChargebackRow, ChargebackTable } from '../tables/chargeback.table.ts';
import { type SmallDisputeRow, SmallDisputeTable } from '../tables/small-dispute.table.ts';
import { CardDispute, type DisputeAnswer } from './card-dispute.ts';

/** Looks at a dispute that is due, and gives our answer, between two short transactions (AD-4). */
@Injectable()
export class DisputeWorker {
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

  async advance({ id }: ChargebackRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const now = this.businessClock.now();
    const row = await this.orm.em.fork().findOne(ChargebackTable, { id, nextCallAt: { $lte: now } });
    if (!row) return;
    await asWorkOf(row, async () => {
      const looked = await this.disputes.read(row.disputeId);
      if (looked.kind !== 'seen') return this.#pauses.rest(id);
      const isAnswered = isToAnswer(row, looked);
      const answered = isAnswered ? await this.#answer(row) : looked;
      if (answered.kind === 'not_sent') return this.#pauses.rest(id, answered.retryAfterMs);
      this.#pauses.over(id);
      recorded();
      // Refused, it is not given again before the next look.
      const { dispute } = answered.kind === 'seen' ? answered : looked;
      const message: MessageRef = { source: 'worker', id: newId() };
      await this.commands.execute(
        new RecordChargeback({ message, fundingId: row.fundingId, dispute, look: { isAnswered } }),
      );
    });
  }

  /** A look at the dispute of a small charge, which is never answered (P-2). */
  async lookAtSmall({ id }: SmallDisputeRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const now = this.businessClock.now();
    const row = await this.orm.em.fork().findOne(SmallDisputeTable, { id, nextCallAt: { $lte: now } });
    if (!row) return;
    await asWorkOf(row, async () => {
      const looked = await this.disputes.read(row.disputeId);
      if (looked.kind !== 'seen') return this.#pauses.rest(id);
      this.#pauses.over(id);
      recorded();
      const { smallChargeId } = row;
      const message: MessageRef = { source: 'worker', id: newId() };
      await this.commands.execute(
        new RecordSmallDispute({ message, smallChargeId, dispute: looked.dispute, isLook: true }),
      );
    });
  }

  #answer({ id: chargebackId, disputeId, answer, answerBody }: ChargebackRow): Promise<DisputeAnswer> {
    return this.disputes.answer(disputeId, { chargebackId, answer: answer!, body: answerBody! });
  }
}

/** A look comes before the call: an answer that got lost on its way back is seen, and not given twice. */
const isToAnswer = ({ answer, status }: ChargebackRow, looked: DisputeAnswer & { kind: 'seen' }): boolean =>
  looked.dispute.status === 'needs_response' &&
  ((answer === 'contest' && status === 'received') || (answer === 'accept' && status === 'accepted'));

/** What a dispute that was not known says of the charge that it is about. */
export function disputeRecord(
  dispute: DisputeView,
  chargeId: string,
  { isSmall }: Readonly<{ isSmall: boolean }>,
): Command<void> {
  const message: MessageRef = { source: 'worker', id: newId() };
  return isSmall
    ? new RecordSmallDispute({ message, smallChargeId: chargeId, dispute })
    : new RecordChargeback({ message, fundingId: chargeId, dispute });
}
