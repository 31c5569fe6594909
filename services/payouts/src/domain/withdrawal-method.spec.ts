import { plusDays, plusHours } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/withdrawal-method.table.ts';
import {
  addMethod,
  decided,
  disable,
  endCooling,
  evolve,
  type NewMethod,
  registered,
  removeMethod,
  type ScreeningAnswer,
  screened,
  screeningFact,
  settle,
  startMethod,
  type WithdrawalMethod,
} from './withdrawal-method.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const usableAt = plusDays(now, 3);
const ids = { accountId: 'freelancer', methodId: 'method-1' };
const screening = { ...ids, screeningId: 'screening-1' };
const free = { name: 'same', isHeld: false } as const;

const draft: NewMethod = {
  ...ids,
  kind: 'ach',
  routingNumber: '021000021',
  name: 'not_verified',
  now,
  coolingDays: 3,
};
const added = startMethod(addMethod(draft), {
  lastFour: '6789',
  detailsSealed: Buffer.from('sealed'),
  screeningId: 'screening-1',
  correlationId: 'correlation-1',
  traceparent: undefined,
  now,
});
const clear = screened(added, 'clear', now);
const cooled = (method: WithdrawalMethod): WithdrawalMethod => endCooling(method, usableAt)!;
const ready = cooled(registered(clear, 'ea_1'));
const active = evolve(ready, settle(ready, free)!);

describe('W-1: a new method', () => {
  test('cools off for method.cooling_days x 24 hours, is screened at once, and may be used then', () => {
    expect(addMethod(draft)).toEqual({ type: 'payouts.method.added', ...ids, kind: 'ach', dueAt: usableAt });
    expect(added).toMatchObject({ status: 'added', isCooling: true, usableAt, nextCallAt: now });
    expect(added.screening).toEqual({ id: 'screening-1', result: 'pending' });
    expect(addMethod({ ...draft, coolingDays: 0 }).dueAt).toEqual(now);
  });

  test('needs a routing number that is one', () => {
    expect(() => addMethod({ ...draft, routingNumber: '021000020' })).toThrow(
      expect.objectContaining({ code: 'method.routing_number_invalid' }),
    );
  });

  test('does not end its cooling a millisecond early, nor twice, nor once it has ended', () => {
    expect(endCooling(added, new Date(usableAt.getTime() - 1))).toBeUndefined();
    expect(endCooling(added, usableAt)).toEqual({ ...added, isCooling: false });
    expect(endCooling(cooled(added), usableAt)).toBeUndefined();
    expect(endCooling(evolve(added, removeMethod(added)), usableAt)).toBeUndefined();
  });

  test('is active once it has cooled off, is clear, registered, and bears the verified name', () => {
    expect(settle(ready, free)).toEqual({ type: 'payouts.method.activated', ...ids, kind: 'ach' });
    expect(active.status).toBe('active');
  });

  test.each<[string, WithdrawalMethod]>([
    ['the cooling', registered(clear, 'ea_1')],
    ['the screening', cooled(added)],
    ['the registration', cooled(clear)],
    ['a review', cooled(registered(screened(added, 'review', now), 'ea_1'))],
    [
      'a vendor’s block, which an operator may lift',
      cooled(registered(screened(added, 'blocked', now), 'ea_1')),
    ],
  ])('is not while it waits for %s', (_, method) => {
    expect(settle(method, free)).toBeUndefined();
  });

  test('is not before identity is verified, nor under a safety or closed hold', () => {
    expect(settle(ready, { ...free, name: 'not_verified' })).toBeUndefined();
    expect(settle(ready, { ...free, isHeld: true })).toBeUndefined();
  });
});

describe('W-2: the name on a method', () => {
  test('is refused at once where another one is verified', () => {
    expect(() => addMethod({ ...draft, name: 'different' })).toThrow(
      expect.objectContaining({ code: 'method.name_mismatch' }),
    );
    expect(addMethod({ ...draft, name: 'same' })).toMatchObject({ dueAt: usableAt });
  });

  test.each([added, ready, active])('ends the method when it turns out to be another', (method) => {
    const mismatch = settle(method, { name: 'different', isHeld: true });
    expect(mismatch).toEqual({
      type: 'payouts.method.disabled',
      ...ids,
      kind: 'ach',
      reason: 'name_mismatch',
    });
    expect(evolve(method, mismatch!)).toMatchObject({ status: 'disabled', reason: 'name_mismatch' });
  });
});

describe('W-3: its owner', () => {
  test.each([added, ready, active])('may remove it', (method) => {
    const removed = removeMethod(method);
    expect(removed).toEqual({ type: 'payouts.method.removed', ...ids, kind: 'ach' });
    expect(evolve(method, removed)).toEqual(expect.objectContaining({ status: 'removed' }));
  });

  test('may not remove what has ended, and nothing else ends it again', () => {
    for (const ended of [
      evolve(active, removeMethod(active)),
      evolve(active, disable(active, 'bad_details')!),
    ]) {
      expect(() => removeMethod(ended)).toThrow(expect.objectContaining({ code: 'method.ended' }));
      expect(disable(ended, 'bad_details')).toBeUndefined();
      expect(settle(ended, { name: 'different', isHeld: false })).toBeUndefined();
    }
  });
});

