import { atHour, dateOf, type IsoDate, isBankingDay, nextBankingDay } from '../banking-days.ts';
import type { Behaviour } from './magic-accounts.ts';
import type { Change, OrderStatus } from './model.ts';

/** What is to become of an order. `amountMinor` null is all of it. */
export type Fate = Readonly<
  | { ends: 'completed' | 'failed' | 'denied' | 'cancelled' }
  | {
      ends: 'returned';
      when: 'before-paid' | 'after-paid';
      code: string;
      days: number;
      amountMinor: bigint | null;
    }
>;

type Accepted = Readonly<{ atMs: number; effectiveDate: IsoDate; amountMinor: bigint }>;

const hourMs = 3_600_000;
/** 1 h after its acceptance an order can no longer be edited; 4 h after it, the file is with the bank. */
const processesAfterMs = hourMs;
const leavesAfterMs = 4 * hourMs;
/** 15:00 UTC of the banking day after the effective date: settled and reconciled (T+1, section 3.3). */
const settlementHour = 15;

export function fateOf(behaviour: Behaviour): Fate {
  switch (behaviour) {
    case 'fails':
    case 'fails_once':
      return { ends: 'failed' };
    case 'denies':
      return { ends: 'denied' };
    case 'cancels':
      return { ends: 'cancelled' };
    case 'returns_before_paid':
      return { ends: 'returned', when: 'before-paid', code: 'R03', days: 0, amountMinor: null };
    case 'returns_after_paid':
      return { ends: 'returned', when: 'after-paid', code: 'R03', days: 2, amountMinor: null };
    case 'refuses_after_paid':
      return { ends: 'returned', when: 'after-paid', code: 'R23', days: 2, amountMinor: null };
    case 'pays':
      return { ends: 'completed' };
  }
}

/** The state in which an order is accepted, and all that will happen to it by itself. */
export function courseOf(fate: Fate, accepted: Accepted): { status: OrderStatus; coming: Change[] } {
  const { atMs, effectiveDate, amountMinor } = accepted;
  const change = (at: number, to: OrderStatus): Change => ({ atMs: at, to, returns: null });
  const processing = change(atMs + processesAfterMs, 'processing');
  const sent = change(atMs + leavesAfterMs, 'sent');
  const settlesAtMs = atHour(nextBankingDay(effectiveDate), settlementHour);
  const completed = change(settlesAtMs, 'completed');
  switch (fate.ends) {
    case 'completed':
      return { status: 'approved', coming: [processing, sent, completed] };
    case 'failed':
      return { status: 'approved', coming: [processing, { ...sent, to: 'failed' }] };
    case 'cancelled':
      return { status: 'approved', coming: [{ ...processing, to: 'cancelled' }] };
    case 'denied':
      return { status: 'needs_approval', coming: [{ ...processing, to: 'denied' }] };
    case 'returned': {
      const returns = { code: fate.code, amountMinor: fate.amountMinor ?? amountMinor };
      const isAfterPaid = fate.when === 'after-paid';
      const returnsAtMs = settlesAtMs + (isAfterPaid ? fate.days * 24 * hourMs : 0);
      const returned: Change = { atMs: returnsAtMs, to: 'returned', returns };
      const settled = isAfterPaid ? [completed, returned] : [returned];
      return { status: 'approved', coming: [processing, sent, ...settled] };
    }
  }
}

/** The date that was asked for, unless it is past or none was: then the next one on which the bank works. */
export function effectiveDateOf(asked: IsoDate | undefined, nowMs: number): IsoDate {
  const today = dateOf(nowMs);
  if (asked !== undefined && asked >= today) return asked;
  return isBankingDay(today) ? today : nextBankingDay(today);
}
