import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  type Agreement,
  accept,
  addressOf,
  arrangeFunded,
  arrangeOffer,
  untilStatus,
  usd,
} from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

jest.setTimeout(180_000);

const twoParts = { milestones: [{ amountMinor: 40_000n }, { amountMinor: 30_000n }] };
const care = { kind: 'add', title: 'Care', price: usd(20_000n), dueDate: '2027-07-01' };

describe('terms that the parties change, and what stops a contract', () => {
  let market: Marketplace;

  beforeAll(() => {
    market = runningMarketplace();
  });

  const seen = (person: Person, { agreementId }: Pick<Agreement, 'agreementId'>): Promise<Json> =>
    person.get('contracts', `/v1/agreements/${agreementId}`);
  const refusal = async (person: Person, path: string, body: Json = {}): Promise<Json> =>
    (await person.request('contracts', 'POST', path, { body })).body;
  const subjectsTo = async (person: Person): Promise<string[]> =>
    (await market.mailsTo(addressOf(person))).map(({ subject }) => subject);

  it('A-6: the freelancer asks for other terms, the client answers, and the new version is accepted', async () => {
    const offer = await arrangeOffer(market, twoParts);
    const { client, freelancer, offerId, version } = offer;
    const path = `/v1/offers/${offerId}`;
    await freelancer.post('contracts', `${path}/request-changes`, { version, reason: 'A later date' });
    expect(await refusal(freelancer, `${path}/accept`, { version })).toMatchObject({
      code: 'offer.changes_requested',
    });
    const [shown] = (await client.get('contracts', path)).versions;
    const { title, scope, deliverables } = shown.terms;
    const revised = await client.post('contracts', `${path}/versions`, {
      ...{ title, scope, deliverables, startDate: '2027-02-01', type: 'fixed' },
      milestones: [{ title: 'All of it', price: usd(70_000n), dueDate: '2027-06-01' }],
    });
    await untilStatus(await accept({ ...offer, version: revised.version }), 0, 'funded');
    await market.settle();
    expect(await subjectsTo(client)).toContain('The freelancer asks for other terms');
  });

  it('A-11: a proposal is announced again a day before it lapses, and comes too late afterwards', async () => {
    const agreement = await arrangeFunded(market, twoParts);
    const { client, freelancer, agreementId } = agreement;
    const path = `/v1/agreements/${agreementId}/amendments`;
    const { amendmentId } = await client.post('contracts', path, { changes: [care] });
    const lapsing = 'A proposed change is about to lapse';
    await market.advance({ by: 'P5D' });
    expect(await subjectsTo(freelancer)).not.toContain(lapsing);
    await market.advance({ by: 'P1D' });
    expect(await subjectsTo(freelancer)).toContain(lapsing);
    await market.advance({ by: 'P1D' });
    for (const person of [client, freelancer])
      expect(await subjectsTo(person)).toContain('A proposed change does not come about');
    expect(await seen(client, agreement)).toMatchObject({
      version: 1,
      amendments: [{ amendmentId, status: 'lapsed', reason: 'expired' }],
    });
    expect(await refusal(freelancer, `${path}/${amendmentId}/accept`)).toMatchObject({
      code: 'amendment.expired',
    });
  });

  it('A-9, A-11: a new milestone that both agree to comes behind the others', async () => {
    const agreement = await arrangeFunded(market, twoParts);
    const { client, freelancer, agreementId } = agreement;
    const path = `/v1/agreements/${agreementId}/amendments`;
    const { amendmentId } = await freelancer.post('contracts', path, { changes: [care] });
    await client.post('contracts', `${path}/${amendmentId}/accept`);
    expect(await seen(freelancer, agreement)).toMatchObject({
      version: 2,
      milestones: [{}, {}, { title: 'Care', order: 3, status: 'agreed', price: usd(20_000n) }],
    });
  });

  it('E-27: the freelancer asks for payment, and the client is told by mail and in the feed', async () => {
    const agreement = await arrangeFunded(market, twoParts);
    const { client, freelancer, agreementId, milestones } = agreement;
    const path = `/v1/agreements/${agreementId}/payment-requests`;
    const asked = await freelancer.post('contracts', path);
    expect(asked.milestoneIds).toEqual(milestones.map(({ milestoneId }) => milestoneId));
    expect(await refusal(freelancer, path)).toMatchObject({
      code: 'payment.requested_already',
      againAt: expect.any(String),
    });
    await market.settle();
    expect(await subjectsTo(client)).toContain('The freelancer asks for payment');
    const { notices } = await client.get('contracts', '/v1/notices');
    expect(notices[0]).toMatchObject({ template: 'payment_requested', mail: 'accepted' });
    expect(await seen(client, agreement)).toMatchObject({ paymentRequests: [asked] });
  });

  it('A-17, S-5: under a safety hold the contract stands still, and goes on after it', async () => {
    const agreement = await arrangeFunded(market, twoParts);
    const { client, freelancer, agreementId } = agreement;
    const holds = `/v1/accounts/${client.id}/holds`;
    const words = { kind: 'safety', reason: 'scam_signals', note: 'Asked for bank details' };
    const { holdId } = await market.operator.post('contracts', holds, words);
    expect(await seen(freelancer, agreement)).toMatchObject({ status: 'paused' });
    expect(await refusal(freelancer, `/v1/agreements/${agreementId}/payment-requests`)).toMatchObject({
      code: 'agreement.paused',
    });
    await until(
      'escrow has frozen the money',
      () => seen(freelancer, agreement),
      ({ milestones }) => milestones[0].freezes?.length === 1,
    );
    await market.operator.post('contracts', `${holds}/${holdId}/lift`, {
      reason: 'appeal',
      note: 'Explained',
    });
    const after = await until(
      'the money is free again',
      () => seen(freelancer, agreement),
      ({ milestones }) => milestones[0].freezes?.length === 0,
    );
    expect(after).toMatchObject({ status: 'active', milestones: [{ status: 'funded' }, {}] });
  });
});
