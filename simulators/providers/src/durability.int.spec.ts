import { type ChildProcess, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Journal } from './journal.ts';
import { Store, table } from './store.ts';
import { BankRig } from './testing/bank-rig.ts';
import { PaypalRig } from './testing/paypal-rig.ts';
import { apiKey, Receiver, Rig, secret, subjectOf, until } from './testing/rig.ts';

const children: ChildProcess[] = [];
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'card-simulator-'));
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

describe('the journal', () => {
  const path = () => join(directory, 'torn.jsonl');

  it('drops a half line and goes on after it', async () => {
    const first = await Journal.open(path(), () => undefined);
    first.append({ amount: 12n });
    await first.close();
    await appendFile(path(), '{"amount":{"$big');
    const second = await Journal.open(path(), () => undefined);
    second.append({ amount: 13n });
    await second.close();
    const entries: unknown[] = [];
    await (await Journal.open(path(), (entry) => entries.push(entry))).close();
    expect(entries).toEqual([{ amount: 12n }, { amount: 13n }]);
    expect(await readFile(path(), 'utf8')).toMatch(/\n$/);
  });

  it('keeps nothing of a transaction that throws, and gives the same ids for the same seed', async () => {
    const rows = table<number>('rows');
    const ids: string[][] = [];
    for (const name of ['one', 'two']) {
      const store = await Store.open(join(directory, name), 'seed');
      expect(() =>
        store.transact((tx) => {
          tx.put(rows, tx.newId('x'), 1);
          throw new Error('no');
        }),
      ).toThrow('no');
      expect([...store.all(rows)]).toEqual([]);
      ids.push(store.transact((tx) => [tx.newId('pi'), tx.newId('pi')]));
      await store.close();
    }
    expect(ids[0]).toEqual(ids[1]);
    expect(ids[0]?.[0]).not.toBe(ids[0]?.[1]);
  });
});

describe('a restart', () => {
  it('keeps intents, keys, rules, the clock and the webhooks still to be sent', async () => {
    const rig = await new Rig().start();
    rig.receiver.answer = () => 503;
    const form = 'amount=4000&currency=usd&payment_method=pm_card_visa&confirm=true';
    const first = await (await rig.form('/v1/payment_intents', form, 'key-1')).text();
    await until(() => rig.receiver.received.length > 0);
    await rig.control('POST', '/__sim/clock', { offsetMs: 5000 });
    const rule = await rig.fault('refund.create', 'error-after-execution');
    await rig.restart();
    rig.receiver.received.length = 0;
    rig.receiver.answer = () => 200;
    expect(await (await rig.form('/v1/payment_intents', form, 'key-1')).text()).toBe(first);
    expect((await rig.control('GET', '/__sim/faults')).faults).toMatchObject([{ id: rule.id, fired: 0 }]);
    expect((await rig.control('GET', '/__sim/clock')).offsetMs).toBe(5000);
    await until(() => rig.receiver.received.length > 0);
    await rig.stop();
  });
});

describe('a restart of the bank', () => {
  it('keeps its account, its orders and what is due for them', async () => {
    const rig = await new BankRig().start({ BANK_OPENING_BALANCE_MINOR: '5000' });
    const order = await rig.pay();
    const failing = await rig.pay('90000001');
    await rig.restart();
    expect(await rig.balanceMinor()).toBe(2000n);
    expect(await rig.order(order.id)).toEqual(order);
    await rig.control('POST', '/__sim/clock/advance', { seconds: 2 * 3600 });
    await rig.restart();
    expect((await rig.order(order.id)).status).toBe('processing');
    await rig.control('POST', '/__sim/clock/advance', { seconds: 6 * 86_400 });
    expect((await rig.order(order.id)).status).toBe('completed');
    expect((await rig.order(failing.id)).status).toBe('failed');
    await rig.restart();
    expect(await rig.booked('opening')).toEqual(['opening 5000']);
    expect(await rig.booked(failing.external_id)).toEqual(['payout 1500', 'payout_failed 1500']);
    expect(await rig.balanceMinor()).toBe(3500n);
    const again = await rig.pay('90000001');
    await rig.control('POST', '/__sim/clock/advance', { seconds: 6 * 86_400 });
    expect((await rig.order(again.id)).status).toBe('completed');
    await until(() => rig.bank.about(again.id).includes('completed'));
    await rig.stop();
  });
});

