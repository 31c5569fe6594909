import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreedMilestone, fundedFact } from '../testing/milestones.ts';
import { assertFundable, planFunding, takesCharge } from './charging.ts';
import { rollJournal } from './journals.ts';
import { least } from './lots.ts';
import { evolve, type HeldMilestone, type Milestone } from './milestone.ts';
import type { FundingFailed, FundingStarted } from './milestone-events.ts';
import { releaseByClient } from './release.ts';
import { startReview } from './review.ts';
import { roll, rollingTax } from './rolling.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const code = (expected: string) => expect.objectContaining({ code: expected });
const oneAtATime = 'one_at_a_time' as const;

/** The rest of a milestone of `price` after `paid` of it. */
function rest(
  priceMinor: bigint,
  feeMinor: bigint,
  paidMinor: bigint,
  more: Partial<Milestone> = {},
): Milestone {
  const agreed = agreedMilestone({ price: usd(priceMinor), ...more });
  const funded = evolve(agreed, fundedFact(agreed, feeMinor));
  const decision = { transferId: 'transfer-1', now, freelancerFeeBps: 1_000n, amount: usd(paidMinor) };
  return evolve(funded, releaseByClient(funded, decision));
}
const next = (priceMinor: bigint, more: Partial<Milestone> = {}) =>
  agreedMilestone({ id: 'milestone-2', order: 2, price: usd(priceMinor), ...more });
/** $166.67 of $500 (G-5.2). */
const m1 = rest(50_000n, 2_500n, 33_333n);

describe('E-2: one at a time', () => {
  test('a rest counts as settled, whatever becomes of it; a milestone that is whole does not', () => {
    const again = { ...m1, status: 'changes_requested', submissionId: 'work-2' } as Milestone;
    for (const settled of [m1, again]) {
      expect(() => assertFundable(next(30_000n), [settled, next(30_000n)], 1, oneAtATime)).not.toThrow();
    }
    const whole = evolve(agreedMilestone(), fundedFact(agreedMilestone(), 0n));
    expect(() => assertFundable(next(30_000n), [whole], 1, oneAtATime)).toThrow(
      code('funding.one_at_a_time'),
    );
  });

  test('up front only a charge that is under way stands in the way', () => {
    const whole = evolve(agreedMilestone(), fundedFact(agreedMilestone(), 0n));
    const pending = { ...agreedMilestone(), status: 'funding_pending', fundingId: 'funding-1' } as Milestone;
    expect(() => assertFundable(next(1n), [whole], 1, 'project_upfront')).not.toThrow();
    expect(() => assertFundable(next(1n), [pending], 1, 'project_upfront')).toThrow(
      code('funding.one_at_a_time'),
    );
  });
});

describe('E-9: what the next milestone takes over', () => {
  const planned = (milestone: Milestone, ...others: Milestone[]) => {
    const { payments, rolling } = planFunding(milestone, [...others, milestone], oneAtATime);
    return [
      payments.map(({ principal }) => principal.amountMinor),
      rolling?.from.id,
      rolling?.amount.amountMinor,
    ];
  };

  test('G-5.4: the rest whole, and the difference is charged', () => {
    expect(planned(next(30_000n), m1)).toEqual([[13_333n], 'milestone-1', 16_667n]);
  });

  test('at most its price: nothing is charged, and what is above stays', () => {
    expect(planned(next(10_000n), m1)).toEqual([[], 'milestone-1', 10_000n]);
    expect(planned(next(16_667n), m1)).toEqual([[], 'milestone-1', 16_667n]);
  });

  test('of the nearest earlier milestone that has a rest; never of a later one', () => {
    const later = { ...m1, id: 'milestone-3', order: 3 } as Milestone;
    const nearer = rest(20_000n, 1_000n, 5_000n, { id: 'milestone-2', order: 2 });
    const third = next(30_000n, { id: 'milestone-3', order: 3 });
    expect(planned(third, m1, nearer)).toEqual([[15_000n], 'milestone-2', 15_000n]);
    expect(planned(next(30_000n), later)).toEqual([[30_000n], undefined, undefined]);
  });

  test('only what may move: not frozen, not reserved, not submitted again, not asked back', () => {
    const freezes = [{ cause: 'case', causeId: 'case-1', amount: usd(6_667n) }] as const;
    expect(planned(next(30_000n), { ...m1, freezes } as never)).toEqual([[20_000n], 'milestone-1', 10_000n]);
    const reserved = { fundingId: 'other', amount: usd(16_667n) };
    for (const waiting of [
      { ...m1, reserved },
      { ...m1, status: 'submitted', submissionId: 'work-2', reviewDueAt: now },
      { ...m1, status: 'refund_pending', refundRequestId: 'request-1' },
    ] as Milestone[]) {
      expect(planned(next(30_000n), waiting)).toEqual([[30_000n], undefined, undefined]);
    }
  });

  test('up front nothing rolls, and one charge pays all that are agreed', () => {
    const all = [m1, next(30_000n), next(20_000n, { id: 'milestone-3', order: 3 })];
    expect(planFunding(all[1]!, all, 'project_upfront')).toEqual({
      payments: all.slice(1).map((milestone) => ({ milestone, principal: milestone.price })),
    });
  });
});

