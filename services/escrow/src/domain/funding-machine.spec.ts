import { plusMinutes, usd } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/funding.table.ts';
import { fundingFrame, intent } from '../testing/fundings.ts';
import { cardTerms } from '../testing/milestones.ts';
import { chargeParts } from './charge-parts.ts';
import { expire, type Funding, type IntentView, type Observation, observe, startFunding } from './funding.ts';

type Act = Observation | { kind: 'expire' };
type Step = { before: Funding; after: Funding; act: Act; now: Date };

const startedAt = new Date('2026-11-23T09:00:00.000Z');
const minutesBetween = (from: Date, to: Date): number => (to.getTime() - from.getTime()) / 60_000;

const statuses: readonly IntentView['status'][] = [
  'requires_payment_method',
  'requires_confirmation',
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
];
const happeningOf = (seen: readonly IntentView['status'][]): fc.Arbitrary<Act> =>
  fc.oneof(
    fc.constantFrom<Act>({ kind: 'unknown' }, { kind: 'absent' }, { kind: 'refused' }, { kind: 'expire' }),
    { weight: 2, arbitrary: fc.constant<Act>({ kind: 'seen', intent: intent('requires_confirmation') }) },
    fc.constantFrom(...seen).map((status): Act => ({ kind: 'seen', intent: intent(status) })),
    fc.constant<Act>({ kind: 'seen', intent: intent('succeeded', { receivedMinor: 1n }) }),
  );
const minutes = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.constantFrom(5, 10, 60, 10 * 60, 23 * 60));
const historyOf = (seen: readonly IntentView['status'][]) =>
  fc.array(fc.tuple(happeningOf(seen), minutes), { maxLength: 40 });

/** A query finds nothing, a call is refused or gets no answer; a notice may show the intent at any time. */
function applies(act: Act, funding: Funding): boolean {
  if (act.kind === 'seen' || act.kind === 'expire') return true;
  if (funding.status !== 'waiting') return false;
  return act.kind === 'absent' ? funding.step === 'read' : funding.step !== 'read';
}

/** Every step of a funding through a history. */
function play(
  kind: BillingMethodKind,
  unattended: boolean,
  acts: readonly (readonly [Act, number])[],
): Step[] {
  const { shares: _, ...parts } = chargeParts([usd(100_000n)], cardTerms(true));
  let before = startFunding({ id: 'funding-1', kind, unattended, parts, now: startedAt, payerMinutes: 15 });
  let now = startedAt;
  return acts.flatMap(([act, passing]) => {
    now = plusMinutes(now, passing);
    if (!applies(act, before)) return [];
    const after = act.kind === 'expire' ? (expire(before, now) ?? before) : observe(before, act, now);
    const step = { before, after, act, now };
    before = after;
    return [step];
  });
}

/** Whatever happens at the card provider, to a card or a bank debit. */
const always = (holds: (steps: Step[]) => void): void =>
  fc.assert(
    fc.property(
      fc.constantFrom('card', 'bank'),
      fc.boolean(),
      historyOf(statuses),
      (kind, unattended, acts) => holds(play(kind as BillingMethodKind, unattended, acts)),
    ),
    { numRuns: 500 },
  );

/** Whatever happens at any provider. */
const everywhere = (holds: (steps: Step[]) => void): void => {
  always(holds);
  fc.assert(
    fc.property(fc.boolean(), historyOf([...statuses, 'approved']), (unattended, acts) =>
      holds(play('paypal', unattended, acts)),
    ),
    { numRuns: 500 },
  );
};

test('only the edges of the machine are taken, and nothing leads back from succeeded (E-26)', () => {
  const edges: Record<Funding['status'], readonly Funding['status'][]> = {
    waiting: ['waiting', 'awaiting_payer', 'succeeded', 'failed', 'in_review'],
    awaiting_payer: ['awaiting_payer', 'waiting', 'succeeded', 'failed', 'in_review'],
    failed: ['failed', 'succeeded', 'in_review'],
    in_review: ['in_review', 'succeeded', 'failed'],
    succeeded: ['succeeded'],
  };
  everywhere((steps) => {
    for (const { before, after } of steps) expect(edges[before.status]).toContain(after.status);
  });
});

