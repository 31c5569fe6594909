import { describe, expect, test } from '@jest/globals';
import {
  type ChargebackStatus,
  type ChargebackStep,
  type DisputeView,
  isOpen,
  stepsOf,
} from './chargeback.ts';

const view = (status: DisputeView['status'], more: Partial<DisputeView> = {}): DisputeView => ({
  id: 'du_1',
  intentId: 'pi_1',
  status,
  amountMinor: 52_500n,
  ...more,
});
const debited = { debited: { feeMinor: 1_500n } };
const reinstated = { ...debited, reinstated: { feeMinor: 0n } };

type Case = readonly [ChargebackStatus | undefined, DisputeView, readonly ChargebackStep[]];

describe('P-11: what a look at the provider shows', () => {
  test.each<Case>([
    [undefined, view('warning_needs_response'), ['warn']],
    [undefined, view('warning_closed'), ['warn', 'close']],
    [undefined, view('needs_response'), []],
    [undefined, view('needs_response', debited), ['receive']],
    ['inquiry', view('needs_response', debited), ['receive']],
    ['inquiry', view('warning_under_review'), []],
    ['inquiry', view('warning_closed'), ['close']],
    ['received', view('needs_response', debited), []],
    ['received', view('under_review', debited), ['contest']],
    ['contested', view('under_review', debited), []],
    ['accepted', view('under_review', debited), []],
  ])('from %s', (known, shown, steps) => {
    expect(stepsOf(known, shown)).toEqual(steps);
  });

  test.each<Case>([
    // A bank debit is lost from the start, without appeal (4.3).
    [undefined, view('lost', debited), ['receive', 'expire', 'lose']],
    ['received', view('lost', debited), ['expire', 'lose']],
    ['contested', view('lost', debited), ['lose']],
    ['accepted', view('lost', debited), ['lose']],
    ['lost', view('lost', debited), []],
    ['received', view('won', reinstated), ['win']],
    ['contested', view('won', reinstated), ['win']],
    // The word comes before the money: nothing is booked until it is back.
    ['contested', view('won', debited), []],
    ['lost', view('won', reinstated), ['win_later']],
    ['won', view('won', reinstated), []],
  ])('an end, from %s', (known, shown, steps) => {
    expect(stepsOf(known, shown)).toEqual(steps);
  });

  test('while payouts has not said what it took nothing is booked on top', () => {
    expect(stepsOf('recovering', view('won', reinstated))).toEqual([]);
    expect(stepsOf('recovering', view('lost', debited))).toEqual([]);
  });

  test('a word of the provider that nobody knows yet changes nothing', () => {
    expect(stepsOf('received', view('other', debited))).toEqual([]);
    expect(stepsOf(undefined, view('other', debited))).toEqual(['receive']);
  });

  test('E-23: it is open while the bank has the money and has not decided', () => {
    const all: ChargebackStatus[] = [
      'inquiry',
      'received',
      'contested',
      'accepted',
      'recovering',
      'lost',
      'won',
      'closed',
    ];
    expect(all.filter(isOpen)).toEqual(['received', 'contested', 'accepted']);
  });
});
