import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import type { Milestone } from './milestone.ts';
import { evolve } from './milestone.ts';
import { applyTerms } from './terms.ts';

const terms = {
  id: 'milestone',
  agreementId: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  order: 1,
  termsVersion: 1,
  price: usd(30_000n),
};
const held = {
  held: usd(30_000n),
  principal: usd(30_000n),
  clientFee: usd(1_500n),
  clientFeeHeld: usd(1_500n),
  freezes: [],
};
const agreed: Milestone = { ...terms, status: 'agreed' };
const proposed = { version: 2, price: usd(40_000n), delete: false };
const ids = { agreementId: 'agreement', milestoneId: 'milestone', version: 2 };

describe('A-13: new terms of a milestone', () => {
  test('hold where it is agreed', () => {
    const applied = applyTerms(agreed, proposed, 'active');
    const price = usd(40_000n);
    expect(applied).toEqual({ type: 'escrow.milestone.terms_applied', ...ids, price, deleted: false });
    if (applied.type !== 'escrow.milestone.terms_applied') throw new Error('refused');
    expect(evolve(agreed, applied)).toEqual({ ...agreed, termsVersion: 2, price });
  });

  test('a deletion makes it gone, at that version', () => {
    const applied = applyTerms(agreed, { ...proposed, delete: true }, 'active');
    if (applied.type !== 'escrow.milestone.terms_applied') throw new Error('refused');
    expect(evolve(agreed, applied)).toMatchObject({ status: 'cancelled', termsVersion: 2 });
  });

  test('A-17: hold while the platform pauses the contract, too: nothing is charged by them', () => {
    expect(applyTerms(agreed, proposed, 'paused').type).toBe('escrow.milestone.terms_applied');
  });

  const released = usd(0n);
  test.each<[string, Milestone]>([
    ['funding_pending', { ...terms, status: 'funding_pending', fundingId: 'funding' }],
    ['funded', { ...terms, ...held, status: 'funded' }],
    [
      'funded',
      { ...terms, ...held, status: 'submitted', submissionId: 'work', reviewDueAt: new Date('2027-01-18') },
    ],
    ['funded', { ...terms, ...held, status: 'changes_requested', submissionId: 'work' }],
    ['funded', { ...terms, ...held, status: 'refund_pending', refundRequestId: 'request' }],
    ['settled', { ...terms, status: 'refunding', released }],
    ['settled', { ...terms, status: 'refund_failed', released }],
    ['settled', { ...terms, status: 'split', released }],
    ['settled', { ...terms, status: 'released' }],
    ['settled', { ...terms, status: 'refunded' }],
    ['settled', { ...terms, status: 'charged_back' }],
    ['settled', { ...terms, status: 'cancelled' }],
  ])('are refused as %s: %o', (reason, milestone) => {
    const refused = { type: 'escrow.milestone.terms_refused', ...ids, reason };
    expect(applyTerms(milestone, proposed, 'active')).toEqual(refused);
  });

  test('E-26: are refused where a newer version holds already', () => {
    const newer = { ...agreed, termsVersion: 2 };
    expect(applyTerms(newer, proposed, 'active')).toMatchObject({ reason: 'outdated' });
  });

  test.each(['closing', 'ended'] as const)('A-19: are refused while the contract is %s', (status) => {
    expect(applyTerms(agreed, proposed, status)).toMatchObject({ reason: 'contract_closing' });
  });
});
