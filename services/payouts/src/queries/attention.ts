import { plusMinutes } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { BusinessClock } from '@holdfast/messaging';
import { type EntityManager, type InferEntity, MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AttemptTable } from '../tables/attempt.table.ts';
import { WithdrawalTable } from '../tables/withdrawal.table.ts';

type Withdrawal = InferEntity<typeof WithdrawalTable>;
type Attempt = InferEntity<typeof AttemptTable>;

/** 30 min: three misses over 10 minutes settle a doubt, and the call that follows may be in doubt once more. */
const doubtMinutes = 30;
/** 15 min, like `answer.alarm_minutes` of M-15: at the cut-off many are sent, and each is tried again. */
const overdueMinutes = 15;
/** Enough to act on; the oldest ones are named. */
const findingsMax = 100;

/** A withdrawal that an operator should know of. */
export type Attended = Readonly<{
  withdrawalId: string;
  accountId: string;
  attemptId?: string;
  /** Why a person must look at an attempt. */
  review?: string;
  since: Date;
}>;

/** Withdrawals that do not go on by themselves, or not as they should; for the alarms and for operators. */
@Injectable()
export class Attention {
  constructor(
    private readonly orm: MikroORM,
    private readonly clock: BusinessClock,
  ) {}

  /** Nothing is booked, or sent, until a person has looked (F47, W-15). */
  async inReview(): Promise<Attended[]> {
    const em = this.orm.em.fork();
    const orderBy = { id: 'asc' } as const;
    return paired(
      em,
      await em.find(AttemptTable, { review: { $ne: null } }, { orderBy, limit: findingsMax }),
    );
  }

  /** The outcome of a sending is not known, for longer than a doubt lasts by itself. */
  inDoubt(): Promise<Attended[]> {
    return this.#unknownBefore(plusMinutes(this.clock.now(), -doubtMinutes));
  }

  /** All whose outcome is not known now. */
  unknown(): Promise<Attended[]> {
    return this.#unknownBefore(this.clock.now());
  }

  /** Past the cut-off, and neither sent nor held. */
  async overdue(): Promise<Attended[]> {
    const until = plusMinutes(this.clock.now(), -overdueMinutes);
    const withdrawals = await this.orm.em
      .fork()
      .find(
        WithdrawalTable,
        { status: 'requested', cutOffAt: { $lte: until } },
        { orderBy: { cutOffAt: 'asc' }, limit: findingsMax },
      );
    return withdrawals.map((withdrawal) => attended(withdrawal));
  }

  async #unknownBefore(until: Date): Promise<Attended[]> {
    const em = this.orm.em.fork();
    const where = { state: 'unknown', keySince: { $lte: until } } as const;
    const orderBy = { keySince: 'asc' } as const;
    return paired(em, await em.find(AttemptTable, where, { orderBy, limit: findingsMax }));
  }

  /** The same for a person: what it is, since when, and how old. */
  async list(): Promise<object> {
    const now = this.clock.now();
    const [inReview, unknown, overdue] = await Promise.all([this.inReview(), this.unknown(), this.overdue()]);
    const view = (rows: readonly Attended[]) =>
      rows.map(({ since, ...row }) => ({
        ...row,
        since: Instant.encode(since),
        ageSeconds: Math.max(0, Math.floor((now.getTime() - since.getTime()) / 1_000)),
      }));
    return { inReview: view(inReview), unknown: view(unknown), overdue: view(overdue) };
  }
}

async function paired(em: EntityManager, attempts: readonly Attempt[]): Promise<Attended[]> {
  const withdrawals = await em.find(WithdrawalTable, { id: attempts.map((one) => one.withdrawalId) });
  const byId = new Map(withdrawals.map((withdrawal) => [withdrawal.id, withdrawal]));
  return attempts.map((attempt) => attended(byId.get(attempt.withdrawalId)!, attempt));
}

/** In doubt since its key may be known to the bank; else since it was to be sent. */
const attended = (withdrawal: Withdrawal, attempt?: Attempt): Attended => ({
  withdrawalId: withdrawal.id,
  accountId: withdrawal.accountId,
  ...(attempt ? { attemptId: attempt.key } : {}),
  ...(attempt?.review ? { review: attempt.review } : {}),
  since: attempt?.keySince ?? withdrawal.cutOffAt,
});
