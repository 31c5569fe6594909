import { describe, expect, test } from '@jest/globals';
import { type Decided, type FailedRefund, judgeRefund } from './refund-history.ts';
import type { PublishedFact } from './topics.ts';

const refundId = 'refund-1';
const facts = (history: string): PublishedFact[] =>
  history
    .split(' ')
    .map((word) => ({ type: `escrow.refund.${word}`, value: JSON.stringify({ refundId }) }) as PublishedFact);
const told = (by: string, what: string, decision: Decided['decision'] = 'retry'): Decided => {
  const isRefused = what.includes('.');
  const body = isRefused ? { code: what } : { status: what };
  return { by, decision, status: isRefused ? 409 : 202, body };
};
const byTwo = [told('one', 'proposed'), told('another', 'refunding')];

/** By default the first sending came back, and the second one arrived. */
const judge = (race: Partial<FailedRefund>, returned = [100n, 100n], back = [100n]): string[] =>
  judgeRefund({
    ...{ refundId, fate: 'at-once', amountMinor: 100n, told: byTwo },
    facts: facts('decided failed decided paid'),
    movedMinor: (kind) => (kind === 'refund' ? returned : back),
    ...race,
  }).wrongs;

describe('a refund that failed is sent again by two, once (F83)', () => {
  test('one proposes, the other decides, the others are told why not', () => {
    const others = [told('one', 'refund.second_person_needed'), told('another', 'refund.not_failed')];
    expect(judge({ told: [...byTwo, ...others] })).toEqual([]);
  });

  test('E-25: given up, the client has nothing of it', () => {
    const reversed = [told('one', 'proposed', 'reverse'), told('another', 'reversed', 'reverse')];
    expect(judge({ told: reversed, facts: facts('decided failed reversed') }, [100n])).toEqual([]);
  });

  test.each<[string, Partial<FailedRefund>, [bigint[]?, bigint[]?]]>([
    ['left as refunded', { facts: facts('decided paid') }, [[100n], []]],
    ['sent again by itself', { told: [] }, []],
    ['by one person', { told: [told('one', 'proposed'), told('one', 'refunding')] }, []],
    ['decided twice', { told: [...byTwo, told('one', 'refunding')] }, []],
    ['sent again and given up', { facts: facts('decided failed decided paid reversed') }, []],
    ['the client has it twice', {}, [[100n, 100n], []]],
    ['the client does not have it', {}, [[100n], [100n]]],
    ['a refusal that is not true', { told: [...byTwo, told('another', 'refund.second_person_needed')] }, []],
  ])('wrong: %s', (_, race, moved) => {
    expect(judge(race, ...moved)).not.toEqual([]);
  });
});
