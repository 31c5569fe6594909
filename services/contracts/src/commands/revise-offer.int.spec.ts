import { NotYet, usd } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { OfferWithVersions } from '../queries/offer-with-versions.ts';
import { http, personTexts, useContracts } from '../testing/contracts.ts';
import { someTerms } from '../testing/terms.ts';

const contracts = useContracts();
const unknown = new NotYet('offer.unknown');

test('A-5, A-6: a new version restarts the expiry; both parties still read the earlier one', async () => {
  const ids = await contracts().parties();
  const { offerId, agreementId, dueAt } = await contracts().sendOffer(ids);
  const milestones = [{ title: 'All of it', percentHundredths: 10_000, dueDate: '2027-02-01' }];
  const terms = someTerms({ title: 'Larger website', budget: usd(30_000n), milestones });
  const revised = await contracts().reviseOffer(ids.clientId, offerId, terms);
  expect(revised).toMatchObject({ offerId, agreementId, version: 2 });
  expect(new Date(revised.dueAt).getTime()).toBeGreaterThan(new Date(dueAt).getTime());
  const facts = await contracts().published(agreementId);
  expect(facts.map(({ type }) => type)).toEqual(['contracts.offer.sent', 'contracts.offer.revised']);
  const offers = new OfferWithVersions(contracts().database.orm, personTexts);
  const seen = await offers.of(offerId, ids.freelancerId);
  expect(await offers.of(offerId, ids.clientId)).toEqual(seen);
  expect(seen).toMatchObject({
    status: 'sent',
    version: 2,
    termsHash: revised.termsHash,
    dueAt: revised.dueAt,
  });
  expect(seen).toMatchObject({
    versions: [
      {
        version: 1,
        terms: { title: 'Website for a bakery', milestones: [{ title: 'Design' }, { title: 'Build' }] },
      },
      {
        version: 2,
        terms: {
          title: 'Larger website',
          budget: { amountMinor: '30000', currency: 'USD' },
          milestones: [{ title: 'All of it', price: { amountMinor: '30000' }, percentHundredths: 10_000 }],
        },
      },
    ],
  });
  await expect(offers.of(offerId, 'a-stranger')).rejects.toMatchObject({ code: 'offer.unknown' });
});

test('A-5: the client withdraws; the same message twice has the same answer', async () => {
  const [ids, message] = [await contracts().parties(), http()];
  const { offerId, agreementId } = await contracts().sendOffer(ids);
  const withdrawn = await contracts().withdrawOffer(ids.clientId, offerId, message);
  expect(withdrawn).toEqual({ offerId, status: 'withdrawn' });
  expect(await contracts().withdrawOffer(ids.clientId, offerId, message)).toEqual(withdrawn);
  expect((await contracts().published(agreementId)).map(({ type }) => type)).toEqual([
    'contracts.offer.sent',
    'contracts.offer.withdrawn',
  ]);
  const [row] = await contracts().rows('select status, due_at from offers where id = $1', [offerId]);
  expect(row).toEqual({ status: 'withdrawn', due_at: null });
});

test('AD-16: an offer of others is an unknown one', async () => {
  const [ids, strangers] = [await contracts().parties(), await contracts().parties()];
  const { offerId } = await contracts().sendOffer(ids);
  await expect(contracts().reviseOffer(strangers.clientId, offerId)).rejects.toThrow(unknown);
  await expect(contracts().withdrawOffer(strangers.clientId, offerId)).rejects.toThrow(unknown);
  await expect(contracts().withdrawOffer(ids.freelancerId, offerId)).rejects.toThrow(unknown);
});

test('M-16: an accept and a new version at once: the version committed first wins', async () => {
  const ids = await contracts().parties();
  const { offerId, agreementId } = await contracts().sendOffer(ids);
  const [accepted, revised] = await Promise.allSettled([
    contracts().acceptOffer(ids.freelancerId, offerId),
    contracts().reviseOffer(ids.clientId, offerId, someTerms({ title: 'Other' })),
  ]);
  expect([accepted.status, revised.status].sort()).toEqual(['fulfilled', 'rejected']);
  const last = (await contracts().published(agreementId)).at(-1)!.type;
  expect(last).toBe(
    accepted.status === 'fulfilled' ? 'contracts.contract.activated' : 'contracts.offer.revised',
  );
});
