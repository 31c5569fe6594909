import { plusDays, plusHours, usd } from '@holdfast/domain';
import { ReleaseCause } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { agreedMilestone, fundedFact, settings, takes } from '../testing/milestones.ts';
import { assertFundable } from './charging.ts';
import { evolve, type Freeze, type Milestone } from './milestone.ts';
import type { FundingFailed, FundingStarted, MilestoneEvent } from './milestone-events.ts';
import { release, releaseBySilence } from './release.ts';
import { requestChanges, startReview } from './review.ts';

const submittedAt = new Date('2026-11-23T09:00:00.000Z');
const dueAt = plusDays(submittedAt, 14);
const justBefore = new Date(dueAt.getTime() - 1);
const reasonHash = 'c'.repeat(64);
const code = (expected: string) => expect.objectContaining({ code: expected });

const common = {
  agreementId: 'agreement',
  fundingId: 'funding-1',
  milestoneIds: ['milestone-1'],
  version: 1,
};
const started: FundingStarted = {
  type: 'escrow.funding.started',
  ...common,
  kind: 'card',
  amount: usd(105_499n),
};
const failed: FundingFailed = { type: 'escrow.funding.failed', ...common, reason: 'declined' };

const agreed = agreedMilestone();
const pending = evolve(agreed, started);
const funded = evolve(pending, fundedFact(agreed, 5_000n));
const arrived = (submissionId: string, receivedAt = submittedAt) => ({
  submissionId,
  submittedAt,
  receivedAt,
});
const submitted = evolve(funded, startReview(funded, arrived('work-1'), settings) as MilestoneEvent);
const changing = evolve(
  submitted,
  requestChanges(submitted, { submissionId: 'work-1', reasonHash, now: submittedAt }),
);
const decision = { transferId: 'transfer-1', now: submittedAt, freelancerFeeBps: 1_000n };
const approval = { ...decision, cause: 'approval' } as const;
const released = evolve(funded, release(funded, approval));
const frozen = (milestone: Milestone, ...freezes: Freeze[]): Milestone =>
  ({ ...milestone, freezes }) as Milestone;

describe('E-26: what is charged is the version that the client saw', () => {
  test('the current version may be charged, an older or a later one not', () => {
    const third = agreedMilestone({ termsVersion: 3 });
    expect(() => assertFundable(third, [third], 3)).not.toThrow();
    expect(() => assertFundable(third, [third], 2)).toThrow(code('terms.version_outdated'));
    expect(() => assertFundable(third, [third], 4)).toThrow(code('terms.version_outdated'));
  });

  test('a milestone is charged once: not while a charge is under way, nor after one', () => {
    expect(() => assertFundable(pending, [pending], 1)).toThrow(code('milestone.funding_pending'));
    for (const milestone of [funded, submitted, changing, released]) {
      expect(() => assertFundable(milestone, [milestone], 1)).toThrow(code('milestone.already_funded'));
    }
  });

  test('E-3: a failed charge leads back to agreed, and the client may fund', () => {
    expect(evolve(pending, failed)).toEqual(agreed);
    expect(() => assertFundable(evolve(pending, failed), [], 1)).not.toThrow();
  });
});

describe('E-2: one milestone at a time', () => {
  const second = agreedMilestone({ id: 'milestone-2', order: 2 });

  test('the next opens only when the open one is settled', () => {
    for (const open of [pending, funded, submitted, changing]) {
      expect(() => assertFundable(second, [open, second], 1)).toThrow(code('funding.one_at_a_time'));
    }
    expect(() => assertFundable(second, [released, second], 1)).not.toThrow();
    expect(() => assertFundable(second, [agreed, second], 1)).not.toThrow();
  });

  test('the refusal names the open one', () => {
    expect(() => assertFundable(second, [funded], 1)).toThrow(
      expect.objectContaining({ details: { openMilestoneId: 'milestone-1' } }),
    );
  });
});

