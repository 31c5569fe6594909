import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Agreement, addressOf, arrangeFunded, moneyOf, untilStatus } from './agreement.ts';
import type { Json, Marketplace, Person } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

jest.setTimeout(180_000);

const day = 86_400_000;

describe('nobody does anything about held money any more (E-20)', () => {
  let market: Marketplace;

  beforeAll(async () => {
    market = runningMarketplace();
    await market.clearMailFaults();
  });

  const countOf = async (person: Person, subject: string): Promise<number> =>
    (await market.mailsTo(addressOf(person))).filter((mail) => mail.subject === subject).length;
  const first = 'Money of your contract waits for an answer';
  const second = 'Second notice: money of your contract waits for an answer';
  const dueOf = async ({ client }: Agreement, kind: string): Promise<Json> =>
    (await client.get('escrow', '/v1/deadlines')).deadlines.find((item: Json) => item.kind === kind);

  /** Past the notices to both and the client's 7 days: the freelancer's turn. */
  async function untilFreelancersTurn(agreement: Agreement): Promise<void> {
    await market.settle();
    const { dueAt } = await dueOf(agreement, 'dormancy.turn');
    await market.advance({ to: new Date(Date.parse(dueAt) + 21 * day).toISOString() });
    expect((await moneyOf(agreement)).dormancy).toMatchObject({ status: 'freelancer_asked' });
  }

  it('E-20, C-8: both are told, the freelancer is told twice, and by silence the money goes back', async () => {
    const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 40_000n }] });
    const { client, freelancer } = agreement;
    await untilFreelancersTurn(agreement);
    expect([await countOf(client, first), await countOf(client, second)]).toEqual([2, 2]);
    expect([await countOf(freelancer, first), await countOf(freelancer, second)]).toEqual([2, 1]);
    const { dueAt } = await dueOf(agreement, 'dormancy.step');
    await market.advance({ to: dueAt });
    await untilStatus(agreement, 0, 'refunded');
    expect(await countOf(freelancer, second)).toBe(2);
  });

  it('E-20: the freelancer asks, and the client’s silence pays', async () => {
    const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 40_000n }] });
    const { freelancer, agreementId } = agreement;
    await untilFreelancersTurn(agreement);
    const asked = await freelancer.post('escrow', `/v1/agreements/${agreementId}/dormancy/request-release`);
    const { dormancy } = await moneyOf(agreement);
    expect(dormancy).toEqual({ status: 'release_requested', dueAt: asked.dueAt });
    await market.advance({ to: asked.dueAt });
    await untilStatus(agreement, 0, 'released');
  });
});
