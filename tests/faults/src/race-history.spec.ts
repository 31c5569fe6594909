import { describe, expect, test } from '@jest/globals';
import { judge, type Told } from './race-history.ts';
import type { PublishedFact } from './topics.ts';

const dueAt = new Date('2030-01-15T12:00:00.000Z');
const money = (amountMinor: number) => ({ amountMinor: String(amountMinor), currency: 'USD' });

const fact = (type: string, data: object): PublishedFact =>
  ({ type: `escrow.${type}`, value: JSON.stringify(data) }) as PublishedFact;
const released = (gross: number, balance: number, cause = 'approval', transferId = 'transfer-1') =>
  fact('milestone.released', {
    ...{ gross: money(gross), balance: money(balance), cause, transferId },
    releasedAt: dueAt.toISOString(),
  });
const givenBack = (principal: number, balance: number) =>
  fact('refund.decided', {
    ...{ principal: money(principal), balance: money(balance), cause: 'consent' },
    ...{ attempt: 1, milestoneId: 'milestone-1' },
  });
const frozen = (amount: number, frozenAt: Date) =>
  fact('milestone.frozen', { causeId: 'case-1', amount: money(amount), frozenAt: frozenAt.toISOString() });

const told = (racer: Told['racer'], status: number, body: object): Told => ({
  racer,
  at: dueAt,
  status,
  body,
});
const approved = told('approve', 200, { transferId: 'transfer-1' });
const wrongsOf = (facts: readonly PublishedFact[], answers: readonly Told[]) =>
  judge({ pricedMinor: 100n, dueAt, facts, told: answers }).wrongs;

describe('a history is one that the rules allow (F56)', () => {
  test('one winner, and a loser who was told why', () => {
    const late = told('give_back', 409, { code: 'milestone.released' });
    expect(wrongsOf([released(100, 0)], [approved, late])).toEqual([]);
  });

  test.each<[string, PublishedFact[], Told[]]>([
    ['paid and given back', [released(100, 0), givenBack(100, 0)], [approved]],
    ['paid twice', [released(100, 0), released(100, 0, 'auto', 'transfer-2')], [approved]],
    ['paid although it was frozen before', [frozen(60, new Date(0)), released(100, 0)], [approved]],
    [
      'by silence after changes were requested',
      [fact('milestone.changes_requested', {}), released(100, 0, 'auto')],
      [],
    ],
    ['a part that leaves another rest', [released(40, 70, 'partial')], [{ ...approved, racer: 'part' }]],
    ['an acknowledgement without its effect', [], [approved]],
    ['an effect without its acknowledgement', [released(100, 0)], []],
    ['a refusal that is not true', [], [told('approve', 409, { code: 'milestone.released' })]],
    ['a refusal without a known code', [released(100, 0)], [approved, told('part', 409, { code: 'other' })]],
    ['an error', [released(100, 0)], [approved, told('part', 500, {})]],
  ])('wrong: %s', (_, facts, answers) => {
    expect(wrongsOf(facts, answers)).not.toEqual([]);
  });

  test('M-16: what froze it only at the due instant does not stop silence', () => {
    expect(wrongsOf([frozen(100, dueAt), released(100, 0, 'auto')], [])).toEqual([]);
    const before = new Date(dueAt.getTime() - 1);
    expect(wrongsOf([frozen(100, before), released(100, 0, 'auto')], [])).not.toEqual([]);
  });
});
