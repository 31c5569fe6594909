import { plusDays, plusHours, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { agreedMilestone, fundedFact, settings } from '../testing/milestones.ts';
import { type AskedBack, type CaseOpened, refuseCase } from './case-freeze.ts';
import { freeze } from './freezes.ts';
import { evolve, type Milestone } from './milestone.ts';
import type { MilestoneEvent } from './milestone-events.ts';
import { fallSilent, requestRefund, startRequest, stopRequest, suspendRequest } from './refund-request.ts';
import { release } from './release.ts';
import { startReview } from './review.ts';

const submittedAt = new Date('2026-11-23T09:00:00.000Z');
const dueAt = plusDays(submittedAt, 14);
const agreed = agreedMilestone();
const funded = evolve(agreed, fundedFact(agreed, 5_000n));
const submission = { submissionId: 'work-1', submittedAt, receivedAt: submittedAt };
const submitted = evolve(funded, startReview(funded, submission, settings) as MilestoneEvent);
const opened = {
  agreementId: 'agreement',
  caseId: 'case-1',
  milestoneId: 'milestone-1',
  openedBy: 'freelancer',
  claim: usd(30_000n),
  openedAt: plusDays(submittedAt, 1),
};
const reasonOf = (milestone: Milestone, more: Partial<CaseOpened> = {}, askedBack?: AskedBack) =>
  refuseCase(milestone, { ...opened, ...more }, { askedBack })?.reason;

describe('D-19: why a case freezes nothing', () => {
  test('a claim on held money is not refused, nor one above it: the balance is frozen as it is', () => {
    for (const milestone of [funded, submitted]) {
      expect(refuseCase(milestone, opened)).toBeUndefined();
      expect(refuseCase(milestone, { ...opened, claim: usd(900_000n) })).toBeUndefined();
    }
  });

  test('that nothing is held is for the freeze to say', () => {
    const released = evolve(
      funded,
      release(funded, {
        cause: 'approval',
        transferId: 'transfer-1',
        now: submittedAt,
        freelancerFeeBps: 1_000n,
      }),
    );
    for (const milestone of [agreed, released]) expect(refuseCase(milestone, opened)).toBeUndefined();
  });

  test('the milestone is of another contract, whose balance is nobody’s business', () => {
    expect(refuseCase(funded, { ...opened, agreementId: 'another' })).toEqual({
      type: 'escrow.milestone.freeze_refused',
      agreementId: 'another',
      milestoneId: 'milestone-1',
      cause: 'case',
      causeId: 'case-1',
      balance: usd(0n),
      reason: 'other_contract',
    });
  });

  test('D-3: only the freelancer opens a case on fixed-price work', () => {
    for (const openedBy of ['client', 'stranger']) {
      expect(reasonOf(funded, { openedBy })).toBe('not_the_freelancer');
    }
  });

  test('D-4: a claim is above zero', () => {
    expect(reasonOf(funded, { claim: usd(0n) })).toBe('nothing_claimed');
  });

  test('another case covers the milestone; a safety hold or a chargeback is not in the way', () => {
    const frozenBy = (cause: 'case' | 'safety_hold' | 'chargeback') =>
      evolve(funded, freeze(funded, { cause, causeId: 'first', at: submittedAt }) as MilestoneEvent);
    expect(refuseCase(frozenBy('case'), opened)).toMatchObject({
      reason: 'already_in_dispute',
      balance: usd(100_000n),
    });
    expect(reasonOf(frozenBy('safety_hold'))).toBeUndefined();
    expect(reasonOf(frozenBy('chargeback'))).toBeUndefined();
  });
});

describe('M-16: a case and the end of a deadline', () => {
  test('a millisecond before the review ends is in time, its end is too late', () => {
    expect(reasonOf(submitted, { openedAt: new Date(dueAt.getTime() - 1) })).toBeUndefined();
    expect(reasonOf(submitted, { openedAt: dueAt })).toBe('too_late');
    expect(reasonOf(funded, { openedAt: dueAt })).toBeUndefined();
  });

  const requested = requestRefund(
    {
      refundRequestId: 'request-1',
      agreementId: 'agreement',
      clientId: 'client',
      freelancerId: 'freelancer',
      milestones: [{ milestoneId: 'milestone-1', amount: usd(100_000n) }],
      now: submittedAt,
    },
    { 'refund.response_days': 7 },
  );
  const pending = evolve(funded, requested);
  const request = startRequest(requested, false);
  const end = requested.dueAt;
  const told = (...instants: Date[]) =>
    instants.map((provenAt, index) => ({ noticeId: `notice-${index}`, provenAt }));
  const pinned = { 'forfeit.notice_hours': 24 };
  const asked = (proofs: ReturnType<typeof told>, state = request) => ({
    request: state,
    proofs,
    settings: pinned,
  });
  const twice = told(submittedAt, plusHours(submittedAt, 48));

  test('E-14: the seven days of a request for the money likewise, where silence counts', () => {
    expect(reasonOf(pending, { openedAt: new Date(end.getTime() - 1) }, asked(twice))).toBeUndefined();
    expect(reasonOf(pending, { openedAt: end }, asked(twice))).toBe('too_late');
  });

  test('C-8: silence that no two notices prove takes nothing, so that the case is in time', () => {
    expect(reasonOf(pending, { openedAt: plusDays(end, 1) }, asked(told(submittedAt)))).toBeUndefined();
    const unproven = fallSilent(request, [], pinned, end)!;
    expect(reasonOf(pending, { openedAt: plusDays(end, 1) }, asked([], unproven))).toBeUndefined();
    const bounced = stopRequest(request);
    expect(reasonOf(pending, { openedAt: plusDays(end, 1) }, asked(twice, bounced))).toBeUndefined();
  });

  test('C-8: a late second notice moves the end, which then counts', () => {
    const late = asked(told(submittedAt, plusHours(end, -2)));
    const movedTo = plusHours(end, 22);
    expect(reasonOf(pending, { openedAt: new Date(movedTo.getTime() - 1) }, late)).toBeUndefined();
    expect(reasonOf(pending, { openedAt: movedTo }, late)).toBe('too_late');
  });

  test('E-16: what stands still already has no end', () => {
    const suspended = suspendRequest(request, submittedAt);
    expect(reasonOf(pending, { openedAt: plusDays(end, 9) }, asked(twice, suspended))).toBeUndefined();
  });
});
