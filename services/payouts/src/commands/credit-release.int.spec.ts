import { NotYet, plusDays, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { event, usePayouts } from '../testing/payouts.ts';

const payouts = usePayouts();

test('G-2.2: credit, journal and answer are committed together', async () => {
  const parties = await payouts().agreement();
  const released = payouts().released(parties);
  await payouts().credit(released);
  const dueAt = plusDays(released.releasedAt, 5);
  expect(await payouts().rows('select * from credits where id = $1', [released.transferId])).toEqual([
    {
      id: released.transferId,
      agreement_id: parties.agreementId,
      client_id: parties.clientId,
      account_id: parties.freelancerId,
      net_minor: 90_000n,
      status: 'pending',
      matures_at: dueAt,
      pending_minor: 90_000n,
      version: 1,
    },
  ]);
  const [journal] = await payouts().journals(parties.freelancerId);
  expect(journal).toMatchObject({
    kind: 'release',
    transferId: released.transferId,
    agreementId: parties.agreementId,
  });
  expect(journal!.lines).toEqual([
    { account: 'P.clearing.escrow', amountMinor: 90_000n },
    { account: `P.freelancer.pending:${parties.freelancerId}`, amountMinor: -90_000n },
  ]);
  expect(await payouts().published(parties.agreementId)).toEqual([
    {
      type: 'payouts.funds.credited',
      agreementId: parties.agreementId,
      transferId: released.transferId,
      accountId: parties.freelancerId,
      net: usd(90_000n),
      toDebt: usd(0n),
      toPending: usd(90_000n),
      dueAt,
    },
  ]);
});

test('M-21: the journal has the value date of the release and the instant of the posting', async () => {
  const parties = await payouts().agreement();
  const releasedAt = plusDays(payouts().now(), -3);
  const postedAfter = payouts().now().getTime();
  await payouts().credit(payouts().released(parties, { releasedAt }));
  const [journal] = await payouts().journals(parties.freelancerId);
  expect(journal!.valueDate).toEqual(releasedAt);
  expect(journal!.postedAt.getTime()).toBeGreaterThanOrEqual(postedAfter - 1_000);
});

test('M-8: the same event twice, or ten times at once, is one credit', async () => {
  const parties = await payouts().agreement();
  const [released, message] = [payouts().released(parties), event()];
  await payouts().credit(released, message);
  await payouts().credit(released, message);
  const [other, otherMessage] = [payouts().released(parties), event()];
  await Promise.all(Array.from({ length: 10 }, () => payouts().credit(other, otherMessage)));
  expect(await payouts().journals(parties.freelancerId)).toHaveLength(2);
  expect((await payouts().balances(parties.freelancerId)).pending).toEqual({
    amountMinor: '180000',
    currency: 'USD',
  });
});

test('M-8: the same transfer under another event is no second credit', async () => {
  const parties = await payouts().agreement();
  const released = payouts().released(parties);
  await payouts().credit(released);
  await expect(payouts().credit(released)).rejects.toMatchObject({ code: '23505' });
  expect(await payouts().journals(parties.freelancerId)).toHaveLength(1);
});

test('M-8: a release of an agreement that is not known yet waits, and is credited then', async () => {
  const parties = { agreementId: newId(), clientId: 'client', freelancerId: `freelancer-${newId()}` };
  const [released, message] = [payouts().released(parties), event()];
  await expect(payouts().credit(released, message)).rejects.toThrow(new NotYet('agreement.unknown'));
  await payouts().remember(parties);
  await payouts().credit(released, message);
  expect(await payouts().journals(parties.freelancerId)).toHaveLength(1);
});

test('a release to somebody who is no party is not credited', async () => {
  const parties = await payouts().agreement();
  const stranger = { ...parties, freelancerId: `freelancer-${newId()}` };
  await expect(payouts().credit(payouts().released(stranger))).rejects.toThrow(NotYet);
  expect(await payouts().journals(stranger.freelancerId)).toEqual([]);
});

test('AD-15: hold.days is what the agreement pinned', async () => {
  const parties = await payouts().agreement({ ...pinnedDefaults, 'hold.days': 10 });
  const released = payouts().released(parties);
  await payouts().credit(released);
  expect(await payouts().published(parties.agreementId)).toMatchObject([
    { dueAt: plusDays(released.releasedAt, 10) },
  ]);
});

test('an agreement is remembered once', async () => {
  const parties = { agreementId: newId(), clientId: 'client', freelancerId: `freelancer-${newId()}` };
  const message = event();
  await payouts().remember(parties, pinnedDefaults, message);
  await payouts().remember(parties, pinnedDefaults, message);
  const text = 'select client_id, freelancer_id, settings, version from agreements where id = $1';
  expect(await payouts().rows(text, [parties.agreementId])).toEqual([
    { client_id: 'client', freelancer_id: parties.freelancerId, settings: pinnedDefaults, version: 1 },
  ]);
});
