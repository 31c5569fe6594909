import { plusDays, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreedMilestone, fundedFact, settings } from '../testing/milestones.ts';
import { type FreezeOrder, freeze, resumeReview, suspendReview, unfreeze } from './freezes.ts';
import { evolve, type HeldMilestone, type Milestone, movable } from './milestone.ts';
import type { MilestoneEvent } from './milestone-events.ts';
import { release, releaseBySilence } from './release.ts';
import { startReview } from './review.ts';

const submittedAt = new Date('2026-11-23T09:00:00.000Z');
const dueAt = plusDays(submittedAt, 14);
const agreed = agreedMilestone();
const funded = evolve(agreed, fundedFact(agreed, 5_000n));
const submission = { submissionId: 'work-1', submittedAt, receivedAt: submittedAt };
const submitted = evolve(funded, startReview(funded, submission, settings) as MilestoneEvent);
const hold: FreezeOrder = { cause: 'safety_hold', causeId: 'hold-1', at: plusDays(submittedAt, 4) };
const byCase: FreezeOrder = { ...hold, cause: 'case', causeId: 'case-1', amount: usd(30_000n) };
const decision = { transferId: 'transfer-1', now: dueAt, freelancerFeeBps: 1_000n };

const frozenBy = (milestone: Milestone, ...orders: FreezeOrder[]): HeldMilestone =>
  orders.reduce((state, order) => {
    const frozen = evolve(state, freeze(state, order) as MilestoneEvent);
    const suspended = suspendReview(frozen, order);
    return suspended ? evolve(frozen, suspended) : frozen;
  }, milestone) as HeldMilestone;
const unfrozenOf = (milestone: Milestone, { cause, causeId }: FreezeOrder): HeldMilestone =>
  evolve(milestone, unfreeze(milestone, { cause, causeId })!) as HeldMilestone;

describe('E-22: what is frozen', () => {
  test('a safety hold covers everything, a case its claim, and both stand beside each other', () => {
    const milestone = frozenBy(funded, byCase, hold);
    expect(milestone.freezes.map(({ amount }) => amount)).toEqual([usd(30_000n), usd(100_000n)]);
    expect(movable(milestone)).toEqual(usd(0n));
    expect(movable(frozenBy(funded, byCase))).toEqual(usd(70_000n));
  });

  test('a chargeback names the charge whose lots wait', () => {
    const order = { ...byCase, cause: 'chargeback', fundingId: 'funding-1' } as const;
    expect(freeze(funded, order)).toMatchObject({ fundingId: 'funding-1', amount: usd(30_000n) });
    expect(frozenBy(funded, order).freezes).toMatchObject([{ fundingId: 'funding-1', since: order.at }]);
  });

  test('D-19: a balance below the claim is frozen as it is', () => {
    expect(freeze(funded, { ...byCase, amount: usd(200_000n) })).toMatchObject({ amount: usd(100_000n) });
  });

  test('where nothing is held the refusal says so', () => {
    const released = evolve(funded, release(funded, { ...decision, cause: 'approval' }));
    const refused = { type: 'escrow.milestone.freeze_refused', balance: usd(0n) };
    expect(freeze(agreed, hold)).toMatchObject({ ...refused, reason: 'nothing_held' });
    expect(freeze(released, hold)).toMatchObject({ ...refused, reason: 'settled' });
  });

  test('ending one leaves the others; one that does not stand ends nothing', () => {
    const milestone = unfrozenOf(frozenBy(funded, byCase, hold), hold);
    expect(milestone.freezes).toMatchObject([{ cause: 'case' }]);
    expect(unfreeze(milestone, hold)).toBeUndefined();
    expect(unfreeze(agreed, hold)).toBeUndefined();
  });
});

