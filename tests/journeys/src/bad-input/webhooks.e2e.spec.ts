import { createHmac, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { type Agreement, accept, arrangeFunded, arrangeOffer, moneyOf } from '../agreement.ts';
import type { Json, Marketplace } from '../marketplace.ts';
import { everyLog, everyRow, type Inside, logSizes, query, runningInside } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { call, expectProblem, type Problem } from './problems.ts';

const newEventId = (): string => `evt_${randomBytes(12).toString('hex')}`;
const nowSeconds = (): number => Math.floor(Date.now() / 1_000);

describe('a notice of the card provider, told by somebody else or told again (F50 to F53)', () => {
  let market: Marketplace;
  let inside: Inside;
  let logBefore: Record<string, number>;
  let paid: Agreement;
  let declined: Agreement;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    logBefore = logSizes(inside);
    paid = await arrangeFunded(market, { milestones: [{ amountMinor: 100_000n }] });
    declined = await accept(
      await arrangeOffer(market, {
        milestones: [{ amountMinor: 100_000n }],
        card: 'pm_card_visa_chargeDeclined',
      }),
    );
    await market.settle();
  }, 60_000);

  const sign = (body: string, { secret = inside.cardWebhookSecret, atSeconds = nowSeconds() } = {}): string =>
    `t=${atSeconds},v1=${createHmac('sha256', secret).update(`${atSeconds}.${body}`).digest('hex')}`;

  const post = (body: string, signature: string | undefined): Promise<Problem> =>
    call(market.urls, 'escrow', '/v1/webhooks/card', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', 'stripe-signature': signature },
    });

  async function intentOf({ agreementId }: Agreement): Promise<string> {
    const [row] = await query<{ intent_id: string }>(
      inside,
      'escrow',
      'select intent_id from fundings where agreement_id = $1',
      [agreementId],
    );
    return row!.intent_id;
  }

  const noticeOf = (objectId: string, type = 'payment_intent.succeeded', id = newEventId()): string =>
    JSON.stringify({
      id,
      type,
      data: { object: { id: objectId, status: 'succeeded', amount_received: 105_499 } },
    });

  const moneyRows = async (): Promise<Json> => {
    const { 'escrow.inbox': _, 'escrow.provider_notices': __, ...rows } = await everyRow(inside);
    return rows;
  };

  it('forged: missing, malformed, wrong, too short, another tenant’s, or of other bytes (F52)', async () => {
    const body = noticeOf(await intentOf(declined));
    const valid = sign(body);
    const [time, mac] = valid.split(',v1=') as [string, string];
    const signatures: (string | undefined)[] = [
      undefined,
      '',
      'nonsense',
      time,
      `v1=${mac}`,
      `${time},v0=${mac}`,
      `${time},v1=`,
      `${time},v1=${mac.slice(0, -2)}`,
      `${time},v1=${mac}00`,
      `${time},v1=${mac.replace(/./g, '0')}`,
      `t=${Number(time.slice(2)) - 1},v1=${mac}`,
      `t=${'9'.repeat(400)},v1=${mac}`,
      `t=-1,v1=${mac}`,
      sign(body, { secret: `${inside.cardWebhookSecret}x` }),
      sign(body, { secret: 'whsec_another_tenant' }),
      sign(`${body} `),
      // The same notice, written again by another program: the bytes are what was signed.
      sign(JSON.stringify(JSON.parse(body), null, 1)),
    ];
    const before = await everyRow(inside);
    for (const problem of await Promise.all(signatures.map((signature) => post(body, signature)))) {
      expectProblem(problem, { status: 401, code: 'webhook.signature_invalid' });
    }
    expect(await everyRow(inside)).toEqual(before);
  });

  it('replayed after the window, or dated ahead (F53)', async () => {
    const body = noticeOf(await intentOf(paid));
    const before = await everyRow(inside);
    for (const atSeconds of [nowSeconds() - 310, nowSeconds() + 310, 0]) {
      expectProblem(await post(body, sign(body, { atSeconds })), {
        status: 401,
        code: 'webhook.signature_invalid',
      });
    }
    expect(await everyRow(inside)).toEqual(before);
  });

  it('signed, but of no form that is documented', async () => {
    const object = { id: 'pi_1' };
    const type = 'payment_intent.succeeded';
    const notices: Json[] = [
      {},
      [],
      null,
      { id: 'evt_1', type },
      { id: 'evt_1', type, data: {} },
      { id: 1, type, data: { object } },
      { id: "evt_1'; drop table fundings", type, data: { object } },
      { id: `evt_${'1'.repeat(101)}`, type, data: { object } },
      { id: 'evt_1', type: `${type}\n`, data: { object } },
      { id: 'evt_1', type, data: { object: { id: '../../customers' } } },
      { id: 'evt_1', type, data: { object: { id: 'pi_1?expand[]=x' } } },
    ];
    const before = await everyRow(inside);
    for (const notice of notices) {
      const body = JSON.stringify(notice);
      expectProblem(await post(body, sign(body)), { status: 400, code: 'webhook.malformed' });
    }
    for (const body of ['{"id":', '', '{"id":"evt_1","__proto__":{}}']) {
      expectProblem(await post(body, sign(body)), {
        status: 400,
        code: ['webhook.malformed', 'request.malformed'],
      });
    }
    expect(await everyRow(inside)).toEqual(before);
  });

  it('ten times at once, and once more: stored once, and the money stays as it is (F50, F53)', async () => {
    const intentId = await intentOf(paid);
    const id = newEventId();
    const body = noticeOf(intentId, 'payment_intent.succeeded', id);
    const before = await moneyRows();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(body, sign(body))));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await market.settle();
    expect((await post(body, sign(body, { atSeconds: nowSeconds() - 100 }))).status).toBe(200);
    await market.settle();
    const stored = await query(inside, 'escrow', 'select id from provider_notices where event_id = $1', [id]);
    expect(stored).toHaveLength(1);
    expect(await moneyRows()).toEqual(before);
  });

  it('is only a hint: what it says about a charge is asked of the provider (F51)', async () => {
    const before = await moneyRows();
    for (const [agreement, type] of [
      [declined, 'payment_intent.succeeded'],
      [paid, 'payment_intent.payment_failed'],
      [paid, 'payment_intent.canceled'],
      [paid, 'payment_intent.processing'],
    ] as const) {
      const body = noticeOf(await intentOf(agreement), type);
      expect((await post(body, sign(body))).status).toBe(200);
    }
    await market.settle();
    expect(await moneyRows()).toEqual(before);
    expect((await moneyOf(declined)).held.amountMinor).toBe('0');
    expect((await moneyOf(paid)).held.amountMinor).toBe('100000');
  });

  it('about what is not ours is taken and has no effect', async () => {
    const before = await moneyRows();
    for (const [objectId, type] of [
      ['pi_unknown', 'payment_intent.succeeded'],
      ['seti_unknown', 'setup_intent.succeeded'],
      ['cus_1', 'customer.created'],
    ] as const) {
      const body = noticeOf(objectId, type);
      expect((await post(body, sign(body))).status).toBe(200);
    }
    await market.settle();
    expect(await moneyRows()).toEqual(before);
  });

  it('no log holds the secret or a signature (F52, F74)', () => {
    const log = everyLog(inside);
    expect(log).not.toContain(inside.cardWebhookSecret);
    expect(log).not.toMatch(/v1=[0-9a-f]{64}/);
    expect(everyLog(inside, logBefore)).not.toMatch(/"level":"(error|fatal)"/);
  });
});
