import { Money, Rejection, usd } from '@holdfast/domain';
import { type HoldCause, Instant } from '@holdfast/events';
import { type InferEntity, MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AttemptTable } from '../tables/attempt.table.ts';
import { WithdrawalTable } from '../tables/withdrawal.table.ts';

type Row = InferEntity<typeof WithdrawalTable>;
type Attempt = InferEntity<typeof AttemptTable>;

const money = (amountMinor: bigint) => Money.encode(usd(amountMinor));
const instant = (date: Date | null | undefined) => (date ? Instant.encode(date) : undefined);

/** The newest ones; older ones are in the journals. */
const listedMax = 100;

/** A freelancer's own withdrawals: where the money is, why, and what happens next and when (C-10). */
@Injectable()
export class MyWithdrawals {
  constructor(private readonly orm: MikroORM) {}

  async list(accountId: string): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(WithdrawalTable, { accountId }, { orderBy: { requestedAt: 'desc' }, limit: listedMax });
    return { withdrawals: rows.map(summary) };
  }

  /** @throws Rejection withdrawal.unknown, for a stranger as for an id that does not exist */
  async one(accountId: string, id: string): Promise<object> {
    const em = this.orm.em.fork();
    const row = await em.findOne(WithdrawalTable, { id, accountId });
    if (!row) throw new Rejection('withdrawal.unknown');
    const attempts = await em.find(AttemptTable, { withdrawalId: id }, { orderBy: { number: 'asc' } });
    return { ...summary(row), attempts: attempts.map(attemptView) };
  }
}

function summary(row: Row): object {
  const { backMinor, feeMinor, amountMinor, holdCauses, reason } = row;
  const sentMinor = amountMinor - feeMinor;
  return {
    withdrawalId: row.id,
    methodId: row.methodId,
    status: row.status,
    amount: money(amountMinor),
    fee: money(feeMinor),
    sent: money(sentMinor),
    ...(holdCauses.length > 0 ? { heldBecause: holdCauses.map((cause) => publicCauses[cause]) } : {}),
    ...(reason ? { reason } : {}),
    requestedAt: instant(row.requestedAt),
    cutOffAt: instant(row.cutOffAt),
    arrivesBy: instant(row.arrivesBy),
    ...(row.paidAt ? { paidAt: instant(row.paidAt) } : {}),
    ...(row.returnedAt
      ? {
          returned: {
            at: instant(row.returnedAt),
            amountBack: money(backMinor!),
            bankCharge: money(sentMinor - backMinor!),
            feeKept: row.feeKept,
          },
        }
      : {}),
    next: nextOf(row),
  };
}

/** Why something is under review stays secret (W-17). */
export const publicCauses: Readonly<Record<HoldCause, string>> = {
  screening: 'under review',
  account_hold: 'account on hold',
  sending_stopped: 'sending is stopped',
  debt: 'a debt is paid first',
};

/** Neither bytes nor what people noted about it. */
const attemptView = ({ key, state, sentMinor, failure, returnReason }: Attempt): object => ({
  attemptId: key,
  state,
  sent: money(sentMinor),
  ...((failure ?? returnReason) ? { reason: failure ?? returnReason } : {}),
});

type Next = { what: string; who: string; at?: string };

/** What happens next, by itself or by whom, and when; undefined where it has ended. */
function nextOf(row: Row): Next | undefined {
  switch (row.status) {
    case 'requested':
      return { what: 'sent', who: 'nobody', at: instant(row.cutOffAt) };
    case 'held':
      return { what: 'goes on when the hold is gone', who: 'operator' };
    case 'sent':
      return { what: 'arrives', who: 'bank', at: instant(row.arrivesBy) };
    case 'unknown':
      return { what: 'the bank is asked whether it was sent', who: 'bank', at: instant(row.nextCallAt) };
    default:
      return undefined;
  }
}
