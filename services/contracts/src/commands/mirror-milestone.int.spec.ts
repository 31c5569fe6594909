import { NotYet, usd } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isSettled, type Milestone, type MilestoneSubmitted, openSubmission } from '../domain/milestone.ts';
import { type EscrowFact, evolve } from '../domain/milestone-facts.ts';
import { fromRow, MilestoneTable } from '../tables/milestone.table.ts';
import { useContracts } from '../testing/contracts.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';

const contracts = useContracts();

const stored = async (id: string): Promise<Milestone> =>
  fromRow(await contracts().database.orm.em.fork().findOneOrFail(MilestoneTable, { id }));

test('the same fact twice is applied once', async () => {
  const { agreementId, milestones } = await contracts().agreement();
  const facts = escrowFacts({ agreementId, milestoneId: milestones[0]!.milestoneId });
  const message: MessageRef = { source: 'event', id: newId() };
  const funded = facts.funded();
  await contracts().escrowSays(funded, message);
  await contracts().escrowSays(funded, message);
  const [row] = await contracts().rows('select status, held_minor, version from milestones where id = $1', [
    milestones[0]!.milestoneId,
  ]);
  expect(row).toEqual({ status: 'funded', held_minor: 10_000n, version: 2 });
});

test('M-8: a fact about a milestone that is not known yet waits', async () => {
  const facts = escrowFacts({ agreementId: newId(), milestoneId: newId() });
  await expect(contracts().escrowSays(facts.funded())).rejects.toThrow(new NotYet('milestone.unknown'));
});

test('a fact under a foreign agreement touches no milestone', async () => {
  const { milestones } = await contracts().agreement();
  const facts = escrowFacts({ agreementId: newId(), milestoneId: milestones[0]!.milestoneId });
  await expect(contracts().escrowSays(facts.funded())).rejects.toThrow(new NotYet('milestone.unknown'));
});

test('a failed funding of several milestones leads each back to agreed', async () => {
  const { agreementId, milestones } = await contracts().agreement();
  const milestoneIds = milestones.map(({ milestoneId }) => milestoneId);
  const failed = { ...escrowFacts({ agreementId, milestoneId: '' }).failed(), milestoneIds } as EscrowFact;
  await contracts().escrowSays(failed);
  for (const id of milestoneIds) {
    expect(await stored(id)).toMatchObject({ status: 'agreed', fundingFailure: 'declined' });
  }
});

test('whatever happens, the stored milestone is the fold of its events', async () => {
  const steps = [
    'started',
    'failed',
    'funded',
    'submit',
    'review',
    'refuse',
    'changes',
    'suspend',
    'freeze',
    'thaw',
    'ask',
    'moved',
    'back',
    'failedBack',
    'refunded',
    'chargedBack',
    'rolled',
    'part',
    'release',
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { maxLength: 14 }), async (happening) => {
      const { agreementId, freelancerId, milestones } = await contracts().agreement();
      const { milestoneId } = milestones[0]!;
      const [facts, causeId] = [escrowFacts({ agreementId, milestoneId }), newId()];
      let folded = await stored(milestoneId);
      for (const step of happening) {
        const open = openSubmission(folded);
        const said = {
          started: () => facts.started(),
          failed: () => facts.failed(),
          funded: () => facts.funded(),
          review: () => open && 'held' in folded && facts.reviewStarted(open),
          refuse: () => open && folded.status !== 'submitted' && facts.refused(open),
          changes: () => open && folded.status === 'submitted' && facts.changesRequested(open),
          suspend: () => open && folded.status === 'submitted' && facts.suspended(open),
          freeze: () => facts.frozen(causeId),
          thaw: () => facts.unfrozen(causeId),
          ask: () => 'held' in folded && facts.refundRequested(),
          moved: () => facts.deadlineMoved(new Date('2027-02-01T00:00:00.000Z')),
          back: () => facts.refundDecided(),
          failedBack: () => facts.refundFailed(),
          refunded: () => facts.refunded(),
          chargedBack: () => 'held' in folded && facts.chargedBack(),
          rolled: () => 'held' in folded && facts.rolled(usd(2n)),
          part: () => 'held' in folded && facts.released({ balance: usd(1n) }),
          release: () => facts.released(),
          submit: () => undefined,
        }[step]();
        if (said) {
          // Money facts that end a review without a word about it do not occur in escrow.
          if ('underReview' in folded && ['started', 'failed', 'funded'].includes(step)) continue;
          await contracts().escrowSays(said);
          folded = evolve(folded, said);
        } else if (step === 'submit') {
          await contracts()
            .submitWork(freelancerId, milestoneId)
            .catch(() => undefined);
          const last = (await contracts().published(agreementId)).at(-1) as MilestoneSubmitted;
          if (last.type === 'contracts.milestone.submitted' && !open && !isSettled(folded)) {
            folded = evolve(folded, last);
          }
        }
        expect(await stored(milestoneId)).toEqual(folded);
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);

const submissionsOf = (milestoneId: string) =>
  contracts().rows(
    'select status, review_due_at, review_left_ms from submissions where milestone_id = $1 order by id',
    [milestoneId],
  );

test('E-16: a review that stands still shows the time left, and ends with the money', async () => {
  const { agreementId, freelancerId, milestones } = await contracts().agreement();
  const { milestoneId } = milestones[0]!;
  const facts = escrowFacts({ agreementId, milestoneId });
  await contracts().escrowSays(facts.funded());
  const { submissionId } = await contracts().submitWork(freelancerId, milestoneId);
  await contracts().escrowSays(facts.reviewStarted(submissionId));
  await contracts().escrowSays(facts.frozen(newId()));
  await contracts().escrowSays(facts.suspended(submissionId));
  expect(await submissionsOf(milestoneId)).toEqual([
    { status: 'under_review', review_due_at: null, review_left_ms: 3_600_000n },
  ]);
  await contracts().escrowSays(facts.refundRequested());
  await contracts().escrowSays(facts.refundDecided());
  expect(await stored(milestoneId)).toMatchObject({ status: 'refunding' });
  expect(await submissionsOf(milestoneId)).toMatchObject([{ status: 'superseded', review_left_ms: null }]);
});

test('E-23: a refund, a chargeback and a bonus stand beside the milestones, once each', async () => {
  const { agreementId, milestones } = await contracts().agreement();
  const { milestoneId } = milestones[0]!;
  const facts = escrowFacts({ agreementId, milestoneId });
  await contracts().escrowSays(facts.funded());
  await contracts().escrowSays(facts.refundDecided());
  await contracts().escrowSays(facts.refundFailed());
  await contracts().escrowSaysBeside(facts.refundPaid());
  const matters = await contracts().rows('select * from agreement_matters where agreement_id = $1', [
    agreementId,
  ]);
  expect(matters).toMatchObject([
    { kind: 'refund', status: 'refunded', milestone_id: milestoneId, amount_minor: 10_500n, version: 3 },
  ]);
});

test('M-8: what escrow says of an agreement that is not known yet waits', async () => {
  const facts = escrowFacts({ agreementId: newId(), milestoneId: newId() });
  await expect(contracts().escrowSaysBeside(facts.refundPaid())).rejects.toThrow(
    new NotYet('agreement.unknown'),
  );
});
