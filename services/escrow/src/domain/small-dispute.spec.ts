import { type Journal, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import type { DisputeView } from './chargeback.ts';
import {
  nextStepOf,
  type SmallDispute,
  smallDisputeJournal,
  smallDisputeLostJournal,
  smallDisputeWonJournal,
} from './small-dispute.ts';

const view = (status: DisputeView['status'], more: Partial<DisputeView> = {}): DisputeView => ({
  id: 'du_1',
  intentId: 'pi_1',
  status,
  amountMinor: 87n,
  ...more,
});
const debited = { debited: { feeMinor: 1_500n } };
const reinstated = { ...debited, reinstated: { feeMinor: 0n } };

test('P-2, P-11: what the bank says of a small charge, in whatever order it comes', () => {
  expect(nextStepOf(undefined, view('warning_needs_response'))).toBeUndefined();
  expect(nextStepOf(undefined, view('needs_response', debited))).toBe('receive');
  expect(nextStepOf(undefined, view('lost', debited))).toBe('receive');
  expect(nextStepOf('received', view('under_review', debited))).toBeUndefined();
  expect(nextStepOf('received', view('lost', debited))).toBe('lose');
  expect(nextStepOf('received', view('won', debited))).toBeUndefined();
  expect(nextStepOf('received', view('won', reinstated))).toBe('win');
  expect(nextStepOf('lost', view('lost', debited))).toBeUndefined();
  expect(nextStepOf('lost', view('won', reinstated))).toBe('win');
  expect(nextStepOf('won', view('lost', debited))).toBeUndefined();
});

const dispute = (tookOwed: boolean): SmallDispute => ({
  id: 'dispute-1',
  accountId: 'client-1',
  status: 'received',
  amount: usd(87n),
  fee: usd(1_500n),
  feeReturned: usd(0n),
  tookOwed,
});
const linesOf = ({ lines }: Journal) => lines.map(({ account, amountMinor }) => `${account} ${amountMinor}`);

test('P-2, P-11: it takes amount and fee at once; lost, the client has what was owed, or more than that', () => {
  expect(linesOf(smallDisputeJournal(dispute(true)))).toEqual([
    'E.chargeback.disputed 87',
    'E.expense.chargeback_fee 1500',
    'E.cash.trust:card -1587',
  ]);
  expect(linesOf(smallDisputeLostJournal(dispute(true)))).toEqual([
    'E.refund.payable 87',
    'E.chargeback.disputed -87',
  ]);
  expect(linesOf(smallDisputeLostJournal(dispute(false)))).toEqual([
    'E.expense.chargeback 87',
    'E.chargeback.disputed -87',
  ]);
});

test.each([
  [{ tookOwed: true, wasLost: false }, 'E.chargeback.disputed'],
  [{ tookOwed: true, wasLost: true }, 'E.refund.payable'],
  [{ tookOwed: false, wasLost: true }, 'E.expense.chargeback'],
])('P-2, P-11: won, all is as it was before: %j', ({ tookOwed, wasLost }, account) => {
  expect(linesOf(smallDisputeWonJournal(dispute(tookOwed), { wasLost, feeReturned: usd(500n) }))).toEqual([
    'E.cash.trust:card 587',
    `${account} -87`,
    'E.expense.chargeback_fee -500',
  ]);
});
