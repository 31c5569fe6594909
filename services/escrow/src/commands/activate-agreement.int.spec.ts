import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { event, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

test('E-3: agreement, milestones, first funding with its bytes and fact are committed together', async () => {
  const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().agreement({
    prices: [30_000n, 70_000n],
  });
  const [agreement] = await escrow().rows('select * from agreements where id = $1', [agreementId]);
  expect(agreement).toMatchObject({
    client_id: clientId,
    freelancer_id: freelancerId,
    settings: pinnedDefaults,
    initiation_fee: 'due',
    initiation_fee_minor: 0n,
  });
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  const milestones = await escrow().rows(
    'select * from milestones where agreement_id = $1 order by position',
    [agreementId],
  );
  expect(milestones).toMatchObject([
    {
      id: milestoneIds[0],
      status: 'funding_pending',
      funding_id: fundingId,
      price_minor: 30_000n,
      held_minor: 0n,
    },
    { id: milestoneIds[1], status: 'agreed', funding_id: null, price_minor: 70_000n, held_minor: 0n },
  ]);
  expect(await escrow().published(agreementId)).toEqual([
    {
      type: 'escrow.funding.started',
      agreementId,
      fundingId,
      milestoneIds: [milestoneIds[0]],
      version: 1,
      kind: 'card',
      amount: usd(31_999n),
    },
  ]);
  expect(await escrow().journals(agreementId)).toEqual([]);
});

test('P-16: nobody is present: no payer’s time runs, and the confirmation is off session', async () => {
  const { milestoneIds } = await escrow().agreement();
  const [funding] = await escrow().rows('select * from fundings where milestone_id = $1', [milestoneIds[0]]);
  expect(funding).toMatchObject({
    unattended: true,
    expires_at: null,
    step: 'create',
    confirm_body: 'off_session=true',
  });
  const body = Object.fromEntries(new URLSearchParams(String(funding!.create_body)));
  expect(body).toMatchObject({ amount: '105499', confirm: 'false', 'metadata[funding_id]': funding!.id });
});

test('E-3: without a verified method the funding fails at once, for the client to act', async () => {
  const { agreementId, milestoneIds } = await escrow().agreement({ withMethod: false });
  expect(await escrow().statusOf(milestoneIds[0]!)).toBe('agreed');
  expect(await escrow().published(agreementId)).toMatchObject([
    { type: 'escrow.funding.failed', milestoneIds, reason: 'method_unusable' },
  ]);
  expect(await escrow().rows('select id from fundings where agreement_id = $1', [agreementId])).toEqual([]);
});

test('the same event twice makes one agreement and one funding', async () => {
  const ids = {
    agreementId: newId(),
    clientId: 'client-twice',
    freelancerId: 'freelancer-twice',
    milestoneIds: [newId()],
  };
  await escrow().verifiedMethod(ids.clientId);
  const message = event();
  await escrow().activate(ids, [usd(100_000n)], pinnedDefaults, message);
  await escrow().activate(ids, [usd(100_000n)], pinnedDefaults, message);
  expect(await escrow().typesOf(ids.agreementId)).toEqual(['escrow.funding.started']);
  expect(
    await escrow().rows('select id from fundings where agreement_id = $1', [ids.agreementId]),
  ).toHaveLength(1);
});

test('another event about the same agreement is an error, and changes nothing', async () => {
  const agreed = await escrow().agreement();
  const again = { ...agreed, milestoneIds: [newId()] };
  await expect(escrow().activate(again, [usd(1_000n)])).rejects.toMatchObject({ code: '23505' });
  expect(
    await escrow().rows('select id from milestones where agreement_id = $1', [agreed.agreementId]),
  ).toHaveLength(1);
});
