import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { BankRig, counterparty } from '../testing/bank-rig.ts';
import { until } from '../testing/rig.ts';

const rig = new BankRig();
beforeAll(() => rig.start());
afterAll(() => rig.stop());

const create = (order: object | string, key?: string) => rig.api('POST', '/api/payment_orders', order, key);

describe('the wire of the bank', () => {
  it('takes the organisation and its key as basic, and nothing else', async () => {
    const asked = (authorization: string) => rig.wire('/api/payment_orders', { headers: { authorization } });
    const basic = (text: string) => `Basic ${btoa(text)}`;
    expect((await asked(basic('org_holdfast:mt_test_holdfast'))).status).toBe(200);
    for (const wrong of [
      basic('org_other:mt_test_holdfast'),
      basic('org_holdfast:'),
      'Bearer mt_test_holdfast',
      '',
    ]) {
      const denied = await asked(wrong);
      expect(denied.status).toBe(401);
      expect(await denied.json()).toEqual({ errors: { code: 'unauthorized', message: expect.any(String) } });
    }
  });

  it('answers in its own words what is no JSON, no address, and nothing that it knows', async () => {
    const untyped = await rig.wire('/api/counterparties', {
      method: 'POST',
      body: 'name=a',
      headers: { authorization: `Basic ${btoa('org_holdfast:mt_test_holdfast')}` },
    });
    expect(untyped.status).toBe(400);
    for (const body of ['{"name"', '[]', 'null']) {
      expect(await rig.api('POST', '/api/counterparties', body)).toMatchObject({
        status: 400,
        body: { errors: { code: 'invalid_request' } },
      });
    }
    expect(await rig.api('GET', '/api/nothing')).toMatchObject({
      status: 404,
      body: { errors: { code: 'resource_not_found' } },
    });
    expect(await rig.api('GET', '/api/payment_orders/po_none')).toMatchObject({
      status: 404,
      body: { errors: { code: 'resource_not_found', parameter: 'id' } },
    });
    expect(await (await rig.wire('/v1/nothing')).json()).toMatchObject({
      error: { type: expect.any(String) },
    });
  });
});

describe('a counterparty', () => {
  it('is answered with ids and the last four digits; the number is kept nowhere', async () => {
    const { status, body } = await rig.api('POST', '/api/counterparties', counterparty('7700112233445566'));
    expect(status).toBe(201);
    expect(body).toMatchObject({
      id: expect.stringMatching(/^cp_/),
      name: 'A Freelancer',
      metadata: { method_id: 'm-1' },
      accounts: [
        {
          id: expect.stringMatching(/^ea_/),
          party_name: 'A Freelancer',
          account_type: 'checking',
          account_details: [{ account_number_safe: '5566' }],
          routing_details: [{ routing_number: '021000021', routing_number_type: 'aba' }],
        },
      ],
    });
    expect(JSON.stringify(body)).not.toContain('77001122');
    const journal = await readFile(join(rig.directory, 'journal.jsonl'), 'utf8');
    expect(journal).toContain(body.id);
    expect(journal).not.toContain('7700112233445566');
  });

  it.each([
    ['a routing number whose check digit is wrong', counterparty('123456789', '021000020')],
    ['a routing number of no district', counterparty('123456789', '130000006')],
  ])('%s: 422', async (_what, body) => {
    const refused = await rig.api('POST', '/api/counterparties', body);
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      {
        code: 'parameter_invalid',
        message: expect.any(String),
        parameter: 'accounts[0][routing_details][0][routing_number]',
      },
    ]);
  });

  it.each([
    ['name', { ...counterparty('123456789'), name: '' }, 'parameter_invalid'],
    ['name', { ...counterparty('123456789'), name: undefined }, 'parameter_missing'],
    ['accounts', { ...counterparty('123456789'), accounts: [] }, 'parameter_invalid'],
    ['accounts[0][account_details][0][account_number]', counterparty('12345678x'), 'parameter_invalid'],
    ['vendor', { ...counterparty('123456789'), vendor: 'x' }, 'parameter_invalid'],
  ])('says which parameter is wrong: %s', async (parameter, body, code) => {
    const refused = await rig.api('POST', '/api/counterparties', body);
    expect([refused.status, refused.body.errors]).toMatchObject([422, { code, parameter }]);
    expect(JSON.stringify(refused.body)).not.toContain('12345678');
  });
});

