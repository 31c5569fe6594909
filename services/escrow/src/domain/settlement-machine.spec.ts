import { plusMinutes, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/settlement.table.ts';
import { payout, settlementFrame } from '../testing/settlements.ts';
import {
  nextStep,
  observe,
  type PayoutObservation,
  type PayoutView,
  type Settlement,
  startSettlement,
} from './settlement.ts';

type Step = { before: Settlement; after: Settlement; observed: PayoutObservation; now: Date };

const startedAt = new Date('2026-11-23T09:00:00.000Z');
const minutesBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / 60_000;

const statuses: readonly PayoutView['status'][] = ['pending', 'in_transit', 'paid', 'failed', 'canceled'];
const happening: fc.Arbitrary<PayoutObservation> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom<PayoutObservation>({ kind: 'unknown' }, { kind: 'absent' }) },
  fc.constant<PayoutObservation>({ kind: 'refused', failure: 'balance_insufficient' }),
  fc.constantFrom(...statuses).map((status): PayoutObservation => ({ kind: 'seen', payout: payout(status) })),
  fc.constant<PayoutObservation>({ kind: 'seen', payout: payout('paid', { amountMinor: 1n }) }),
  fc.constant<PayoutObservation>({ kind: 'seen', payout: payout('paid', { id: 'po_2' }) }),
);
const minutes = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(5, 10, 60, 10 * 60, 23 * 60));
const history = fc.array(fc.tuple(happening, minutes), { maxLength: 40 });

/** A call is refused or gets no answer, a query finds nothing; a notice may show a payout at any time. */
function applies({ kind }: PayoutObservation, settlement: Settlement, now: Date): boolean {
  if (kind === 'seen') return true;
  if (!('nextCallAt' in settlement)) return false;
  return (kind === 'absent') === (nextStep(settlement, now) !== 'create');
}

/** Every step of a settlement through a history. */
function play(acts: readonly (readonly [PayoutObservation, number])[]): Step[] {
  let before = startSettlement({ id: 'settlement-1', amount: usd(102_410n), now: startedAt });
  let now = startedAt;
  return acts.flatMap(([observed, passing]) => {
    now = plusMinutes(now, passing);
    if (!applies(observed, before, now)) return [];
    const after = observe(before, observed, now);
    const step = { before, after, observed, now };
    before = after;
    return [step];
  });
}

const always = (holds: (steps: Step[]) => void): void =>
  fc.assert(
    fc.property(history, (acts) => holds(play(acts))),
    { numRuns: 500 },
  );

test('I12: only the edges of the machine are taken; what is returned stays so', () => {
  const edges: Record<Settlement['status'], readonly Settlement['status'][]> = {
    requested: ['requested', 'unknown', 'in_transit', 'paid', 'failed', 'in_review'],
    unknown: ['unknown', 'requested', 'in_transit', 'paid', 'failed', 'in_review'],
    in_transit: ['in_transit', 'paid', 'failed', 'in_review'],
    paid: ['paid', 'returned'],
    failed: ['failed', 'in_transit', 'paid', 'in_review'],
    returned: ['returned'],
    in_review: ['in_review', 'in_transit', 'paid', 'failed'],
  };
  always((steps) => {
    for (const { before, after } of steps) expect(edges[before.status]).toContain(after.status);
  });
});

test('M-23, F47: money moves once at most, only by the provider’s word and only in the amount asked for', () => {
  always((steps) => {
    const booked = steps.filter(({ before, after }) => before.status !== 'paid' && after.status === 'paid');
    expect(booked.length).toBeLessThanOrEqual(1);
    for (const { observed } of booked) {
      expect(observed).toMatchObject({ kind: 'seen', payout: { status: 'paid', amountMinor: 102_410n } });
    }
  });
});

test('W-15: the call is made again only after 3 misses over 10 minutes, inside its key’s 23 h', () => {
  always((steps) => {
    let misses: Date[] = [];
    for (const { before, after, observed, now } of steps) {
      if (observed.kind === 'absent') misses.push(now);
      else if (observed.kind === 'seen') misses = [];
      if (after.status !== 'requested' || before.status === 'requested') continue;
      expect(misses.length).toBeGreaterThanOrEqual(3);
      expect(minutesBetween(misses[0]!, now)).toBeGreaterThanOrEqual(10);
      expect(minutesBetween(startedAt, now)).toBeLessThan(23 * 60);
      expect(after.keySince).toEqual(startedAt);
      misses = [];
    }
  });
});

test('something is due exactly while the worker must act, and an end has its instant', () => {
  always((steps) => {
    for (const { after } of steps) {
      const row = toRow(after, settlementFrame);
      expect(row.nextCallAt !== null).toBe(['requested', 'unknown', 'in_transit'].includes(after.status));
      expect(row.endedAt !== null).toBe(['paid', 'failed', 'returned'].includes(after.status));
      expect(row.failure !== null).toBe(['failed', 'returned'].includes(after.status));
    }
  });
});

test('the row is the fold: what is stored between two steps goes on as if it had never been stored', () => {
  always((steps) => {
    for (const { before, after, observed, now } of steps) {
      const stored = fromRow(toRow(before, settlementFrame));
      expect(stored).toEqual(before);
      expect(observe(stored, observed, now)).toEqual(after);
    }
  });
});
