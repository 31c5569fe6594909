import { plusDays, plusHours, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { agreedMilestone, fundedFact } from '../testing/milestones.ts';
import { evolve, type HeldMilestone } from './milestone.ts';
import {
  approve,
  assertAllNamed,
  fallSilent,
  proveNotice,
  requestRefund,
  resumeRequest,
  settleRequest,
  startRequest,
  stopRequest,
  suspendedEvent,
  suspendRequest,
} from './refund-request.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const dueAt = plusDays(now, 7);
const settings = { 'refund.response_days': 7, 'forfeit.notice_hours': 24 } as const;

const requested = requestRefund(
  {
    refundRequestId: 'request-1',
    agreementId: 'agreement',
    clientId: 'client',
    freelancerId: 'freelancer',
    milestones: [{ milestoneId: 'milestone-1', amount: usd(40_000n) }],
    now,
  },
  settings,
);
const request = startRequest(requested, false);
const proofs = (...hours: number[]) =>
  hours.map((hour, index) => ({ noticeId: `notice-${index}`, provenAt: plusHours(now, hour) }));
const told = proofs(0, 48);

test('E-14: the freelancer has seven days; an answer at the end of them is late', () => {
  expect(requested.dueAt).toEqual(dueAt);
  expect(approve(request, new Date(dueAt.getTime() - 1)).status).toBe('approved');
  expect(() => approve(request, dueAt)).toThrow('refund_request.over');
  expect(() => approve(approve(request, now), now)).toThrow('refund_request.closed');
});

test('E-14, C-8: silence grants it at the end, dated there, after two proven notices', () => {
  expect(fallSilent(request, told, settings, plusHours(dueAt, -1))).toBeUndefined();
  expect(fallSilent(request, told, settings, plusDays(dueAt, 3))).toMatchObject({
    status: 'silent',
    endedAt: dueAt,
  });
});

describe('M-20: where the deadline stands still the time left is told, once', () => {
  const twoDays = 2 * 24 * 3_600_000;
  const at = plusDays(dueAt, -2);
  const suspended = suspendRequest(request, at);
  const unproven = fallSilent(request, [], settings, dueAt)!;

  test.each([
    ['frozen', request, suspended, twoDays],
    ['notice_bounced', request, stopRequest(request), twoDays],
    ['notice_bounced', suspended, stopRequest(suspended), twoDays],
    ['notice_not_proven', request, unproven, 0],
    ['notice_bounced', unproven, stopRequest(unproven), 0],
  ] as const)('%s', (reason, before, after, leftMs) => {
    expect(suspendedEvent(before, after, at)).toEqual({
      type: 'escrow.deadline.suspended',
      ...{
        agreementId: 'agreement',
        deadlineKind: 'refund.silence',
        deadlineId: 'request-1',
        leftMs,
        reason,
      },
    });
  });

  test('nothing where it goes on, ends, or stood still before', () => {
    const resumed = resumeRequest(suspended, dueAt);
    for (const [before, after] of [
      [request, request],
      [suspended, suspended],
      [suspended, resumed],
      [request, approve(request, now)],
    ] as const)
      expect(suspendedEvent(before, after, at)).toBeUndefined();
  });
});

describe('C-8: a forfeit needs two notices with proof, the second a day before', () => {
  test('a second one a day before is just in time', () => {
    const late = [...proofs(0), { noticeId: 'second', provenAt: plusHours(dueAt, -24) }];
    expect(fallSilent(request, late, settings, dueAt)).toMatchObject({ status: 'silent' });
  });

  test('one alone, or none, takes nothing: it waits for the second', () => {
    for (const known of [[], proofs(0)]) {
      expect(fallSilent(request, known, settings, dueAt)).toMatchObject({ status: 'unproven' });
    }
  });

  test('a late second one moves the deadline to 24 hours after it', () => {
    const second = plusHours(dueAt, -2);
    const late = [...proofs(0), { noticeId: 'second', provenAt: second }];
    const moved = proveNotice(request, late, settings, false);
    expect(moved).toMatchObject({ status: 'running', dueAt: plusHours(second, 24) });
    expect(fallSilent(request, late, settings, dueAt)).toMatchObject({ dueAt: plusHours(second, 24) });
    expect(fallSilent(moved, late, settings, plusHours(second, 24))).toMatchObject({ status: 'silent' });
  });

  test('one that comes after the end starts it anew', () => {
    const unproven = fallSilent(request, proofs(0), settings, dueAt)!;
    const second = plusDays(dueAt, 2);
    const both = [...proofs(0), { noticeId: 'second', provenAt: second }];
    expect(approve(unproven, second).status).toBe('approved');
    expect(proveNotice(unproven, proofs(0), settings, false)).toBe(unproven);
    expect(proveNotice(unproven, both, settings, false)).toMatchObject({ dueAt: plusHours(second, 24) });
    expect(proveNotice(unproven, both, settings, true)).toMatchObject({
      status: 'suspended',
      leftMs: 24 * 3_600_000,
    });
  });

  test('an early second one changes nothing', () => {
    expect(proveNotice(request, told, settings, false)).toBe(request);
  });

  test('a bounced one stops it; the freelancer may still agree', () => {
    const stopped = stopRequest(request);
    expect(stopped.status).toBe('stopped');
    expect(fallSilent(stopped, told, settings, dueAt)).toBeUndefined();
    expect(proveNotice(stopped, told, settings, false)).toBe(stopped);
    expect(approve(stopped, plusDays(dueAt, 1)).status).toBe('approved');
  });
});

describe('E-16: frozen money', () => {
  test('suspends the deadline, which goes on with the time left', () => {
    const suspended = suspendRequest(request, plusDays(now, 3));
    expect(suspended).toMatchObject({ status: 'suspended', leftMs: 4 * 24 * 3_600_000 });
    expect(suspendRequest(suspended, plusDays(now, 4))).toBe(suspended);
    expect(fallSilent(suspended, told, settings, dueAt)).toBeUndefined();
    const resumed = resumeRequest(suspended, plusDays(now, 30));
    expect(resumed).toMatchObject({ status: 'running', dueAt: plusDays(now, 34) });
    expect(resumeRequest(resumed, now)).toBe(resumed);
  });

  test('M-16: frozen at the due instant or later is too late', () => {
    expect(suspendRequest(request, dueAt)).toBe(request);
  });

  test('M-16: one that was too late stands before the instant that a late proof moves it to (C-8)', () => {
    const late = [now, dueAt].map((provenAt, index) => ({ noticeId: `notice-${index}`, provenAt }));
    expect(proveNotice(request, late, settings, true)).toMatchObject({
      status: 'suspended',
      leftMs: 24 * 3_600_000,
    });
  });

  test('a request over frozen money begins standing still', () => {
    expect(startRequest(requested, true)).toMatchObject({ status: 'suspended', leftMs: 7 * 24 * 3_600_000 });
  });
});

test('E-7: the client pays it all in the meantime', () => {
  const settled = settleRequest(request, now);
  expect(settled).toMatchObject({ status: 'settled', endedAt: now });
  expect(settleRequest(settled, dueAt)).toBe(settled);
  expect(stopRequest(settled)).toBe(settled);
});

test('E-13: every milestone of which money is held is named once', () => {
  const held = ['a', 'b'].map((id) => {
    const milestone = agreedMilestone({ id });
    return evolve(milestone, fundedFact(milestone, 5_000n)) as HeldMilestone;
  });
  const named = (...ids: string[]) => ids.map((milestoneId) => ({ milestoneId, pay: usd(0n) }));
  expect(() => assertAllNamed(held, named('b', 'a'))).not.toThrow();
  for (const wrong of [named('a'), named('a', 'a', 'b'), named('a', 'b', 'c'), named()]) {
    expect(() => assertAllNamed(held, wrong)).toThrow('end.milestones_differ');
  }
  expect(() => assertAllNamed([], [])).not.toThrow();
});
