import { Rejection } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import type { Balance, Taken } from '../domain/balance.ts';
import { CreditTable } from './credit.table.ts';
import { AvailableView } from './fund-hold.table.ts';

/** What a freelancer has: the credits that are still pending, and what is available by the ledger. */
export async function loadBalance(tx: Tx, accountId: string): Promise<Balance> {
  const credits = await tx.many(CreditTable, { accountId, status: 'pending' });
  const available = await tx.peek(AvailableView, { id: accountId });
  return {
    pending: credits.map(({ id, pendingMinor, maturesAt }) => ({ id, pendingMinor, maturesAt: maturesAt! })),
    availableMinor: available?.amountMinor ?? 0n,
  };
}

/** What was taken of pending credits does not mature any more. */
export async function saveTaken(tx: Tx, { fromPending }: Pick<Taken, 'fromPending'>): Promise<void> {
  for (const { creditId: id, amountMinor } of fromPending) {
    const row = (await tx.one(CreditTable, { id }))!;
    tx.save(CreditTable, { ...row, pendingMinor: row.pendingMinor - amountMinor });
  }
}

/** As many as a withdrawal may come between, each time anew. */
const looksMax = 8;

/**
 * Decides on the available balance, which has no version: the ledger refuses what somebody else has taken between the
 * look and the commit, and then it is looked at again.
 */
export async function onBalance<Answer>(decide: () => Promise<Answer>): Promise<Answer> {
  for (let look = 1; ; look += 1) {
    try {
      return await decide();
    } catch (error) {
      const isTaken = error instanceof Rejection && error.code === 'money.insufficient';
      if (!isTaken || look === looksMax) throw error;
    }
  }
}
