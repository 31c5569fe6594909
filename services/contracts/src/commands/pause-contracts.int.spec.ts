import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { AgreementWithMilestones } from '../queries/agreement-with-milestones.ts';
import { personTexts, useContracts } from '../testing/contracts.ts';
import { someTerms } from '../testing/terms.ts';

const contracts = useContracts();
const seen = (agreementId: string, accountId: string) =>
  new AgreementWithMilestones(contracts().database.orm, personTexts).of(agreementId, accountId);
const stepsOf = async (agreementId: string) =>
  (await contracts().published(agreementId)).filter(({ type }) =>
    ['contracts.contract.paused', 'contracts.contract.resumed'].includes(type),
  );

test('A-17, S-5: a safety hold pauses; it goes on once the last hold of either party is lifted', async () => {
  const { agreementId, clientId, freelancerId } = await contracts().agreement();
  const first = await contracts().placeHold(freelancerId, 'safety');
  expect(await stepsOf(agreementId)).toMatchObject([{ reason: 'safety_hold', holdId: first.holdId }]);
  expect(await seen(agreementId, clientId)).toMatchObject({ status: 'paused', pausedAt: expect.any(String) });
  expect(JSON.stringify(await seen(agreementId, clientId))).not.toContain('safety_hold');
  const second = await contracts().placeHold(clientId, 'financial');
  await contracts().placeHold(freelancerId, 'identity');
  await contracts().liftHold(freelancerId, first.holdId);
  expect(await stepsOf(agreementId)).toHaveLength(1);
  await contracts().liftHold(clientId, second.holdId);
  expect(await stepsOf(agreementId)).toMatchObject([{}, { type: 'contracts.contract.resumed' }]);
  expect(await seen(agreementId, clientId)).toMatchObject({ status: 'active' });
  for (const accountId of [clientId, freelancerId]) {
    const told = (await contracts().told(accountId)).map(({ template }) => template);
    expect(told.filter((template) => /^contract_(paused|resumed)$/.test(String(template)))).toEqual([
      'contract_paused',
      'contract_resumed',
    ]);
  }
});

test('P-9: a chargeback holds the client and pauses every contract; won, they go on', async () => {
  const { agreementId, clientId, freelancerId } = await contracts().agreement();
  const other = await contracts().agreement(someTerms(), { clientId, freelancerId });
  const chargeback = { agreementId, chargebackId: newId(), amount: usd(10_500n) };
  const received = {
    type: 'escrow.chargeback.received',
    ...chargeback,
    ...{ fundingId: newId(), clientId, freelancerId, parts: [], dueAt: new Date(), fee: usd(1_500n) },
  } as const;
  const won = {
    type: 'escrow.chargeback.won',
    ...chargeback,
    accountId: freelancerId,
    net: usd(0n),
  } as const;
  await contracts().holdFact(received);
  await contracts().holdFact(received);
  const holds = () =>
    contracts().rows('select kind, reason, status, lift_reason from account_holds where account_id = $1', [
      clientId,
    ]);
  expect(await holds()).toEqual([
    { kind: 'financial', reason: 'chargeback', status: 'standing', lift_reason: null },
  ]);
  for (const id of [agreementId, other.agreementId]) {
    expect(await stepsOf(id)).toMatchObject([{ reason: 'financial_hold' }]);
  }
  await contracts().holdFact(won);
  await contracts().holdFact(won);
  expect(await holds()).toMatchObject([{ status: 'lifted', lift_reason: 'chargeback_won' }]);
  for (const id of [agreementId, other.agreementId]) expect(await stepsOf(id)).toHaveLength(2);
});

test('S-5: a hold and an acceptance at once: refused, or begun and paused, never running on', async () => {
  for (let round = 0; round < 5; round++) {
    const ids = await contracts().parties();
    const { offerId } = await contracts().sendOffer(ids, someTerms());
    const [accepting] = await Promise.allSettled([
      contracts().acceptOffer(ids.freelancerId, offerId, 1),
      contracts().placeHold(ids.clientId, 'safety'),
    ]);
    const found = await contracts().rows('select status from agreements where client_id = $1', [
      ids.clientId,
    ]);
    expect(found).toEqual(accepting!.status === 'fulfilled' ? [{ status: 'paused' }] : []);
  }
});

test('A-17: one hold lifted while another one is placed: it stands still, whoever comes first', async () => {
  for (let round = 0; round < 5; round++) {
    const { agreementId, clientId, freelancerId } = await contracts().agreement();
    const { holdId } = await contracts().placeHold(freelancerId, 'safety');
    await Promise.all([
      contracts().liftHold(freelancerId, holdId),
      contracts().placeHold(clientId, 'safety'),
    ]);
    expect(await seen(agreementId, clientId)).toMatchObject({ status: 'paused' });
  }
});
