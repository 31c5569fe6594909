import { describe, expect, test } from '@jest/globals';
import {
  type CostProvider,
  lay,
  linesIn,
  nextReadingAt,
  processingJournal,
  type ReportLine,
  readSince,
  reportedBy,
} from './processing-cost.ts';

const createdAt = new Date('2027-01-04T09:00:00Z');
const movement = { id: '0193f000-0000-7000-8000-000000000001', amountMinor: 105_499n };
const line = (more: Partial<ReportLine> = {}): ReportLine => ({
  id: 'txn_1',
  category: 'charge',
  sourceId: 'ch_1',
  marks: [movement.id],
  grossMinor: 105_499n,
  feeMinor: 3_089n,
  currency: 'usd',
  createdAt,
  ...more,
});

test('P-8: a line counts once, however often it is told', () => {
  const refund = line({ id: 'txn_2', category: 'refund', grossMinor: -500n, feeMinor: 25n });
  expect(linesIn([line(), refund, line()])).toEqual([line(), refund]);
});

test('P-8, P-11: the lines of a dispute come with its chargeback', () => {
  const disputes = ['dispute', 'dispute_reversal'].map((category) => line({ category, feeMinor: 1_500n }));
  expect(linesIn(disputes)).toEqual([]);
});

describe('P-8: a line beside its movement', () => {
  test('fits where our books know it with that amount, whichever way it went', () => {
    const beside = { movementId: movement.id, reason: null, posts: true };
    expect(lay('card', line(), { movement })).toEqual(beside);
    expect(lay('card', line({ category: 'refund', grossMinor: -105_499n }), { movement })).toEqual(beside);
    expect(lay('paypal', line({ currency: 'USD' }), { movement })).toEqual(beside);
  });

  test.each<[string, CostProvider, Partial<ReportLine>, boolean, object]>([
    ['that nobody knows', 'card', {}, false, { movementId: null, reason: 'unknown_movement' }],
    [
      'of another amount',
      'paypal',
      { grossMinor: 105_498n },
      true,
      { movementId: movement.id, reason: 'amount_differs' },
    ],
    [
      'of another currency',
      'card',
      { currency: 'eur' },
      true,
      { movementId: movement.id, reason: 'currency' },
    ],
    ['of another currency', 'bank', { currency: 'EUR' }, false, { movementId: null, reason: 'currency' }],
  ])('one %s is a break (%s)', (_what, provider, more, isKnown, expected) => {
    expect(lay(provider, line(more), isKnown ? { movement } : {})).toEqual({ ...expected, posts: false });
  });

  test('without a cost nothing is posted', () => {
    expect(lay('card', line({ feeMinor: 0n }), { movement })).toMatchObject({ reason: null, posts: false });
  });

  test('M-24: what two persons have booked of it by hand is not posted again; another amount is a break', () => {
    const costByHand = { ...movement, amountMinor: 3_089n };
    const byHand = (known: object) => lay('card', line(), { ...known, costByHand });
    expect(byHand({ movement })).toEqual({ movementId: movement.id, reason: null, posts: false });
    expect(byHand({})).toEqual({ movementId: null, reason: null, posts: false });
    const other = { ...costByHand, amountMinor: 3_000n };
    expect(lay('bank', line(), { costByHand: other })).toMatchObject({
      reason: 'amount_differs',
      posts: false,
    });
  });

  test('a charge of the bank is a movement of its own', () => {
    expect(lay('bank', line({ category: 'fee', marks: [] }), {})).toEqual({
      movementId: null,
      reason: null,
      posts: true,
    });
  });
});

test('G-30, P-8: it is an expense of the platform, from the cash at the provider', () => {
  const cost = { provider: 'card', lineId: 'txn_1', amountMinor: 3_089n, takenAt: createdAt } as const;
  expect(processingJournal(cost)).toEqual({
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
  const cost = { provider: 'bank', lineId: 'txn_1', amountMinor: -30n, takenAt: createdAt } as const;
  expect(processingJournal(cost).lines).toEqual([
    { account: 'E.expense.processing', amountMinor: -30n },
    { account: 'E.cash.trust:bank', amountMinor: 30n },
  ]);
});

test('P-8: a report begins a week before the last one was asked for, since lines come late', () => {
  expect(readSince(undefined)).toEqual(new Date(0));
  expect(readSince(createdAt)).toEqual(new Date('2026-12-28T09:00:00Z'));
});

test('P-8: what was booked three days before should be told by now', () => {
  expect(reportedBy(createdAt)).toEqual(new Date('2027-01-01T09:00:00Z'));
});

test('P-8: the next reading is a day after the last, and one is enough however far time has moved', () => {
  expect(nextReadingAt(createdAt, createdAt)).toEqual(new Date('2027-01-05T09:00:00Z'));
  expect(nextReadingAt(createdAt, new Date('2027-01-05T08:59:59Z'))).toEqual(
    new Date('2027-01-05T09:00:00Z'),
  );
  expect(nextReadingAt(createdAt, new Date('2027-01-05T09:00:00Z'))).toEqual(
    new Date('2027-01-06T09:00:00Z'),
  );
  expect(nextReadingAt(createdAt, new Date('2027-06-01T10:00:00Z'))).toEqual(
    new Date('2027-06-02T09:00:00Z'),
  );
});
