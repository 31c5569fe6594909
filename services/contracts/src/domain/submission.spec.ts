import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/submission.table.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import { canonicalContent, evolve, sentSubmission } from './submission.ts';

const submission = sentSubmission({
  type: 'contracts.milestone.submitted',
  agreementId: 'agreement',
  milestoneId: 'milestone',
  submissionId: 'work-1',
  contentHash: 'c'.repeat(64),
  submittedAt: new Date('2026-12-10T09:00:00.000Z'),
});
const facts = escrowFacts({ agreementId: 'agreement', milestoneId: 'milestone' });

describe('E-4: every submission is answered', () => {
  test('it waits as sent', () => expect(submission.status).toBe('sent'));

  test('yes: it is under review until its due instant (E-5)', () => {
    const started = facts.reviewStarted('work-1');
    expect(evolve(submission, started)).toMatchObject({
      status: 'under_review',
      dueAt: new Date('2027-01-01'),
    });
  });

  test('no: it is refused, and the freelancer is told why', () => {
    expect(evolve(submission, facts.refused('work-1'))).toMatchObject({
      status: 'refused',
      reason: 'not_funded',
    });
  });

  test('the review ends in a request for changes or in payment', () => {
    const reviewed = evolve(submission, facts.reviewStarted('work-1'));
    expect(evolve(reviewed, facts.changesRequested('work-1')).status).toBe('changes_requested');
    expect(evolve(reviewed, facts.released({ submissionId: 'work-1' })).status).toBe('approved');
  });

  test('E-16: a review that stands still keeps the time left and goes on with it', () => {
    const still = evolve(evolve(submission, facts.reviewStarted('work-1')), facts.suspended('work-1'));
    expect(still).toMatchObject({ status: 'under_review', leftMs: 3_600_000 });
    expect(still.status === 'under_review' && still.dueAt).toBeFalsy();
    expect(evolve(still, facts.resumed('work-1'))).toMatchObject({
      status: 'under_review',
      dueAt: new Date('2027-01-01'),
    });
  });

  test.each([
    ['a part was paid', facts.released({ balance: usd(1n) })],
    ['it goes back to the client', facts.refundDecided()],
    ['the bank took it back', facts.chargedBack()],
  ])('nobody judged it: %s', (_, fact) => {
    const reviewed = evolve(submission, facts.reviewStarted('work-1'));
    expect(evolve(reviewed, fact).status).toBe('superseded');
  });
});

test('the text of the content hash has sorted keys and covers message, names and hashes of the files', () => {
  const files = [{ sha256: 'a'.repeat(64), name: 'page.pdf' }];
  expect(canonicalContent('work-1', { message: 'Done', files })).toBe(
    `{"files":[{"name":"page.pdf","sha256":"${'a'.repeat(64)}"}],"message":"Done","submissionId":"work-1"}`,
  );
});

test('whatever happens to a submission, its row gives the fold of its events back', () => {
  const fact = fc.constantFrom(
    facts.suspended('work-1'),
    facts.resumed('work-1'),
    facts.refundDecided(),
    facts.reviewStarted('work-1'),
    facts.refused('work-1'),
    facts.changesRequested('work-1'),
    facts.released(),
  );
  fc.assert(
    fc.property(fc.array(fact), (happened) => {
      const state = happened.reduce(evolve, submission);
      expect(fromRow(toRow(state))).toEqual(state);
    }),
  );
});
