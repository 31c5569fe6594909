import { NotYet, plusDays, plusHours } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { event, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

test('E-5: milestone and answer are committed together', async () => {
  const { agreementId, milestoneIds } = await escrow().funded();
  const [submissionId, submittedAt] = [newId(), escrow().now()];
  await escrow().submit(milestoneIds[0]!, submissionId, { submittedAt });
  const dueAt = plusDays(submittedAt, 14);
  const [milestone] = await escrow().rows('select * from milestones where id = $1', [milestoneIds[0]]);
  expect(milestone).toMatchObject({ status: 'submitted', submission_id: submissionId, review_due_at: dueAt });
  expect((await escrow().published(agreementId)).at(-1)).toEqual({
    type: 'escrow.review.started',
    agreementId,
    milestoneId: milestoneIds[0],
    submissionId,
    dueAt,
  });
});

test('E-5: one that arrives late has at least 72 hours from its arrival', async () => {
  const { agreementId, milestoneIds } = await escrow().funded();
  const before = escrow().now();
  await escrow().submit(milestoneIds[0]!, newId(), { submittedAt: plusDays(before, -30) });
  const started = (await escrow().published(agreementId)).at(-1) as { dueAt: Date };
  expect(started.dueAt.getTime()).toBeGreaterThanOrEqual(plusHours(before, 72).getTime() - 1_000);
  expect(started.dueAt.getTime()).toBeLessThanOrEqual(plusHours(escrow().now(), 72).getTime() + 1_000);
});

test('E-1, E-4: on a milestone that is not funded it is refused, and that is told', async () => {
  const { agreementId, milestoneIds } = await escrow().agreement();
  const submissionId = newId();
  await escrow().submit(milestoneIds[0]!, submissionId);
  expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
    type: 'escrow.submission.refused',
    submissionId,
    reason: 'not_funded',
  });
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funding_pending');
});

test('the same event twice is answered once', async () => {
  const { agreementId, milestoneIds } = await escrow().funded();
  const [submissionId, message, submittedAt] = [newId(), event(), escrow().now()];
  await escrow().submit(milestoneIds[0]!, submissionId, { message, submittedAt });
  await escrow().submit(milestoneIds[0]!, submissionId, { message, submittedAt });
  expect((await escrow().typesOf(agreementId)).slice(2)).toEqual(['escrow.review.started']);
});

test('M-16: work that arrives while the client releases: whoever is second hears it', async () => {
  for (let round = 0; round < 5; round += 1) {
    const { agreementId, clientId, milestoneIds } = await escrow().funded();
    await Promise.all([
      escrow().release(clientId, milestoneIds[0]!),
      escrow().submit(milestoneIds[0]!, newId()),
    ]);
    const [first, second] = (await escrow().typesOf(agreementId)).slice(2);
    const submissionWasFirst = first === 'escrow.review.started';
    expect([first, second]).toEqual(
      submissionWasFirst
        ? ['escrow.review.started', 'escrow.milestone.released']
        : ['escrow.milestone.released', 'escrow.submission.refused'],
    );
  }
});

test('M-8: a submission on a milestone that is not known yet waits', async () => {
  await expect(escrow().submit(newId(), newId())).rejects.toThrow(new NotYet('milestone.unknown'));
});