describe('E-16: a review stands still while anything is frozen', () => {
  test('it keeps the time that was left, and goes on with it', () => {
    const suspended = frozenBy(submitted, hold);
    const leftMs = dueAt.getTime() - hold.at.getTime();
    expect(suspended).toMatchObject({ status: 'submitted', reviewLeftMs: leftMs });
    expect(suspended).not.toHaveProperty('reviewDueAt');
    const lifted = plusDays(submittedAt, 100);
    const resumed = resumeReview(unfrozenOf(suspended, hold), lifted)!;
    expect(resumed).toMatchObject({ type: 'escrow.review.resumed', dueAt: plusDays(lifted, 10) });
    expect(evolve(unfrozenOf(suspended, hold), resumed)).toMatchObject({
      reviewDueAt: plusDays(lifted, 10),
    });
  });

  test('with two freezes only the first suspends, and only the end of the last resumes', () => {
    const both = frozenBy(submitted, byCase, { ...hold, at: plusDays(hold.at, 2) });
    expect(both).toMatchObject({ reviewLeftMs: dueAt.getTime() - byCase.at.getTime() });
    const one = unfrozenOf(both, byCase);
    expect(resumeReview(one, dueAt)).toBeUndefined();
    expect(resumeReview(unfrozenOf(one, hold), dueAt)).toBeDefined();
  });

  test('silence releases nothing meanwhile', () => {
    expect(releaseBySilence(frozenBy(submitted, hold), decision)).toBeUndefined();
  });

  test('where no review runs nothing stands still', () => {
    for (const milestone of [agreed, funded]) {
      expect(suspendReview(milestone, hold)).toBeUndefined();
      expect(resumeReview(milestone, hold.at)).toBeUndefined();
    }
    expect(resumeReview(submitted, hold.at)).toBeUndefined();
  });
});

describe('M-16: a freeze and the end of the review', () => {
  test('a millisecond before the end it stops the review; at the end it is too late', () => {
    const before = { ...hold, at: new Date(dueAt.getTime() - 1) };
    expect(frozenBy(submitted, before)).toMatchObject({ reviewLeftMs: 1 });
    expect(releaseBySilence(frozenBy(submitted, before), decision)).toBeUndefined();
    const late = frozenBy(submitted, { ...hold, at: dueAt });
    expect(late).toMatchObject({ reviewDueAt: dueAt });
    expect(releaseBySilence(late, decision)).toMatchObject({ gross: usd(100_000n), cause: 'auto' });
  });

  test('M-12: the client cannot pay what was frozen too late for the timer', () => {
    const late = frozenBy(submitted, { ...hold, at: dueAt });
    expect(() => release(late, { ...decision, cause: 'approval' })).toThrow(
      expect.objectContaining({ code: 'milestone.frozen' }),
    );
  });
});

test('E-16, E-22: however freezes come and go, the review keeps its time and the money stays', () => {
  const acts = fc.array(
    fc.record({
      starts: fc.boolean(),
      cause: fc.constantFrom('case', 'chargeback', 'safety_hold'),
      afterMs: fc.integer({ min: 0, max: 86_400_000 }),
      amount: fc.bigInt({ min: 1n, max: 200_000n }),
    } as const),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(acts, (steps) => {
      let [milestone, now, ranMs]: [Milestone, Date, number] = [submitted, submittedAt, 0];
      for (const { starts, cause, afterMs, amount } of steps) {
        const running = milestone.status === 'submitted' && milestone.reviewDueAt !== undefined;
        now = new Date(now.getTime() + afterMs);
        if (running) ranMs += afterMs;
        const order = { cause, causeId: cause, amount: usd(amount), at: now };
        if (starts) milestone = frozenBy(milestone, order);
        else if (unfreeze(milestone, order)) {
          milestone = unfrozenOf(milestone, order);
          const resumed = resumeReview(milestone, now);
          if (resumed) milestone = evolve(milestone, resumed);
        }
        const { freezes, held } = milestone as HeldMilestone;
        expect(held).toEqual(usd(100_000n));
        const review = milestone as { reviewDueAt?: Date; reviewLeftMs?: number };
        expect(review.reviewLeftMs === undefined).toBe(freezes.length === 0);
        const leftMs = review.reviewLeftMs ?? review.reviewDueAt!.getTime() - now.getTime();
        expect(leftMs).toBe(dueAt.getTime() - submittedAt.getTime() - ranMs);
      }
    }),
  );
});
