import { createHmac, randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { arrangeFunded, release } from '../agreement.ts';
import { type Json, type Marketplace, type Person, until } from '../marketplace.ts';
import { everyLog, everyRow, type Inside, logSizes, query, runningInside } from '../running-inside.ts';
import { runningMarketplace } from '../running-system.ts';
import { arrangeMethod, withdraw, withdrawalOf } from '../withdrawals.ts';
import { call, expectProblem, type Problem } from './problems.ts';

const newWebhookId = (): string => `wh_${randomUUID()}`;

describe('a notice of the bank, told by somebody else or told again (F50 to F53)', () => {
  let market: Marketplace;
  let inside: Inside;
  let logBefore: Record<string, number>;
  let freelancer: Person;
  let withdrawalId: string;
  /** The bank's id of what was sent and is on its way. */
  let orderId: string;

  beforeAll(async () => {
    market = runningMarketplace();
    inside = runningInside();
    logBefore = logSizes(inside);
    const agreement = await arrangeFunded(market, { milestones: [{ amountMinor: 100_000n }] });
    ({ freelancer } = agreement);
    await release(agreement, 0);
    const methodId = await arrangeMethod(market, freelancer);
    await market.advance({ by: 'P5D' });
    const requested = await withdraw(freelancer, methodId, 10_000n);
    ({ withdrawalId } = requested);
    await market.advance({ to: requested.cutOffAt });
    await market.advance({ by: 'PT5H' });
    await until(
      'the withdrawal is sent',
      () => withdrawalOf(freelancer, withdrawalId),
      ({ status }) => status === 'sent',
    );
    const text = 'select provider_reference as id from attempts where withdrawal_id = $1';
    orderId = (await query<{ id: string }>(inside, 'payouts', text, [withdrawalId]))[0]!.id;
    // What the bank has told by itself is applied.
    await market.settle();
  }, 120_000);

  const sign = (body: string, secret = inside.bankWebhookSecret): string =>
    createHmac('sha256', secret).update(body).digest('hex');

  const post = (
    body: string,
    signature: string | undefined,
    webhookId: string | undefined = newWebhookId(),
  ): Promise<Problem> =>
    call(market.urls, 'payouts', '/v1/webhooks/bank', {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-signature': signature,
        'x-webhook-id': webhookId,
      },
    });

  const noticeOf = (id: string, event = 'completed'): string =>
    JSON.stringify({ event, data: { id, status: event, amount: 10_000, currency: 'USD' } });

  /** All rows of payouts, and what the others have booked and told; their workers may look at something meanwhile. */
  const moneyRows = async (): Promise<Json> => {
    const { 'payouts.inbox': _, 'payouts.provider_notices': __, ...rows } = await everyRow(inside);
    const meant = /^payouts\.|\.(journals|entries|balances|event_sequences)$/;
    return Object.fromEntries(Object.entries(rows).filter(([table]) => meant.test(table)));
  };

  /** What payouts has booked: while time passes other people's rows change too, not for this notice. */
  const booked = async (): Promise<[string, unknown][]> => {
    const rows = Object.entries(await everyRow(inside));
    return rows.filter(([table]) => /^payouts\.(journals|entries|balances|withdrawals)$/.test(table));
  };

  const stored = (eventId: string) =>
    query<{ object_id: string; outcome: string | null }>(
      inside,
      'payouts',
      'select object_id, outcome from provider_notices where event_id = $1',
      [eventId],
    );

  it('forged: missing, malformed, wrong, too short, another sender’s, or of other bytes (F52)', async () => {
    const body = noticeOf(orderId);
    const valid = sign(body);
    const seconds = Math.floor(Date.now() / 1_000);
    const signatures: (string | undefined)[] = [
      undefined,
      '',
      'nonsense',
      valid.slice(0, -2),
      `${valid}00`,
      valid.replace(/./g, '0'),
      ` ${valid.slice(0, -1)}`,
      `sha256=${valid}`,
      `${sign(body, 'other')},${valid}`,
      Buffer.from(valid, 'hex').toString('base64'),
      sign(body, `${inside.bankWebhookSecret}x`),
      sign(body, ''),
      // The card provider's secret, and its manner of signing.
      sign(body, inside.cardWebhookSecret),
      `t=${seconds},v1=${sign(`${seconds}.${body}`)}`,
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

  it('signed, but of no form that is documented', async () => {
    const notices: Json[] = [
      {},
      [],
      null,
      { event: 'completed' },
      { event: 'completed', data: {} },
      { data: { id: orderId } },
      { event: 1, data: { id: orderId } },
      { event: 'completed\n', data: { id: orderId } },
      { event: 'x'.repeat(81), data: { id: orderId } },
      { event: 'completed', data: { id: 1 } },
      { event: 'completed', data: { id: `${orderId}'; drop table withdrawals` } },
      { event: 'completed', data: { id: '../counterparties' } },
      { event: 'completed', data: { id: `${orderId}?expand=x` } },
      { event: 'completed', data: { id: 'x'.repeat(121) } },
    ];
    const malformed = { status: 400, code: 'webhook.malformed' };
    const before = await everyRow(inside);
    for (const notice of notices) {
      const body = JSON.stringify(notice);
      expectProblem(await post(body, sign(body)), malformed);
    }
    const body = noticeOf(orderId);
    for (const webhookId of ['', 'with space', "wh_1'; drop table withdrawals", 'x'.repeat(101), '../x']) {
      expectProblem(await post(body, sign(body), webhookId), malformed);
    }
    const withoutId = { 'content-type': 'application/json', 'x-signature': sign(body) };
    expectProblem(
      await call(market.urls, 'payouts', '/v1/webhooks/bank', { method: 'POST', body, headers: withoutId }),
      malformed,
    );
    for (const text of ['{"event":', '', '{"event":"completed","__proto__":{}}']) {
      const problem = await post(text, sign(text));
      expectProblem(problem, { status: 400, code: ['webhook.malformed', 'request.malformed'] });
    }
    expect(await everyRow(inside)).toEqual(before);
  });

  it('ten times at once, and once more: stored once, and the money stays as it is (F50, F53)', async () => {
    const [id, body] = [newWebhookId(), noticeOf(orderId)];
    const before = await moneyRows();
    const answers = await Promise.all(Array.from({ length: 10 }, () => post(body, sign(body), id)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await market.settle();
    expect((await post(body, sign(body), id)).status).toBe(200);
    await market.settle();
    expect(await stored(id)).toEqual([{ object_id: orderId, outcome: 'matched' }]);
    expect(await moneyRows()).toEqual(before);
  });

  it('the id of another notice: what was stored first stays (F53)', async () => {
    const [id, first, other] = [newWebhookId(), noticeOf(orderId), noticeOf(orderId, 'returned')];
    expect((await post(first, sign(first), id)).status).toBe(200);
    await market.settle();
    const before = await everyRow(inside);
    expectProblem(await post(other, sign(other), id), { status: 422, code: 'idempotency.key_reused' });
    expect(await everyRow(inside)).toEqual(before);
  });

  it('replayed under a new id, which nobody signs: it is only a hint, the order is read (F51, F53)', async () => {
    const before = await moneyRows();
    for (const event of ['completed', 'completed', 'returned', 'failed', 'denied', 'cancelled', 'reversed']) {
      const body = noticeOf(orderId, event);
      expect((await post(body, sign(body))).status).toBe(200);
    }
    await market.settle();
    expect(await moneyRows()).toEqual(before);
    expect((await withdrawalOf(freelancer, withdrawalId)).status).toBe('sent');
  });

  it('about what is not ours: taken without effect, kept until an operator has looked at it', async () => {
    const before = await booked();
    const [id, body] = [newWebhookId(), noticeOf('order_of_somebody_else')];
    expect((await post(body, sign(body), id)).status).toBe(200);
    // An order may be told of before it can be read, so it is looked for once more.
    await market.settle();
    await market.advance({ by: 'PT11M' });
    const [listed] = await until(
      'the notice waits for an operator',
      async () => {
        const { notices } = await market.operator.get('payouts', '/v1/provider-notices');
        return notices.filter(({ eventId }: Json) => eventId === id);
      },
      (notices) => notices.length > 0,
    );
    expect(listed).toMatchObject({ provider: 'bank', objectId: 'order_of_somebody_else' });
    expect(await booked()).toEqual(before);
    const path = `/v1/provider-notices/${listed.noticeId}/acknowledge`;
    const acknowledge = () =>
      market.operator.request('payouts', 'POST', path, { body: { reason: 'An order of the other desk.' } });
    expect((await acknowledge()).status).toBe(204);
    expect(await stored(id)).toMatchObject([{ outcome: 'acknowledged' }]);
    expectProblem(
      { service: 'payouts', ms: 0, ...(await acknowledge()) },
      {
        status: 404,
        code: 'notice.unknown',
      },
    );
    expect(await booked()).toEqual(before);
  }, 60_000);

  it('no log holds the secret or a signature (F52, F74)', () => {
    const log = everyLog(inside);
    expect(log).not.toContain(inside.bankWebhookSecret);
    expect(log).not.toContain(sign(noticeOf(orderId)));
    expect(everyLog(inside, logBefore)).not.toMatch(/"level":"(error|fatal)"/);
  });
});
