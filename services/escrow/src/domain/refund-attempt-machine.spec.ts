import { plusMinutes, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/refund-attempt.table.ts';
import { refundAttemptFrame, refundView } from '../testing/refunds.ts';
import {
  keptBack,
  nextStep,
  observe,
  type RefundAttempt,
  type RefundObservation,
  type RefundView,
  resume,
  startAttempt,
  suspend,
} from './refund-attempt.ts';

type Act = RefundObservation | { kind: 'chargeback' } | { kind: 'chargeback_over' };
type Step = { before: RefundAttempt; after: RefundAttempt; act: Act; now: Date; isDisputed: boolean };

const startedAt = new Date('2026-11-23T09:00:00.000Z');
const minutesBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / 60_000;

const statuses: readonly RefundView['status'][] = ['pending', 'succeeded', 'failed'];
const happening: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<Act>({ kind: 'unknown' }, { kind: 'absent' }) },
  fc.constantFrom<Act>({ kind: 'refused', failure: 'refused' }, { kind: 'disputed' }),
  fc.constantFrom<Act>({ kind: 'chargeback' }, { kind: 'chargeback_over' }),
  fc.constantFrom(...statuses).map((status): Act => ({ kind: 'seen', refund: refundView(status) })),
  fc.constant<Act>({ kind: 'seen', refund: refundView('succeeded', { amountMinor: 1n }) }),
  fc.constant<Act>({ kind: 'seen', refund: refundView('succeeded', { id: 're_2' }) }),
);
const minutes = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(5, 10, 60, 10 * 60, 23 * 60));
const history = fc.array(fc.tuple(happening, minutes), { maxLength: 40 });

/** A call is refused or gets no answer, a query finds nothing; a notice may show a refund at any time. */
function applies(act: Act, attempt: RefundAttempt, now: Date): boolean {
  if (!['refused', 'disputed', 'unknown', 'absent'].includes(act.kind)) return true;
  if (!('nextCallAt' in attempt)) return false;
  return (act.kind === 'absent') === (nextStep(attempt, now) !== 'create');
}

/** As the commands do: while a chargeback is open nothing becomes a call. */
function take(attempt: RefundAttempt, act: Act, now: Date, isDisputed: boolean): RefundAttempt {
  if (act.kind === 'chargeback') return suspend(attempt, now);
  if (act.kind === 'chargeback_over') return resume(attempt, now);
  const after = observe(attempt, act, now);
  return isDisputed ? keptBack(after) : after;
}

function play(acts: readonly (readonly [Act, number])[]): Step[] {
  const start = { id: 'attempt-1', refundId: 'refund-1', number: 1, amount: usd(42_499n) };
  let before = startAttempt({ ...start, now: startedAt, isDisputed: false });
  let now = startedAt;
  let isDisputed = false;
  return acts.flatMap(([act, passing]) => {
    now = plusMinutes(now, passing);
    if (!applies(act, before, now)) return [];
    if (act.kind === 'chargeback') isDisputed = true;
    if (act.kind === 'chargeback_over') isDisputed = false;
    const after = take(before, act, now, isDisputed);
    const step = { before, after, act, now, isDisputed };
    before = after;
    return [step];
  });
}

const always = (holds: (steps: Step[]) => void): void =>
  fc.assert(
    fc.property(history, (acts) => holds(play(acts))),
    { numRuns: 500 },
  );

test('I12: only the edges of the machine are taken; what has come back stays so', () => {
  const edges: Record<RefundAttempt['status'], readonly RefundAttempt['status'][]> = {
    waiting: ['waiting', 'requested', 'in_transit', 'paid', 'failed', 'in_review'],
    requested: ['requested', 'unknown', 'in_transit', 'paid', 'failed', 'in_review'],
    unknown: ['unknown', 'requested', 'waiting', 'in_transit', 'paid', 'failed', 'in_review'],
    in_transit: ['in_transit', 'paid', 'failed', 'in_review'],
    paid: ['paid', 'returned'],
    failed: ['failed', 'in_transit', 'paid', 'in_review'],
    returned: ['returned'],
    in_review: ['in_review', 'in_transit', 'paid', 'failed'],
    contradicted: [],
  };
  always((steps) => {
    for (const { before, after } of steps) expect(edges[before.status]).toContain(after.status);
  });
});

test('E-23, F47: paid once at most, only by the provider’s word and only in the amount that is owed', () => {
  always((steps) => {
    const booked = steps.filter(({ before, after }) => before.status !== 'paid' && after.status === 'paid');
    expect(booked.length).toBeLessThanOrEqual(1);
    for (const { act } of booked) {
      expect(act).toMatchObject({ kind: 'seen', refund: { status: 'succeeded', amountMinor: 42_499n } });
    }
  });
});

test('E-23: while a chargeback is open nothing is to be called', () => {
  always((steps) => {
    for (const { after, isDisputed } of steps) if (isDisputed) expect(after.status).not.toBe('requested');
  });
});

test('W-15: the call is made again only after 3 misses over 10 minutes, inside its key’s 23 h', () => {
  always((steps) => {
    let misses: Date[] = [];
    for (const { before, after, act, now } of steps) {
      if (act.kind === 'absent') misses.push(now);
      else if (act.kind === 'seen' || before.status !== 'unknown') misses = [];
      const isProven = before.status === 'unknown' && ['requested', 'waiting'].includes(after.status);
      if (!isProven) continue;
      expect(misses.length).toBeGreaterThanOrEqual(3);
      expect(minutesBetween(misses[0]!, now)).toBeGreaterThanOrEqual(10);
      expect(minutesBetween(after.keySince, now)).toBeLessThan(23 * 60);
      misses = [];
    }
  });
});

test('something is due exactly while the worker must act, and an end has its instant', () => {
  always((steps) => {
    for (const { after } of steps) {
      const row = toRow(after, refundAttemptFrame);
      expect(row.nextCallAt !== null).toBe(['requested', 'unknown', 'in_transit'].includes(after.status));
      expect(row.endedAt !== null).toBe(['paid', 'failed', 'returned'].includes(after.status));
      expect(row.failure !== null).toBe(['failed', 'returned'].includes(after.status));
    }
  });
});

test('the row is the fold: what is stored between two steps goes on as if it had never been stored', () => {
  always((steps) => {
    for (const { before, after, act, now, isDisputed } of steps) {
      const stored = fromRow(toRow(before, refundAttemptFrame));
      expect(stored).toEqual(before);
      expect(take(stored, act, now, isDisputed)).toEqual(after);
    }
  });
});
