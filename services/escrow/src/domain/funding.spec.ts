import { plusHours, plusMinutes, usd } from '@holdfast/domain';
import { type BillingMethodKind, pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { intent } from '../testing/fundings.ts';
import { cardTerms } from '../testing/milestones.ts';
import { chargeParts } from './charge-parts.ts';
import { expire, type Funding, type Observation, observe, startFunding } from './funding.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const after = (minutes: number) => plusMinutes(now, minutes);
const parts = chargeParts([usd(100_000n)], cardTerms(true));
const start = (unattended: boolean, kind: BillingMethodKind = 'card') =>
  startFunding({ id: 'funding-1', kind, unattended, parts, now, payerMinutes: 15 });
const [attended, unattended] = [start(false), start(true)];
const seen = (status: Parameters<typeof intent>[0], more = {}): Observation => ({
  kind: 'seen',
  intent: intent(status, more),
});
const unknown: Observation = { kind: 'unknown' };
const absent: Observation = { kind: 'absent' };

/** What a funding becomes by observations, each at its minute. */
const fold = (funding: Funding, ...observed: [Observation, number][]): Funding =>
  observed.reduce((state, [observation, minute]) => observe(state, observation, after(minute)), funding);
const created = fold(unattended, [seen('requires_confirmation'), 0]);
const createdAttended = fold(attended, [seen('requires_confirmation'), 0]);
const inDoubt = fold(created, [unknown, 0]);

describe('P-3: what is charged', () => {
  const minors = (price: bigint, due: boolean, settings = pinnedDefaults) => {
    const { principal, clientFee, initiationFee, total } = chargeParts(
      [usd(price)],
      cardTerms(due, settings),
    );
    return [principal, clientFee, initiationFee, total].map(({ amountMinor }) => amountMinor);
  };

  test('G-1: 1,000.00, the client fee of 5% (P-4) and the initiation fee', () => {
    expect(minors(100_000n, true)).toEqual([100_000n, 5_000n, 499n, 105_499n]);
  });

  test('P-6: the initiation fee stands on the first charge only (G-3)', () => {
    expect(minors(30_000n, true)).toEqual([30_000n, 1_500n, 499n, 31_999n]);
    expect(minors(70_000n, false)).toEqual([70_000n, 3_500n, 0n, 73_500n]);
  });

  test('P-4: 5% by card and PayPal, 3% by a bank account', () => {
    const feeOf = (kind: BillingMethodKind) =>
      chargeParts([usd(100_000n)], { ...cardTerms(true), kind }).clientFee.amountMinor;
    expect((['card', 'paypal', 'bank'] as const).map(feeOf)).toEqual([5_000n, 5_000n, 3_000n]);
  });

  test('R-2: exact halves go up; R-10: a fee that rounds to nothing is none', () => {
    expect(minors(750n, false)).toEqual([750n, 38n, 0n, 788n]);
    expect(minors(9n, false)).toEqual([9n, 0n, 0n, 9n]);
  });

  test('the rates are those that the agreement pinned', () => {
    const pinned = { ...pinnedDefaults, 'fee.client_bps': 300, 'fee.initiation': 0 };
    expect(minors(100_000n, true, pinned)).toEqual([100_000n, 3_000n, 0n, 103_000n]);
  });
});

describe('create, store, confirm (E-26)', () => {
  test('the intent is created first, and its id is known before it is confirmed', () => {
    expect(attended).toMatchObject({ status: 'waiting', step: 'create', nextCallAt: now });
    expect(created).toMatchObject({ status: 'waiting', step: 'confirm', intentId: 'pi_1', nextCallAt: now });
  });

  test('a success funds; nothing is due any more', () => {
    for (const state of [created, createdAttended]) {
      const paid = fold(state, [seen('succeeded'), 1]);
      expect(paid.status).toBe('succeeded');
      expect(paid).not.toHaveProperty('nextCallAt');
      expect(paid).not.toHaveProperty('expiresAt');
    }
  });

  test.each([
    ['another amount', { receivedMinor: 105_498n }],
    ['more', { receivedMinor: 105_500n }],
    ['another currency', { currency: 'eur' }],
  ])('F47: %s is not booked, a person looks at it', (_, more) => {
    const odd = fold(createdAttended, [seen('succeeded', more), 1]);
    expect(odd.status).toBe('in_review');
    expect(odd).not.toHaveProperty('expiresAt');
  });

  test('what is being processed is asked about every ten minutes', () => {
    expect(fold(created, [seen('processing'), 1])).toMatchObject({ step: 'read', nextCallAt: after(11) });
  });
});

describe('E-26: a funding without money ends only by the provider’s word', () => {
  test('a decline: the intent is cancelled first, then the milestone is free', () => {
    const declined = fold(created, [seen('requires_payment_method', { declineCode: 'generic_decline' }), 1]);
    expect(declined).toMatchObject({ status: 'waiting', step: 'cancel', ending: 'declined' });
    expect(fold(declined, [seen('canceled'), 2])).toMatchObject({ status: 'failed', ending: 'declined' });
  });

  test('P-16: a bank that wants the payer, with nobody present, fails as payer_needed', () => {
    const declineCode = 'authentication_required';
    const declined = fold(created, [seen('requires_payment_method', { declineCode }), 1]);
    expect(declined).toMatchObject({ step: 'cancel', ending: 'payer_needed' });
    expect(fold(created, [seen('requires_action'), 1])).toMatchObject({
      step: 'cancel',
      ending: 'payer_needed',
    });
  });

  test('a refused creation leaves nothing to cancel; a refused confirmation leaves an intent', () => {
    expect(fold(attended, [{ kind: 'refused' }, 1])).toMatchObject({
      status: 'failed',
      ending: 'method_unusable',
    });
    expect(fold(created, [{ kind: 'refused' }, 1])).toMatchObject({
      step: 'cancel',
      ending: 'method_unusable',
    });
  });

  test('until the cancel is confirmed it is asked for again, and a success still wins', () => {
    const cancelling = fold(created, [seen('requires_payment_method'), 1], [unknown, 2]);
    expect(cancelling).toMatchObject({ status: 'waiting', step: 'read', ending: 'declined' });
    expect(fold(cancelling, [seen('requires_payment_method'), 3])).toMatchObject({ step: 'cancel' });
    expect(fold(cancelling, [seen('succeeded'), 3]).status).toBe('succeeded');
  });

  test('a success after the end is accepted, and is no failure any more', () => {
    const failed = fold(created, [seen('canceled'), 1]);
    expect(failed).toMatchObject({ status: 'failed', ending: 'expired' });
    const late = fold(failed, [seen('succeeded'), 60]);
    expect(late).toMatchObject({ status: 'succeeded', ending: undefined });
  });

  test('an intent that the provider gave and no longer knows is looked at by a person', () => {
    const cancelling = fold(created, [seen('requires_payment_method'), 1], [unknown, 2]);
    expect(fold(cancelling, [absent, 2], [absent, 7], [absent, 12]).status).toBe('in_review');
  });
});

describe('E-26: the payer’s 15 minutes', () => {
  const asked = fold(createdAttended, [seen('requires_action', { payerUrl: 'https://bank.example/3ds' }), 1]);

  test('the payer is sent to the bank; the time runs from the fund', () => {
    expect(asked).toMatchObject({
      status: 'awaiting_payer',
      expiresAt: after(15),
      payerUrl: 'https://bank.example/3ds',
    });
  });

  test('a millisecond before the end nothing happens, at it the provider is asked to cancel', () => {
    expect(expire(asked, new Date(after(15).getTime() - 1))).toBeUndefined();
    expect(expire(asked, after(15))).toMatchObject({ status: 'waiting', step: 'cancel', ending: 'expired' });
  });

  test('a lost creation is looked for; if there is no intent there is nothing to cancel', () => {
    const looking = expire(fold(attended, [unknown, 1]), after(15))!;
    expect(looking).toMatchObject({ step: 'read', ending: 'expired' });
    expect(fold(looking, [absent, 15], [absent, 20])).toMatchObject({ status: 'waiting' });
    expect(fold(looking, [absent, 15], [absent, 20], [absent, 25])).toMatchObject({
      status: 'failed',
      ending: 'expired',
    });
    expect(fold(looking, [seen('requires_confirmation'), 15])).toMatchObject({
      step: 'cancel',
      intentId: 'pi_1',
    });
  });

  test('an unattended one has no end but the provider’s answer', () => {
    for (const state of [unattended, created, inDoubt])
      expect(expire(state, plusHours(now, 999))).toBeUndefined();
  });

  test('what has ended, or is ending, expires no more', () => {
    const paid = fold(createdAttended, [seen('succeeded'), 1]);
    for (const state of [paid, expire(asked, after(15))!, fold(asked, [seen('canceled'), 2])]) {
      expect(expire(state, after(99))).toBeUndefined();
    }
  });

  test('a read from before the payer was asked changes nothing', () => {
    expect(fold(asked, [seen('requires_confirmation'), 2])).toEqual(asked);
  });
});

describe('0.1 of the protocols: a call that may have executed', () => {
  test('is asked about first', () => {
    expect(inDoubt).toMatchObject({ status: 'waiting', step: 'read', nextCallAt: now, confirmSent: true });
  });

  test('three misses, five minutes apart: then the same key again', () => {
    const twice = fold(inDoubt, [seen('requires_confirmation'), 0], [absent, 5]);
    expect(twice).toMatchObject({ step: 'read', misses: 2, nextCallAt: after(10) });
    expect(fold(twice, [seen('requires_confirmation'), 10])).toMatchObject({
      step: 'confirm',
      nextCallAt: after(10),
    });
  });

  test('misses that come faster, by notices, prove nothing before ten minutes', () => {
    const fast = fold(inDoubt, [absent, 0], [absent, 1], [absent, 2], [absent, 3]);
    expect(fast).toMatchObject({ step: 'read', misses: 4 });
    expect(fold(fast, [absent, 10])).toMatchObject({ step: 'confirm' });
  });

  test('misses of the creation do not count for the confirmation', () => {
    const late = fold(attended, [unknown, 0], [absent, 0], [absent, 5], [seen('requires_confirmation'), 9]);
    expect(late).toMatchObject({ step: 'confirm', misses: 0, firstMissAt: undefined });
  });

  test('a lost creation is sent again as well', () => {
    const again = fold(unattended, [unknown, 0], [absent, 0], [absent, 5], [absent, 10]);
    expect(again).toMatchObject({ step: 'create', misses: 0 });
  });

  test('the key is used for 23 hours, however often it was repeated; then a person looks', () => {
    let state: Funding = inDoubt;
    let minute = 0;
    for (; state.status === 'waiting'; minute += 10) {
      state = fold(
        state,
        [absent, minute],
        [absent, minute + 5],
        [absent, minute + 10],
        [unknown, minute + 10],
      );
    }
    expect(state.status).toBe('in_review');
    expect(minute).toBe(23 * 60);
  });

  test('the window of the confirmation is not that of the creation', () => {
    const slow = fold(unattended, [unknown, 0], [seen('requires_confirmation'), 23 * 60], [unknown, 23 * 60]);
    const [first, second, third] = [0, 5, 10].map(
      (more) => [absent, 23 * 60 + more] as [Observation, number],
    );
    expect(fold(slow, first!, second!, third!)).toMatchObject({ status: 'waiting', step: 'confirm' });
  });

  test('out of review leads only the provider’s word: a success as asked, or a cancel', () => {
    const review = { ...inDoubt, status: 'in_review' } as Funding;
    expect(fold(review, [seen('succeeded'), 1]).status).toBe('succeeded');
    expect(fold(review, [seen('canceled'), 1]).status).toBe('failed');
    for (const other of [
      seen('processing'),
      seen('requires_action'),
      seen('requires_confirmation'),
      unknown,
      absent,
    ]) {
      expect(fold(review, [other, 1]).status).toBe('in_review');
    }
  });
});

describe('E-26: the lives of fundings by method', () => {
  test('a bank debit has none, whoever is present: it waits for the provider for days', () => {
    const debit = start(false, 'bank');
    expect('expiresAt' in debit && debit.expiresAt).toBeFalsy();
    const days = fold(debit, [seen('requires_confirmation'), 0], [seen('processing'), 1]);
    expect(days).toMatchObject({ step: 'read', nextCallAt: after(6 * 60 + 1) });
    expect(expire(days, after(5 * 24 * 60))).toBeUndefined();
    expect(fold(days, [seen('processing'), 24 * 60], [seen('succeeded'), 4 * 24 * 60]).status).toBe(
      'succeeded',
    );
  });

  test('PayPal has the payer’s minutes, as a card has', () => {
    const order = fold(start(false, 'paypal'), [seen('requires_confirmation'), 0]);
    expect(expire(order, after(14))).toBeUndefined();
    expect(expire(order, after(15))).toMatchObject({ ending: 'expired' });
  });
});

describe('4.2: an order of PayPal', () => {
  const order = fold(start(true, 'paypal'), [seen('requires_confirmation'), 0]);
  const asking = fold(
    start(false, 'paypal'),
    [seen('requires_confirmation'), 0],
    [seen('requires_action', { payerUrl: 'https://paypal.example/approve' }), 1],
  );
  const doubtful = fold(order, [unknown, 1]);

  test('that the payer approved is captured', () => {
    expect(asking).toMatchObject({ status: 'awaiting_payer', payerUrl: expect.any(String) });
    expect(fold(asking, [seen('approved'), 3])).toMatchObject({ status: 'waiting', step: 'confirm' });
  });

  test('whose approval is seen only when the minutes are over is captured all the same', () => {
    const expired = expire(asking, after(20))!;
    expect(expired).toMatchObject({ step: 'cancel', ending: 'expired' });
    const found = fold(expired, [seen('approved'), 20]);
    expect(found).toMatchObject({ status: 'waiting', step: 'confirm', ending: undefined });
    expect(fold(found, [seen('succeeded'), 21]).status).toBe('succeeded');
  });

  test('that was declined is not captured, though it still stands as approved', () => {
    const declined = fold(order, [seen('requires_payment_method'), 1], [seen('approved'), 2]);
    expect(declined).toMatchObject({ status: 'failed', ending: 'declined' });
  });

  test.each(['requires_confirmation', 'approved'] as const)(
    'whose capture is in doubt and is seen %s: captured again only after 3 misses over 10 minutes',
    (status) => {
      expect(fold(doubtful, [seen(status), 2], [seen(status), 7])).toMatchObject({ step: 'read', misses: 2 });
      const sure = fold(doubtful, [seen(status), 2], [seen(status), 7], [seen(status), 12]);
      expect(sure).toMatchObject({ step: 'confirm', misses: 0 });
    },
  );

  test('whose capture is in doubt does not end before that is proven absent: nothing can be cancelled', () => {
    const attended = fold(start(false, 'paypal'), [seen('requires_confirmation'), 0], [unknown, 1]);
    const expired = expire(attended, after(15))!;
    expect(expired).toMatchObject({ status: 'waiting', step: 'read', ending: 'expired' });
    const open = seen('requires_confirmation');
    expect(fold(expired, [open, 15], [open, 20])).toMatchObject({ step: 'read', misses: 2 });
    const proven = fold(expired, [open, 15], [open, 20], [open, 25]);
    expect(proven).toMatchObject({ step: 'cancel', ending: 'expired' });
    expect(fold(proven, [seen('canceled'), 26])).toMatchObject({ status: 'failed', ending: 'expired' });
    expect(fold(expired, [open, 15], [seen('succeeded'), 16]).status).toBe('succeeded');
  });

  test('that expires while its capture is being sent counts as in doubt', () => {
    const sending = fold(start(false, 'paypal'), [seen('requires_confirmation'), 0]);
    expect(expire(sending, after(15))).toMatchObject({ step: 'read', confirmSent: true, ending: 'expired' });
  });
});
