import { feeOf, type Money, plusDays, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/milestone.table.ts';
import { agreedMilestone, fundedFact, settings, takes } from '../testing/milestones.ts';
import { assertFundable, planFunding } from './charging.ts';
import { evolve, type Milestone } from './milestone.ts';
import type { FundingFailed, FundingStarted, MilestoneEvent } from './milestone-events.ts';
import { release, releaseByClient, releaseBySilence } from './release.ts';
import { requestChanges, startReview } from './review.ts';
import { roll } from './rolling.ts';

const submittedAt = new Date('2026-11-23T09:00:00.000Z');
const reasonHash = 'c'.repeat(64);
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
const funded = evolve(agreedMilestone(), fundedFact(agreedMilestone(), 5_000n));
const decision = { transferId: 'transfer-1', now: submittedAt, freelancerFeeBps: 1_000n };
const approval = { ...decision, cause: 'approval' } as const;
const minor = fc.bigInt({ min: 1n, max: 10n ** 12n });

describe('fees of a release', () => {
  const of = (priceMinor: bigint, clientFeeMinor: bigint) => {
    const milestone = agreedMilestone({ price: usd(priceMinor) });
    return release(evolve(milestone, fundedFact(milestone, clientFeeMinor)), approval);
  };

  test.each([
    [30_000n, 1_500n, 3_000n, 27_000n],
    [70_000n, 3_500n, 7_000n, 63_000n],
  ])('G-3: %s cents, one of two milestones', (gross, clientFee, freelancerFee, net) => {
    const amounts = { gross, clientFee, freelancerFee, net };
    const expected = Object.fromEntries(Object.entries(amounts).map(([name, minor]) => [name, usd(minor)]));
    expect(of(gross, clientFee)).toMatchObject(expected);
  });

  test.each([
    [3_334n, 333n],
    [3_335n, 334n],
    [4n, 0n],
    [5n, 1n],
  ])('R-2, R-9, P-7: 10%% of %s is %s, half up', (gross, fee) => {
    expect(of(gross, 0n)).toMatchObject({ freelancerFee: usd(fee), net: usd(gross - fee) });
  });

  test('P-5, R-6: what is left of the client fee goes with the rest of the principal', () => {
    const part = {
      ...funded,
      held: usd(33_333n),
      principal: usd(100_000n),
      clientFee: usd(5_000n),
      clientFeeHeld: usd(1_667n),
    } as Milestone;
    expect(release(part, approval)).toMatchObject({ gross: usd(33_333n), clientFee: usd(5_000n - 3_333n) });
  });

  test('R-10: the net is what the fee leaves, whatever the price and the rates', () => {
    const bps = fc.bigInt({ min: 0n, max: 1_500n });
    fc.assert(
      fc.property(minor, minor, bps, (price, fee, freelancerFeeBps) => {
        const milestone = agreedMilestone({ price: usd(price) });
        const event = release(evolve(milestone, fundedFact(milestone, fee)), {
          ...approval,
          freelancerFeeBps,
        });
        expect(event.freelancerFee.amountMinor).toBe(feeOf(price, freelancerFeeBps));
        expect(event.net.amountMinor + event.freelancerFee.amountMinor).toBe(event.gross.amountMinor);
        expect(event.clientFee).toEqual(usd(fee)); // M-6: charged = earned, nothing is left.
      }),
    );
  });
});

type Step = (
  milestone: Milestone,
  submissionId: string,
  now: Date,
  amount: Money,
) => MilestoneEvent | undefined;

/** What may happen to a milestone; the money facts only where the funding machine would say them. */
const steps: Record<string, Step> = {
  fund: (milestone) => {
    assertFundable(milestone, [], 1);
    return started;
  },
  fail: (milestone) => (milestone.status === 'funding_pending' ? failed : undefined),
  charge: (milestone) =>
    takes(milestone, [], { fundingId: 'funding-1', termsVersion: 1 })
      ? fundedFact(milestone, feeOf(milestone.price.amountMinor, 500n))
      : undefined,
  submit: (milestone, submissionId, now) => {
    const answer = startReview(milestone, { submissionId, submittedAt: now, receivedAt: now }, settings);
    return answer.type === 'escrow.review.started' ? answer : undefined;
  },
  change: (milestone, submissionId, now) => requestChanges(milestone, { submissionId, reasonHash, now }),
  approve: (milestone, submissionId, now) => release(milestone, { ...approval, submissionId, now }),
  pay: (milestone, _, now) => release(milestone, { ...approval, now }),
  part: (milestone, _, now, amount) => releaseByClient(milestone, { ...decision, now, amount }),
  silence: (milestone, _, now) => releaseBySilence(milestone, { ...decision, now }),
  reserve: (milestone) => {
    const { rolling } = planFunding(later, [milestone, later], 'one_at_a_time');
    const { from, amount } = rolling ?? {};
    return from && { ...startedLater, reserved: { milestoneId: from.id, amount: amount! } };
  },
  free: () => ({ ...failed, fundingId: 'funding-2', milestoneIds: [later.id] }),
  roll: (milestone, _, now) => {
    if (!('held' in milestone) || !milestone.reserved) return undefined;
    const { amount } = milestone.reserved;
    return { ...roll({ from: milestone, amount }, { toMilestoneId: later.id, now }), lots: [] };
  },
};

/** The next milestone, which takes over a rest (E-9). */
const later = agreedMilestone({ id: 'milestone-2', order: 2, price: usd(1_000n) });
const startedLater = { ...started, fundingId: 'funding-2', milestoneIds: [later.id] };

/** What stays as it is, whatever its status. */
const unmoved = ['agreed', 'funding_pending', 'funded', 'submitted', 'changes_requested', 'released'].map(
  (status) => `${status} > ${status}`,
);

const edges: Record<string, readonly string[]> = {
  fund: ['agreed > funding_pending'],
  fail: ['funding_pending > agreed'],
  charge: ['funding_pending > funded', 'agreed > funded'],
  submit: ['funded > submitted', 'changes_requested > submitted'],
  change: ['submitted > changes_requested'],
  approve: ['submitted > released'],
  pay: ['funded > released', 'submitted > released', 'changes_requested > released'],
  part: ['funded', 'submitted', 'changes_requested'].flatMap((status) => [
    `${status} > funded`,
    `${status} > released`,
  ]),
  silence: ['submitted > released'],
  reserve: ['funded > funded'],
  free: unmoved,
  roll: ['funded', 'submitted', 'changes_requested'].flatMap((status) => [
    `${status} > ${status}`,
    `${status} > released`,
  ]),
};

test('M-4, M-6: whatever is decided: only known edges, no cent lost, the row is the fold', () => {
  const happening = fc.array(
    fc.tuple(
      fc.constantFrom(...Object.keys(steps)),
      fc.constantFrom('work-1', 'work-2'),
      fc.integer({ min: 0, max: 15 }),
      minor,
    ),
    { maxLength: 30 },
  );
  fc.assert(
    fc.property(minor, happening, (price, acts) => {
      let [milestone, now]: [Milestone, Date] = [agreedMilestone({ price: usd(price) }), submittedAt];
      const [charged, paid, rolled] = [
        { minor: 0n, feeMinor: 0n },
        { minor: 0n, feeMinor: 0n },
        { minor: 0n, feeMinor: 0n },
      ];
      for (const [act, submissionId, days, wanted] of acts) {
        now = plusDays(now, days);
        let event: MilestoneEvent | undefined;
        try {
          event = steps[act]!(milestone, submissionId, now, usd(wanted % (price + 1n)));
        } catch (refusal) {
          expect(refusal).toMatchObject({ name: 'Rejection' });
        }
        if (event) {
          const next = evolve(milestone, event);
          expect(edges[act]).toContain(`${milestone.status} > ${next.status}`);
          milestone = next;
        }
        if (event?.type === 'escrow.milestone.funded') {
          charged.minor += event.amount.amountMinor;
          charged.feeMinor += event.clientFee.amountMinor;
        }
        if (event?.type === 'escrow.milestone.released') {
          paid.minor += event.gross.amountMinor;
          paid.feeMinor += event.clientFee.amountMinor;
        }
        if (event?.type === 'escrow.milestone.rolled') {
          rolled.minor += event.amount.amountMinor;
          rolled.feeMinor += event.clientFee.amountMinor;
        }
        const held = 'held' in milestone ? milestone : { held: usd(0n), clientFeeHeld: usd(0n) };
        expect(charged.minor).toBe(paid.minor + rolled.minor + held.held.amountMinor);
        expect(charged.feeMinor).toBe(paid.feeMinor + rolled.feeMinor + held.clientFeeHeld.amountMinor);
        expect(fromRow(toRow(milestone), 'freezes' in milestone ? milestone.freezes : [])).toEqual(milestone);
      }
    }),
    { numRuns: 500 },
  );
});