describe('E-26: a charge that succeeds late', () => {
  const charge = { fundingId: 'funding-1', termsVersion: 1 };
  const second = agreedMilestone({ id: 'milestone-2', order: 2 });

  test('funds the milestone that waits for it, whatever stands beside it', () => {
    expect(takes(pending, [pending], charge)).toBe(true);
  });

  test('funds one that is agreed again at that version', () => {
    expect(takes(agreed, [agreed, second], charge)).toBe(true);
    expect(takes(agreedMilestone({ termsVersion: 2 }), [], charge)).toBe(false);
  });

  test('is an orphan where another charge is under way or has won', () => {
    expect(takes(pending, [], { ...charge, fundingId: 'funding-2' })).toBe(false);
    for (const milestone of [funded, submitted, changing, released]) {
      expect(takes(milestone, [], charge)).toBe(false);
    }
  });

  test('E-2: is an orphan where another milestone has been opened meanwhile', () => {
    const other = evolve(second, { ...started, milestoneIds: ['milestone-2'] });
    expect(takes(agreed, [agreed, other], charge)).toBe(false);
  });
});

describe('E-4: every submission is answered', () => {
  test('E-1: where nothing is held the freelancer is told so', () => {
    for (const milestone of [agreed, pending]) {
      expect(startReview(milestone, arrived('work-1'), settings)).toEqual({
        type: 'escrow.submission.refused',
        agreementId: 'agreement',
        milestoneId: 'milestone-1',
        submissionId: 'work-1',
        reason: 'not_funded',
      });
    }
  });

  test('a released milestone takes no more work, one under review no second submission', () => {
    expect(startReview(released, arrived('work-2'), settings)).toMatchObject({ reason: 'released' });
    expect(startReview(submitted, arrived('work-2'), settings)).toMatchObject({
      reason: 'already_under_review',
    });
  });

  test.each([
    ['split', 'released'],
    ['refund_pending', 'refund_pending'],
    ['refunding', 'refunded'],
    ['refund_failed', 'refunded'],
    ['refunded', 'refunded'],
    ['charged_back', 'charged_back'],
    ['cancelled', 'cancelled'],
  ])('one that is %s takes no work either', (status, reason) => {
    const milestone = { ...funded, status } as Milestone;
    expect(startReview(milestone, arrived('work-2'), settings)).toMatchObject({ reason });
  });
});

describe('E-5: the review', () => {
  test('lasts 14 days from the submission', () => {
    expect(startReview(funded, arrived('work-1'), settings)).toEqual({
      type: 'escrow.review.started',
      agreementId: 'agreement',
      milestoneId: 'milestone-1',
      submissionId: 'work-1',
      dueAt,
    });
  });

  test('review.min_hours: and at least 72 hours from the instant it was received', () => {
    const due = (receivedAt: Date) => startReview(funded, arrived('work-1', receivedAt), settings);
    expect(due(plusHours(dueAt, -72))).toMatchObject({ dueAt });
    expect(due(new Date(plusHours(dueAt, -72).getTime() + 1))).toMatchObject({
      dueAt: new Date(dueAt.getTime() + 1),
    });
    expect(due(plusDays(dueAt, 30))).toMatchObject({ dueAt: plusDays(dueAt, 33) });
  });

  test('silence releases everything at the due instant, not a millisecond earlier', () => {
    expect(releaseBySilence(submitted, { ...decision, now: justBefore })).toBeUndefined();
    expect(releaseBySilence(submitted, { ...decision, now: dueAt })).toMatchObject({
      cause: 'auto',
      submissionId: 'work-1',
      gross: usd(100_000n),
      releasedAt: dueAt,
    });
  });

  test('where no review runs, silence says nothing', () => {
    for (const milestone of [agreed, pending, funded, changing, released]) {
      expect(releaseBySilence(milestone, { ...decision, now: plusDays(dueAt, 1) })).toBeUndefined();
    }
  });
});