describe('E-9, E-26: the charge of the difference', () => {
  const common = {
    agreementId: 'agreement',
    fundingId: 'funding-2',
    milestoneIds: ['milestone-2'],
    version: 1,
  };
  const reserved = { milestoneId: 'milestone-1', amount: usd(16_667n) };
  const started: FundingStarted = {
    type: 'escrow.funding.started',
    ...common,
    kind: 'card',
    amount: usd(14_000n),
    reserved,
  };
  const failed: FundingFailed = { type: 'escrow.funding.failed', ...common, reason: 'declined' };
  const charge = {
    fundingId: 'funding-2',
    shares: [{ milestoneId: 'milestone-2', termsVersion: 1 }],
    rolling: { milestoneId: 'milestone-1', amountMinor: 16_667n },
  };
  const taken = (...milestones: Milestone[]) =>
    takesCharge(milestones, charge, { mode: oneAtATime, status: 'active' });
  const waiting = evolve(m1, started);

  test('reserves the rest, and a failure frees it', () => {
    expect(waiting).toMatchObject({ reserved: { fundingId: 'funding-2', amount: usd(16_667n) } });
    expect(evolve(waiting, failed)).toEqual({ ...m1, reserved: undefined });
  });

  test('is taken while both wait for it, and later while the rest is still there', () => {
    expect(taken(waiting, evolve(next(30_000n), started))).toBe(true);
    expect(taken(m1, next(30_000n))).toBe(true);
    expect(taken(rest(50_000n, 2_500n, 33_334n), next(30_000n))).toBe(false);
    const another = { fundingId: 'funding-3', amount: usd(16_667n) };
    expect(taken({ ...waiting, reserved: another } as Milestone, next(30_000n))).toBe(false);
  });

  test('E-22: is an orphan where what it reserved was frozen meanwhile', () => {
    const freezes = [{ cause: 'safety_hold', causeId: 'hold-1', amount: usd(1n), since: now }] as const;
    expect(taken({ ...waiting, freezes } as Milestone, evolve(next(30_000n), started))).toBe(false);
  });

  test('E-4: no review begins of a rest that waits for it, and one may when it is free again', () => {
    const settings = { 'review.days': 14, 'review.min_hours': 72 };
    const work = { submissionId: 'work-2', submittedAt: now, receivedAt: now };
    expect(startReview(waiting, work, settings)).toMatchObject({ reason: 'reserved' });
    expect(startReview(evolve(waiting, failed), work, settings)).toMatchObject({
      type: 'escrow.review.started',
    });
  });

  test('A-17, A-19: a pause lets it end what it began; a contract that is closing takes no money', () => {
    const waitingFor = [waiting, evolve(next(30_000n), started)];
    const isTaken = (milestones: Milestone[], status: 'paused' | 'closing' | 'ended') =>
      takesCharge(milestones, charge, { mode: oneAtATime, status });
    expect(isTaken(waitingFor, 'paused')).toBe(true);
    expect(isTaken(waitingFor, 'closing')).toBe(false);
    expect(isTaken(waitingFor, 'ended')).toBe(false);
    // E-26: a late one is an orphan where the contract is no longer active.
    expect(isTaken([m1, next(30_000n)], 'paused')).toBe(false);
  });

  test('E-2, E-26: one for several milestones is taken for all of them or for none', () => {
    const [first, second] = [agreedMilestone(), next(30_000n)];
    const shares = [first, second].map(({ id }) => ({ milestoneId: id, termsVersion: 1 }));
    const both = { fundingId: 'funding-2', shares };
    const on = { mode: 'project_upfront', status: 'active' } as const;
    expect(takesCharge([first, second], both, on)).toBe(true);
    expect(takesCharge([first, { ...second, termsVersion: 2 }], both, on)).toBe(false);
    expect(takesCharge([first, { ...second, status: 'cancelled' } as never], both, on)).toBe(false);
  });
});

