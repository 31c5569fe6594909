import { usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fromRow, toRow } from '../tables/milestone.table.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';
import { type Milestone, openSubmission, submit } from './milestone.ts';
import { answeredSubmission, evolve } from './milestone-facts.ts';

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

const funded = evolve(agreed, facts.funded());
const sent = evolve(funded, submit(funded, submitting));
const reviewed = evolve(sent, facts.reviewStarted('work-1'));

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

describe('E-16, E-22: what is frozen waits, and the state under it stays', () => {
  const frozen = evolve(reviewed, facts.frozen('chargeback-1'));

  test('freezes are kept by cause; one that ends leaves the others', () => {
    const both = evolve(frozen, facts.frozen('chargeback-2', usd(2_000n)));
    expect(both).toMatchObject({ status: 'submitted', held: usd(10_000n) });
    expect(evolve(both, facts.unfrozen('chargeback-1'))).toMatchObject({
      freezes: [{ cause: 'chargeback', causeId: 'chargeback-2', amount: usd(2_000n) }],
    });
  });

  test('the same freeze told again, with another amount, stands once', () => {
    expect(evolve(frozen, facts.frozen('chargeback-1', usd(5n)))).toMatchObject({
      freezes: [{ causeId: 'chargeback-1', amount: usd(5n) }],
    });
  });

  test('a suspended review is still the one of its submission', () => {
    const still = evolve(frozen, facts.suspended('work-1'));
    expect(still).toMatchObject({ status: 'submitted', underReview: 'work-1' });
    expect(evolve(still, facts.resumed('work-1'))).toMatchObject({ underReview: 'work-1' });
  });

  test('a freeze that ends after its money has left changes nothing', () => {
    const gone = evolve(frozen, facts.chargedBack());
    expect(evolve(gone, facts.unfrozen('chargeback-1'))).toEqual(gone);
  });
});

describe('E-8, E-24: money that leaves another way', () => {
  test('the rest that rolls over, whole or in part', () => {
    const rest = evolve(reviewed, facts.released({ balance: usd(4_000n) }));
    expect(evolve(rest, facts.rolled(usd(3_000n)))).toMatchObject({ status: 'funded', held: usd(3_000n) });
    expect(evolve(rest, facts.rolled())).toMatchObject({ status: 'released' });
  });

  test('a lost chargeback takes all, or what other charges paid stays; reinstated it is funded again', () => {
    expect(evolve(reviewed, facts.chargedBack(usd(2_500n)))).toMatchObject({
      status: 'submitted',
      held: usd(2_500n),
    });
    const gone = evolve(reviewed, facts.chargedBack());
    expect(gone).toMatchObject({ status: 'charged_back' });
    expect(evolve(gone, facts.funded())).toMatchObject({ status: 'funded', held: usd(10_000n) });
  });

  test('a review that ends so answers its submission; one only sent is still to be answered', () => {
    for (const fact of [facts.chargedBack(), facts.refundDecided()]) {
      expect(answeredSubmission(reviewed, fact)).toBe('work-1');
      expect(answeredSubmission(sent, fact)).toBeUndefined();
      expect(evolve(sent, fact)).toMatchObject({ sent: 'work-1' });
    }
    expect(answeredSubmission(reviewed, facts.chargedBack(usd(1n)))).toBeUndefined();
  });
});

describe('E-13 to E-15, E-23: escrow that is asked back', () => {
  const asked = evolve(reviewed, facts.refundRequested());
  const [requestedUntil, movedTo] = [new Date('2027-01-01'), new Date('2027-01-09')];

  test('the money is still held, the review stands still under the request', () => {
    expect(asked).toMatchObject({
      status: 'refund_pending',
      held: usd(10_000n),
      underReview: 'work-1',
      refundDueAt: requestedUntil,
    });
    expect(evolve(asked, facts.suspended('work-1'))).toEqual(asked);
    expect(openSubmission(asked)).toBe('work-1');
    expect(answeredSubmission(asked, facts.refundDecided())).toBe('work-1');
  });

  test('C-8, M-20: a moved deadline is the one shown; while it stands still there is none', () => {
    expect(evolve(asked, facts.deadlineMoved(movedTo))).toMatchObject({ refundDueAt: movedTo });
    expect(evolve(reviewed, facts.deadlineMoved(movedTo))).toEqual(reviewed);
    expect(evolve(asked, facts.deadlineSuspended(60_000))).toMatchObject({ refundDueAt: undefined });
    expect(evolve(reviewed, facts.deadlineSuspended(60_000))).toEqual(reviewed);
    // What froze it may have come too late to stop it: escrow says whether it did (E-16).
    expect(evolve(asked, facts.frozen('chargeback-1'))).toMatchObject({ refundDueAt: requestedUntil });
  });

  test('decided, failed, decided anew, and back with the client', () => {
    const decided = evolve(asked, facts.refundDecided());
    expect(decided.status).toBe('refunding');
    const failed = evolve(decided, facts.refundFailed());
    expect(failed.status).toBe('refund_failed');
    const again = evolve(failed, facts.refundDecided(usd(0n), 2));
    expect(again.status).toBe('refunding');
    expect(evolve(again, facts.refunded()).status).toBe('refunded');
    expect(evolve(again, facts.refunded('split')).status).toBe('split');
    // It passed for paid and came back after all.
    expect(evolve(evolve(again, facts.refunded()), facts.refundFailed()).status).toBe('refund_failed');
  });

  test('the client may release all after all', () => {
    expect(evolve(asked, facts.released({ cause: 'approval' })).status).toBe('released');
  });

  test('a part that goes back leaves the rest as it is', () => {
    const part = evolve(funded, facts.refundDecided(usd(4_000n)));
    expect(part).toMatchObject({ status: 'funded', held: usd(4_000n) });
    expect(evolve(part, facts.refunded('split', usd(4_000n)))).toEqual(part);
  });

  test('E-25: what is given back after its release leaves the milestone paid', () => {
    const paid = evolve(reviewed, facts.released());
    const back = { ...facts.refundDecided(), balance: undefined, cause: 'after_release' } as const;
    expect(evolve(paid, back as ReturnType<typeof facts.refundDecided>)).toEqual(paid);
    expect(evolve(paid, facts.refundFailed())).toEqual(paid);
  });

  test('E-25: a paid part that is given back leaves what is held where it is', () => {
    const part = evolve(reviewed, facts.released({ cause: 'partial', balance: usd(6_000n) }));
    const back = { ...facts.refundDecided(), balance: undefined, cause: 'after_release' } as const;
    expect(evolve(part, back as ReturnType<typeof facts.refundDecided>)).toEqual(part);
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
    (milestone, id) => evolve(milestone, facts.suspended(id)),
    (milestone) => evolve(milestone, facts.frozen('chargeback-1')),
    (milestone) => evolve(milestone, facts.unfrozen('chargeback-1')),
    (milestone) => evolve(milestone, facts.chargedBack()),
    (milestone) => evolve(milestone, facts.rolled(usd(5n))),
    (milestone) => evolve(milestone, facts.refundRequested()),
    (milestone) => evolve(milestone, facts.deadlineMoved(now)),
    (milestone) => evolve(milestone, facts.refundDecided()),
    (milestone) => evolve(milestone, facts.refundFailed()),
    (milestone) => evolve(milestone, facts.refunded('split')),
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
