import { feeOf, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { agreedMilestone, fundedFact, settings } from '../testing/milestones.ts';
import { releaseJournal } from './journals.ts';
import { least } from './lots.ts';
import { evolve, type HeldMilestone, type Milestone } from './milestone.ts';
import { release, releaseByClient } from './release.ts';
import { startReview } from './review.ts';

const now = new Date('2026-11-23T09:00:00.000Z');
const decision = { transferId: 'transfer-1', now, freelancerFeeBps: 1_000n };
const code = (expected: string) => expect.objectContaining({ code: expected });
const fundedWith = (priceMinor: bigint, feeMinor: bigint): Milestone => {
  const agreed = agreedMilestone({ price: usd(priceMinor) });
  return evolve(agreed, fundedFact(agreed, feeMinor));
};
/** $500 with its fee of $25 (G-5.1). */
const funded = fundedWith(50_000n, 2_500n);
const part = (milestone: Milestone, amountMinor: bigint) =>
  releaseByClient(milestone, { ...decision, amount: usd(amountMinor) });

describe('E-8: the client releases less', () => {
  test('G-5.2: $333.33 of $500; the fees in proportion, the rest stays funded (E-9)', () => {
    const released = part(funded, 33_333n);
    expect(released).toMatchObject({
      cause: 'partial',
      gross: usd(33_333n),
      clientFee: usd(1_667n),
      freelancerFee: usd(3_333n),
      net: usd(30_000n),
      balance: usd(16_667n),
    });
    expect(evolve(funded, released)).toMatchObject({
      status: 'funded',
      held: usd(16_667n),
      principal: usd(50_000n),
      clientFeeHeld: usd(833n),
    });
    const lines = releaseJournal(released, usd(0n)).lines.map(({ amountMinor }) => amountMinor);
    expect(lines).toEqual([33_333n, 1_667n, -3_333n, -1_667n, -30_000n]);
  });

  test('all of it is an approval, also when it is named', () => {
    expect(part(funded, 50_000n)).toMatchObject({ cause: 'approval', balance: usd(0n) });
    expect(releaseByClient(funded, decision)).toMatchObject({ cause: 'approval', gross: usd(50_000n) });
    expect(evolve(funded, part(funded, 50_000n)).status).toBe('released');
  });

  test('of work under review: its review ends, and the rest can be submitted again', () => {
    const arrived = { submissionId: 'work-1', submittedAt: now, receivedAt: now };
    const submitted = evolve(funded, startReview(funded, arrived, settings) as never);
    const judged = { ...decision, submissionId: 'work-1', amount: usd(10_000n) };
    const rest = evolve(submitted, releaseByClient(submitted, judged));
    expect(rest).toMatchObject({ status: 'funded', held: usd(40_000n) });
    expect(rest).not.toHaveProperty('reviewDueAt');
    const again = startReview(rest, { ...arrived, submissionId: 'work-2' }, settings);
    expect(again.type).toBe('escrow.review.started');
  });

  test.each([
    ['nothing', 0n, 'release.nothing'],
    ['more than is held', 50_001n, 'release.exceeds_held'],
  ])('refuses %s', (_name, amountMinor, expected) => {
    expect(() => part(funded, amountMinor)).toThrow(code(expected));
  });

  test('E-22, M-12: at most what no freeze covers, to the cent', () => {
    const freeze = { cause: 'case', causeId: 'case-1', amount: usd(20_000n) } as const;
    const frozen = { ...funded, freezes: [freeze] } as unknown as Milestone;
    expect(() => part(frozen, 30_001n)).toThrow(code('milestone.frozen'));
    expect(part(frozen, 30_000n)).toMatchObject({ balance: usd(20_000n), cause: 'partial' });
    expect(() => releaseByClient(frozen, decision)).toThrow(code('milestone.frozen'));
  });

  test('E-9: a reserved rest moves by nothing else, and what is above it may', () => {
    const reserved = { fundingId: 'funding-2', amount: usd(20_000n) };
    const waiting = { ...funded, reserved } as Milestone;
    expect(() => part(waiting, 30_001n)).toThrow(code('milestone.reserved'));
    expect(part(waiting, 30_000n).balance).toEqual(usd(20_000n));
    const both = { ...waiting, freezes: [{ cause: 'case', causeId: 'c', amount: usd(40_000n) }] };
    expect(() => part(both as never, 10_001n)).toThrow(code('milestone.frozen'));
  });

  test('E-13: what is asked back is released whole or not at all', () => {
    const asked = { ...funded, status: 'refund_pending', refundRequestId: 'request-1' } as Milestone;
    expect(() => part(asked, 1n)).toThrow(code('milestone.refund_pending'));
    expect(evolve(asked, part(asked, 50_000n)).status).toBe('released');
  });

  test('E-22: where a chargeback freezes other lots, no more of the fee is earned than stands on the free ones', () => {
    const freeClientFee = usd(100n);
    expect(
      release(funded, { ...decision, cause: 'partial', amount: usd(25_000n), freeClientFee }),
    ).toMatchObject({
      clientFee: usd(100n),
    });
  });
});

describe('R-6, R-9: any number of parts', () => {
  const minor = fc.bigInt({ min: 1n, max: 10n ** 12n });

  test('earn exactly the client fee, and the freelancer fee part by part', () => {
    fc.assert(
      fc.property(minor, minor, fc.array(minor, { maxLength: 8 }), (price, fee, parts) => {
        let milestone = fundedWith(price, fee);
        let [gross, earned, net] = [0n, 0n, 0n];
        for (const wanted of [...parts, price]) {
          const { held } = milestone as HeldMilestone;
          const amount = least(wanted, held.amountMinor);
          const released = part(milestone, amount);
          expect(released.freelancerFee.amountMinor).toBe(feeOf(amount, 1_000n));
          gross += released.gross.amountMinor;
          earned += released.clientFee.amountMinor;
          net += released.net.amountMinor + released.freelancerFee.amountMinor;
          milestone = evolve(milestone, released);
          if (milestone.status === 'released') break;
        }
        expect([milestone.status, gross, earned, net]).toEqual(['released', price, fee, price]);
      }),
    );
  });
});
