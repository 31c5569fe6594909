import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Agreement, addressOf, arrangeFunded, usd } from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

jest.setTimeout(180_000);

describe('a contract ends (A-16, A-19)', () => {
  let market: Marketplace;

  beforeAll(() => {
    market = runningMarketplace();
  });

  const seen = (person: Person, { agreementId }: Pick<Agreement, 'agreementId'>): Promise<Json> =>
    person.get('contracts', `/v1/agreements/${agreementId}`);
  const untilEnded = ({ agreementId, client }: Agreement): Promise<Json> =>
    until(
      'the contract has ended',
      () => seen(client, { agreementId }),
      ({ status }) => status === 'ended',
    );
  const subjectsTo = async (person: Person): Promise<string[]> =>
    (await market.mailsTo(addressOf(person))).map(({ subject }) => subject);
  const draft = { milestones: [{ amountMinor: 40_000n }, { amountMinor: 30_000n }] };

  it('A-19, E-17: by the freelancer: what is held goes back, and then it has ended for both', async () => {
    const agreement = await arrangeFunded(market, draft);
    const { client, freelancer, agreementId } = agreement;
    const path = `/v1/agreements/${agreementId}/end`;
    expect(await freelancer.post('contracts', path)).toEqual({ agreementId, status: 'closing' });
    const ended = await untilEnded(agreement);
    expect(ended).toMatchObject({ closingBy: 'freelancer', milestones: [{ status: 'refunded' }, {}] });
    await market.settle();
    expect(await subjectsTo(client)).toContain('The other party ends your contract');
    for (const person of [client, freelancer])
      expect(await subjectsTo(person)).toContain('Your contract has ended');
  });

  it('E-13: by the client, who pays a part in escrow; the freelancer gives back the rest', async () => {
    const agreement = await arrangeFunded(market, draft);
    const { client, freelancer, agreementId, milestones } = agreement;
    const refused = await client.request('contracts', 'POST', `/v1/agreements/${agreementId}/end`, {
      body: {},
    });
    expect(refused.body).toMatchObject({ code: 'agreement.escrow_held' });
    const named = { milestones: [{ milestoneId: milestones[0]!.milestoneId, pay: usd(10_000n) }] };
    const { refundRequest } = await client.post('escrow', `/v1/agreements/${agreementId}/end`, named);
    const pending = await until(
      'contracts knows of the end, and of the request',
      () => seen(freelancer, agreement),
      ({ status, milestones: [first] }) => status === 'closing' && first?.status === 'refund_pending',
    );
    expect(pending).toMatchObject({ closingBy: 'client' });
    await freelancer.post('escrow', `/v1/refund-requests/${refundRequest.refundRequestId}/approve`);
    expect(await untilEnded(agreement)).toMatchObject({
      milestones: [{ status: 'split' }, { status: 'agreed' }],
    });
  });

  it('A-19: by the client with nothing left, in either service', async () => {
    for (const service of ['contracts', 'escrow'] as const) {
      const agreement = await arrangeFunded(market, draft);
      const { client, agreementId, milestones } = agreement;
      const release = `/v1/milestones/${milestones[0]!.milestoneId}/release`;
      await client.post('escrow', release, {});
      await market.settle();
      const body = service === 'escrow' ? { milestones: [] } : {};
      await client.post(service, `/v1/agreements/${agreementId}/end`, body);
      expect(await untilEnded(agreement)).toMatchObject({ closingBy: 'client' });
    }
  });
});
