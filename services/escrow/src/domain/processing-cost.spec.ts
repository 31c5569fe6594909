import { expect, test } from '@jest/globals';
import { costsIn, processingJournal, type ReportLine, readSince } from './processing-cost.ts';

const createdAt = new Date('2027-01-04T09:00:00Z');
const line = (more: Partial<ReportLine> = {}): ReportLine => {
  return { id: 'txn_1', category: 'charge', feeMinor: 3_089n, currency: 'usd', createdAt, ...more };
};

test('P-8: each line that cost something is one cost, however often it is told', () => {
  const refund = line({ id: 'txn_2', category: 'refund', feeMinor: 25n });
  const free = line({ id: 'txn_3', feeMinor: 0n });
  expect(costsIn([line(), refund, free, line()])).toEqual([
    { lineId: 'txn_1', amountMinor: 3_089n, takenAt: createdAt },
    { lineId: 'txn_2', amountMinor: 25n, takenAt: createdAt },
  ]);
});

test('P-8, P-11: the fee of a dispute is posted with its chargeback', () => {
  const disputes = ['dispute', 'dispute_reversal'].map((category) => line({ category, feeMinor: 1_500n }));
  expect(costsIn(disputes)).toEqual([]);
});

test('P-8: another currency is not booked', () => {
  expect(costsIn([line({ currency: 'eur' })])).toEqual([]);
});

test('G-30, P-8: it is an expense of the platform, from the cash at the provider', () => {
  const [cost] = costsIn([line()]);
  expect(processingJournal(cost!)).toEqual({
    kind: 'processing',
    causeId: 'txn_1',
    currency: 'USD',
    valueDate: createdAt,
    lines: [
      { account: 'E.expense.processing', amountMinor: 3_089n },
      { account: 'E.cash.trust:card', amountMinor: -3_089n },
    ],
  });
});

test('P-8: what the provider gives back of it is posted the other way', () => {
  const [cost] = costsIn([line({ category: 'refund', feeMinor: -30n })]);
  expect(processingJournal(cost!).lines).toEqual([
    { account: 'E.expense.processing', amountMinor: -30n },
    { account: 'E.cash.trust:card', amountMinor: 30n },
  ]);
});

test('P-8: a report begins a week before the last one was asked for, since lines come late', () => {
  expect(readSince(undefined)).toEqual(new Date(0));
  expect(readSince(createdAt)).toEqual(new Date('2026-12-28T09:00:00Z'));
});
