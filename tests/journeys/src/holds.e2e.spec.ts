import { beforeAll, describe, expect, it } from '@jest/globals';
import { accept, arrangeOffer, type Offer } from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { runningMarketplace } from './running-system.ts';
import { holderName } from './withdrawals.ts';

const holdsSeenBy = async (person: Person): Promise<Json[]> =>
  (await person.get('contracts', '/v1/accounts/me')).holds;

describe('holds on an account: contracts alone places them, every service hears of them', () => {
  let market: Marketplace;
  let offer: Offer;
  let freelancer: Person;

  beforeAll(async () => {
    market = runningMarketplace();
    offer = await arrangeOffer(market, { milestones: [{ amountMinor: 100_000n }] });
    ({ freelancer } = offer);
    await market.settle();
  });

  const identity = (status: string, more: object = {}): Promise<Json> =>
    market.operator.put('payouts', `/v1/accounts/${freelancer.id}/identity`, {
      status,
      reason: 'As the documents say.',
      ...more,
    });

  const untilHolds = (kinds: string[]): Promise<Json> =>
    until(
      `payouts knows of ${kinds.join() || 'no hold'}`,
      () => freelancer.get('payouts', '/v1/accounts/me'),
      ({ holds }) => JSON.stringify(holds) === JSON.stringify(kinds),
    );

  const accepting = (): Promise<Json> =>
    freelancer.request('contracts', 'POST', `/v1/offers/${offer.offerId}/accept`, { body: { version: 1 } });

  it('identity that fails in payouts is a hold in contracts, which payouts hears of (S-3, S-12)', async () => {
    for (const status of ['requested', 'in_review', 'failed']) await identity(status);
    await untilHolds(['identity']);
    const [hold, ...others] = await holdsSeenBy(freelancer);
    expect(hold).toMatchObject({ kind: 'identity', reasonClass: 'identity' });
    expect(others).toEqual([]);
    const { status, body } = await accepting();
    expect({ status, body }).toMatchObject({
      status: 409,
      body: { code: 'account.on_hold', kind: 'identity' },
    });
  });

  it('an operator holds it too; each hold is lifted on its own (S-5, S-12)', async () => {
    const path = `/v1/accounts/${freelancer.id}/holds`;
    const words = { reason: 'scam_signals', note: 'Asked for money to get the job.' };
    const { holdId } = await market.operator.post('contracts', path, { kind: 'safety', ...words });
    await untilHolds(['identity', 'safety']);
    expect(JSON.stringify(await holdsSeenBy(freelancer))).not.toContain('scam');
    for (const status of ['requested', 'in_review']) await identity(status);
    await identity('verified', { verifiedName: holderName });
    await untilHolds(['safety']);
    expect((await accepting()).body).toMatchObject({ code: 'account.on_hold', kind: 'safety' });

    const appeal = { reason: 'appeal', note: 'It was somebody else.' };
    await market.operator.post('contracts', `${path}/${holdId}/lift`, appeal);
    const again = await market.operator.request('contracts', 'POST', `${path}/${holdId}/lift`, {
      body: appeal,
    });
    expect(again).toMatchObject({ status: 409, body: { code: 'hold.lifted' } });
    await untilHolds([]);
    const { holds } = await market.operator.get('contracts', path);
    expect(holds).toMatchObject([
      { kind: 'identity', reason: 'identity_failed', liftReason: 'identity_verified' },
      { kind: 'safety', placedBy: 'operator', note: words.note, liftedBy: 'operator', liftNote: appeal.note },
    ]);
    expect((await accept(offer)).milestones).toHaveLength(1);
  });

  it('who is held appeals, and another operator than who placed the hold decides (S-11)', async () => {
    const hold = { kind: 'financial', reason: 'other', note: 'A payment is in doubt.' };
    const path = `/v1/accounts/${freelancer.id}/holds`;
    const { holdId } = await market.operator.post('contracts', path, hold);
    await untilHolds(['financial']);
    const note = 'Here is the receipt.';
    const { appealId } = await freelancer.post('contracts', `/v1/accounts/me/holds/${holdId}/appeal`, {
      note,
    });
    expect(await holdsSeenBy(freelancer)).toMatchObject([{ holdId, appeal: { appealId, status: 'open' } }]);
    const { appeals } = await market.operator.get('contracts', '/v1/appeals');
    expect(appeals.find((one: Json) => one.appealId === appealId)).toMatchObject({ note, hold: { holdId } });
    const uphold = `/v1/appeals/${appealId}/uphold`;
    const body = { note: 'The receipt is right.' };
    expect(await market.operator.request('contracts', 'POST', uphold, { body })).toMatchObject({
      status: 409,
      body: { code: 'appeal.own_hold' },
    });
    await market.newPerson('second-operator', ['operator']).post('contracts', uphold, body);
    await untilHolds([]);
  });

  it('a closed account takes part in nothing any more, and payouts hears of it (S-5, S-12)', async () => {
    const leaver = market.newPerson('leaver', ['freelancer']);
    await leaver.post('contracts', '/v1/accounts', { roles: ['freelancer'], region: 'US' });
    expect(await leaver.get('contracts', '/v1/accounts/me')).toMatchObject({ status: 'opened', holds: [] });
    expect(await leaver.post('contracts', '/v1/accounts/me/close')).toMatchObject({ status: 'closed' });
    const again = await leaver.request('contracts', 'POST', '/v1/accounts/me/close', { body: {} });
    expect(again).toMatchObject({ status: 409, body: { code: 'account.closed' } });
    await until(
      'payouts knows that it is closed',
      () => leaver.get('payouts', '/v1/accounts/me'),
      ({ holds }) => JSON.stringify(holds) === '["closed"]',
    );
    const running = await freelancer.request('contracts', 'POST', '/v1/accounts/me/close', { body: {} });
    expect(running).toMatchObject({ status: 409, body: { code: 'account.agreements_live' } });
    expect(await freelancer.get('contracts', '/v1/accounts/me')).toMatchObject({ status: 'active' });
  });

  it('an account that nobody has heard of is waited for, then it is unknown (M-15)', async () => {
    const path = `/v1/accounts/${market.newPerson('nobody', []).id}/holds`;
    const body = { kind: 'safety', reason: 'other', note: 'Reported.' };
    const startedAt = performance.now();
    const answer = await market.operator.request('contracts', 'POST', path, { body });
    expect(answer).toMatchObject({ status: 404, body: { code: 'account.unknown' } });
    expect(answer.headers.get('retry-after')).not.toBeNull();
    expect(performance.now() - startedAt).toBeGreaterThan(1_800);
    const unknownHold = `${path.replace(/nobody-[^/]+/, freelancer.id)}/${crypto.randomUUID()}/lift`;
    const lifting = await market.operator.request('contracts', 'POST', unknownHold, {
      body: { reason: 'appeal', note: 'Nothing there.' },
    });
    expect(lifting).toMatchObject({ status: 404, body: { code: 'hold.unknown' } });
  });
});
