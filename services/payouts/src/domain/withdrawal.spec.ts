import { plusDays, plusMinutes, usd } from '@holdfast/domain';
import type { HoldCause } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { type Attempt, newAttempt } from './attempt.ts';
import type { Person } from './person.ts';
import {
  applyCauses,
  cancelWithdrawal,
  evolve,
  failUnsent,
  follow,
  holdCauses,
  isScreened,
  requestWithdrawal,
  sentOf,
  startWithdrawal,
  type Withdrawal,
  type WithdrawalEvent,
  type WithdrawalRequest,
  withCauses,
} from './withdrawal.ts';
import type { WithdrawalMethod } from './withdrawal-method.ts';

/** A Monday morning, and its cut-off. */
const now = new Date('2026-11-23T09:00:00.000Z');
const noon = new Date('2026-11-23T12:00:00.000Z');
const settings = { 'fee.ach': 200, 'min.ach': 500, 'payout.cutoff': '12:00' };
const person: Person = {
  id: 'freelancer',
  identity: 'verified',
  nameSealed: Buffer.from('sealed'),
  taxForm: { type: 'W-9', status: 'on_file', recordedAt: now },
  holds: [],
};
const method: WithdrawalMethod = {
  id: 'method-1',
  accountId: 'freelancer',
  kind: 'ach',
  lastFour: '6789',
  detailsSealed: Buffer.from('sealed'),
  usableAt: plusDays(now, -1),
  screening: { id: 'screening-1', result: 'clear', at: now, isDecided: false },
  receivingAccountId: 'ea_1',
  correlationId: 'correlation-1',
  status: 'active',
};
const wanted: WithdrawalRequest = {
  withdrawalId: 'withdrawal-1',
  person,
  method,
  amount: usd(50_000n),
  now,
};
const ask = (more: Partial<WithdrawalRequest> = {}, changed: Partial<typeof settings> = {}) =>
  requestWithdrawal({ ...wanted, ...more }, { ...settings, ...changed });
const requested = startWithdrawal(ask());
const ids = { accountId: 'freelancer', withdrawalId: 'withdrawal-1' };
const rejection = (code: string) => expect.objectContaining({ code });

const at = { now: noon, cutOff: '12:00', transferId: 'transfer-1' };
const sent = sentOf(requested);
const attemptId = 'po_7K3M9Q2X-1';
const calling = newAttempt({ key: attemptId, number: 1, sent, now: noon });
const known = { ...calling, callingSince: undefined, providerReference: 'po_1' };
const inState = (state: 'created' | 'unknown' | 'submitted' | 'processing' | 'paid'): Attempt =>
  ({ ...known, state, keySince: noon, returnWatchUntil: noon }) as Attempt;
const ended = (failure: string, state = 'failed', number = 1): Attempt =>
  ({ ...known, state, failure, number }) as Attempt;
const cameBack = (backMinor: bigint, reason = 'bad_details'): Attempt =>
  ({ ...known, state: 'returned', back: usd(backMinor), reason }) as Attempt;

/** A withdrawal after what these attempts told. */
function after(...attempts: Attempt[]): Withdrawal {
  return attempts.reduce((withdrawal, attempt) => {
    const event = follow(withdrawal, attempt, at);
    return event ? evolve(withdrawal, event) : withdrawal;
  }, requested);
}

describe('W-4: a withdrawal needs', () => {
  test.each<[string, Partial<WithdrawalRequest>, string]>([
    [
      'a verified identity',
      { person: { ...person, identity: 'in_review' } as Person },
      'identity.not_verified',
    ],
    ['B-6: no debt', { person: { ...person, isInDebt: true } }, 'account.in_debt'],
    ['no hold on the account', { person: { ...person, holds: ['financial'] } }, 'account.on_hold'],
    ['P-13: the form of their region', { person: { ...person, region: 'other' } }, 'tax_form.missing'],
    ['a tax form', { person: { ...person, taxForm: undefined } }, 'tax_form.missing'],
    [
      'a tax form that was not rejected',
      { person: { ...person, taxForm: { type: 'W-9', status: 'rejected', recordedAt: now } } },
      'tax_form.missing',
    ],
    ['a method that was not removed', { method: { ...method, status: 'removed' } }, 'method.not_active'],
    [
      'a method that was not disabled',
      { method: { ...method, status: 'disabled', reason: 'bad_details' } },
      'method.not_active',
    ],
    [
      'a method that is registered and screened',
      { method: { ...method, status: 'added', isCooling: false } },
      'method.not_active',
    ],
    ['an amount at the minimum', { amount: usd(499n) }, 'withdrawal.below_minimum'],
  ])('%s', (_, more, code) => {
    expect(() => ask(more)).toThrow(rejection(code));
  });

  test('a method that has cooled off, and says from when on it can be used', () => {
    const usableAt = plusDays(now, 2);
    const cooling: WithdrawalMethod = { ...method, status: 'added', isCooling: true, usableAt };
    expect(() => ask({ method: cooling })).toThrow(
      expect.objectContaining({
        code: 'method.cooling_off',
        details: { usableAt: usableAt.toISOString() },
      }),
    );
  });

  test('an amount above the fee; the minimum itself is enough', () => {
    expect(() => ask({ amount: usd(600n) }, { 'fee.ach': 600 })).toThrow(
      rejection('withdrawal.not_above_fee'),
    );
    expect(ask({ amount: usd(500n) }).amount).toEqual(usd(500n));
  });
});

