import { usd } from '@holdfast/domain';
import type { HoldKind } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LiftHoldBody, PlaceHoldBody } from '../bodies.ts';
import { fromRow, toRow } from '../tables/hold.table.ts';
import type { Account } from './account.ts';
import {
  assertFree,
  assertMayContract,
  causeOf,
  classOf,
  evolve,
  type Hold,
  holderOf,
  type LiftingFact,
  liftHold,
  type PlacingFact,
  placeHold,
} from './hold.ts';

const [start, later] = [new Date('2026-12-10T09:00:00.000Z'), new Date('2026-12-11T09:00:00.000Z')];
const placing = { holdId: 'hold-1', accountId: 'person-1', kind: 'safety', reason: 'scam_signals' } as const;
const standing = evolve({ causeId: 'hold-1' }, placeHold(placing), start);
const lifted = evolve(standing, liftHold(standing, 'reviewed'), later);

const withHolds = (...holds: HoldKind[]): Account => ({
  id: 'person-1',
  roles: ['client', 'freelancer'],
  region: 'US',
  holds,
});
const free = withHolds();
const refusal = (code: string, details = {}) => expect.objectContaining({ code, details });

describe('S-5: what a hold forbids in contracts', () => {
  const acts = {
    hire: (account: Account) => assertMayContract('client', { client: account, freelancer: free }),
    'be hired': (account: Account) => assertMayContract('freelancer', { client: free, freelancer: account }),
    submit: (account: Account) => assertFree(account, 'submit'),
  };

  test.each([
    ['identity', ['hire', 'be hired']],
    ['financial', ['hire']],
    ['safety', ['hire', 'be hired', 'submit']],
    ['closed', ['hire', 'be hired', 'submit']],
  ] as const)('%s: %j and nothing else', (kind, forbidden) => {
    for (const [act, tried] of Object.entries(acts)) {
      const doing = () => tried(withHolds(kind));
      if ((forbidden as readonly string[]).includes(act)) {
        expect(doing).toThrow(refusal('account.on_hold', { kind }));
      } else {
        expect(doing).not.toThrow();
      }
    }
  });

  test('S-12: a closed account takes part in nothing, whatever holds stand on it', () => {
    const closed = { ...free, closedAt: start };
    for (const tried of Object.values(acts)) {
      expect(() => tried(closed)).toThrow(refusal('account.closed'));
    }
    expect(() => assertMayContract('client', { client: free, freelancer: closed })).toThrow(
      refusal('offer.party_on_hold'),
    );
  });

  test('of several the one that forbids it is named', () => {
    const account = withHolds('financial', 'safety');
    expect(() => assertFree(account, 'submit')).toThrow(refusal('account.on_hold', { kind: 'safety' }));
  });

  test.each([
    ['client', { client: free, freelancer: withHolds('identity') }],
    ['freelancer', { client: withHolds('financial'), freelancer: free }],
  ] as const)('the %s learns of the other’s hold only that there is one', (caller, parties) => {
    expect(() => assertMayContract(caller, parties)).toThrow(refusal('offer.party_on_hold'));
  });

  test('a freelancer who owes as a client is hired like any other', () => {
    const parties = { client: free, freelancer: withHolds('financial') };
    expect(() => assertMayContract('client', parties)).not.toThrow();
  });
});