test('a success of another amount is never booked (F47)', () => {
  everywhere((steps) => {
    for (const { before, after, act } of steps) {
      if (after.status !== 'succeeded' || before.status === 'succeeded') continue;
      expect(act).toMatchObject({ kind: 'seen', intent: { status: 'succeeded', receivedMinor: 105_499n } });
    }
  });
});

test('it fails only by the provider’s word: cancelled, refused, or three times no such intent', () => {
  always((steps) => {
    for (const { before, after, act, now } of steps) {
      if (after.status !== 'failed' || before.status === 'failed') continue;
      if (act.kind === 'seen') expect(act.intent.status).toBe('canceled');
      else expect(after.intentId).toBeUndefined();
      if (act.kind === 'absent') {
        expect(before.misses).toBeGreaterThanOrEqual(2);
        expect(minutesBetween(before.firstMissAt!, now)).toBeGreaterThanOrEqual(10);
      } else if (act.kind !== 'seen') expect(act.kind).toBe('refused');
    }
  });
});

test('a confirmation in doubt is sent again after 3 misses over 10 minutes, inside its key’s 23 h', () => {
  always((steps) => {
    let keySince = startedAt;
    let misses: Date[] = [];
    for (const { before, after, act, now } of steps) {
      const missing =
        act.kind === 'absent' || (act.kind === 'seen' && act.intent.status === 'requires_confirmation');
      if (missing) misses.push(now);
      const due = (funding: Funding) => funding.status === 'waiting' && funding.step === 'confirm';
      if (!due(after) || due(before)) continue;
      if (before.confirmSent) {
        expect(misses.length).toBeGreaterThanOrEqual(3);
        expect(minutesBetween(misses[0]!, now)).toBeGreaterThanOrEqual(10);
        expect(minutesBetween(keySince, now)).toBeLessThan(23 * 60);
      } else keySince = now;
      misses = [];
    }
  });
});

test('while it is ending nothing is confirmed, and the reason stays', () => {
  always((steps) => {
    for (const { before, after } of steps) {
      if (!before.ending || after.status === 'succeeded' || before.status === 'succeeded') continue;
      if (after.status === 'in_review') continue;
      expect(after.ending).toBe(before.ending);
      if (after.status === 'waiting') expect(['cancel', 'read']).toContain(after.step);
    }
  });
});

test('something is due exactly while somebody must act: the worker, or the payer in the minutes', () => {
  everywhere((steps) => {
    for (const { after } of steps) {
      const row = toRow(after, fundingFrame);
      expect(row.nextCallAt !== null).toBe(after.status === 'waiting');
      if (after.status === 'awaiting_payer') expect(row.expiresAt).not.toBeNull();
      else if (after.status !== 'waiting') expect(row.expiresAt).toBeNull();
    }
  });
});

test('the row gives the funding back', () => {
  everywhere((steps) => {
    for (const { after } of steps) expect(fromRow(toRow(after, fundingFrame))).toEqual(after);
  });
});

test('4.2: at PayPal it ends only when nothing more can be captured', () => {
  everywhere((steps) => {
    let doubtSince: Date | undefined;
    for (const { before, after, act, now } of steps) {
      if (before.kind !== 'paypal') return;
      const isSent = before.status === 'waiting' && before.step === 'confirm';
      if (isSent && after !== before && (act.kind === 'unknown' || act.kind === 'expire')) doubtSince = now;
      // Whatever else is seen says what became of the capture.
      if (act.kind === 'refused') doubtSince = undefined;
      if (act.kind === 'seen' && !['requires_confirmation', 'approved'].includes(act.intent.status))
        doubtSince = undefined;
      if (after.status === 'waiting' && after.step !== 'read') {
        if (doubtSince) expect(minutesBetween(doubtSince, now)).toBeGreaterThanOrEqual(10);
        doubtSince = undefined;
      }
      if (after.status === 'failed' && before.status !== 'failed') expect(doubtSince).toBeUndefined();
    }
  });
});