test('W-5, W-9: the fee comes out of the amount, and it is sent at the cut-off', () => {
  expect(ask()).toEqual({
    type: 'payouts.withdrawal.requested',
    ...ids,
    methodId: 'method-1',
    amount: usd(50_000n),
    fee: usd(200n),
    dueAt: noon,
  });
  expect(requested).toMatchObject({
    status: 'requested',
    cutOffAt: noon,
    arrivesBy: new Date('2026-12-01T12:00:00.000Z'),
  });
  expect(sentOf(requested)).toEqual(usd(49_800n));
  expect(ask({ now: noon }).dueAt).toEqual(plusDays(noon, 1));
});

describe('W-10: the freelancer may cancel', () => {
  const held = evolve(requested, { type: 'payouts.withdrawal.held', ...ids, reason: 'screening' });

  test('while it is requested or held', () => {
    const cancelled = { type: 'payouts.withdrawal.cancelled', ...ids, amount: usd(50_000n) };
    expect(cancelWithdrawal(requested, undefined)).toEqual(cancelled);
    expect(cancelWithdrawal(held, undefined)).toEqual(cancelled);
    // Its call was provably not executed.
    expect(cancelWithdrawal(requested, { ...calling, callingSince: undefined } as Attempt)).toEqual(
      cancelled,
    );
  });

  test('not from the instant at which its call begins', () => {
    expect(() => cancelWithdrawal(requested, calling)).toThrow(rejection('withdrawal.sent_already'));
  });

  test('nor once it was in doubt, though it is requested again', () => {
    expect(() => cancelWithdrawal(requested, inState('created'))).toThrow(
      rejection('withdrawal.sent_already'),
    );
  });

  test.each<[string, Withdrawal, string]>([
    ['sent', after(inState('submitted')), 'withdrawal.sent_already'],
    ['unknown', after(inState('unknown')), 'withdrawal.sent_already'],
    ['paid', after(inState('paid')), 'withdrawal.sent_already'],
    ['returned', after(cameBack(49_800n)), 'withdrawal.sent_already'],
    ['failed', after(ended('refused')), 'withdrawal.ended'],
    ['cancelled', evolve(requested, cancelWithdrawal(requested, undefined)), 'withdrawal.ended'],
  ])('nor when it is %s', (_, withdrawal, code) => {
    expect(() => cancelWithdrawal(withdrawal, undefined)).toThrow(rejection(code));
  });
});

