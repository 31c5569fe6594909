import { type Journal, plusHours, plusMinutes, usd } from '@holdfast/domain';
import type { HoldCause } from '@holdfast/events';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/withdrawal.table.ts';
import {
  type Attempt,
  callAgain,
  endUnsent,
  isCalling,
  isLive,
  newAttempt,
  type Observation,
  type OrderView,
  observe,
} from './attempt.ts';
import { paidJournal, requestJournal, returnedJournal, undoneJournal } from './journals.ts';
import {
  applyCauses,
  cancelWithdrawal,
  evolve,
  follow,
  sentOf,
  startWithdrawal,
  type Withdrawal,
  type WithdrawalEvent,
  type WithdrawalRequested,
  withCauses,
} from './withdrawal.ts';

/** What can happen to a withdrawal, in the order in which the commands would decide it. */
type Act =
  | { do: 'sweep' | 'cancel' }
  | { do: 'causes'; causes: HoldCause[] }
  | { do: 'observe'; observation: Observation };
type Scene = { withdrawal: Withdrawal; attempts: Attempt[]; events: WithdrawalEvent[]; journals: Journal[] };

/** A Monday morning. */
const startedAt = new Date('2026-11-23T09:00:00.000Z');
const cutOff = '12:00';
const requested: WithdrawalRequested = {
  type: 'payouts.withdrawal.requested',
  accountId: 'F1',
  withdrawalId: 'withdrawal-1',
  methodId: 'method-1',
  amount: usd(50_000n),
  fee: usd(200n),
  dueAt: new Date('2026-11-23T12:00:00.000Z'),
};

const states = ['submitted', 'processing', 'paid', 'returned', 'failed', 'denied', 'cancelled'] as const;
const orders = fc
  .tuple(
    fc.constantFrom(...states),
    fc.constantFrom(49_800n, 49_000n),
    fc.constantFrom('bad_details', 'other'),
  )
  .map(([state, back, reason]): Partial<OrderView> => {
    if (state !== 'returned') return { state };
    return { state, returned: { amountMinor: back, reason: reason as 'other' } };
  });
const acts: fc.Arbitrary<Act> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<Act>({ do: 'sweep' }) },
  fc.constant<Act>({ do: 'cancel' }),
  fc
    .subarray<HoldCause>(['screening', 'account_hold', 'sending_stopped'])
    .map((causes): Act => ({ do: 'causes', causes })),
  fc
    .constantFrom<Observation>(
      { kind: 'unknown' },
      { kind: 'absent' },
      { kind: 'refused' },
      { kind: 'not_sent' },
    )
    .map((observation): Act => ({ do: 'observe', observation })),
  { weight: 2, arbitrary: orders.map((order): Act => ({ do: 'observe', observation: seen(order) })) },
);
/** Completed with the key of the attempt that is asked about. */
const seen = (order: Partial<OrderView>): Observation => ({
  kind: 'seen',
  order: { reference: '', amountMinor: 49_800n, currency: 'USD', ...order },
});
const history = fc.array(fc.tuple(acts, fc.constantFrom(0, 5, 10, 60, 300, 1_440)), { maxLength: 60 });

/** Every scene of a history, as the command handlers would make it. */
function play(steps: readonly (readonly [Act, number])[]): Scene[] {
  let scene: Scene = {
    withdrawal: startWithdrawal(requested),
    attempts: [],
    events: [],
    journals: [requestJournal(requested)],
  };
  let [now, causes] = [startedAt, [] as HoldCause[]];
  return steps.map(([act, minutes]) => {
    now = plusMinutes(now, minutes);
    if (act.do === 'causes') causes = act.causes;
    scene = stepOf(scene, act, now, causes);
    return scene;
  });
}

function stepOf(scene: Scene, act: Act, now: Date, causes: HoldCause[]): Scene {
  const { withdrawal, attempts } = scene;
  const live = attempts.find(isLive);
  switch (act.do) {
    case 'causes': {
      if (isCalling(live)) return scene;
      const told = applyCauses(withdrawal, causes, { now, cutOff });
      const after = told.reduce(happens, scene);
      return { ...after, withdrawal: withCauses(after.withdrawal, causes) };
    }
    case 'cancel': {
      let cancelled: WithdrawalEvent;
      try {
        cancelled = cancelWithdrawal(withdrawal, live);
      } catch {
        return scene;
      }
      const without = live ? replaced(scene, endUnsent(live as Created, 'taken_back')) : scene;
      return happens(without, cancelled);
    }
    case 'sweep': {
      const isDue = withdrawal.status === 'requested' && now >= withdrawal.cutOffAt;
      if (!isDue || isCalling(live) || causes.length > 0 || attempts.some(({ review }) => review))
        return scene;
      if (live) return replaced(scene, callAgain(live as Created, now));
      const number = attempts.length + 1;
      const created = { key: `po_REFERENCE-${number}`, number, sent: sentOf(withdrawal), now };
      return { ...scene, attempts: [...attempts, newAttempt(created)] };
    }
    case 'observe': {
      const before = attempts.at(-1);
      if (!before) return scene;
      const after = observe(before, ofAttempt(act.observation, before), now);
      const told =
        after.state === before.state ? undefined : follow(withdrawal, after, { now, cutOff, transferId });
      return told ? happens(replaced(scene, after), told) : replaced(scene, after);
    }
  }
}

