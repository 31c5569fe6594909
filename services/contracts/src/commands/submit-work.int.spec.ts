import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { http, useContracts } from '../testing/contracts.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';

const contracts = useContracts();

async function someMilestone() {
  const { agreementId, freelancerId, clientId, milestones } = await contracts().agreement();
  const { milestoneId } = milestones[0]!;
  return {
    agreementId,
    freelancerId,
    clientId,
    milestoneId,
    facts: escrowFacts({ agreementId, milestoneId }),
  };
}

const submitted = async (agreementId: string) =>
  (await contracts().published(agreementId)).filter(({ type }) => type === 'contracts.milestone.submitted');

test('E-4: submission, encrypted content, milestone and fact are committed together', async () => {
  const { agreementId, freelancerId, milestoneId } = await someMilestone();
  const text = 'Everything is in the archive';
  const { submissionId, contentHash, submittedAt } = await contracts().submitWork(freelancerId, milestoneId, {
    text,
    files: 2,
  });
  expect(await submitted(agreementId)).toEqual([
    {
      type: 'contracts.milestone.submitted',
      agreementId,
      milestoneId,
      submissionId,
      contentHash,
      submittedAt: new Date(submittedAt),
    },
  ]);
  const [row] = await contracts().rows(
    'select s.status, c.content from submissions s join submission_contents c using (id) where id = $1',
    [submissionId],
  );
  expect(row!.status).toBe('sent');
  expect((row!.content as Buffer).includes(text)).toBe(false);
  const [milestone] = await contracts().rows('select open_submission_id from milestones where id = $1', [
    milestoneId,
  ]);
  expect(milestone).toEqual({ open_submission_id: submissionId });
});

test('the same message twice has the same answer; with another message it is refused', async () => {
  const { agreementId, freelancerId, milestoneId } = await someMilestone();
  const message = http();
  const first = await contracts().submitWork(freelancerId, milestoneId, { message });
  expect(await contracts().submitWork(freelancerId, milestoneId, { message })).toEqual(first);
  expect(await submitted(agreementId)).toHaveLength(1);
  await expect(
    contracts().submitWork(freelancerId, milestoneId, { message, text: 'Other' }),
  ).rejects.toMatchObject({ code: 'idempotency.key_reused' });
});

test('of two submissions at once one is taken, the other is refused', async () => {
  const { agreementId, freelancerId, milestoneId } = await someMilestone();
  const both = await Promise.allSettled([
    contracts().submitWork(freelancerId, milestoneId),
    contracts().submitWork(freelancerId, milestoneId),
  ]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'submission.pending' },
  });
  expect(await submitted(agreementId)).toHaveLength(1);
});

test('E-4: one file more than submission.max_files is refused; only the refusal is kept', async () => {
  const { freelancerId, milestoneId } = await someMilestone();
  const message = http();
  const submit = () => contracts().submitWork(freelancerId, milestoneId, { files: 21, message });
  await expect(submit()).rejects.toMatchObject({
    code: 'submission.too_many_files',
    details: { maximum: 20 },
  });
  await expect(submit()).rejects.toMatchObject({
    code: 'submission.too_many_files',
    details: { maximum: 20 },
  });
  expect(await contracts().rows('select id from submissions where milestone_id = $1', [milestoneId])).toEqual(
    [],
  );
});

test('AD-16: a milestone of others, or one that does not exist, is unknown', async () => {
  const [{ milestoneId, clientId }, stranger] = [await someMilestone(), await someMilestone()];
  const unknown = new NotYet('milestone.unknown');
  await expect(contracts().submitWork(stranger.freelancerId, milestoneId)).rejects.toThrow(unknown);
  await expect(contracts().submitWork(clientId, milestoneId)).rejects.toThrow(unknown);
  await expect(contracts().submitWork(stranger.freelancerId, newId())).rejects.toThrow(unknown);
});

test('M-15: escrow answers a submission, and the next one may follow', async () => {
  const { freelancerId, milestoneId, facts } = await someMilestone();
  const statusOf = async (id: string) =>
    (await contracts().rows('select status, reason, review_due_at from submissions where id = $1', [id]))[0];
  const first = await contracts().submitWork(freelancerId, milestoneId);
  await contracts().escrowSays(facts.refused(first.submissionId));
  expect(await statusOf(first.submissionId)).toMatchObject({ status: 'refused', reason: 'not_funded' });
  await contracts().escrowSays(facts.funded());
  const second = await contracts().submitWork(freelancerId, milestoneId);
  await contracts().escrowSays(facts.reviewStarted(second.submissionId));
  expect(await statusOf(second.submissionId)).toMatchObject({ status: 'under_review' });
  await expect(contracts().submitWork(freelancerId, milestoneId)).rejects.toMatchObject({
    code: 'submission.pending',
  });
  await contracts().escrowSays(facts.changesRequested(second.submissionId));
  const third = await contracts().submitWork(freelancerId, milestoneId);
  await contracts().escrowSays(facts.reviewStarted(third.submissionId));
  await contracts().escrowSays(facts.released({ submissionId: third.submissionId }));
  expect(await statusOf(third.submissionId)).toEqual({
    status: 'approved',
    reason: null,
    review_due_at: null,
  });
  await expect(contracts().submitWork(freelancerId, milestoneId)).rejects.toMatchObject({
    code: 'milestone.released',
  });
});
