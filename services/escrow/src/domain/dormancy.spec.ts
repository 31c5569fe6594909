import { plusDays, plusHours, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import {
  type AskedDormancy,
  type Dormancy,
  fallSilent,
  prove,
  settle,
  stop,
  takeTurn,
  touch,
  watch,
} from './dormancy.ts';
import type { Milestone } from './milestone.ts';

const now = new Date('2027-01-04T09:00:00.000Z');
const settings = { 'dormant.days': 90, 'forfeit.notice_hours': 24 };
const parties = { id: 'agreement', clientId: 'client-1', freelancerId: 'freelancer-1' };
const known = { ...parties, activityAt: now, dueDates: {} };
const terms = { agreementId: 'agreement', clientId: 'client-1', freelancerId: 'freelancer-1', order: 1 };
const held = {
  ...{ held: usd(40_000n), principal: usd(40_000n), clientFee: usd(2_000n), clientFeeHeld: usd(2_000n) },
  freezes: [],
};
const funded: Milestone = {
  ...terms,
  ...held,
  id: 'one',
  termsVersion: 1,
  price: usd(40_000n),
  status: 'funded',
};
const asked: AskedDormancy = {
  ...known,
  status: 'freelancer_asked',
  since: now,
  balance: usd(40_000n),
  milestoneIds: ['one'],
  dueAt: plusDays(now, 7),
};
const proof = (provenAt: Date) => ({ noticeId: provenAt.toISOString(), provenAt });

describe('E-20: the days', () => {
  test('begin with the last activity where no due date comes later', () => {
    expect(watch({ ...known, dueDates: { one: '2026-12-01' } }, settings)).toMatchObject({
      status: 'watching',
      turnAt: plusDays(now, 76),
    });
  });

  test('begin with the end of the last due date', () => {
    const dueDates = { one: '2027-02-01', two: '2027-06-01' };
    expect(watch({ ...known, dueDates }, settings)).toMatchObject({
      turnAt: plusDays(new Date('2027-06-02T00:00:00.000Z'), 76),
    });
  });

  test('start again with each activity, however late an older one is heard of', () => {
    const watched = watch({ ...known, activityAt: plusDays(now, 5) }, settings);
    expect(touch(watched, { at: now }, settings)).toEqual({ dormancy: watched, events: [] });
  });

  test('and so it is told, once a turn has been told of', () => {
    const clientAsked: Dormancy = { ...known, status: 'client_asked', turnAt: plusDays(now, 7) };
    for (const dormancy of [clientAsked, asked]) {
      expect(touch(dormancy, { at: plusDays(now, 1) }, settings)).toEqual({
        dormancy: watch({ ...known, activityAt: plusDays(now, 1) }, settings),
        events: [{ type: 'escrow.dormancy.cancelled', agreementId: 'agreement', reason: 'activity' }],
      });
    }
  });

  test('M-16: what comes at the due instant of a step does not stop its silence', () => {
    expect(touch(asked, { at: asked.dueAt! }, settings)).toEqual({ dormancy: asked, events: [] });
  });
});

describe('E-20: what is not dormant', () => {
  const turn: Dormancy = { ...known, status: 'announced', turnAt: now };
  const freeze = { cause: 'safety_hold', causeId: 'hold', amount: usd(40_000n), since: now } as const;
  const reserved = { fundingId: 'funding', amount: usd(40_000n) };
  const others: [string, Milestone][] = [
    ['frozen', { ...funded, freezes: [freeze] } as Milestone],
    ['reserved', { ...funded, reserved } as Milestone],
    ['under review', { ...funded, status: 'submitted', submissionId: 's', reviewDueAt: now } as Milestone],
    ['asked back', { ...funded, status: 'refund_pending', refundRequestId: 'r' } as Milestone],
  ];

  test.each(others)('what is %s: the days start again', (_, milestone) => {
    const turned = takeTurn(turn, [milestone], settings, now)!;
    expect(turned.dormancy).toEqual(watch(known, settings));
    expect(turned.events).toMatchObject([{ type: 'escrow.dormancy.cancelled', reason: 'settled' }]);
  });

  test('nothing, where nothing is held', () => {
    expect(settle(turn, [], settings, now).dormancy).toEqual({
      ...known,
      status: 'idle',
    });
  });
});

describe('C-8, E-20: a step that takes money', () => {
  const dueAt = asked.dueAt!;

  test('is silent only after two proven notices, the second 24 hours before', () => {
    const proofs = [proof(now), proof(plusHours(dueAt, -24))];
    expect(fallSilent(asked, proofs, settings, dueAt)).toMatchObject({ silence: 'freelancer_asked' });
    expect(fallSilent(asked, proofs, settings, plusHours(dueAt, -1))).toBeUndefined();
  });

  test('moves to 24 hours after the second proof where that came late', () => {
    const proofs = [proof(now), proof(plusHours(dueAt, -3))];
    const moved = fallSilent(asked, proofs, settings, dueAt)!;
    expect(moved.dormancy).toMatchObject({ dueAt: plusHours(dueAt, 21) });
    expect(moved.events).toMatchObject([{ type: 'escrow.deadline.moved', dueAt: plusHours(dueAt, 21) }]);
    expect(moved.silence).toBeUndefined();
    expect(prove(asked, proofs, settings)).toEqual(moved);
  });

  test('is stopped where a notice bounced, and no later proof starts it again', () => {
    const { dormancy, events } = stop(asked, plusDays(dueAt, -2));
    const stopped = dormancy as AskedDormancy;
    expect(stopped).toMatchObject({ waits: 'operator' });
    expect(events).toMatchObject([
      { type: 'escrow.deadline.suspended', leftMs: 2 * 24 * 3_600_000, reason: 'notice_bounced' },
    ]);
    expect(stop(stopped, dueAt).events).toEqual([]);
    const proofs = [proof(now), proof(plusDays(now, 1))];
    expect(prove(stopped, proofs, settings)).toEqual({ dormancy: stopped, events: [] });
  });
});