describe('S-5, W-17, W-18: what stands in the way', () => {
  const free = { person, method, stoppedProviders: [] };
  const screenedAs = (result: 'review' | 'blocked') => ({
    ...free,
    method: { screening: { id: 's', result, at: now, isDecided: false } },
  });

  test.each<[string, Parameters<typeof holdCauses>[1], HoldCause[]]>([
    ['nothing', free, []],
    ['a screening under review', screenedAs('review'), ['screening']],
    ['a blocked one', screenedAs('blocked'), ['screening']],
    ['any hold on the account', { ...free, person: { holds: ['identity'] } }, ['account_hold']],
    ['a debt (B-6)', { ...free, person: { holds: [], isInDebt: true } }, ['debt']],
    ['a stop of its provider', { ...free, stoppedProviders: ['bank'] }, ['sending_stopped']],
    ['a stop of all', { ...free, stoppedProviders: ['all'] }, ['sending_stopped']],
    [
      'all at once',
      { ...screenedAs('review'), person: { holds: ['safety', 'closed'] }, stoppedProviders: ['bank', 'all'] },
      ['screening', 'account_hold', 'sending_stopped'],
    ],
  ])('%s', (_, obstacles, causes) => {
    expect(holdCauses(requested, obstacles)).toEqual(causes);
  });

  const play = (withdrawal: Withdrawal, causes: HoldCause[], instant = now) => {
    const events = applyCauses(withdrawal, causes, { now: instant, cutOff: '12:00' });
    return { events, withdrawal: withCauses(events.reduce(evolve, withdrawal), causes) };
  };

  test('each new cause is a fact; one of several that is gone is none, and shows no more', () => {
    const first = play(requested, ['screening', 'account_hold']);
    expect(first.events).toEqual([
      { type: 'payouts.withdrawal.held', ...ids, reason: 'screening' },
      { type: 'payouts.withdrawal.held', ...ids, reason: 'account_hold' },
    ]);
    const second = play(first.withdrawal, ['account_hold', 'sending_stopped']);
    expect(second.events).toEqual([{ type: 'payouts.withdrawal.held', ...ids, reason: 'sending_stopped' }]);
    expect(second.withdrawal).toMatchObject({ causes: ['account_hold', 'sending_stopped'] });
    expect(play(second.withdrawal, ['account_hold', 'sending_stopped'])).toEqual({
      events: [],
      withdrawal: second.withdrawal,
    });
  });

  test.each<[string, Date, Date]>([
    ['before the cut-off: it is sent then', plusMinutes(noon, -1), noon],
    ['at the cut-off or later on a business day: at once, under the screening of that day', noon, noon],
    [
      'on a Saturday: at the next cut-off',
      new Date('2026-11-28T09:00:00.000Z'),
      new Date('2026-11-30T12:00:00.000Z'),
    ],
  ])('the last one gone %s', (_, instant, dueAt) => {
    const { withdrawal: held } = play(requested, ['screening']);
    const { events, withdrawal } = play(held, [], instant);
    expect(events).toEqual([{ type: 'payouts.withdrawal.resumed', ...ids, reason: 'hold_gone', dueAt }]);
    expect(withdrawal).toMatchObject({ status: 'requested', cutOffAt: dueAt });
  });

  test('what was sent is not held any more', () => {
    for (const withdrawal of [after(inState('submitted')), after(inState('unknown'))]) {
      expect(play(withdrawal, ['account_hold']).events).toEqual([]);
    }
  });

  test('0.3: an attempt needs a clear of its own day', () => {
    expect(isScreened(method, new Date('2026-11-23T23:59:59.999Z'))).toBe(true);
    expect(isScreened(method, new Date('2026-11-24T00:00:00.000Z'))).toBe(false);
    const { screening } = screenedAs('review').method;
    expect(isScreened({ screening }, now)).toBe(false);
  });
});