describe('R-6: what rolls takes its part of the fee that is still held', () => {
  test('G-5.4: all of it with all', () => {
    const rolling = { from: m1 as HeldMilestone, amount: usd(16_667n) };
    const rolled = { ...roll(rolling, { toMilestoneId: 'milestone-2', now }), lots: [] };
    expect(rolled).toMatchObject({ amount: usd(16_667n), clientFee: usd(833n), balance: usd(0n) });
    expect(evolve(m1, rolled).status).toBe('released');
    expect(rollJournal(rolled).lines.map(({ amountMinor }) => amountMinor)).toEqual([
      16_667n,
      833n,
      -16_667n,
      -833n,
    ]);
  });

  test('M-4, M-6: any part, then the rest released: nothing is lost, and nothing is left', () => {
    const minor = fc.bigInt({ min: 1n, max: 10n ** 9n });
    fc.assert(
      fc.property(minor, minor, minor, minor, minor, (price, fee, a, b, c) => {
        const total = price + 3n;
        const paid = 1n + (a % (total - 2n));
        const milestone = rest(total, fee, paid) as HeldMilestone;
        const amount = usd(1n + (b % (milestone.held.amountMinor - 1n || 1n)));
        const rolled = { ...roll({ from: milestone, amount }, { toMilestoneId: 'm', now }), lots: [] };
        let left = evolve(milestone, rolled);
        let earned = milestone.clientFee.amountMinor - milestone.clientFeeHeld.amountMinor;
        const decision = { transferId: 't', now, freelancerFeeBps: 0n };
        for (const wanted of [c, total]) {
          if (!('held' in left)) break;
          const size = least(wanted, left.held.amountMinor);
          const released = releaseByClient(left, { ...decision, amount: usd(size) });
          earned += released.clientFee.amountMinor;
          left = evolve(left, released);
        }
        expect(left.status).toBe('released');
        expect(earned + rolled.clientFee.amountMinor).toBe(fee);
      }),
    );
  });

  test('P-12: the tax on the fee goes along, never more than is left of it', () => {
    const lot = {
      principalMinor: 50_000n,
      clientFeeMinor: 2_500n,
      initiationFeeMinor: 500n,
      taxMinor: 600n,
      taxReturnedMinor: 0n,
    };
    expect(rollingTax(lot, 833n)).toBe(167n);
    expect(rollingTax(lot, 2_500n)).toBe(500n);
    expect(rollingTax({ ...lot, taxReturnedMinor: 550n }, 833n)).toBe(50n);
    expect(rollingTax({ ...lot, clientFeeMinor: 0n, initiationFeeMinor: 0n, taxMinor: 0n }, 0n)).toBe(0n);
  });
});

test('E-9, E-24: what waits for a charge is lost with the milestone’s money, and the charge does not find it', () => {
  const reserved = { fundingId: 'funding-2', amount: usd(16_667n) };
  const waiting = { ...(m1 as HeldMilestone), reserved };
  const left = evolve(waiting, {
    type: 'escrow.milestone.charged_back',
    agreementId: 'agreement',
    milestoneId: waiting.id,
    chargebackId: 'chargeback',
    amount: usd(10_000n),
    clientFee: usd(500n),
    balance: usd(6_667n),
  }) as HeldMilestone;
  expect(left).toMatchObject({ held: usd(6_667n), reserved: { amount: usd(6_667n) } });
  const charge = {
    fundingId: 'funding-2',
    shares: [{ milestoneId: 'milestone-2', termsVersion: 1 }],
    rolling: { milestoneId: waiting.id, amountMinor: 16_667n },
  };
  const pending = { ...next(30_000n), status: 'funding_pending', fundingId: 'funding-2' } as Milestone;
  expect(takesCharge([left, pending], charge, { mode: oneAtATime, status: 'active' })).toBe(false);
});