describe('a payment order', () => {
  it('is accepted with all that its caller will look for', async () => {
    const order = await rig.orderFor(rig.payee(), {
      effective_date: '2099-01-02',
      statement_descriptor: 'HOLDFAST 1',
      metadata: { withdrawal_id: 'w-1' },
    });
    const { status, body } = await create(order, order.external_id);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      ...order,
      id: expect.stringMatching(/^po_/),
      status: 'approved',
      current_return: null,
      reference_numbers: [],
      transaction_ids: [],
      vendor_failure_reason: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect((await rig.api('GET', `/api/payment_orders/${body.id}`)).body).toEqual(body);
  });

  it.each([
    ['type', { type: 'wire' }],
    ['subtype', { subtype: 'XYZ' }],
    ['amount', { amount: 0 }],
    ['amount', { amount: 15.5 }],
    ['amount', { amount: '1500' }],
    ['direction', { direction: 'debit' }],
    ['currency', { currency: 'EUR' }],
    ['effective_date', { effective_date: '2026-02-30' }],
    ['statement_descriptor', { statement_descriptor: 'ELEVEN CHAR' }],
    ['external_id', { external_id: 'x'.repeat(181) }],
    ['metadata[withdrawal_id]', { metadata: { withdrawal_id: 7 } }],
    ['priority', { priority: 'high' }],
    ['receiving_account_id', { receiving_account_id: 'ea_none' }],
  ])('says which parameter is wrong: %s', async (parameter, more) => {
    const before = await rig.balanceMinor();
    const refused = await create(await rig.orderFor(rig.payee(), more));
    expect([refused.status, refused.body.errors]).toMatchObject([
      422,
      { code: 'parameter_invalid', parameter },
    ]);
    expect(await rig.balanceMinor()).toBe(before);
  });

  it('goes to an account that is named by a token, with the order itself', async () => {
    const { receiving_account_id: _, ...order } = await rig.orderFor('');
    const receiving_account = { plaid_processor_token: 'pm_verified_1' };
    const { status, body } = await create({ ...order, receiving_account }, order.external_id);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      receiving_account_id: expect.stringMatching(/^ea_/),
      counterparty_id: null,
      status: 'approved',
    });
    expect(JSON.stringify(body)).not.toContain('pm_verified_1');
    const both = await create({ ...(await rig.orderFor(rig.payee())), receiving_account });
    expect([both.status, both.body.errors.parameter]).toEqual([422, 'receiving_account_id']);
    const neither = await rig.orderFor('');
    delete neither.receiving_account_id;
    expect((await create(neither)).status).toBe(422);
  });

  it('never pays more than the account holds', async () => {
    const amount = Number(await rig.balanceMinor()) + 1;
    const order = await rig.orderFor(rig.payee(), { amount });
    const refused = await create(order, order.external_id);
    expect([refused.status, refused.body.errors]).toMatchObject([
      422,
      { code: 'insufficient_funds', parameter: 'amount' },
    ]);
    expect(await rig.booked(order.external_id)).toEqual([]);
  });

  it('is found by its external id and by its key, newest first and page by page', async () => {
    const orders = [await rig.pay(), await rig.pay(), await rig.pay()];
    const [first, second, third] = orders.map(({ id }) => id);
    const idsOf = async (query: string) => {
      const { body, headers } = await rig.api('GET', `/api/payment_orders?${query}`);
      return [body.map(({ id }: { id: string }) => id), headers.get('x-after-cursor')];
    };
    expect(await idsOf(`external_id=${orders[1].external_id}`)).toEqual([[second], null]);
    expect(await idsOf(`idempotency_key=${orders[0].external_id}`)).toEqual([[first], null]);
    expect(await idsOf('external_id=po_none')).toEqual([[], null]);
    expect(await idsOf('per_page=2')).toEqual([[third, second], second]);
    const [rest] = await idsOf(`per_page=100&after_cursor=${second}`);
    expect(rest?.slice(0, 1)).toEqual([first]);
    expect((await rig.api('GET', '/api/payment_orders?after_cursor=po_none')).status).toBe(422);
    expect((await rig.api('GET', '/api/payment_orders?per_page=101')).status).toBe(422);
    expect((await rig.api('GET', '/api/payment_orders?extenal_id=x')).status).toBe(422);
  });
});

describe('Idempotency-Key', () => {
  it('gives the stored answer to the same bytes, and 409 to others', async () => {
    const order = await rig.orderFor(rig.payee());
    const first = await create(order, 'key-1');
    const again = await create(order, 'key-1');
    expect([again.status, again.body]).toEqual([201, first.body]);
    const { type, ...rest } = order;
    const reordered = await create({ ...rest, type }, 'key-1');
    expect([reordered.status, reordered.body.errors.code]).toEqual([409, 'idempotency_key_reused']);
    const elsewhere = await rig.api('POST', '/api/counterparties', counterparty('123456789'), 'key-1');
    expect(elsewhere.status).toBe(409);
    expect(await rig.booked(order.external_id)).toEqual(['payout 1500']);
    const { requests } = await rig.control('GET', '/__sim/requests?op=payout.ach&key=key-1');
    expect(requests.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      'executed',
      'replayed',
      'rejected',
    ]);
    expect(requests[0].bodySha256).toBe(requests[1].bodySha256);
  });

  it('keeps nothing of a call that was refused', async () => {
    const amount = Number(await rig.balanceMinor()) + 1;
    const order = await rig.orderFor(rig.payee(), { amount });
    expect((await create(order, 'key-2')).status).toBe(422);
    expect((await create({ ...order, amount: 100 }, 'key-2')).status).toBe(201);
  });

  it('answers 409 while the first call is open', async () => {
    const order = await rig.orderFor(rig.payee());
    await rig.control('POST', '/__sim/faults', {
      op: 'payout.ach',
      fault: 'slow-executed',
      params: { seconds: 0.3 },
    });
    const slow = create(order, 'key-3');
    await until(async () => (await rig.control('GET', '/__sim/requests?key=key-3')).requests.length > 0);
    expect((await create(order, 'key-3')).body.errors.code).toBe('idempotency_key_in_use');
    expect((await slow).status).toBe(201);
  });

  it('is known for 24 h of business time, an external id for ever', async () => {
    const account = await rig.payee();
    const order = await rig.orderFor(account);
    const first = await create(order, 'key-4');
    await rig.control('POST', '/__sim/clock/advance', { seconds: 86_399 - 60 });
    expect((await create(order, 'key-4')).body).toEqual(first.body);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 120 });
    const late = await create(order, 'key-4');
    expect([late.status, late.body.errors]).toMatchObject([
      409,
      { code: 'resource_conflict', parameter: 'external_id' },
    ]);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 400 * 86_400 });
    expect((await create(order, 'key-5')).status).toBe(409);
    expect(await rig.booked(order.external_id)).toEqual(['payout 1500']);
  });
});
