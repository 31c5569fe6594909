import { NotYet, Rejection } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { ChangePolicy, ChangePolicyHandler } from '@holdfast/service';
import { expect, test } from '@jest/globals';
import { definition } from '../contracts.module.ts';
import { http, useContracts } from '../testing/contracts.ts';

const contracts = useContracts();

test('A-9: offer, agreement, milestones and both facts are committed together', async () => {
  const ids = await contracts().parties();
  const { offerId, agreementId, termsHash } = await contracts().sendOffer(ids);
  const accepted = await contracts().acceptOffer(ids.freelancerId, offerId);
  expect(accepted).toMatchObject({
    agreementId,
    milestones: [
      { order: 1, price: { amountMinor: '10000', currency: 'USD' } },
      { order: 2, price: { amountMinor: '5000', currency: 'USD' } },
    ],
  });
  const [, offerAccepted, activated] = await contracts().published(agreementId);
  expect(offerAccepted).toEqual({
    type: 'contracts.offer.accepted',
    agreementId,
    offerId,
    version: 1,
    termsHash,
  });
  expect(activated).toMatchObject({
    type: 'contracts.contract.activated',
    agreementId,
    ...ids,
    settings: pinnedDefaults,
    milestones: accepted.milestones.map(({ milestoneId, order }) => ({ milestoneId, order, version: 1 })),
  });
  const [agreement] = await contracts().rows('select * from agreements where id = $1', [agreementId]);
  expect(agreement).toMatchObject({ settings: pinnedDefaults, terms_version: 1 });
  const rows = await contracts().rows('select * from milestones where agreement_id = $1 order by position', [
    agreementId,
  ]);
  expect(rows).toMatchObject([
    {
      id: accepted.milestones[0]!.milestoneId,
      price_minor: 10_000n,
      status: 'agreed',
      due_date: '2026-12-15',
    },
    {
      id: accepted.milestones[1]!.milestoneId,
      price_minor: 5_000n,
      status: 'agreed',
      due_date: '2027-01-15',
    },
  ]);
});

test('the same message twice has the same answer; with another version it is refused', async () => {
  const [ids, message] = [await contracts().parties(), http()];
  const { offerId } = await contracts().sendOffer(ids);
  const first = await contracts().acceptOffer(ids.freelancerId, offerId, 1, message);
  expect(await contracts().acceptOffer(ids.freelancerId, offerId, 1, message)).toEqual(first);
  await expect(contracts().acceptOffer(ids.freelancerId, offerId, 2, message)).rejects.toMatchObject({
    code: 'idempotency.key_reused',
  });
});

test('of two accepts at once one makes the contract, the other is refused', async () => {
  const ids = await contracts().parties();
  const { offerId, agreementId } = await contracts().sendOffer(ids);
  const both = await Promise.allSettled([
    contracts().acceptOffer(ids.freelancerId, offerId),
    contracts().acceptOffer(ids.freelancerId, offerId),
  ]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: new Rejection('offer.not_open', { status: 'accepted' }),
  });
  expect(await contracts().published(agreementId)).toHaveLength(3);
});

test('an outdated version is refused, also for a repeat after it has become the right one', async () => {
  const [ids, early] = [await contracts().parties(), http()];
  const { offerId } = await contracts().sendOffer(ids);
  const outdated = { code: 'offer.version_outdated', details: { version: 1 } };
  await expect(contracts().acceptOffer(ids.freelancerId, offerId, 2, early)).rejects.toMatchObject(outdated);
  await contracts().reviseOffer(ids.clientId, offerId);
  await expect(contracts().acceptOffer(ids.freelancerId, offerId, 2, early)).rejects.toMatchObject(outdated);
  expect(await contracts().acceptOffer(ids.freelancerId, offerId, 2)).toHaveProperty('agreementId');
});

test('AD-16: an offer to another freelancer is an unknown one, and that answer is not kept', async () => {
  const [ids, strangers, message] = [await contracts().parties(), await contracts().parties(), http()];
  const { offerId } = await contracts().sendOffer(ids);
  const unknown = new NotYet('offer.unknown');
  await expect(contracts().acceptOffer(strangers.freelancerId, offerId, 1, message)).rejects.toThrow(unknown);
  await expect(contracts().acceptOffer(ids.clientId, offerId)).rejects.toThrow(unknown);
  expect(await contracts().rows('select * from inbox where message_id = $1', [message.id])).toEqual([]);
});

test('A-8: the settings at acceptance are pinned; a later change leaves the contract as it is', async () => {
  const ids = await contracts().parties();
  const { offerId } = await contracts().sendOffer(ids);
  const change = (bps: number) =>
    new ChangePolicyHandler(contracts().database.unitOfWork, definition).execute(
      new ChangePolicy({
        message: http(),
        by: 'operator',
        settings: { 'fee.client_bps': bps },
        reason: 'test',
      }),
    );
  await change(300);
  const { agreementId } = await contracts().acceptOffer(ids.freelancerId, offerId);
  await change(400);
  const [row] = await contracts().rows('select settings from agreements where id = $1', [agreementId]);
  expect(row).toEqual({ settings: { ...pinnedDefaults, 'fee.client_bps': 300 } });
});
