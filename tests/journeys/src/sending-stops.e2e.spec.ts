import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { accept, arrangeOffer, release, untilStatus } from './agreement.ts';
import { type Json, type Marketplace, type Person, until } from './marketplace.ts';
import { runningInside } from './running-inside.ts';
import { runningMarketplace } from './running-system.ts';
import { settleCard } from './treasury.ts';
import { arrangeMethod, untilSettled, withdraw, withdrawalOf } from './withdrawals.ts';

/** Of $1,000 the freelancer gets nine tenths. */
const availableMinor = 90_000n;

describe('withdrawals while operators stop and resume sending (W-10, W-18)', () => {
  let market: Marketplace;
  let freelancer: Person;
  let methodId: string;

  beforeAll(async () => {
    market = runningMarketplace();
    const offer = await arrangeOffer(market, { milestones: [{ amountMinor: 100_000n }] });
    ({ freelancer } = offer);
    const agreement = await accept(offer);
    await untilStatus(agreement, 0, 'funded');
    await release(agreement, 0);
    await market.settle();
    await untilSettled(market, (await settleCard(market, availableMinor)).settlementId);
    methodId = await arrangeMethod(market, freelancer);
    await market.advance({ by: 'PT120H' });
  }, 120_000);

  const status = (withdrawalId: string, wanted: string): Promise<Json> =>
    until(
      `withdrawal ${wanted}`,
      () => withdrawalOf(freelancer, withdrawalId),
      (one) => one.status === wanted,
    );
  const balances = async (): Promise<Json> => {
    const { available, in_transit } = await freelancer.get('payouts', '/v1/balances/me');
    return [available.amountMinor, in_transit.amountMinor];
  };

  it('a stop holds what is requested; what was cancelled is back, and the rest is paid after the stop', async () => {
    const kept = await withdraw(freelancer, methodId, 60_000n);
    const undone = await withdraw(freelancer, methodId, 30_000n);
    expect([kept.status, undone.status]).toEqual(['requested', 'requested']);
    const stop = { provider: 'bank', reason: 'The bank has told of an outage.' };
    const { stopId } = await market.operator.post('payouts', '/v1/sending-stops', stop);
    const held = await status(kept.withdrawalId, 'held');
    expect(held.heldBecause).toEqual(['sending is stopped']);
    const { stops } = await market.operator.get('payouts', '/v1/sending-stops');
    expect(stops).toContainEqual(
      expect.objectContaining({ stopId, standing: true, reason: stop.reason, stoppedBy: 'operator' }),
    );
    await freelancer.post('payouts', `/v1/withdrawals/${undone.withdrawalId}/cancel`);
    expect(await balances()).toEqual(['30000', '60000']);
    await market.advance({ to: kept.cutOffAt });
    expect(await withdrawalOf(freelancer, kept.withdrawalId)).toMatchObject({ status: 'held', attempts: [] });
    const resume = `/v1/sending-stops/${stopId}/resume`;
    await market.operator.post('payouts', resume, { reason: 'It is over.' });
    // Its cut-off is over, so that it is sent as soon as it is no longer held.
    await until(
      'the withdrawal is sent',
      () => withdrawalOf(freelancer, kept.withdrawalId),
      (one) => one.status === 'sent',
    );
    await market.advance({ by: 'P7D' });
    const paid = await withdrawalOf(freelancer, kept.withdrawalId);
    expect(paid).toMatchObject({ status: 'paid', attempts: [{ state: 'paid' }] });
    expect(paid.next).toBeUndefined();
    expect(await balances()).toEqual(['30000', '0']);
    const [{ attemptId }] = paid.attempts;
    const { entries } = await market.providerBook(attemptId);
    expect(entries).toMatchObject([{ kind: 'payout', amountMinor: '60000', reference: attemptId }]);
    const { alarms } = await market.operator.get('payouts', '/v1/alarms');
    expect(alarms.filter((one: Json) => one.alarm === 'transfer.unanswered')).toEqual([]);
  }, 120_000);

  it('somebody else’s withdrawal does not exist, and an operator’s routes are for operators (AD-16)', async () => {
    const { withdrawals } = await freelancer.get('payouts', '/v1/withdrawals');
    const { withdrawalId } = withdrawals[0];
    const stranger = market.newPerson('stranger', ['freelancer']);
    const own = `/v1/withdrawals/${withdrawalId}`;
    expect(await stranger.request('payouts', 'GET', own)).toMatchObject({
      status: 404,
      body: { code: 'withdrawal.unknown' },
    });
    const cancelled = await stranger.request('payouts', 'POST', `${own}/cancel`, { body: {} });
    expect(cancelled).toMatchObject({ status: 404, body: { code: 'withdrawal.unknown' } });
    expect(await stranger.get('payouts', '/v1/withdrawals')).toEqual({ withdrawals: [] });
    for (const path of ['/v1/sending-stops', '/v1/withdrawals/attention', '/v1/provider-notices']) {
      expect(await freelancer.request('payouts', 'GET', path)).toMatchObject({ status: 403 });
    }
    expect(await market.operator.get('payouts', '/v1/withdrawals/attention')).toMatchObject({
      inReview: [],
      overdue: [],
    });
    const finding = { finding: 'not_executed', reason: 'Not on the statement.' };
    const unknown = await market.operator.request('payouts', 'POST', '/v1/attempts/po_UNKNOWN12-1/resolve', {
      body: finding,
    });
    expect(unknown).toMatchObject({ status: 404, body: { code: 'attempt.unknown' } });
  }, 60_000);

  it('a notice needs the bank’s signature; one about nothing of ours waits for an operator (F52)', async () => {
    const body = JSON.stringify({ event: 'completed', data: { id: `po_${randomUUID()}` } });
    const secret = runningInside().bankWebhookSecret.split(',')[0]!;
    const sign = (key: string) => createHmac('sha256', key).update(body).digest('hex');
    const post = async (signature: string, id: string = randomUUID()) => {
      const headers = { 'content-type': 'application/json', 'x-signature': signature, 'x-webhook-id': id };
      const response = await fetch(`${market.urls.payouts}/v1/webhooks/bank`, {
        method: 'POST',
        headers,
        body,
      });
      return { status: response.status, body: (await response.json()) as Json };
    };
    expect(await post(sign(`${secret}-forged`))).toMatchObject({
      status: 401,
      body: { code: 'webhook.signature_invalid' },
    });
    expect(await post(sign(secret), 'not an id')).toMatchObject({ status: 400 });
    const id = randomUUID();
    for (let times = 0; times < 2; times += 1) {
      expect(await post(sign(secret), id)).toEqual({ status: 200, body: { received: true } });
    }
    await market.settle();
    const listed = await until(
      'the notice is unmatched',
      () => market.operator.get('payouts', '/v1/provider-notices'),
      ({ notices }) => notices.some((one: Json) => one.eventId === id),
    );
    const own = listed.notices.filter((one: Json) => one.eventId === id);
    expect(own).toHaveLength(1);
    const reason = { reason: 'A test of the bank.' };
    await market.operator.post('payouts', `/v1/provider-notices/${own[0].noticeId}/acknowledge`, reason);
    const { notices } = await market.operator.get('payouts', '/v1/provider-notices');
    expect(notices.some((one: Json) => one.eventId === id)).toBe(false);
  }, 60_000);
});
