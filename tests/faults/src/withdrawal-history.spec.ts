import { describe, expect, test } from '@jest/globals';
import type { PublishedFact } from './topics.ts';
import { judgeBalance, judgeHeld } from './withdrawal-history.ts';

const fact = (word: string, subject: string, amountMinor = 60): PublishedFact =>
  ({
    ...{ id: word, type: `payouts.withdrawal.${word}`, subject },
    value: JSON.stringify({ amount: { amountMinor: String(amountMinor), currency: 'USD' } }),
  }) as PublishedFact;
const history = (words: string, subject = 'one'): PublishedFact[] =>
  words.split(' ').map((word) => fact(word, subject));
const told = (status: number, code?: string) => ({ status, body: { code } });

describe('a balance that many want (F57)', () => {
  test('taken, given back and taken again', () => {
    expect(judgeBalance(100n, history('requested cancelled requested'))).toEqual([]);
  });
  test('wrong: taken twice', () => {
    expect(judgeBalance(100n, history('requested requested'))).not.toEqual([]);
  });
});

describe('a hold while a withdrawal is sent (F63)', () => {
  const wrongsOf = (words: string, paid: number, cancelled: ReturnType<typeof told>) =>
    judgeHeld({
      withdrawals: [{ id: 'one', paid }],
      facts: history(words),
      cancelled,
      asked: told(409, 'account.on_hold'),
    }).wrongs;

  test.each([
    ['requested sent', 1, told(409, 'withdrawal.sent_already')],
    ['requested held cancelled', 0, told(200)],
  ])('%s', (words, paid, cancelled) => {
    expect(wrongsOf(words, paid, cancelled)).toEqual([]);
  });

  test.each([
    ['requested held sent', 1, told(409, 'withdrawal.sent_already')],
    ['requested held', 1, told(200)],
    ['requested held', 0, told(409, 'withdrawal.sent_already')],
    ['requested', 0, told(409, 'withdrawal.sent_already')],
    ['requested sent', 2, told(409, 'withdrawal.sent_already')],
    ['requested sent', 0, told(409, 'withdrawal.sent_already')],
    ['requested sent', 1, told(200)],
    ['requested sent', 1, told(500)],
  ])('wrong: %s, paid %i times, told %j', (words, paid, cancelled) => {
    expect(wrongsOf(words, paid, cancelled)).not.toEqual([]);
  });
});
