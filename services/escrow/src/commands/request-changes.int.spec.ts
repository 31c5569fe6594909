import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { sha256 } from '@holdfast/service';
import { expect, test } from '@jest/globals';
import { http, texts, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const reason = 'The order form loses the address';

test('E-6: milestone, reason and fact are committed together; the text stays here, encrypted', async () => {
  const { agreementId, clientId, milestoneIds, submissionId } = await escrow().submitted();
  const answer = await escrow().requestChanges(clientId, milestoneIds[0]!, submissionId, { reason });
  expect(answer).toEqual({ milestoneId: milestoneIds[0], status: 'changes_requested' });
  const [row] = await escrow().rows(
    `select r.id, r.reason_sealed, k.master_key_id, k.wrapped, m.status, m.review_due_at
      from change_requests r join person_keys k on k.id = r.client_id
        join milestones m on m.id = r.milestone_id where m.id = $1`,
    [milestoneIds[0]],
  );
  expect(row).toMatchObject({ status: 'changes_requested', review_due_at: null });
  const sealed = row!.reason_sealed as Buffer;
  expect(sealed.includes(reason)).toBe(false);
  const key = { id: clientId, masterKeyId: String(row!.master_key_id), wrapped: row!.wrapped as Buffer };
  expect(texts.open(key, `change_requests/reason/${row!.id}`, sealed)).toEqual({ reason });
  expect((await escrow().published(agreementId)).at(-1)).toEqual({
    type: 'escrow.milestone.changes_requested',
    agreementId,
    milestoneId: milestoneIds[0],
    submissionId,
    reasonHash: sha256(reason),
  });
});

test('the same message twice has one effect; with another reason it is refused', async () => {
  const { clientId, milestoneIds, submissionId } = await escrow().submitted();
  const message = http();
  const ask = (why: string) =>
    escrow().requestChanges(clientId, milestoneIds[0]!, submissionId, { reason: why, message });
  expect(await ask(reason)).toEqual(await ask(reason));
  await expect(ask('Something else')).rejects.toMatchObject({ code: 'idempotency.key_reused' });
  const text = 'select id from change_requests where milestone_id = $1';
  expect(await escrow().rows(text, [milestoneIds[0]])).toHaveLength(1);
});

test('F56: at the due instant it is too late, also before the timer has run; so is the repeat', async () => {
  const { clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
  escrow().pass(dueAt);
  const message = http();
  const ask = () => escrow().requestChanges(clientId, milestoneIds[0]!, submissionId, { message });
  await expect(ask()).rejects.toMatchObject({ code: 'review.over' });
  await expect(ask()).rejects.toMatchObject({ code: 'review.over' });
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('submitted');
  await escrow().silence(milestoneIds[0]!, dueAt);
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('released');
});

test('E-6: an older submission is judged no more; a new one is, as often as it takes', async () => {
  const { clientId, milestoneIds, submissionId } = await escrow().submitted();
  await escrow().requestChanges(clientId, milestoneIds[0]!, submissionId);
  const second = newId();
  await escrow().submit(milestoneIds[0]!, second);
  await expect(escrow().requestChanges(clientId, milestoneIds[0]!, submissionId)).rejects.toMatchObject({
    code: 'submission.outdated',
  });
  await escrow().requestChanges(clientId, milestoneIds[0]!, second);
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('changes_requested');
});

test('AD-16: another client’s milestone is unknown', async () => {
  const { freelancerId, milestoneIds, submissionId } = await escrow().submitted();
  const unknown = new NotYet('milestone.unknown');
  for (const stranger of [freelancerId, `client-${newId()}`]) {
    await expect(escrow().requestChanges(stranger, milestoneIds[0]!, submissionId)).rejects.toThrow(unknown);
  }
});
