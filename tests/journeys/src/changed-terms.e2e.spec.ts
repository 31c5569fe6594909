import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Agreement, arrangeFunded, usd } from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

jest.setTimeout(180_000);

describe('changed terms hold once escrow has applied them (A-13)', () => {
  let market: Marketplace;

  beforeAll(() => {
    market = runningMarketplace();
  });

  const seen = (person: Person, { agreementId }: Pick<Agreement, 'agreementId'>): Promise<Json> =>
    person.get('contracts', `/v1/agreements/${agreementId}`);
  const answered = (agreement: Agreement): Promise<Json> =>
    until(
      'escrow has answered',
      () => seen(agreement.client, agreement),
      ({ amendments }) => ['applied', 'lapsed'].includes(amendments.at(-1).status),
    );
  const amend = async ({ agreementId, client, freelancer }: Agreement, changes: Json[]): Promise<void> => {
    const path = `/v1/agreements/${agreementId}/amendments`;
    const { amendmentId } = await freelancer.post('contracts', path, { changes });
    await client.post('contracts', `${path}/${amendmentId}/accept`);
  };
  const arrange = () =>
    arrangeFunded(market, {
      milestones: [{ amountMinor: 40_000n }, { amountMinor: 30_000n }, { amountMinor: 20_000n }],
    });

  it('A-13: a price changes, a milestone goes, another one comes and can be funded', async () => {
    const agreement = await arrange();
    const { client, milestones } = agreement;
    const [first, second, third] = milestones.map(({ milestoneId }) => milestoneId);
    await amend(agreement, [
      { kind: 'change', milestoneId: second, price: usd(25_000n), title: 'Smaller' },
      { kind: 'delete', milestoneId: third },
      { kind: 'add', title: 'Care', price: usd(10_000n), dueDate: '2027-07-01' },
    ]);
    const view = await answered(agreement);
    expect(view).toMatchObject({
      version: 2,
      milestones: [
        { version: 1, status: 'funded' },
        { version: 2, title: 'Smaller', price: usd(25_000n) },
        { status: 'cancelled' },
        { title: 'Care', order: 4, status: 'agreed' },
      ],
    });
    await client.post('escrow', `/v1/milestones/${first}/release`);
    await market.settle();
    const old = await client.request('escrow', 'POST', `/v1/milestones/${second}/fund`, {
      body: { version: 1 },
    });
    expect(old.status).toBe(409);
    await client.post('escrow', `/v1/milestones/${second}/fund`, { version: 2 });
    await until(
      'the changed milestone is funded at its new price',
      () => seen(client, agreement),
      ({ milestones: all }) => all[1].status === 'funded' && all[1].held.amountMinor === '25000',
    );
  });

  it('A-13: the client reorders, and escrow funds by the new order', async () => {
    const agreement = await arrange();
    const { client, agreementId, milestones } = agreement;
    const [, second, third] = milestones.map(({ milestoneId }) => milestoneId);
    await client.post('contracts', `/v1/agreements/${agreementId}/order`, { milestoneIds: [third, second] });
    await market.settle();
    const { milestones: money } = await client.get('escrow', `/v1/agreements/${agreementId}/money`);
    expect(money.map(({ milestoneId }: Json) => milestoneId)).toEqual([
      milestones[0]!.milestoneId,
      third,
      second,
    ]);
  });
});
