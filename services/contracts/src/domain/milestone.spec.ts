import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/milestone.table.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import { answeredSubmission, evolve, type Milestone, submit } from './milestone.ts';

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

  test('submission.max_files is the most', () => {
    expect(submit(funded, { ...submitting, fileCount: 20 })).toBeDefined();
    expect(() => submit(funded, { ...submitting, fileCount: 21 })).toThrow(code('submission.too_many_files'));
  });
});

describe('E-3, E-26: contracts keeps what escrow says about the money', () => {
  test('charging, then funded', () => {
    const charging = evolve(agreed, facts.started());
    expect(charging.status).toBe('funding_pending');
    expect(evolve(charging, facts.funded())).toMatchObject({ status: 'funded', held: usd(10_000n) });
  });

  test('a failed funding leads back to agreed and says why; the next one clears it', () => {
    const failed = evolve(evolve(agreed, facts.started()), facts.failed());
    expect(failed).toMatchObject({ status: 'agreed', fundingFailure: 'declined' });
    expect(evolve(failed, facts.started())).not.toHaveProperty('fundingFailure');
  });

  test('a submission that was sent meanwhile still waits for its answer', () => {
    const early = evolve(agreed, submit(agreed, submitting));
    expect(evolve(early, facts.funded())).toMatchObject({ status: 'funded', sent: 'work-1' });
  });
});

describe('E-5 to E-9: contracts keeps what escrow decides about the review', () => {
  test('the review starts', () => {
    expect(reviewed).toMatchObject({ status: 'submitted', underReview: 'work-1', held: usd(10_000n) });
  });

  test('a release of all ends the milestone, one of a part leaves the rest funded', () => {
    expect(evolve(reviewed, facts.released({ submissionId: 'work-1' }))).toMatchObject({
      status: 'released',
    });
    const rest = evolve(reviewed, facts.released({ balance: usd(4_000n) }));
    expect(rest).toMatchObject({ status: 'funded', held: usd(4_000n) });
    expect(submit(rest, submitting)).toBeDefined();
  });

  test('a release answers the submission it names, else the one under review, never one just sent', () => {
    expect(answeredSubmission(reviewed, facts.released({ submissionId: 'work-1' }))).toBe('work-1');
    expect(answeredSubmission(reviewed, facts.released())).toBe('work-1');
    expect(answeredSubmission(sent, facts.released())).toBeUndefined();
  });

  test('M-16: work that was sent while the client released is still to be answered', () => {
    const released = evolve(sent, facts.released());
    expect(released).toMatchObject({ status: 'released', sent: 'work-1' });
    expect(evolve(released, facts.refused('work-1'))).toMatchObject({ status: 'released', sent: undefined });
  });

  test('a review of a milestone that holds nothing is a defect', () => {
    expect(() => evolve(agreed, facts.reviewStarted('work-1'))).toThrow(RangeError);
  });
});

test('whatever happens to a milestone, its row gives the fold of its events back', () => {
  const next = fc.constantFrom<(milestone: Milestone, id: string) => Milestone>(
    (milestone) => evolve(milestone, facts.started()),
    (milestone) => evolve(milestone, facts.failed()),
    (milestone) => evolve(milestone, facts.funded()),
    (milestone, submissionId) => evolve(milestone, submit(milestone, { ...submitting, submissionId })),
    (milestone, id) => evolve(milestone, facts.reviewStarted(id)),
    (milestone, id) => evolve(milestone, facts.refused(id)),
    (milestone, id) => evolve(milestone, facts.changesRequested(id)),
    (milestone) => evolve(milestone, facts.released()),
    (milestone) => evolve(milestone, facts.released({ balance: usd(1n) })),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(next, fc.constantFrom('work-1', 'work-2'))), (steps) => {
      let milestone: Milestone = agreed;
      for (const [apply, submissionId] of steps) {
        try {
          milestone = apply(milestone, submissionId);
        } catch {
          // Refused, or impossible in this state: nothing has happened.
        }
        expect(fromRow(toRow(milestone))).toEqual(milestone);
      }
    }),
  );
});
