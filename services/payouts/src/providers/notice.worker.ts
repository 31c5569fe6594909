import { plusMinutes } from '@holdfast/domain';
import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import {
  asWorkOf,
  FinishNotice,
  type NoticeOutcome,
  Pauses,
  PostponeNotice,
  type ProviderNotice,
} from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordAttempt } from '../commands/record-attempt.ts';
import { AttemptTable } from '../tables/attempt.table.ts';
import { WithdrawalTable } from '../tables/withdrawal.table.ts';
import { Bank, type Reading } from './bank.ts';

/**
 * An order of ours may be told of before it can be read (fault 20). It is found within ten minutes; what the
 * bank does not show by then is nobody's.
 */
const unseenMinutes = 10;

/**
 * A notice only says that something may have changed: the order itself is read and that is applied (0.2).
 */
@Injectable()
export class NoticeWorker {
  readonly #pauses: Pauses;

  constructor(
    private readonly bank: Bank,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly clock: BusinessClock,
    wallClock: WallClock,
  ) {
    this.#pauses = new Pauses(wallClock);
  }

  async work(notice: ProviderNotice): Promise<void> {
    if (this.#pauses.resting(notice.id)) return;
    const reading = await this.bank.read(notice.objectId);
    const outcome = await this.#apply(notice, reading);
    if (!outcome && reading.kind === 'again') return this.#pauses.rest(notice.id, reading.retryAfterMs);
    this.#pauses.over(notice.id);
    const message: MessageRef = { source: 'worker', id: newId() };
    const until = plusMinutes(notice.receivedAt, unseenMinutes);
    await this.commands.execute(
      outcome
        ? new FinishNotice({ message, noticeId: notice.id, outcome })
        : new PostponeNotice({ message, noticeId: notice.id, until }),
    );
  }

  /** @returns undefined when it must be looked at again */
  async #apply(notice: ProviderNotice, reading: Reading): Promise<NoticeOutcome | undefined> {
    switch (reading.kind) {
      case 'again':
        return undefined;
      case 'absent':
        return this.#unseen(notice);
      case 'seen': {
        const { key } = reading.order;
        const em = this.orm.em.fork();
        // Ours is stored before its order is sent: this one is somebody else's.
        const attempt = key === undefined ? null : await em.findOne(AttemptTable, { key });
        if (!attempt) return reading.isRefund ? 'matched' : 'unmatched';
        const withdrawal = (await em.findOne(WithdrawalTable, { id: attempt.withdrawalId }))!;
        const message: MessageRef = { source: 'worker', id: newId() };
        const command = new RecordAttempt({ message, key: attempt.key, observation: reading });
        await asWorkOf(withdrawal, () => this.commands.execute(command));
        return 'matched';
      }
    }
  }

  /**
   * One of ours is asked about anyway, whatever becomes of its notice. While we wait to learn the bank's id of
   * another one, it may be that; else it is somebody else's.
   */
  async #unseen({ objectId, receivedAt }: ProviderNotice): Promise<NoticeOutcome | undefined> {
    const em = this.orm.em.fork();
    if ((await em.count(AttemptTable, { providerReference: objectId })) > 0) return 'matched';
    if (this.clock.now() >= plusMinutes(receivedAt, unseenMinutes)) return 'unmatched';
    const unlearned = await em.count(AttemptTable, {
      providerReference: null,
      state: { $in: ['created', 'unknown'] },
    });
    return unlearned > 0 ? undefined : 'unmatched';
  }
}