describe('W-17: screening', () => {
  test.each([
    ['clear', 'payouts.screening.cleared'],
    ['review', 'payouts.screening.review_started'],
    ['blocked', 'payouts.screening.blocked'],
  ] as const)('%s is told once, by ids alone', (answer, type) => {
    const first = screened(added, answer, now);
    expect(screeningFact(added, first)).toEqual({ type, ...screening });
    expect(screeningFact(first, screened(first, answer, plusHours(now, 1)))).toBeUndefined();
  });

  test('clear is followed by the registration; without it there is no call', () => {
    expect(clear).toMatchObject({ nextCallAt: now });
    expect(registered(clear, 'ea_1')).toMatchObject({ receivingAccountId: 'ea_1', nextCallAt: undefined });
    expect(screened(added, 'review', now)).toMatchObject({ nextCallAt: undefined });
    expect(screened(added, 'blocked', now)).toMatchObject({ nextCallAt: undefined });
  });

  test('no answer leaves a new method as it is; of an active one it begins a review', () => {
    expect(screened(added, 'no_answer', now)).toBe(added);
    expect(screened(active, 'no_answer', now).screening).toMatchObject({ result: 'review', at: now });
  });

  test('what is asked before a sending keeps the method: only withdrawals are held', () => {
    for (const answer of ['clear', 'review', 'blocked'] as const) {
      const asked = screened(active, answer, plusDays(now, 30));
      expect(asked).toMatchObject({ status: 'active', screening: { result: answer, at: plusDays(now, 30) } });
      expect(settle(asked, free)).toBeUndefined();
    }
  });

  test('a review or a block becomes worse by the vendor’s word, better only by an operator’s', () => {
    const review = screened(added, 'review', now);
    const blocked = screened(review, 'blocked', now);
    expect(blocked.screening.result).toBe('blocked');
    for (const answer of ['clear', 'review', 'no_answer'] as const) {
      expect(screened(review, answer, now)).toBe(review);
      expect(screened(blocked, answer, now)).toBe(blocked);
    }
    const cleared = decided(blocked, 'clear', plusHours(now, 1));
    expect(cleared.screening).toMatchObject({ result: 'clear', at: plusHours(now, 1), isDecided: true });
    expect(screeningFact(blocked, cleared)).toEqual({ type: 'payouts.screening.cleared', ...screening });
    expect(cleared).toMatchObject({ nextCallAt: plusHours(now, 1) });
  });

  test('an operator’s block ends a method that is not active yet, and holds what an active one sends', () => {
    const [refused, held] = [added, active].map((method) => decided(method, 'blocked', now));
    expect(settle(refused!, free)).toMatchObject({ type: 'payouts.method.disabled', reason: 'screening' });
    expect(settle(held!, free)).toBeUndefined();
  });

  test('a block that was a mistake is taken back, also of a method that has ended', () => {
    const refused = decided(added, 'blocked', now);
    const ended = evolve(refused, settle(refused, free)!);
    const cleared = decided(ended, 'clear', now);
    expect(screeningFact(ended, cleared)).toMatchObject({ type: 'payouts.screening.cleared' });
    expect(cleared).toMatchObject({ status: 'disabled', reason: 'screening' });
    expect(cleared).not.toHaveProperty('nextCallAt');
  });
});

describe('whatever comes in whatever order', () => {
  const answers = ['clear', 'review', 'blocked', 'no_answer'] as const;
  type Act = (method: WithdrawalMethod, at: Date) => WithdrawalMethod;
  const acts = fc.oneof(
    fc.constant<Act>((method, at) => endCooling(method, at) ?? method),
    fc.constantFrom<ScreeningAnswer>(...answers).map(
      (answer): Act =>
        (method, at) =>
          screened(method, answer, at),
    ),
    fc.constantFrom('clear', 'blocked').map(
      (word): Act =>
        (method, at) =>
          decided(method, word, at),
    ),
    fc.constant<Act>((method) => registered(method, 'ea_1')),
    fc.constant<Act>((method) => {
      const disabled = disable(method, 'bad_details');
      return disabled ? evolve(method, disabled) : method;
    }),
  );
  const step = fc.record({
    act: acts,
    hours: fc.integer({ min: 0, max: 48 }),
    name: fc.constantFrom('same', 'not_verified'),
    isHeld: fc.boolean(),
  });

  test('a method is active only after all it needs, ends for good, and its row gives it back', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        let [method, at] = [added, now];
        for (const { act, hours, name, isHeld } of steps) {
          at = plusHours(at, hours);
          const before = method;
          method = act(method, at);
          const event = settle(method, { name, isHeld } as never);
          if (event?.type === 'payouts.method.activated') {
            expect(at >= usableAt && name === 'same' && !isHeld).toBe(true);
            expect(method.screening.result).toBe('clear');
            expect(method.receivingAccountId).toBe('ea_1');
          }
          if (event) method = evolve(method, event);
          if (before.status === 'disabled') expect(method).toMatchObject({ status: 'disabled' });
          expect(fromRow(toRow(method))).toEqual(method);
        }
      }),
    );
  });
});