describe('S-12: a hold per cause', () => {
  const ids = { accountId: 'person-1', screeningId: 'screening-1', methodId: 'method-1' };

  const chargeback = { agreementId: 'agreement-1', chargebackId: 'chargeback-1', amount: usd(10_500n) };
  const received: PlacingFact = {
    type: 'escrow.chargeback.received',
    ...chargeback,
    fundingId: 'funding-1',
    clientId: 'person-1',
    freelancerId: 'person-2',
    parts: [],
    dueAt: later,
    fee: usd(1_500n),
  };
  const won: LiftingFact = {
    type: 'escrow.chargeback.won',
    ...chargeback,
    accountId: 'person-2',
    net: usd(0n),
  };

  test.each<[PlacingFact | LiftingFact, object]>([
    [
      { type: 'payouts.identity.failed', accountId: 'person-1', reason: 'unanswered' },
      { kind: 'identity', reason: 'identity_failed', causeId: 'person-1' },
    ],
    [
      { type: 'payouts.identity.verified', accountId: 'person-1' },
      { kind: 'identity', reason: 'identity_verified', causeId: 'person-1' },
    ],
    [
      { type: 'payouts.screening.blocked', ...ids },
      { kind: 'safety', reason: 'screening_blocked', causeId: 'method-1' },
    ],
    [
      { type: 'payouts.screening.cleared', ...ids },
      { kind: 'safety', reason: 'screening_cleared', causeId: 'method-1' },
    ],
    [received, { kind: 'financial', reason: 'chargeback', causeId: 'chargeback-1' }],
    [won, { kind: 'financial', reason: 'chargeback_won', causeId: 'chargeback-1' }],
  ])('$type', (fact, cause) => expect(causeOf(fact)).toEqual(cause));

  test('P-9: of a chargeback the client is held', () => {
    expect(holderOf(received)).toBe('person-1');
    expect(holderOf({ type: 'payouts.screening.blocked', ...ids })).toBe('person-1');
  });

  test('it stands until it is lifted, with both reasons and instants', () => {
    expect(standing).toEqual({
      id: 'hold-1',
      accountId: 'person-1',
      kind: 'safety',
      reason: 'scam_signals',
      causeId: 'hold-1',
      placedAt: start,
      status: 'standing',
    });
    expect(lifted).toEqual({ ...standing, status: 'lifted', liftReason: 'reviewed', liftedAt: later });
  });

  test('one that is lifted is not lifted again', () => {
    expect(() => liftHold(lifted, 'appeal')).toThrow(refusal('hold.lifted'));
  });

  test('an operator gives reasons of an operator, and words', () => {
    const words = { note: ' Seen twice ' };
    expect(PlaceHoldBody.parse({ kind: 'safety', reason: 'scam_signals', ...words }).note).toBe('Seen twice');
    expect(LiftHoldBody.safeParse({ reason: 'appeal', ...words }).success).toBe(true);
    for (const body of [
      { kind: 'identity', reason: 'identity_failed', ...words },
      { kind: 'safety', reason: 'screening_blocked', ...words },
      { kind: 'safety', reason: 'reviewed', ...words },
      { kind: 'frozen', reason: 'other', ...words },
      { kind: 'safety', reason: 'other', note: ' ' },
      { kind: 'safety', reason: 'other', note: 'x'.repeat(2_001) },
      { kind: 'safety', reason: 'other' },
    ]) {
      expect(PlaceHoldBody.safeParse(body).success).toBe(false);
    }
    for (const reason of ['identity_verified', 'screening_cleared', 'scam_signals']) {
      expect(LiftHoldBody.safeParse({ reason, ...words }).success).toBe(false);
    }
  });
});

test('S-11: the class of a reason tells which of the person’s affairs it is, W-17: never what was found', () => {
  expect(classOf('identity_failed')).toBe('identity');
  expect([classOf('failed_charge'), classOf('chargeback')]).toEqual(['payment', 'payment']);
  expect([classOf('screening_blocked'), classOf('scam_signals')]).toEqual(['under_review', 'under_review']);
  expect(classOf('other')).toBe('other');
});

test('whatever happens to a hold, its row gives the fold of its events back', () => {
  const kind = fc.constantFrom<HoldKind>('identity', 'financial', 'safety', 'closed');
  const reason = fc.constantFrom('scam_signals', 'other', 'identity_failed' as const);
  const lift = fc.option(fc.constantFrom('reviewed', 'appeal' as const), { nil: undefined });
  fc.assert(
    fc.property(kind, reason, lift, (kind, reason, liftReason) => {
      let hold: Hold = evolve({ causeId: 'cause' }, placeHold({ ...placing, kind, reason }), start);
      if (liftReason) hold = evolve(hold, liftHold(hold, liftReason), later);
      const words = { placedBy: null, note: null, liftedBy: null, liftNote: null };
      expect(fromRow({ ...toRow(hold), ...words })).toEqual(hold);
    }),
  );
});
