import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { accept, openAccounts, sendOffer, untilStatus, usd } from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';
import { addCardBySmallCharges, confirmCard, confirmPathOf, readStatement } from './small-charges.ts';

jest.setTimeout(180_000);

describe('a card that two small charges verify (P-2)', () => {
  let market: Marketplace;
  let client: Person;
  let freelancer: Person;

  beforeAll(async () => {
    market = runningMarketplace();
    client = market.newPerson('client', ['client']);
    freelancer = market.newPerson('freelancer', ['freelancer']);
    await openAccounts(client, freelancer);
  });

  const untilBack = (methodId: string, amounts: readonly bigint[]): Promise<Json> =>
    until(
      'both charges are back on the card',
      async () => {
        const { charges } = await market.providerBook(methodId);
        const ids = charges.map(({ metadata }: Json) => metadata.funding_id);
        return Promise.all(ids.map(async (id: string) => (await market.providerBook(id)).totals[0]));
      },
      (totals: Json[]) =>
        totals.length === amounts.length && totals.every(({ netMinor }) => netMinor === '0'),
    );

  it('P-2, P-16: the client reads the amounts, says them, and sends an offer whose milestone is charged', async () => {
    const methodId = await addCardBySmallCharges(client);
    const amounts = await readStatement(market, methodId);
    expect(amounts).toHaveLength(2);
    const wrong = { amounts: [usd(1n), usd(2n)] };
    const { status, body } = await client.request('escrow', 'POST', confirmPathOf(methodId), { body: wrong });
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'billing_method.amounts_wrong', triesLeft: 2 },
    });
    expect(await confirmCard(client, methodId, amounts.toReversed())).toEqual({
      methodId,
      status: 'verified',
    });
    const agreement = await accept(
      await sendOffer(client, freelancer, { milestones: [{ amountMinor: 40_000n }] }),
    );
    await untilStatus(agreement, 0, 'funded');
    await untilBack(methodId, amounts);
  });

  it('P-2, C-8: who says nothing for 14 days, though told twice, has the money back and no card', async () => {
    const methodId = await addCardBySmallCharges(client);
    const amounts = await readStatement(market, methodId);
    await market.settle();
    await market.advance({ by: 'P14D' });
    const { methods } = await client.get('escrow', '/v1/billing-methods');
    const method = methods.find((one: Json) => one.methodId === methodId);
    expect(method).toMatchObject({ status: 'refused', refusal: 'not_confirmed' });
    await untilBack(methodId, amounts);
    await market.settle();
    const { notices } = await client.get('contracts', '/v1/notices');
    const told = notices.filter(({ facts }: Json) => facts.methodId === methodId);
    expect(told.map(({ template }: Json) => template)).toEqual([
      'card_not_verified',
      'card_reminder',
      'card_to_confirm',
    ]);
  });
});
