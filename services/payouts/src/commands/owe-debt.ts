import type { Money } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import { openDebt } from '../domain/debt.ts';
import { insertDebt } from '../tables/debt.table.ts';
import { touchPerson } from '../tables/person.table.ts';
import { reviewHolds } from './review-holds.ts';

/** A debt keeps withdrawals that are not sent yet (B-6). */
export async function oweDebt(
  tx: Tx,
  cause: { agreementId: string; causeId: string },
  accountId: string,
  amount: Money,
): Promise<void> {
  const opened = openDebt(newId(), accountId, amount);
  insertDebt(tx, opened, cause);
  tx.publish(payoutsEvents, [opened]);
  if (await touchPerson(tx, accountId)) await reviewHolds(tx, accountId, { isInDebt: true });
}
