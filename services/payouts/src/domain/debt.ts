import { type Money, usd } from '@holdfast/domain';
import type { EventOf, payoutsEvents } from '@holdfast/events';
import { least } from './balance.ts';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
export type DebtOpened = Extract<PayoutsEvent, { type: 'payouts.debt.opened' }>;
export type DebtSettled = Extract<PayoutsEvent, { type: 'payouts.debt.settled' }>;

/** What a freelancer owes the platform; it blocks withdrawals until nothing is left (B-6). */
export type Debt = Readonly<{ id: string; accountId: string; openedAt: Date; left: Money }>;

export const openDebt = (debtId: string, accountId: string, amount: Money): DebtOpened => {
  return { type: 'payouts.debt.opened', accountId, debtId, amount, left: amount };
};

/** Pays debts, the oldest first, before anything reaches the balance (B-6). */
export function settleDebts(
  debts: readonly Debt[],
  amountMinor: bigint,
): { settled: DebtSettled[]; restMinor: bigint } {
  let open = amountMinor;
  const settled: DebtSettled[] = [];
  for (const { id: debtId, accountId, left } of [...debts].sort(oldestFirst)) {
    const paid = least(left.amountMinor, open);
    if (paid === 0n) continue;
    open -= paid;
    const rest = usd(left.amountMinor - paid);
    settled.push({ type: 'payouts.debt.settled', accountId, debtId, amount: usd(paid), left: rest });
  }
  return { settled, restMinor: open };
}

/** The state after an event. */
export const evolve = (debt: Debt, { left }: DebtSettled): Debt => ({ ...debt, left });

const oldestFirst = (a: Debt, b: Debt): number =>
  a.openedAt.getTime() - b.openedAt.getTime() || (a.id < b.id ? -1 : 1);
