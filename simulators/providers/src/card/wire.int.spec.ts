import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { apiKey, Rig } from '../testing/rig.ts';

const rig = new Rig();
beforeAll(() => rig.start());
afterAll(() => rig.stop());

const intentForm = 'amount=4000&currency=usd&metadata[charge_id]=fd-1&payment_method=pm_card_visa';

describe('the wire of the card provider', () => {
  it('takes the key as bearer or as basic user, and nothing else', async () => {
    const basic = (user: string) => ({ headers: { authorization: `Basic ${btoa(`${user}:`)}` } });
    expect((await rig.wire('/v1/balance')).status).toBe(200);
    expect((await rig.wire('/v1/balance', basic(apiKey))).status).toBe(200);
    expect((await rig.wire('/v1/balance', basic('sk_other'))).status).toBe(401);
    const denied = await rig.wire('/v1/balance', { headers: { authorization: 'Bearer sk_other' } });
    expect(denied.status).toBe(401);
    expect(await denied.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
    expect(denied.headers.get('request-id')).toMatch(/^req_/);
  });

  it('reads nested forms and answers integers in minor units', async () => {
    const intent = await json(rig.form('/v1/payment_intents', intentForm));
    expect(intent).toMatchObject({
      object: 'payment_intent',
      status: 'requires_confirmation',
      amount: 4000,
      amount_received: 0,
      currency: 'usd',
      metadata: { charge_id: 'fd-1' },
      latest_charge: null,
      last_payment_error: null,
      next_action: null,
    });
    expect(intent.client_secret).toMatch(new RegExp(`^${intent.id}_secret_`));
  });

  it.each([
    ['/v1/payment_methods', 'type=card&card[number]=4242424242424242', undefined, 'card[number]'],
    [
      '/v1/payment_intents',
      'amount=1&currency=usd&payment_method_data[card][cvc]=1',
      undefined,
      'payment_method_data[card][cvc]',
    ],
    ['/v1/payment_intents', 'amount=4000', 'parameter_missing', 'currency'],
    ['/v1/payment_intents', 'amount=40.00&currency=usd', 'parameter_invalid_integer', 'amount'],
    ['/v1/payment_intents', 'amount=4000&currency=usd&amout=1', 'parameter_unknown', 'amout'],
    ['/v1/payment_intents', 'amount=4000&currency=usd&customer=cus_none', 'resource_missing', 'customer'],
  ])('refuses %s %s', async (path, body, code, param) => {
    const response = await rig.form(path, body);
    expect(response.status).toBe(400);
    const { error } = await json(response);
    expect(error).toMatchObject({ type: 'invalid_request_error', param });
    expect(error.code).toBe(code);
  });

  it('answers 404 for unknown ids and addresses, 400 for JSON', async () => {
    expect((await rig.wire('/v1/payment_intents/pi_none')).status).toBe(404);
    expect((await rig.wire('/v1/nothing')).status).toBe(404);
    const headers = { 'content-type': 'application/json' };
    expect((await rig.wire('/v1/customers', { method: 'POST', body: '{}', headers })).status).toBe(400);
  });
});

describe('Idempotency-Key', () => {
  it('replays the first answer, a decline too, whatever the order of the parameters', async () => {
    const first = await rig.form('/v1/payment_intents', 'amount=100&currency=usd', 'key-1');
    const again = await rig.form('/v1/payment_intents', 'currency=usd&amount=100', 'key-1');
    expect(await again.text()).toBe(await first.text());
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const declining = 'amount=100&currency=usd&confirm=true&payment_method=pm_card_visa_chargeDeclined';
    const declined = await rig.form('/v1/payment_intents', declining, 'key-2');
    const repeated = await rig.form('/v1/payment_intents', declining, 'key-2');
    expect([declined.status, repeated.status]).toEqual([402, 402]);
    expect(await repeated.text()).toBe(await declined.text());
  });

  it('refuses other parameters under the same key, and does not keep an error of shape', async () => {
    expect((await rig.form('/v1/payment_intents', 'amount=x&currency=usd', 'key-3')).status).toBe(400);
    expect((await rig.form('/v1/payment_intents', 'amount=100&currency=usd', 'key-3')).status).toBe(200);
    const other = await rig.form('/v1/payment_intents', 'amount=101&currency=usd', 'key-3');
    expect(other.status).toBe(400);
    expect((await json(other)).error.type).toBe('idempotency_error');
  });

  it('answers 409 while the first call is open, and logs equal bytes', async () => {
    await rig.fault('charge.create', 'slow-executed', { seconds: 0.3 });
    const slow = rig.form('/v1/payment_intents', intentForm, 'key-4');
    await untilLogged('key-4');
    const second = await rig.form('/v1/payment_intents', intentForm, 'key-4');
    expect(second.status).toBe(409);
    expect((await slow).status).toBe(200);
    const { requests } = await rig.control('GET', '/__sim/requests?op=charge.create&key=key-4');
    expect(requests.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['executed', 'conflict']);
    expect(requests[0].bodySha256).toBe(requests[1].bodySha256);
  });

  it('executes anew once 24 h of business time have passed', async () => {
    const first = await json(rig.form('/v1/customers', 'name=a', 'key-5'));
    await rig.control('POST', '/__sim/clock/advance', { seconds: 86_399 - 60 });
    expect((await json(rig.form('/v1/customers', 'name=a', 'key-5'))).id).toBe(first.id);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 120 });
    expect((await json(rig.form('/v1/customers', 'name=a', 'key-5'))).id).not.toBe(first.id);
  });
});

// biome-ignore lint/suspicious/noExplicitAny: each test knows the shape it asks for.
async function json(response: Response | Promise<Response>): Promise<any> {
  return (await response).json();
}

async function untilLogged(key: string): Promise<void> {
  for (let found = 0; found === 0; ) {
    found = (await rig.control('GET', `/__sim/requests?key=${key}`)).requests.length;
  }
}
