import { NotYet, Rejection } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import { OfferWithVersions } from '../queries/offer-with-versions.ts';
import { http, personTexts, useContracts } from '../testing/contracts.ts';
import { someTerms } from '../testing/terms.ts';

const contracts = useContracts();
const unknown = new NotYet('offer.unknown');
const offers = () => new OfferWithVersions(contracts().database.orm, personTexts);

async function sentOffer() {
  const ids = await contracts().parties();
  return { ...ids, ...(await contracts().sendOffer(ids)) };
}

test('A-6: the words are sealed, both parties read them, and the expiry is the same', async () => {
  const { clientId, freelancerId, offerId, agreementId, dueAt } = await sentOffer();
  expect(await contracts().requestOfferChanges(freelancerId, offerId)).toEqual({
    offerId,
    status: 'changes_requested',
    dueAt,
  });
  const seen = await offers().of(offerId, clientId);
  expect(await offers().of(offerId, freelancerId)).toEqual(seen);
  expect(seen).toMatchObject({
    status: 'changes_requested',
    dueAt,
    versions: [{ version: 1, changesRequested: { reason: 'A later date' } }],
  });
  const [, requested] = await contracts().published(agreementId);
  expect(requested).toMatchObject({ type: 'contracts.offer.changes_requested', version: 1 });
  const rows = await contracts().rows('select reason from offer_change_requests where offer_id = $1', [
    offerId,
  ]);
  expect((rows[0]!.reason as Buffer).includes('later')).toBe(false);
});

test('A-5, A-6: a new version answers the request, and then it is accepted', async () => {
  const { clientId, freelancerId, offerId } = await sentOffer();
  await contracts().requestOfferChanges(freelancerId, offerId);
  await expect(contracts().acceptOffer(freelancerId, offerId)).rejects.toMatchObject({
    code: 'offer.changes_requested',
  });
  await contracts().reviseOffer(clientId, offerId, someTerms({ fundingMode: 'project_upfront' }));
  const { agreementId } = await contracts().acceptOffer(freelancerId, offerId, 2);
  const activated = (await contracts().published(agreementId)).at(-1);
  expect(activated).toMatchObject({
    type: 'contracts.contract.activated',
    settings: { 'funding.mode': 'project_upfront' },
  });
});

test('A-6: declined, once; the same message twice has the same answer', async () => {
  const [{ clientId, freelancerId, offerId }, message] = [await sentOffer(), http()];
  const declined = await contracts().declineOffer(freelancerId, offerId, message);
  expect(declined).toEqual({ offerId, status: 'declined' });
  expect(await contracts().declineOffer(freelancerId, offerId, message)).toEqual(declined);
  await expect(contracts().withdrawOffer(clientId, offerId)).rejects.toMatchObject({
    code: 'offer.not_open',
  });
});

test('A-4: an offer whose terms are asked to change expires at the same instant', async () => {
  const { freelancerId, offerId, agreementId, dueAt } = await sentOffer();
  await contracts().requestOfferChanges(freelancerId, offerId);
  await contracts().expireOffer(offerId, new Date(dueAt));
  expect((await contracts().published(agreementId)).at(-1)).toMatchObject({
    type: 'contracts.offer.expired',
  });
});

test('of an accept and a withdrawal at once one counts, the other is refused', async () => {
  const { clientId, freelancerId, offerId, agreementId } = await sentOffer();
  const both = await Promise.allSettled([
    contracts().acceptOffer(freelancerId, offerId),
    contracts().withdrawOffer(clientId, offerId),
  ]);
  const [row] = await contracts().rows('select status from offers where id = $1', [offerId]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: new Rejection('offer.not_open', { status: row!.status }),
  });
  const agreements = await contracts().rows('select id from agreements where id = $1', [agreementId]);
  expect(agreements).toHaveLength(row!.status === 'accepted' ? 1 : 0);
});

test('AD-16: an offer to another freelancer is an unknown one', async () => {
  const [{ clientId, offerId }, stranger] = [await sentOffer(), await sentOffer()];
  for (const id of [clientId, stranger.freelancerId]) {
    await expect(contracts().declineOffer(id, offerId)).rejects.toThrow(unknown);
    await expect(contracts().requestOfferChanges(id, offerId)).rejects.toThrow(unknown);
  }
});
