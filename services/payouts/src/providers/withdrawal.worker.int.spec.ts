import { plusHours, plusMinutes } from '@holdfast/domain';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { useSending } from '../testing/sending.ts';
import { Bank } from './bank.ts';

const sending = useSending();
const once = ['payout 50000'];

test('W-9: nothing is sent before the cut-off, at it once, and it is paid two business days later', async () => {
  const { accountId, withdrawalId, key } = await sending.requested();
  await sending.quiet();
  expect(await sending.moved(key)).toEqual([]);
  await sending.passHours(24 * 8);
  expect(await sending.payouts.statusOf(withdrawalId)).toBe('paid');
  expect(await sending.moved(key)).toEqual(once);
  expect(await sending.sendings(key)).toHaveLength(1);
  expect(await sending.payouts.typesOf(accountId)).toEqual(['withdrawal.sent', 'withdrawal.paid']);
  expect(await sending.payouts.money(accountId)).toEqual({ available: 0n, inTransit: 0n });
  const [attempt] = await sending.payouts.attempts(withdrawalId);
  expect((await sending.sendings(key))[0]!.bodySha256).toBe(attempt!.body_sha256);
}, 60_000);

describe('F45: an answer that was lost is found, and paid once:', () => {
  test.each<[string, string, object]>([
    ['fault 1', 'slow-executed', {}],
    ['fault 4', 'error-after-execution', {}],
    ['fault 6', 'connection-reset', { when: 'before' }],
    ['fault 6, within the answer', 'connection-reset', { when: 'within' }],
    ['fault 19', 'duplicate-key', { answer: '409', executed: true }],
    ['fault 26', 'malformed-body', { kind: 'truncated-json', executed: true }],
    ['fault 26, nothing', 'malformed-body', { kind: 'empty', executed: true }],
  ])(
    '%s (%s)',
    async (_, fault, params) => {
      await sending.provider.fault('payout.ach', fault, params);
      const { accountId, withdrawalId, key } = await sending.due();
      await sending.becomes(withdrawalId, 'sent');
      await sending.quiet();
      expect(await sending.sendings(key)).toHaveLength(1);
      expect(await sending.moved(key)).toEqual(once);
      expect(await sending.payouts.typesOf(accountId)).not.toContain('withdrawal.resumed');
      await sending.passHours(24 * 6);
      expect(await sending.payouts.statusOf(withdrawalId)).toBe('paid');
      expect(await sending.moved(key)).toEqual(once);
    },
    60_000,
  );

  test('fault 25: a word that nobody knows is asked about, and never sent again', async () => {
    await sending.provider.fault('payout.ach', 'unknown-status');
    const { accountId, withdrawalId, key } = await sending.due();
    await sending.passHours(24 * 6);
    expect((await sending.payouts.typesOf(accountId))[0]).toBe('withdrawal.unconfirmed');
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('paid');
    expect(await sending.sendings(key)).toHaveLength(1);
    expect(await sending.payouts.attempts(withdrawalId)).toMatchObject([{ review: null }]);
  }, 60_000);
});

