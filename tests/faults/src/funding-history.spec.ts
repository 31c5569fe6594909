import { describe, expect, test } from '@jest/globals';
import { type FundingRace, type FundingTold, judgeFunding } from './funding-history.ts';
import type { PublishedFact } from './topics.ts';

const milestoneId = 'milestone-1';
const money = (amountMinor: number) => ({ amountMinor: String(amountMinor), currency: 'USD' });
const fact = (type: string, data: object): PublishedFact =>
  ({ type, value: JSON.stringify(data) }) as PublishedFact;
const started = (fundingId: string, version = 1) =>
  fact('escrow.funding.started', { fundingId, version, milestoneIds: [milestoneId] });
const failed = (fundingId: string) => fact('escrow.funding.failed', { fundingId, reason: 'expired' });
const funded = (fundingId: string, amount = 100, version = 1) =>
  fact('escrow.milestone.funded', { fundingId, milestoneId, version, amount: money(amount) });
const orphaned = (fundingId: string) =>
  fact('escrow.funding.orphaned', { fundingId, refundId: `refund-of-${fundingId}` });
const refunded = (fundingId: string) => fact('escrow.refund.paid', { refundId: `refund-of-${fundingId}` });
const applied = fact('escrow.milestone.terms_applied', {
  ...{ milestoneId, version: 2, price: money(80), deleted: false },
});
const proposed = fact('contracts.milestone.terms_proposed', { milestoneId, version: 2 });
const changed = fact('contracts.milestone.changed', { milestoneId, version: 2 });
const ended = fact('contracts.contract.end_requested', {});
const told = (racer: FundingTold['racer'], status: number, body: object): FundingTold => ({
  ...{ racer, status, body },
});

const wrongsOf = (race: Partial<FundingRace>, charged: string[] = [], returned: string[] = []): string[] =>
  judgeFunding({
    ...{ milestoneId, pricedMinor: 100n, escrow: [], contracts: [], told: [] },
    movedMinor: (kind, reference) =>
      (kind === 'charge' ? charged : returned).filter((one) => one === reference).map(() => 105n),
    ...race,
  }).wrongs;

describe('a history of edits and charges that the rules allow (F61, F82)', () => {
  test.each<[string, Partial<FundingRace>, string[], string[]]>([
    [
      'charged, and the edit refused',
      {
        escrow: [started('a'), funded('a')],
        told: [told('fund', 202, { fundingId: 'a' }), told('accept', 409, { code: 'milestone.funded' })],
      },
      ['a'],
      [],
    ],
    [
      'edited, and charged by the new terms',
      {
        escrow: [applied, started('a', 2), funded('a', 80, 2)],
        contracts: [proposed, changed],
        told: [told('fund', 409, { code: 'terms.version_outdated' })],
      },
      ['a'],
      [],
    ],
    ['a late success funds', { escrow: [started('a'), failed('a'), funded('a')] }, ['a'], []],
    [
      'a success after the end goes back',
      { escrow: [started('a'), failed('a'), orphaned('a'), refunded('a')], contracts: [ended] },
      ['a'],
      ['refund-of-a'],
    ],
  ])('%s', (_, race, charged, returned) => {
    expect(wrongsOf(race, charged, returned)).toEqual([]);
  });

  test.each<[string, Partial<FundingRace>, string[], string[]]>([
    [
      'charged by terms that are gone',
      { escrow: [applied, started('a')], contracts: [proposed, changed] },
      [],
      [],
    ],
    ['edited under a charge', { escrow: [started('a'), applied], contracts: [proposed, changed] }, [], []],
    ['edited before escrow said so', { contracts: [proposed, changed] }, [], []],
    ['funded at another price', { escrow: [started('a'), funded('a', 80)] }, ['a'], []],
    ['funded twice', { escrow: [started('a'), funded('a'), funded('a')] }, ['a', 'a'], []],
    ['funded by nothing', { escrow: [started('a'), funded('a')] }, [], []],
    ['charged and neither funded nor refunded', { escrow: [started('a'), failed('a')] }, ['a'], []],
    [
      'funded and refunded',
      { escrow: [started('a'), funded('a'), orphaned('a'), refunded('a')], contracts: [ended] },
      ['a'],
      ['refund-of-a'],
    ],
    [
      'refunded although the milestone takes it',
      { escrow: [started('a'), failed('a'), orphaned('a'), refunded('a')] },
      ['a'],
      ['refund-of-a'],
    ],
    [
      'an orphan that stays',
      { escrow: [started('a'), failed('a'), orphaned('a')], contracts: [ended] },
      ['a'],
      [],
    ],
    ['an acknowledgement without its effect', { told: [told('fund', 202, { fundingId: 'a' })] }, [], []],
    ['a refusal that is not true', { told: [told('accept', 409, { code: 'milestone.funded' })] }, [], []],
    ['a refusal without a known code', { told: [told('fund', 409, { code: 'other' })] }, [], []],
    ['an error', { told: [told('fund', 500, {})] }, [], []],
  ])('wrong: %s', (_, race, charged, returned) => {
    expect(wrongsOf(race, charged, returned)).not.toEqual([]);
  });
});