describe('W-16: what an attempt tells becomes of the withdrawal', () => {
  const sending = { ...ids, attemptId, sent };
  const eventOf = (attempt: Attempt, withdrawal = requested) => follow(withdrawal, attempt, at);
  const arrivesBy = new Date('2026-12-01T12:00:00.000Z');
  const refused = (reason: string) => ({
    type: 'payouts.withdrawal.failed',
    ...ids,
    attemptId,
    amount: usd(50_000n),
    reason,
  });

  test('acknowledged, it is sent; told once', () => {
    expect(eventOf(inState('submitted'))).toEqual({ type: 'payouts.withdrawal.sent', ...sending, arrivesBy });
    const withdrawal = after(inState('submitted'));
    expect(withdrawal).toMatchObject({ status: 'sent', arrivesBy });
    expect(eventOf(inState('processing'), withdrawal)).toBeUndefined();
  });

  test('in doubt, it is unknown; proven not executed, it is to be sent again at once', () => {
    expect(eventOf(inState('unknown'))).toEqual({ type: 'payouts.withdrawal.unconfirmed', ...sending });
    const unknown = after(inState('unknown'));
    expect(unknown.status).toBe('unknown');
    const resumed = eventOf(inState('created'), unknown);
    expect(resumed).toMatchObject({ reason: 'not_executed', dueAt: noon });
    expect(after(inState('unknown'), inState('created')).status).toBe('requested');
  });

  test('found after a doubt, it is sent', () => {
    expect(after(inState('unknown'), inState('processing')).status).toBe('sent');
  });

  test('W-13: failed for the first time it is tried once more, at the next cut-off', () => {
    const resumed = eventOf(ended('provider_failed'), after(inState('submitted')));
    expect(resumed).toEqual({
      type: 'payouts.withdrawal.resumed',
      ...ids,
      reason: 'second_attempt',
      dueAt: plusDays(noon, 1),
    });
    expect(eventOf(ended('provider_failed', 'failed', 2))).toEqual(refused('provider_failed'));
  });

  test.each(['refused', 'denied'])('W-13: %s is no passing fault: it has failed at once', (failure) => {
    expect(eventOf(ended(failure))).toEqual(refused(failure));
  });

  test('nor is cancelled by the provider', () => {
    expect(eventOf(ended('cancelled_by_provider', 'cancelled'))).toEqual(refused('cancelled_by_provider'));
  });

  test('W-15: found not executed by a person it has failed, and is not tried again', () => {
    expect(eventOf(ended('not_executed'), after(inState('unknown')))).toEqual(refused('provider_failed'));
  });

  test('taken back by its owner it tells nothing: that was told', () => {
    expect(eventOf(ended('taken_back', 'cancelled'))).toBeUndefined();
  });

  test('its method has ended before it was sent: it has failed', () => {
    const { attemptId: _, ...withoutAttempt } = refused('method_disabled');
    expect(failUnsent(requested)).toEqual(withoutAttempt);
    expect(eventOf(ended('method_disabled', 'cancelled'))).toEqual(refused('method_disabled'));
  });

  test('paid, from any state before it', () => {
    const paid = {
      type: 'payouts.withdrawal.paid',
      ...sending,
      fee: usd(200n),
      subAccount: 'bank',
      transferId: 'transfer-1',
      paidAt: noon,
    };
    const held = evolve(requested, { type: 'payouts.withdrawal.held', ...ids, reason: 'account_hold' });
    for (const withdrawal of [requested, held, after(inState('submitted')), after(inState('unknown'))]) {
      expect(eventOf(inState('paid'), withdrawal)).toEqual(paid);
    }
    expect(eventOf(inState('paid'), after(inState('paid')))).toBeUndefined();
  });

  test('what it found held has left all the same', () => {
    const held = evolve(requested, { type: 'payouts.withdrawal.held', ...ids, reason: 'account_hold' });
    expect(eventOf(inState('unknown'), held)?.type).toBe('payouts.withdrawal.unconfirmed');
    expect(eventOf(inState('submitted'), held)?.type).toBe('payouts.withdrawal.sent');
  });
});

describe('W-12: returned', () => {
  const paid = after(inState('paid'));
  const base = {
    type: 'payouts.withdrawal.returned',
    ...ids,
    attemptId,
    subAccount: 'bank',
    returnedAt: noon,
  };

  test('after paid, with wrong details: our fee stays', () => {
    expect(follow(paid, cameBack(49_800n), at)).toEqual({
      ...base,
      afterPaid: true,
      amountBack: usd(49_800n),
      bankCharge: usd(0n),
      feeKept: true,
      reason: 'bad_details',
      transferId: 'transfer-1',
    });
    expect(after(inState('paid'), cameBack(49_800n))).toMatchObject({
      status: 'returned',
      paid: { paidAt: noon, transferId: 'transfer-1' },
      feeKept: true,
    });
  });

  test('before paid: clearing is untouched, unless the bank kept something', () => {
    const back = follow(after(inState('submitted')), cameBack(49_800n, 'account_blocked'), at);
    expect(back).toEqual({
      ...base,
      afterPaid: false,
      amountBack: usd(49_800n),
      bankCharge: usd(0n),
      feeKept: false,
      reason: 'account_blocked',
    });
    const less = follow(after(inState('submitted')), cameBack(49_000n), at);
    expect(less).toMatchObject({ bankCharge: usd(800n), transferId: 'transfer-1' });
  });

  test('once', () => {
    expect(follow(after(cameBack(49_800n)), cameBack(49_800n), at)).toBeUndefined();
    expect(follow(after(ended('refused')), cameBack(49_800n), at)).toBeUndefined();
  });
});

test('nothing leads back from paid, failed, returned or cancelled', () => {
  const ends = [after(inState('paid')), after(ended('denied')), after(cameBack(1n))];
  const cancelled = evolve(requested, cancelWithdrawal(requested, undefined));
  const states = [inState('created'), inState('unknown'), inState('submitted'), ended('provider_failed')];
  const told: (WithdrawalEvent | undefined)[] = [...ends, cancelled].flatMap((withdrawal) =>
    states.map((attempt) => follow(withdrawal, attempt, at)),
  );
  expect(told.every((event) => event === undefined)).toBe(true);
});
