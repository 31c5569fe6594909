import { plusDays, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { type PaidLot, type Payment, planDraw } from './drawn-refund.ts';
import {
  ask,
  decline,
  type Given,
  give,
  lapse,
  type PaidRefundRequest,
  reopen,
} from './paid-refund-request.ts';

const first = new Date('2027-01-04T09:00:00.000Z');
const second = plusDays(first, 10);
const now = plusDays(first, 20);
const payment = (id: string, releasedAt: Date, grossMinor: bigint): Payment => ({
  ...{ id, releasedAt, grossMinor, clientFeeMinor: grossMinor / 20n },
  ...{ freelancerFeeMinor: grossMinor / 10n, refundedMinor: 0n },
});
const payments = [payment('release-1', first, 4_000n), payment('release-2', second, 6_000n)];
const lot: PaidLot = {
  ...{ id: 'lot', fundingId: 'funding', chargedAt: first },
  ...{ principalMinor: 10_000n, principalLeftMinor: 0n, principalRefundedMinor: 0n, chargedBackMinor: 0n },
  ...{ clientFeeMinor: 500n, clientFeeLeftMinor: 0n, initiationFeeMinor: 0n, taxMinor: 0n },
  ...{ feeReturnedMinor: 0n, taxReturnedMinor: 0n },
};
const asking = {
  ...{ id: 'request', agreementId: 'agreement', clientId: 'client-1', freelancerId: 'freelancer-1' },
  ...{ milestoneId: 'milestone', askedAt: now },
};
const asked = (amountMinor?: bigint, open?: PaidRefundRequest) => {
  const planned = planDraw({ payments, lots: [lot] }, { amountMinor, now, days: 180 });
  return ask(asking, { planned, payments, days: 180 }, open);
};
const [open] = asked(10_000n);

describe('E-18: what the client asks of paid money', () => {
  test('is open until the first release that it takes of cannot be given back any more', () => {
    const [newest, fact] = asked(6_000n);
    expect(newest).toEqual({
      ...asking,
      amount: usd(6_000n),
      openUntil: plusDays(second, 180),
      status: 'open',
    });
    expect(fact).toEqual({
      type: 'escrow.refund.asked',
      paidRefundRequestId: 'request',
      ...{ agreementId: 'agreement', milestoneId: 'milestone' },
      ...{ clientId: 'client-1', freelancerId: 'freelancer-1' },
      amount: usd(6_000n),
      openUntil: plusDays(second, 180),
    });
    expect(asked(6_001n)[0].openUntil).toEqual(plusDays(first, 180));
    expect(asked()[0].amount).toEqual(usd(10_000n));
  });

  test('is asked once at a time; after its time another one may be', () => {
    expect(() => asked(1n, open)).toThrow('paid_refund_request.open');
    expect(() => asked(1n, { ...open, openUntil: plusDays(now, 0) })).not.toThrow();
    expect(lapse(open, now)).toEqual({ ...open, status: 'lapsed', endedAt: now });
  });

  test('is declined once, and not after it was given', () => {
    const [declined, fact] = decline(open, now);
    expect(declined).toEqual({ ...open, status: 'declined', endedAt: now });
    expect(fact).toEqual({
      type: 'escrow.refund.declined',
      paidRefundRequestId: 'request',
      ...{ agreementId: 'agreement', milestoneId: 'milestone', amount: usd(10_000n) },
    });
    for (const ended of [declined, give(open, 'transfer', now), lapse(open, now)]) {
      expect(() => decline(ended, now)).toThrow('paid_refund_request.closed');
    }
  });

  test('waits again when the balance did not give it', () => {
    expect(reopen(give(open, 'transfer', now) as Given)).toEqual(open);
  });
});
