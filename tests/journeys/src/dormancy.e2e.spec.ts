import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Agreement, addressOf, arrangeFunded, moneyOf, untilStatus } from './agreement.ts';
import type { Json, Marketplace, Person } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';

jest.setTimeout(300_000);

const day = 86_400_000;

describe('nobody does anything about held money any more (E-20)', () => {
  let market: Marketplace;
  let daysBefore: number;

  const policy = (days: number) => {
    const change = { settings: { 'dormant.days': days }, reason: 'money lies dormant sooner' };
    return market.operator.put('contracts', '/v1/policy', change);
  };

  // Fewer days, so that the time of what others left behind in this system does not pass as well.
  beforeAll(async () => {
    market = runningMarketplace();
    await market.clearMailFaults();
    daysBefore = (await market.operator.get('contracts', '/v1/policy')).settings['dormant.days'];
    await policy(15);
  });
  afterAll(() => policy(daysBefore));

  const funded = async (): Promise<Agreement> => {
    const dueDate = (await market.now()).toISOString().slice(0, 10);
    return arrangeFunded(market, { milestones: [{ amountMinor: 40_000n }], dueDate });
  };
  const notices = async (person: Person): Promise<[number, number]> => {
    const subjects = (await market.mailsTo(addressOf(person))).map(({ subject }) => subject);
    const countOf = (wanted: string) => subjects.filter((subject) => subject === wanted).length;
    return [
      countOf('Money of your contract waits for an answer'),
      countOf('Second notice: money of your contract waits for an answer'),
    ];
  };
  const dueOf = async ({ client }: Agreement, kind: string): Promise<string> => {
    const { deadlines } = await client.get('escrow', '/v1/deadlines');
    return deadlines.find((item: Json) => item.kind === kind).dueAt;
  };

  it('E-20, C-8: both are told and asked in turn, each twice; silence gives it back, or pays who has asked', async () => {
    const silent = await funded();
    const asking = await funded();
    await market.settle();
    const announcedAt = Date.parse(await dueOf(asking, 'dormancy.turn'));
    await market.advance({ to: new Date(announcedAt + 20 * day).toISOString() });
    expect((await moneyOf(silent)).dormancy).toMatchObject({ status: 'client_asked' });
    for (const { client, freelancer } of [silent, asking]) {
      expect(await notices(client)).toEqual([2, 2]);
      expect(await notices(freelancer)).toEqual([1, 1]);
    }

    await market.advance({ to: new Date(announcedAt + 22 * day).toISOString() });
    expect((await moneyOf(silent)).dormancy).toMatchObject({ status: 'freelancer_asked' });
    const { agreementId, client, freelancer } = asking;
    const path = `/v1/agreements/${agreementId}/dormancy`;
    const asked = await freelancer.post('escrow', `${path}/request-release`);
    expect(await moneyOf(asking)).toMatchObject({
      dormancy: { status: 'release_requested', dueAt: asked.dueAt },
    });
    await market.advance({ to: await dueOf(silent, 'dormancy.step') });
    await untilStatus(silent, 0, 'refunded');
    expect(await notices(silent.freelancer)).toEqual([2, 2]);

    await market.advance({ to: asked.dueAt });
    await untilStatus(asking, 0, 'released');
    expect(await notices(client)).toEqual([3, 3]);
    expect(await notices(freelancer)).toEqual([2, 1]);
  });

  it('E-20: the client refuses the release, and the days start again', async () => {
    const agreement = await funded();
    await market.settle();
    const announcedAt = Date.parse(await dueOf(agreement, 'dormancy.turn'));
    await market.advance({ to: new Date(announcedAt + 21 * day).toISOString() });
    const { agreementId, client, freelancer } = agreement;
    const path = `/v1/agreements/${agreementId}/dormancy`;
    await freelancer.post('escrow', `${path}/request-release`);
    await client.post('escrow', `${path}/refuse-release`);
    expect(await moneyOf(agreement)).not.toHaveProperty('dormancy');
    await untilStatus(agreement, 0, 'funded');
    const again = Date.parse(await dueOf(agreement, 'dormancy.turn'));
    expect(again - announcedAt).toBeGreaterThanOrEqual(22 * day);
  });
});