describe('E-6: a change request stops the timer', () => {
  const ask = (milestone: Milestone, submissionId: string, now: Date) => () =>
    requestChanges(milestone, { submissionId, reasonHash, now });

  test('it carries the hash of its reason, and a new submission starts a new 14 days', () => {
    expect(ask(submitted, 'work-1', justBefore)()).toEqual({
      type: 'escrow.milestone.changes_requested',
      agreementId: 'agreement',
      milestoneId: 'milestone-1',
      submissionId: 'work-1',
      reasonHash,
    });
    const later = { submissionId: 'work-2', submittedAt: justBefore, receivedAt: justBefore };
    expect(startReview(changing, later, settings)).toMatchObject({ dueAt: plusDays(justBefore, 14) });
  });

  test('at the due instant it is too late', () => {
    expect(ask(submitted, 'work-1', dueAt)).toThrow(code('review.over'));
  });

  test('an older submission, or one that was answered, is judged no more', () => {
    expect(ask(submitted, 'work-0', submittedAt)).toThrow(code('submission.outdated'));
    expect(ask(changing, 'work-1', submittedAt)).toThrow(code('submission.outdated'));
    expect(ask(funded, 'work-1', submittedAt)).toThrow(code('submission.outdated'));
    expect(() => release(submitted, { ...approval, submissionId: 'work-0' })).toThrow(
      code('submission.outdated'),
    );
    expect(() => release(changing, { ...approval, submissionId: 'work-1' })).toThrow(
      code('submission.outdated'),
    );
  });

  test('where nothing is held there is nothing to change', () => {
    expect(ask(agreed, 'work-1', submittedAt)).toThrow(code('milestone.not_funded'));
    expect(ask(released, 'work-1', submittedAt)).toThrow(code('milestone.released'));
  });
});

describe('E-7: approval releases at once', () => {
  test('G-2: 1,000.00 with both fees; nothing stays (B-2: value date and transfer)', () => {
    expect(release(submitted, { ...approval, submissionId: 'work-1' })).toEqual({
      type: 'escrow.milestone.released',
      agreementId: 'agreement',
      milestoneId: 'milestone-1',
      submissionId: 'work-1',
      freelancerId: 'freelancer',
      gross: usd(100_000n),
      clientFee: usd(5_000n),
      freelancerFee: usd(10_000n),
      net: usd(90_000n),
      balance: usd(0n),
      cause: 'approval',
      transferId: 'transfer-1',
      releasedAt: submittedAt,
    });
  });

  test('without a submission it may be paid in every state that holds money, and names none', () => {
    for (const milestone of [funded, submitted, changing]) {
      expect(release(milestone, approval)).not.toHaveProperty('submissionId');
    }
  });

  test('what is not funded, or released already, is refused', () => {
    expect(() => release(agreed, approval)).toThrow(code('milestone.not_funded'));
    expect(() => release(pending, approval)).toThrow(code('milestone.not_funded'));
    expect(() => release(released, approval)).toThrow(code('milestone.released'));
  });

  test('M-10: a release names one cause of the closed list', () => {
    expect(ReleaseCause.options).toContain(release(funded, approval).cause);
    expect(ReleaseCause.options).toContain(releaseBySilence(submitted, { ...decision, now: dueAt })?.cause);
  });

  test.each(['case', 'chargeback', 'safety_hold'] as const)(
    'M-12: a freeze by a %s keeps the money',
    (cause) => {
      const freeze = { cause, since: submittedAt, causeId: `${cause}-1`, amount: usd(1n) };
      expect(() => release(frozen(funded, freeze), approval)).toThrow(code('milestone.frozen'));
      expect(() => releaseBySilence(frozen(submitted, freeze), { ...decision, now: dueAt })).toThrow(
        code('milestone.frozen'),
      );
    },
  );
});

test('E-23: a part that went back and did not arrive leaves what has become of the rest as it is', () => {
  const failed: MilestoneEvent = {
    type: 'escrow.refund.failed',
    agreementId: 'agreement',
    refundId: 'refund-1',
    milestoneId: 'milestone-1',
    amount: usd(1_000n),
    kind: 'card',
    reason: 'failed',
  };
  const status = (milestone: Milestone) => evolve(milestone, failed).status;
  const chargedBack = { ...agreed, status: 'charged_back' } as Milestone;
  for (const milestone of [funded, submitted, released, chargedBack]) {
    expect(evolve(milestone, failed)).toEqual(milestone);
  }
  const refunding = { ...agreed, status: 'refunding', released: usd(0n) } as Milestone;
  expect(status(refunding)).toBe('refund_failed');
  expect(status({ ...agreed, status: 'refunded' } as Milestone)).toBe('refund_failed');
});
