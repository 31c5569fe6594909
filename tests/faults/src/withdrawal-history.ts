import type { Answer } from '@holdfast/journeys';
import type { PublishedFact } from './topics.ts';

type Told = Pick<Answer, 'status' | 'body'>;

/** What an account is told to have, fact by fact: never less than nothing (F57). */
export function judgeBalance(openingMinor: bigint, facts: readonly PublishedFact[]): string[] {
  let availableMinor = openingMinor;
  return facts.flatMap(({ type, value, id }) => {
    const amountMinor = BigInt(JSON.parse(value).amount?.amountMinor ?? '0');
    if (type === 'payouts.withdrawal.requested') availableMinor -= amountMinor;
    if (type === 'payouts.withdrawal.cancelled') availableMinor += amountMinor;
    return availableMinor < 0n ? [`${type} ${id} leaves ${availableMinor}`] : [];
  });
}

/** The withdrawals of an account that was held while they were sent, after the race. */
export interface HeldWithdrawals {
  withdrawals: readonly { id: string; paid: number }[];
  /** The last word about each. */
  ends: readonly string[];
  wrongs: string[];
}

/** Held, or the bank was called before: in the order of its facts there is no third way (F63). */
const histories: readonly string[] = [
  'requested held',
  'requested sent',
  'requested cancelled',
  'requested held cancelled',
];

/**
 * What is wrong with a race of a hold against the sending, a cancel of the first withdrawal, and a request for another
 * one: something was paid under the hold, or may still be, or somebody was told what is not so (F63).
 */
export function judgeHeld(race: {
  withdrawals: readonly { id: string; paid: number }[];
  facts: readonly PublishedFact[];
  cancelled: Told;
  asked: Told;
}): HeldWithdrawals {
  const { withdrawals, facts, cancelled, asked } = race;
  const wordsOf = (id: string): string[] =>
    facts.filter(({ subject }) => subject === id).map(({ type }) => type.replace('payouts.withdrawal.', ''));
  const ends = withdrawals.map(({ id }) => wordsOf(id).at(-1) ?? 'unknown');
  const wrongs = withdrawals.flatMap(({ id, paid }, n) => {
    const history = wordsOf(id).join(' ');
    const isSent = ends[n] === 'sent';
    return [
      ...(histories.includes(history) ? [] : [`${id} is ${history}`]),
      ...(paid === (isSent ? 1 : 0) ? [] : [`${id} is ${ends[n]} and was paid ${paid} times`]),
    ];
  });
  const takenBack = told(cancelled);
  if (
    !(takenBack === '200'
      ? ends[0] === 'cancelled'
      : takenBack === 'withdrawal.sent_already' && ends[0] === 'sent')
  )
    wrongs.push(`the cancel was told ${takenBack}, and the withdrawal is ${ends[0]}`);
  if (!['202', 'account.on_hold'].includes(told(asked))) wrongs.push(`another one was told ${told(asked)}`);
  return { withdrawals, ends, wrongs };
}

const told = ({ status, body }: Told): string =>
  status < 300 ? String(status) : String(body?.code ?? status);
