import { plusHours, plusMinutes, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/attempt.table.ts';
import {
  type Attempt,
  type AttemptState,
  callAgain,
  isCalling,
  isLive,
  newAttempt,
  type Observation,
  type OrderView,
  observe,
} from './attempt.ts';

type Act = Observation | { kind: 'call again' };
type Step = { before: Attempt; after: Attempt; act: Act; now: Date };

const startedAt = new Date('2026-11-23T12:00:00.000Z');
const sent = usd(50_000n);
const key = 'po_7K3M9Q2X-1';
const frame = {
  id: 'id',
  withdrawalId: 'withdrawal',
  body: '{}',
  bodySha256: 'hash',
  resolvedBy: null,
  resolution: null,
};

const order = (state: OrderView['state'], more: Partial<OrderView> = {}): Act => ({
  kind: 'seen',
  order: { reference: 'po_1', key, state, amountMinor: 50_000n, currency: 'USD', ...more },
});
const states = ['submitted', 'processing', 'paid', 'returned', 'failed', 'denied', 'cancelled'] as const;
const happening: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom<Act>({ kind: 'unknown' }, { kind: 'absent' }, { kind: 'call again' }),
  },
  fc.constantFrom<Act>({ kind: 'not_sent' }, { kind: 'refused' }, order(undefined)),
  fc.constantFrom(...states).map((state) => order(state)),
  fc.constantFrom<Act>(
    order('paid', { amountMinor: 1n }),
    order('paid', { reference: 'po_2' }),
    order('returned', { returned: { amountMinor: 40_000n, reason: 'other' } }),
  ),
);
const minutes = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(5, 10, 60, 10 * 60, 23 * 60));
const history = fc.array(fc.tuple(happening, minutes), { maxLength: 40 });

/** Every step of an attempt through a history; sending again is tried whenever nothing forbids it. */
function play(acts: readonly (readonly [Act, number])[]): Step[] {
  let before = newAttempt({ key, number: 1, sent, now: startedAt });
  let now = startedAt;
  return acts.flatMap(([act, passing]) => {
    now = plusMinutes(now, passing);
    const maySend = before.state === 'created' && !isCalling(before) && !before.review;
    if (act.kind === 'call again' && !maySend) return [];
    const after =
      act.kind === 'call again'
        ? callAgain(before as Attempt & { state: 'created' }, now)
        : observe(before, act, now);
    const step = { before, after, act, now };
    before = after;
    return [step];
  });
}

const always = (holds: (steps: Step[]) => void): void =>
  fc.assert(
    fc.property(history, (acts) => holds(play(acts))),
    { numRuns: 1_000 },
  );

test('W-16: only the edges of the machine are taken; the one way back is unknown -> created', () => {
  const open: AttemptState[] = ['submitted', 'processing', 'paid', 'failed', 'cancelled', 'returned'];
  const edges: Record<AttemptState, readonly AttemptState[]> = {
    created: ['unknown', ...open],
    unknown: ['created', ...open],
    submitted: ['processing', 'paid', 'failed', 'cancelled', 'returned'],
    processing: ['paid', 'failed', 'cancelled', 'returned'],
    paid: ['returned'],
    failed: [],
    cancelled: [],
    returned: [],
  };
  always((steps) => {
    for (const { before, after } of steps) {
      expect([before.state, ...edges[before.state]]).toContain(after.state);
    }
  });
});

test('W-15: it is sent again only when proven not executed, inside the window, under its own key', () => {
  always((steps) => {
    for (const { before, after, now } of steps) {
      expect([after.key, after.sent]).toEqual([key, sent]);
      if (isCalling(before) || !isCalling(after)) continue;
      expect(before).toMatchObject({ state: 'created' });
      expect(before.review).toBeUndefined();
      if (before.keySince) expect(now < plusHours(before.keySince, 23)).toBe(true);
    }
  });
});

test('W-15: from unknown to created it takes three misses over ten minutes since the doubt began', () => {
  always((steps) => {
    let misses: Date[] = [];
    for (const { before, after, act, now } of steps) {
      if (before.state === 'unknown' && act.kind === 'absent') misses.push(now);
      if (before.state === 'unknown' && after.state === 'created') {
        expect(misses.length).toBeGreaterThanOrEqual(3);
        expect(now >= plusMinutes(misses[0]!, 10)).toBe(true);
      }
      if (after.state !== 'unknown') misses = [];
    }
  });
});

test('F47: another amount, currency or payment never becomes paid or returned', () => {
  always((steps) => {
    for (const { before, after, act } of steps) {
      if (before.state === after.state || act.kind !== 'seen') continue;
      if (after.state !== 'paid' && after.state !== 'returned') continue;
      const reference = before.providerReference ?? after.providerReference;
      expect(act.order).toMatchObject({ reference, key, amountMinor: 50_000n, currency: 'USD' });
    }
  });
});

test('what has ended stays ended, and never counts as alive again', () => {
  always((steps) => {
    const states = steps.map(({ after }) => after);
    const end = states.findIndex((attempt) => !isLive(attempt));
    if (end >= 0) expect(states.slice(end).every((attempt) => !isLive(attempt))).toBe(true);
  });
});

test('its row gives it back, whatever happened to it', () => {
  always((steps) => {
    for (const { after } of steps) expect(fromRow(toRow(after, frame))).toEqual(after);
  });
});