type Created = Attempt & { state: 'created' };
const transferId = 'transfer-1';
const ofAttempt = (observation: Observation, { key }: Attempt): Observation =>
  observation.kind === 'seen'
    ? { kind: 'seen', order: { ...observation.order, key, reference: `bank_${key}` } }
    : observation;
const replaced = (scene: Scene, attempt: Attempt): Scene => ({
  ...scene,
  attempts: scene.attempts.map((one) => (one.key === attempt.key ? attempt : one)),
});

function happens(scene: Scene, event: WithdrawalEvent): Scene {
  const journal = journalOf(scene.withdrawal, event);
  return {
    ...scene,
    withdrawal: evolve(scene.withdrawal, event),
    events: [...scene.events, event],
    journals: journal ? [...scene.journals, journal] : scene.journals,
  };
}

function journalOf(withdrawal: Withdrawal, event: WithdrawalEvent): Journal | undefined {
  switch (event.type) {
    case 'payouts.withdrawal.cancelled':
    case 'payouts.withdrawal.failed':
      return undoneJournal(event);
    case 'payouts.withdrawal.paid':
      return paidJournal(event);
    case 'payouts.withdrawal.returned':
      return returnedJournal(withdrawal, event);
    default:
      return undefined;
  }
}

const always = (holds: (scenes: Scene[]) => void): void =>
  fc.assert(
    fc.property(history, (steps) => holds(play(steps))),
    { numRuns: 1_000 },
  );

test('I12: only the edges of the table are taken (W-16)', () => {
  const unpaid = ['sent', 'unknown', 'paid', 'failed', 'returned'] as const;
  const edges: Record<Withdrawal['status'], readonly Withdrawal['status'][]> = {
    requested: ['held', 'cancelled', ...unpaid],
    held: ['requested', 'cancelled', ...unpaid],
    unknown: ['requested', ...unpaid],
    sent: ['requested', 'paid', 'failed', 'returned'],
    paid: ['returned'],
    failed: [],
    returned: [],
    cancelled: [],
  };
  always((scenes) => {
    let before: Withdrawal['status'] = 'requested';
    for (const { withdrawal } of scenes) {
      expect([before, ...edges[before]]).toContain(withdrawal.status);
      before = withdrawal.status;
    }
  });
});

test('I5, W-16: at most one attempt is alive, and never more than two are made', () => {
  always((scenes) => {
    for (const { attempts } of scenes) {
      expect(attempts.filter(isLive).length).toBeLessThanOrEqual(1);
      expect(attempts.length).toBeLessThanOrEqual(2);
    }
  });
});

test('the money is in transit exactly while nobody knows that it is paid or will not be (W-12)', () => {
  always((scenes) => {
    for (const { withdrawal, journals } of scenes) {
      const lines = journals.flatMap((journal) => journal.lines);
      const inTransit = lines
        .filter(({ account }) => account === 'P.freelancer.in_transit:F1')
        .reduce((sum, { amountMinor }) => sum - amountMinor, 0n);
      const isUnderWay = ['requested', 'held', 'sent', 'unknown'].includes(withdrawal.status);
      expect(inTransit).toBe(isUnderWay ? 50_000n : 0n);
    }
  });
});

test('M-8: it is paid once, comes back once, and is undone only where it was never paid', () => {
  always((scenes) => {
    const kinds = scenes.at(-1)?.journals.map(({ kind }) => kind) ?? [];
    expect(new Set(kinds).size).toBe(kinds.length);
    const isUndone = kinds.includes('withdrawal_failed') || kinds.includes('withdrawal_cancelled');
    if (isUndone) expect(kinds).toHaveLength(2);
  });
});

test('while it is sent, unknown or paid, exactly one attempt is alive and says so', () => {
  always((scenes) => {
    for (const { withdrawal, attempts } of scenes) {
      const state = attempts.find(isLive)?.state;
      if (withdrawal.status === 'paid' || withdrawal.status === 'unknown')
        expect(state).toBe(withdrawal.status);
      if (withdrawal.status === 'sent') expect(['submitted', 'processing']).toContain(state);
      if (withdrawal.status === 'held') expect([undefined, 'created']).toContain(state);
    }
  });
});

test('its row gives it back, and equals the fold of its events but for a cause that went alone', () => {
  const frame = {
    reference: 'REFERENCE',
    requestedAt: startedAt,
    nextCallAt: plusHours(startedAt, 1),
    correlationId: 'correlation-1',
    traceparent: null,
  };
  always((scenes) => {
    for (const { withdrawal, events } of scenes) {
      expect(fromRow(toRow(withdrawal, frame))).toEqual(withdrawal);
      const folded = events.reduce(evolve, startWithdrawal(requested));
      const causes = withdrawal.status === 'held' ? withdrawal.causes : [];
      expect(withCauses(folded, causes)).toEqual(withdrawal);
    }
  });
});
