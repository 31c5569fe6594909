import { plusDays } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/person.table.ts';
import {
  changeIdentity,
  failedIdentity,
  hasTaxForm,
  type IdentityChange,
  identityFact,
  identityUnanswered,
  keepsMethodsFrom,
  neededForm,
  type Person,
  recordTaxForm,
} from './person.ts';

const now = new Date('2026-11-23T12:00:00.000Z');
const dueAt = plusDays(now, 7);
const justBefore = new Date(dueAt.getTime() - 1);
const nameSealed = Buffer.from('sealed');

const changes: Record<IdentityChange['status'], IdentityChange> = {
  requested: { status: 'requested', answerDays: 7 },
  in_review: { status: 'in_review' },
  failed: { status: 'failed' },
  verified: { status: 'verified', nameSealed },
};
const person: Person = { id: 'person-1', identity: 'unverified', holds: [] };
const after = (...steps: IdentityChange['status'][]): Person =>
  steps.reduce<Person>((state, step) => changeIdentity(state, changes[step], now), person);

const states = {
  unverified: person,
  requested: after('requested'),
  in_review: after('requested', 'in_review'),
  verified: after('requested', 'in_review', 'verified'),
  failed: after('requested', 'in_review', 'failed'),
};
const edges = [
  ['unverified', 'requested'],
  ['requested', 'in_review'],
  ['in_review', 'verified'],
  ['in_review', 'failed'],
  ['verified', 'requested'], // Asked again (S-4).
  ['failed', 'requested'], // An appeal.
] as const;

describe('S-3: identity', () => {
  test.each(Object.keys(states) as Person['identity'][])('from %s only where the rule leads', (from) => {
    for (const change of Object.values(changes)) {
      const move = () => changeIdentity(states[from], change, now);
      if (edges.some(([start, end]) => start === from && end === change.status)) {
        expect(move().identity).toBe(change.status);
      } else {
        expect(move).toThrow(
          expect.objectContaining({ code: 'identity.wrong_state', details: { identity: from } }),
        );
      }
    }
  });

  test('a request stays open for identity.days; the verified name is kept only while it is verified', () => {
    expect(states.requested).toMatchObject({ answerDueAt: dueAt });
    expect(states.verified).toMatchObject({ nameSealed });
    expect(changeIdentity(states.verified, changes.requested, now)).not.toHaveProperty('nameSealed');
    expect(states.in_review).not.toHaveProperty('answerDueAt');
  });

  test('only verified and failed are told, and without the data', () => {
    const told = Object.values(states).map(identityFact);
    expect(told).toEqual([
      undefined,
      undefined,
      undefined,
      { type: 'payouts.identity.verified', accountId: 'person-1' },
      { type: 'payouts.identity.failed', accountId: 'person-1', reason: 'refused' },
    ]);
  });

  test('unanswered, it fails at the due instant and not a millisecond before', () => {
    expect(identityUnanswered(states.requested, justBefore)).toBeUndefined();
    expect(identityUnanswered(states.requested, dueAt)).toEqual({
      type: 'payouts.identity.failed',
      accountId: 'person-1',
      reason: 'unanswered',
    });
    expect(failedIdentity(states.requested)).toEqual(states.failed);
  });

  test('F56: an answer at the due instant is late, also before the timer has run', () => {
    expect(changeIdentity(states.requested, changes.in_review, justBefore).identity).toBe('in_review');
    const late = () => changeIdentity(states.requested, changes.in_review, dueAt);
    expect(late).toThrow(expect.objectContaining({ code: 'identity.wrong_state' }));
  });

  test.each(['unverified', 'in_review', 'verified', 'failed'] as const)(
    'what is %s does not fail by time',
    (identity) => {
      expect(identityUnanswered(states[identity], plusDays(now, 365))).toBeUndefined();
    },
  );
});

test('S-5: safety and closed keep methods from being used; the others do not', () => {
  for (const kind of ['safety', 'closed'] as const)
    expect(keepsMethodsFrom({ ...person, holds: ['financial', kind] })).toBe(true);
  expect(keepsMethodsFrom({ ...person, holds: ['financial', 'identity'] })).toBe(false);
  expect(keepsMethodsFrom(person)).toBe(false);
});

describe('P-13: US persons file a W-9, others a W-8BEN', () => {
  const onFile = (type: 'W-9' | 'W-8BEN') => ({ type, status: 'on_file', recordedAt: now }) as const;

  test.each([
    ['US', 'W-9', 'W-8BEN'],
    ['other', 'W-8BEN', 'W-9'],
  ] as const)('in %s a %s, and no %s', (region, needed, wrong) => {
    const known: Person = { ...person, region };
    expect(neededForm(known)).toBe(needed);
    const recorded = recordTaxForm(known, { type: needed, status: 'on_file' }, now);
    expect(recorded).toEqual({ ...known, taxForm: onFile(needed) });
    expect(hasTaxForm(recorded)).toBe(true);
    const refused = { code: 'tax_form.wrong_type', details: { needed } };
    expect(() => recordTaxForm(known, { type: wrong, status: 'on_file' }, now)).toThrow(
      expect.objectContaining(refused),
    );
    // What came in is said, also where it is the wrong one; it opens nothing.
    const rejected = recordTaxForm(known, { type: wrong, status: 'rejected' }, now);
    expect(rejected.taxForm).toMatchObject({ type: wrong, status: 'rejected' });
    expect(hasTaxForm(rejected)).toBe(false);
    expect(hasTaxForm({ ...known, taxForm: onFile(wrong) })).toBe(false);
  });

  test('of a person whose region was never kept either one is taken', () => {
    for (const type of ['W-9', 'W-8BEN'] as const)
      expect(hasTaxForm(recordTaxForm(person, { type, status: 'on_file' }, now))).toBe(true);
  });
});

test('P-13: a tax form is a type, a status and a date; a row gives the person back', () => {
  const taxForms = [
    undefined,
    { type: 'W-9', status: 'on_file', recordedAt: now },
    { type: 'W-8BEN', status: 'rejected', recordedAt: now },
  ] as const;
  fc.assert(
    fc.property(
      fc.constantFrom(...Object.values(states)),
      fc.constantFrom(...taxForms),
      fc.subarray(['closed', 'financial', 'identity', 'safety'] as const),
      fc.constantFrom('US', 'other', undefined),
      (state, taxForm, holds, region) => {
        const known: Person = { ...state, region, taxForm, holds };
        expect(fromRow(toRow(known), holds)).toEqual(known);
      },
    ),
  );
});
