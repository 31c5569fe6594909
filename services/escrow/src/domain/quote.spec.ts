import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { quotesFor } from './quote.ts';

const settings = { 'fee.client_bps': 500, 'fee.client_bank_bps': 300, 'fee.initiation': 499 };
/** A Friday. */
const now = new Date('2027-01-08T09:00:00.000Z');

describe('P-17: what a charge would be by each way to pay', () => {
  test('P-4: a bank debit has the lower fee; P-6, P-12: each with initiation fee and tax', () => {
    const terms = { settings, initiationDue: true, taxBps: 2_000 };
    const quotes = quotesFor([usd(100_000n)], terms, now);
    const parts = { principal: usd(100_000n), initiationFee: usd(499n) };
    const dear = { ...parts, clientFee: usd(5_000n), tax: usd(1_100n), total: usd(106_599n) };
    const cheap = { ...parts, clientFee: usd(3_000n), tax: usd(700n), total: usd(104_199n) };
    expect(quotes).toEqual([
      { kind: 'card', parts: dear, fundedBy: now },
      { kind: 'paypal', parts: dear, fundedBy: now },
      { kind: 'bank', parts: cheap, fundedBy: new Date('2027-01-14T09:00:00.000Z') },
    ]);
  });

  test('P-3: a bank debit is funded when it has cleared, and no holiday counts', () => {
    const terms = { settings, initiationDue: false, taxBps: 0 };
    const beforeHoliday = new Date('2027-01-15T09:00:00.000Z');
    const [, , bank] = quotesFor([usd(500n)], terms, beforeHoliday);
    expect(bank!.fundedBy).toEqual(new Date('2027-01-22T09:00:00.000Z'));
  });

  test('R-5: one fee for several milestones', () => {
    const terms = { settings, initiationDue: false, taxBps: 0 };
    const [card] = quotesFor([usd(3_334n), usd(3_333n), usd(3_333n)], terms, now);
    expect(card!.parts).toMatchObject({ principal: usd(10_000n), clientFee: usd(500n), total: usd(10_500n) });
  });
});