describe('F46: what was not executed is sent again after three misses in ten minutes, same key and bytes:', () => {
  test.each<[string, string, object]>([
    ['fault 2', 'slow-not-executed', {}],
    ['fault 3', 'error-before-execution', {}],
    ['fault 19, of nothing', 'duplicate-key', { answer: '409', executed: false }],
    ['fault 26, of nothing', 'malformed-body', { kind: 'html-502', executed: false }],
  ])(
    '%s (%s)',
    async (_, fault, params) => {
      await sending.provider.fault('payout.ach', fault, params);
      const { accountId, withdrawalId, key } = await sending.due();
      await sending.becomes(withdrawalId, 'unknown');
      for (let minutes = 0; minutes < 10; minutes += 5) {
        await sending.quiet();
        expect(await sending.sendings(key)).toHaveLength(1);
        expect(await sending.payouts.statusOf(withdrawalId)).toBe('unknown');
        await sending.pass(plusMinutes(sending.payouts.now(), 5));
      }
      await sending.becomes(withdrawalId, 'sent');
      const sent = await sending.sendings(key);
      expect(sent).toHaveLength(2);
      expect(new Set(sent.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
      expect(await sending.moved(key)).toEqual(once);
      expect(await sending.payouts.attempts(withdrawalId)).toHaveLength(1);
      expect(await sending.payouts.typesOf(accountId)).toEqual([
        'withdrawal.unconfirmed',
        'withdrawal.resumed',
        'withdrawal.sent',
      ]);
    },
    60_000,
  );

  test('fault 20: the query does not show it yet: nothing is sent again too early', async () => {
    const { accountId, withdrawalId, cutOffAt, key } = await sending.requested();
    const match = { reference: key };
    await sending.provider.fault('payout.ach', 'error-after-execution', {}, { match });
    await sending.provider.fault('payout.ach', 'lost-webhook', {}, { match, times: 20 });
    await sending.provider.fault('payout.read', 'not-found-yet', {}, { match, times: 2 });
    await sending.reach(new Date(cutOffAt));
    await sending.becomes(withdrawalId, 'unknown');
    await sending.passHours(1);
    expect(await sending.payouts.typesOf(accountId)).toEqual(['withdrawal.unconfirmed', 'withdrawal.sent']);
    expect(await sending.sendings(key)).toHaveLength(1);
    expect(await sending.moved(key)).toEqual(once);
  }, 60_000);

  test('fault 21: not after the window of the key: then it is left to a person', async () => {
    await sending.provider.fault('payout.ach', 'error-before-execution');
    const { withdrawalId, key } = await sending.due();
    await sending.becomes(withdrawalId, 'unknown');
    await sending.quiet();
    // Nobody looked for a day: the process was down.
    await sending.stopProcess();
    await sending.reach(plusHours(sending.payouts.now(), 25));
    sending.startProcess();
    await sending.passHours(24 * 4);
    expect(await sending.sendings(key)).toHaveLength(1);
    expect(await sending.moved(key)).toEqual([]);
    expect(await sending.payouts.attempts(withdrawalId)).toMatchObject([
      { state: 'unknown', review: 'window_over' },
    ]);
    await sending.payouts.resolve(key);
  }, 60_000);
});

describe('provably not executed, it stays requested and is sent when it can be:', () => {
  test('fault 5: too many requests: at least as long as the bank asked for', async () => {
    await sending.provider.fault('payout.ach', 'too-many-requests', { retryAfter: 2 });
    const { accountId, withdrawalId, key } = await sending.due();
    const since = performance.now();
    await sending.becomes(withdrawalId, 'sent');
    expect(performance.now() - since).toBeGreaterThan(1_500);
    expect((await sending.sendings(key)).map(({ status }) => status)).toEqual([429, 201]);
    expect(await sending.moved(key)).toEqual(once);
    expect(await sending.payouts.typesOf(accountId)).toEqual(['withdrawal.sent']);
  }, 60_000);

  test('fault 7: no connection', async () => {
    const { methodId, withdrawalId, cutOffAt, key } = await sending.requested();
    await sending.stopProcess();
    await sending.reach(new Date(cutOffAt));
    await sending.payouts.screen(methodId, 'clear');
    await sending.provider.fault('payout.ach', 'connection-refused', { seconds: 2 });
    sending.startProcess();
    await sending.becomes(withdrawalId, 'sent');
    expect(await sending.moved(key)).toEqual(once);
    expect(await sending.sendings(key)).toHaveLength(1);
    expect(await sending.payouts.attempts(withdrawalId)).toMatchObject([{ key_since: null }]);
  }, 60_000);

  test.each([401, 403])(
    'fault 18: wrong credentials (%i), until an operator repairs them',
    async (status) => {
      await sending.provider.fault('payout.ach', 'wrong-credentials', { status }, { times: 2 });
      const { withdrawalId, key } = await sending.due();
      await sending.becomes(withdrawalId, 'sent');
      expect((await sending.sendings(key)).map((call) => call.status)).toEqual([status, status, 201]);
      expect(await sending.moved(key)).toEqual(once);
    },
    60_000,
  );

  test('fault 31: too little money at the bank: nothing fails, and it is tried hourly', async () => {
    const { accountId, withdrawalId, key } = await sending.due(20_000_000n);
    await eventually(
      () => sending.sendings(key),
      (calls) => calls.length > 0,
    );
    await sending.passHours(2.5);
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('requested');
    expect((await sending.sendings(key)).map(({ status }) => status)).toEqual([422, 422, 422]);
    expect(await sending.payouts.attempts(withdrawalId)).toMatchObject([
      { state: 'created', key_since: null },
    ]);
    // It never left: its owner may still take it back.
    await sending.payouts.cancel(accountId, withdrawalId);
    expect(await sending.payouts.money(accountId)).toEqual({ available: 20_000_000n, inTransit: 0n });
  }, 60_000);
});

test('F48, fault 34: in a brown-out the breaker opens, and its probe is a read, never a sending', async () => {
  await sending.stopProcess();
  await sending.provider.closeClients();
  sending.startProcess({ volumeThreshold: 1, resetTimeout: 500 });
  await sending.provider.fault('payout.ach', 'brown-out', { ratio: 1, seconds: 600 });
  const first = await sending.due();
  await sending.becomes(first.withdrawalId, 'unknown');
  // The breaker is open; the next sending comes when it tries again.
  const second = await sending.requested();
  await eventually(() => sending.bank.breaker('payout.ach').halfOpen);
  await sending.payouts.rows('update withdrawals set cut_off_at = $2, next_call_at = $2 where id = $1', [
    second.withdrawalId,
    sending.payouts.now(),
  ]);
  await eventually(
    () => sending.sendings(second.key),
    (calls) => calls.length > 0,
  );
  const calls = await sending.provider.requests({});
  const probeAt = calls.findIndex(({ path }) => path.endsWith('per_page=1'));
  const sentAt = calls.findIndex(({ idempotencyKey }) => idempotencyKey === second.key);
  expect(probeAt).toBeGreaterThanOrEqual(0);
  expect(probeAt).toBeLessThan(sentAt);
  await sending.provider.healed();
  // What was in doubt is found absent; what was not sent is sent.
  await sending.passHours(1);
  for (const { key, withdrawalId } of [first, second]) {
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('sent');
    expect(await sending.moved(key)).toEqual(once);
  }
}, 90_000);

describe('F7: the process dies', () => {
  /** Its call has begun, and nobody records what comes of it. */
  async function dyingCall() {
    const requested = await sending.requested();
    await sending.stopProcess();
    await sending.reach(new Date(requested.cutOffAt));
    await sending.payouts.screen(requested.methodId, 'clear');
    await sending.payouts.start(requested.withdrawalId);
    return requested;
  }

  test('after the bank has executed and before that is recorded: it is asked about, not sent again', async () => {
    const { withdrawalId, key } = await dyingCall();
    const [attempt] = await sending.payouts.attempts(withdrawalId);
    const answer = await new Bank(sending.provider.bank()).send(key, String(attempt!.body));
    expect(answer.kind).toBe('seen');
    sending.startProcess();
    await sending.becomes(withdrawalId, 'sent');
    expect(await sending.sendings(key)).toHaveLength(1);
    expect(await sending.moved(key)).toEqual(once);
  }, 60_000);

  test('before the bank was called: proven by three misses, then sent once', async () => {
    const { withdrawalId, key } = await dyingCall();
    sending.startProcess();
    await sending.becomes(withdrawalId, 'unknown');
    await sending.passHours(1);
    expect(await sending.payouts.statusOf(withdrawalId)).toBe('sent');
    expect(await sending.sendings(key)).toHaveLength(1);
    expect(await sending.moved(key)).toEqual(once);
  }, 60_000);
});

describe('fault 40: screening at the cut-off', () => {
  test.each(['review', 'blocked', 'no_answer'])(
    '%s: held, and the bank hears nothing',
    async (result) => {
      const { withdrawalId, cutOffAt, key } = await sending.requested();
      await sending.provider.fault('screening.ask', 'screening', { result });
      // A clear of the day before does not count.
      await sending.payouts.rows(
        `update withdrawal_methods set screened_at = screened_at - interval '1 day'
        where id = (select method_id from withdrawals where id = $1)`,
        [withdrawalId],
      );
      sending.payouts.pass(new Date(cutOffAt));
      await sending.becomes(withdrawalId, 'held');
      await sending.quiet();
      expect(await sending.sendings(key)).toEqual([]);
      expect(await sending.payouts.row(withdrawalId)).toMatchObject({ hold_causes: ['screening'] });
    },
    60_000,
  );
});
