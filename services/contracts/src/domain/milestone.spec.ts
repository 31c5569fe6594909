import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { escrowFacts } from '../testing/escrow-facts.ts';
import { type Milestone, submit } from './milestone.ts';
import { evolve } from './milestone-facts.ts';

const agreed: Milestone = {
  id: 'milestone',
  agreementId: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  order: 1,
  termsVersion: 1,
  price: usd(10_000n),
  dueDate: '2026-12-15',
  status: 'agreed',
};
const facts = escrowFacts({ agreementId: 'agreement', milestoneId: 'milestone' });
const now = new Date('2026-12-10T09:00:00.000Z');
const submitting = { submissionId: 'work-1', contentHash: 'c'.repeat(64), fileCount: 2, maxFiles: 20, now };
const code = (expected: string) => expect.objectContaining({ code: expected });

const funded = evolve(agreed, facts.funded());
const sent = evolve(funded, submit(funded, submitting));
const reviewed = evolve(sent, facts.reviewStarted('work-1'));

describe('E-4: submitting work is the request for payment', () => {
  test('the event carries the hash of the content and the instant, never the content', () => {
    expect(submit(funded, submitting)).toEqual({
      type: 'contracts.milestone.submitted',
      agreementId: 'agreement',
      milestoneId: 'milestone',
      submissionId: 'work-1',
      contentHash: 'c'.repeat(64),
      submittedAt: now,
    });
    expect(sent).toMatchObject({ status: 'funded', held: usd(10_000n), sent: 'work-1' });
  });

  test('whether the milestone is funded is for escrow to answer', () => {
    expect(submit(agreed, submitting)).toMatchObject({ submissionId: 'work-1' });
  });

  test('M-15: until escrow answers, and while it is reviewed, no other one is taken', () => {
    expect(() => submit(sent, submitting)).toThrow(code('submission.pending'));
    expect(() => submit(reviewed, submitting)).toThrow(code('submission.pending'));
  });

  test('after a refusal or a request for changes the work is submitted again', () => {
    expect(submit(evolve(sent, facts.refused('work-1')), submitting)).toBeDefined();
    expect(submit(evolve(reviewed, facts.changesRequested('work-1')), submitting)).toBeDefined();
  });

  test('nothing is submitted on a released milestone', () => {
    expect(() => submit(evolve(reviewed, facts.released()), submitting)).toThrow(code('milestone.released'));
  });

  test.each([
    ['is going back', facts.refundDecided()],
    ['was charged back', facts.chargedBack()],
  ])('nor on one whose money %s', (_, fact) => {
    expect(() => submit(evolve(reviewed, fact), submitting)).toThrow(code('milestone.settled'));
  });

  test('under a refund request escrow answers, and a review that stands still is still one', () => {
    expect(submit(evolve(funded, facts.refundRequested()), submitting)).toBeDefined();
    expect(() => submit(evolve(reviewed, facts.refundRequested()), submitting)).toThrow(
      code('submission.pending'),
    );
  });

  test('submission.max_files is the most', () => {
    expect(submit(funded, { ...submitting, fileCount: 20 })).toBeDefined();
    expect(() => submit(funded, { ...submitting, fileCount: 21 })).toThrow(code('submission.too_many_files'));
  });
});
