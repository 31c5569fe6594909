import type { Answer } from '@holdfast/journeys';
import type { PublishedFact } from './topics.ts';

/** What becomes of the first sending of a refund at the provider (F83). */
export const refundFates = ['at-once', 'later', 'after-succeeded', 'requires-action', 'never'] as const;
export type RefundFate = (typeof refundFates)[number];

/** What an operator was told who wants it sent again, or given up. */
export type Decided = Pick<Answer, 'status' | 'body'> &
  Readonly<{ by: string; decision: 'retry' | 'reverse' }>;

/** A refund that did not reach the client at first, at its end. */
export interface FailedRefund {
  refundId: string;
  fate: RefundFate;
  amountMinor: bigint;
  /** What escrow said about its agreement. */
  facts: readonly PublishedFact[];
  told: readonly Decided[];
  /** What the provider has really moved for it. */
  movedMinor: (kind: 'refund' | 'refund_failed') => readonly bigint[];
}

/**
 * What is wrong with a refund that failed: it was left as refunded, it was sent again by nobody's or one person's word,
 * twice, or beside being given up, or the client has another amount than the refund, once (F83, E-23, E-25).
 */
export function judgeRefund({ refundId, fate, amountMinor, facts, told, movedMinor }: FailedRefund): {
  wrongs: string[];
  end: string;
} {
  const history = facts
    .filter(({ value }) => JSON.parse(value).refundId === refundId)
    .map(({ type }) => type.replace('escrow.refund.', ''))
    .filter((word) => ['decided', 'paid', 'failed', 'reversed'].includes(word));
  const failed = fate === 'after-succeeded' ? 'decided paid failed' : 'decided failed';
  const end = history.at(-1) ?? 'unknown';
  const isGivenUp = end === 'reversed';
  const legal = isGivenUp ? `${failed} reversed` : `${failed} decided paid`;
  const inHand =
    sum(movedMinor('refund')) - sum(movedMinor('refund_failed')) - (isGivenUp ? 0n : amountMinor);
  const wrongs = [
    ...(history.join(' ') === legal ? [] : [`is ${history.join(' ')}`]),
    ...(inHand === 0n ? [] : [`gave the client ${inHand} too much`]),
    ...wrongDecisions(told, isGivenUp ? 'reverse' : 'retry'),
    ...told.flatMap((each) => untrue(each, told)),
  ];
  return { wrongs: wrongs.map((what) => `${refundId} (${fate}) ${what}`), end };
}

const isProposed = ({ status, body }: Decided): boolean => status === 202 && body.status === 'proposed';
const isDecided = ({ status, body }: Decided): boolean => status === 202 && body.status !== 'proposed';

/** One person proposes and another one decides, once, either of the two things (S-11). */
function wrongDecisions(told: readonly Decided[], made: Decided['decision']): string[] {
  const decided = told.filter(isDecided);
  const [decision, ...others] = decided;
  if (!decision || others.length > 0) return [`was decided ${decided.length} times`];
  if (decision.decision !== made) return [`was decided as ${decision.decision}, and is not`];
  const proposals = told.filter((each) => isProposed(each) && each.decision === made);
  const isByTwo = proposals.length === 1 && proposals[0]!.by !== decision.by;
  return isByTwo ? [] : [`was proposed by ${proposals.map(({ by }) => by)} and decided by ${decision.by}`];
}

function untrue({ by, decision, status, body }: Decided, told: readonly Decided[]): string[] {
  if (status === 202) return [];
  const isTrue =
    body?.code === 'refund.second_person_needed'
      ? told.some((each) => isProposed(each) && each.by === by && each.decision === decision)
      : // Before it has failed, and from the decision on.
        body?.code === 'refund.not_failed';
  return status === 409 && isTrue ? [] : [`told ${by} ${status} ${body?.code} of ${decision}`];
}

const sum = (amounts: readonly bigint[]): bigint => amounts.reduce((total, amount) => total + amount, 0n);
