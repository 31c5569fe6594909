import { NotYet, Rejection, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { AgreementWithMilestones } from '../queries/agreement-with-milestones.ts';
import { http, personTexts, useContracts } from '../testing/contracts.ts';
import { escrowFacts } from '../testing/escrow-facts.ts';

const contracts = useContracts();
const seen = (agreementId: string, accountId: string) =>
  new AgreementWithMilestones(contracts().database.orm, personTexts).of(agreementId, accountId);
const cleared = (agreementId: string) =>
  ({ type: 'escrow.contract.cleared', agreementId, clearedAt: new Date() }) as const;
const lastOf = async (agreementId: string) => (await contracts().published(agreementId)).at(-1);

test('A-16, A-19: asked for, refused with what is left, cleared, ended', async () => {
  const [{ agreementId, clientId, freelancerId }, message] = [await contracts().agreement(), http()];
  const asked = await contracts().endAgreement(freelancerId, agreementId, { message });
  expect(asked).toEqual({ agreementId, status: 'closing' });
  expect(await contracts().endAgreement(freelancerId, agreementId, { message })).toEqual(asked);
  expect(await lastOf(agreementId)).toMatchObject({
    type: 'contracts.contract.end_requested',
    by: 'freelancer',
  });
  const openItems = [{ kind: 'funding' as const, id: newId() }];
  await contracts().escrowClears({
    type: 'escrow.contract.clearing_refused',
    agreementId,
    balance: usd(0n),
    openItems,
  });
  expect(await seen(agreementId, clientId)).toMatchObject({
    status: 'closing',
    closingBy: 'freelancer',
    left: { balance: { amountMinor: '0', currency: 'USD' }, openItems },
  });
  await contracts().escrowClears(cleared(agreementId));
  await contracts().escrowClears(cleared(agreementId));
  const ended = (await contracts().published(agreementId)).filter(
    ({ type }) => type === 'contracts.contract.ended',
  );
  expect(ended).toHaveLength(1);
  const told = (await contracts().told(clientId)).map(({ template }) => template);
  expect(told).toEqual(expect.arrayContaining(['end_requested', 'contract_ended']));
  expect(await seen(agreementId, clientId)).toMatchObject({
    status: 'ended',
    endedAt: expect.any(String),
  });
});

test('E-13: an end in escrow leads to closing here, by a request or by paying all', async () => {
  for (const by of ['asking', 'paying'] as const) {
    const { agreementId, clientId, freelancerId, milestones } = await contracts().agreement();
    const facts = escrowFacts({ agreementId, milestoneId: milestones[0]!.milestoneId });
    await contracts().escrowSays(facts.funded());
    await expect(contracts().endAgreement(clientId, agreementId)).rejects.toMatchObject({
      code: 'agreement.escrow_held',
    });
    await contracts().escrowSays(
      by === 'asking' ? facts.refundRequested() : facts.released({ cause: 'end_paid' }),
    );
    expect(await seen(agreementId, clientId)).toMatchObject({ status: 'closing', closingBy: 'client' });
    await expect(contracts().endAgreement(freelancerId, agreementId)).rejects.toMatchObject({
      code: 'agreement.closing',
    });
  }
});

test('E-13: ended in escrow with nothing held, it is ended here at once, by the client', async () => {
  const { agreementId, freelancerId } = await contracts().agreement();
  await contracts().escrowClears(cleared(agreementId));
  expect(await seen(agreementId, freelancerId)).toMatchObject({ status: 'ended', closingBy: 'client' });
  expect(await lastOf(agreementId)).toMatchObject({ type: 'contracts.contract.ended' });
});

test('F63: of two ends at once one counts, the other is refused', async () => {
  const { agreementId, clientId, freelancerId } = await contracts().agreement();
  const both = await Promise.allSettled([
    contracts().endAgreement(clientId, agreementId),
    contracts().endAgreement(freelancerId, agreementId),
  ]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: new Rejection('agreement.closing'),
  });
  const asked = (await contracts().published(agreementId)).filter(
    ({ type }) => type === 'contracts.contract.end_requested',
  );
  expect(asked).toHaveLength(1);
});

test('M-20, E-17: a waiver after the review is over by our own copy is refused', async () => {
  const { agreementId, freelancerId, milestones } = await contracts().agreement();
  const { milestoneId } = milestones[0]!;
  const facts = escrowFacts({ agreementId, milestoneId });
  await contracts().escrowSays(facts.funded());
  const { submissionId } = await contracts().submitWork(freelancerId, milestoneId);
  const started = facts.reviewStarted(submissionId) as { dueAt: Date };
  await contracts().escrowSays(facts.reviewStarted(submissionId));
  contracts().passMinutes((started.dueAt.getTime() - contracts().now().getTime()) / 60_000);
  await expect(
    contracts().endAgreement(freelancerId, agreementId, { waivedMilestoneIds: [milestoneId] }),
  ).rejects.toMatchObject({ code: 'waiver.review_over', details: { milestoneId } });
  expect(await contracts().endAgreement(freelancerId, agreementId)).toMatchObject({ status: 'closing' });
});

test('A-19: while it closes nothing new is submitted', async () => {
  const { agreementId, freelancerId, milestones } = await contracts().agreement();
  await contracts().endAgreement(freelancerId, agreementId);
  await expect(contracts().submitWork(freelancerId, milestones[0]!.milestoneId)).rejects.toMatchObject({
    code: 'agreement.closing',
  });
});

test('AD-16: a stranger ends nothing, and an answer about an unknown agreement waits', async () => {
  const [{ agreementId }, stranger] = [await contracts().agreement(), await contracts().agreement()];
  const unknown = new NotYet('agreement.unknown');
  await expect(contracts().endAgreement(stranger.clientId, agreementId)).rejects.toThrow(unknown);
  await expect(contracts().escrowClears(cleared(newId()))).rejects.toThrow(unknown);
});
