import { NotYet, usd } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type EscrowFact,
  evolve,
  type Milestone,
  type MilestoneSubmitted,
  openSubmission,
} from '../domain/milestone.ts';
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
    'part',
    'release',
  ] as const;
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...steps), { maxLength: 12 }), async (happening) => {
      const { agreementId, freelancerId, milestones } = await contracts().agreement();
      const { milestoneId } = milestones[0]!;
      const facts = escrowFacts({ agreementId, milestoneId });
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
          part: () => facts.released({ balance: usd(1n) }),
          release: () => facts.released(),
          submit: () => undefined,
        }[step]();
        if (said) {
          // Money facts that end a review without a word about it do not occur in escrow.
          if (folded.status === 'submitted' && ['started', 'failed', 'funded'].includes(step)) continue;
          await contracts().escrowSays(said);
          folded = evolve(folded, said);
        } else if (step === 'submit') {
          await contracts()
            .submitWork(freelancerId, milestoneId)
            .catch(() => undefined);
          const last = (await contracts().published(agreementId)).at(-1) as MilestoneSubmitted;
          if (last.type === 'contracts.milestone.submitted' && !open && folded.status !== 'released') {
            folded = evolve(folded, last);
          }
        }
        expect(await stored(milestoneId)).toEqual(folded);
      }
    }),
    { numRuns: 15 },
  );
}, 60_000);