describe('a restart of PayPal', () => {
  it('keeps tokens, orders, mandates, keys, certificates and what is due', async () => {
    const rig = await new PaypalRig().start();
    const source = { payment_source: { paypal: await rig.vaulted() } };
    const open = await rig.created();
    const pending = await rig.paid('pends');
    const request = rig.orderFor();
    const first = await rig.api('POST', '/v2/checkout/orders', request, 'key-1');
    await rig.quiet();
    const certificateUrl = () => rig.paypal.received.at(-1)?.headers['paypal-cert-url'];
    const certificate = new URL(String(certificateUrl())).pathname;
    await rig.restart();
    const again = await rig.api('POST', '/v2/checkout/orders', request, 'key-1');
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect((await rig.wire(certificate)).status).toBe(200);
    expect((await rig.capture(open.id, source)).body.status).toBe('COMPLETED');
    await rig.control('POST', '/__sim/clock/advance', { seconds: 86_401 });
    expect(await rig.booked(pending.name)).toEqual(['charge 4000']);
    await until(() => rig.paypal.about(pending.name).includes('PAYMENT.CAPTURE.COMPLETED'));
    expect(certificateUrl()).toContain(certificate);
    await rig.stop();
  });
});

describe('kill -9', () => {
  it('loses nothing that was answered, and charges nothing twice', async () => {
    const receiver = new Receiver(secret);
    const webhookUrl = await receiver.listen();
    const dataDirectory = join(directory, 'killed');
    const answered = new Map<string, string>();
    for (let life = 0; life < 3; life += 1) {
      const { child, port } = await launch(dataDirectory, webhookUrl);
      const isEnough = () => answered.size >= (life + 1) * 20;
      const sending = Array.from({ length: 4 }, async (_, lane) => {
        for (let turn = 0; !isEnough(); turn += 1) {
          const key = `life-${life}-lane-${lane}-turn-${turn}`;
          const id = await pay(port, key).catch(() => undefined);
          if (id) answered.set(key, id);
        }
      });
      await until(isEnough);
      child.kill('SIGKILL');
      await Promise.all(sending);
    }
    const { child, port, controlPort } = await launch(dataDirectory, webhookUrl);
    for (const [key, id] of answered) expect(await pay(port, key)).toBe(id);
    const ledger = (await (await fetch(`http://127.0.0.1:${controlPort}/__sim/ledger`)).json()) as Ledger;
    const intents = ledger.charges.map(({ intentId }) => intentId);
    expect(new Set(intents).size).toBe(intents.length);
    for (const id of answered.values()) expect(intents).toContain(id);
    await until(() => {
      const told = new Set(receiver.received.map(({ event }) => subjectOf(event)));
      return intents.every((id) => told.has(id));
    });
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    receiver.close();
  });
});

type Ledger = { charges: { intentId: string }[] };
type Launched = { child: ChildProcess; port: number; controlPort: number };

async function launch(dataDirectory: string, webhookUrl: string): Promise<Launched> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PORT: '0', CONTROL_PORT: '0', DATA_DIR: dataDirectory, CARD_WEBHOOK_URL: webhookUrl },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await until(() => output.includes('\n'));
  const { listening } = JSON.parse(output);
  return { child, port: listening.wire, controlPort: listening.control };
}

/** @returns the id of the intent */
async function pay(port: number, key: string): Promise<string> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/payment_intents`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${apiKey}`,
      'idempotency-key': key,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: `amount=100&currency=usd&payment_method=pm_card_visa&confirm=true&metadata[charge_id]=${key}`,
  });
  const { id } = (await response.json()) as { id: string };
  return id;
}
