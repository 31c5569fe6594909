import { plusDays } from '@holdfast/domain';
import { Deadlines } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { contractsDeadlines } from '../deadlines.ts';
import { useContracts } from '../testing/contracts.ts';
import { ExpireOffer, ExpireOfferHandler } from './expire-offer.ts';

const contracts = useContracts();
const typesOf = async (key: string) => (await contracts().published(key)).map(({ type }) => type);

test('A-4: the timer ends the offer, dated at its due instant', async () => {
  const ids = await contracts().parties();
  const { offerId, agreementId, dueAt } = await contracts().sendOffer(ids);
  await contracts().expireOffer(offerId, new Date(dueAt));
  await contracts().expireOffer(offerId, new Date(dueAt));
  expect(await typesOf(agreementId)).toEqual(['contracts.offer.sent', 'contracts.offer.expired']);
  const [outbox] = await contracts().rows(
    `select headers from outbox where aggregateid = $1 order by seq desc`,
    [agreementId],
  );
  expect(outbox).toMatchObject({ headers: { time: dueAt } });
  await expect(contracts().acceptOffer(ids.freelancerId, offerId)).rejects.toMatchObject({
    code: 'offer.expired',
  });
});

test('A-5: the timer of an earlier version has nothing to do', async () => {
  const ids = await contracts().parties();
  const { offerId, agreementId, dueAt } = await contracts().sendOffer(ids);
  await contracts().reviseOffer(ids.clientId, offerId);
  await contracts().expireOffer(offerId, new Date(dueAt));
  expect(await typesOf(agreementId)).toEqual(['contracts.offer.sent', 'contracts.offer.revised']);
});

test('M-16: expiry and accept at once: exactly one of them happens', async () => {
  for (let round = 0; round < 5; round += 1) {
    const ids = await contracts().parties();
    const { offerId, agreementId, dueAt } = await contracts().sendOffer(ids);
    const [accepted] = await Promise.allSettled([
      contracts().acceptOffer(ids.freelancerId, offerId),
      contracts().expireOffer(offerId, new Date(dueAt)),
    ]);
    expect(await typesOf(agreementId)).toEqual(
      accepted.status === 'fulfilled'
        ? ['contracts.offer.sent', 'contracts.offer.accepted', 'contracts.contract.activated']
        : ['contracts.offer.sent', 'contracts.offer.expired'],
    );
  }
});

test('A-4: after the due instant an accept is refused, even before the sweep expires the offer', async () => {
  const { pool, orm, clock, unitOfWork } = contracts().database;
  const ids = await contracts().parties();
  const { offerId, agreementId, dueAt } = await contracts().sendOffer(ids);
  const handler = new ExpireOfferHandler(unitOfWork);
  const commands = { execute: (command: ExpireOffer) => handler.execute(command) };
  const ofOffers = contractsDeadlines({ get: () => commands } as never).filter(
    ({ kind }) => kind === 'offer.expiry',
  );
  const deadlines = new Deadlines({ pool, orm, clock }, ofOffers);
  for (const accountId of Object.values(ids)) {
    expect(await deadlines.list.of(accountId)).toMatchObject([
      { kind: 'offer.expiry', id: offerId, key: agreementId, dueAt: new Date(dueAt), stoppedBy: [] },
    ]);
  }
  clock.moveTo(clock.offsetMs + plusDays(new Date(0), 7).getTime());
  const expired = { code: 'offer.expired' };
  await expect(contracts().acceptOffer(ids.freelancerId, offerId)).rejects.toMatchObject(expired);
  await expect(contracts().withdrawOffer(ids.clientId, offerId)).rejects.toMatchObject(expired);
  deadlines.start();
  try {
    await eventually(
      () => typesOf(agreementId),
      (types) => types.at(-1) === 'contracts.offer.expired',
    );
    // What the sweep has committed is due until it has come back from it.
    await eventually(
      () => deadlines.dueNow(),
      (due) => due.length === 0,
    );
    expect(await deadlines.list.of(ids.clientId)).toEqual([]);
  } finally {
    await deadlines.stop();
  }
});
