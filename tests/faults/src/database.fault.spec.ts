import { randomUUID } from 'node:crypto';
import { createPool } from '@holdfast/messaging';
import { describe, expect, it } from '@jest/globals';
import { assertBooksExact, violationsOf } from './invariants.ts';
import { startLoad, wholePath } from './load.ts';
import { useRig } from './rig.ts';

const minuteMs = 60_000;

type Service = 'contracts' | 'escrow' | 'payouts';

const lost = (command: string): string =>
  `update inbox set message_id = 'lost/' || message_id where command = '${command}'`;
const found = `update inbox set message_id = substr(message_id, 6) where message_id like 'lost/%'`;

/** What is done to the rows, how it is undone, and what must be reported; the rest is in planted-damage. */
const plants: [string, Service, string, string, RegExp[]][] = [
  [
    'money in a lot that is nowhere else',
    'escrow',
    `update lots set principal_left_minor = principal_left_minor + 1, principal_minor = principal_minor + 1`,
    `update lots set principal_left_minor = principal_left_minor - 1, principal_minor = principal_minor - 1`,
    [/^M-4: milestone/],
  ],
  [
    'an acknowledged command that is not there',
    'escrow',
    lost('ReleaseMilestone'),
    found,
    [/^I11: .* was acknowledged and is not there/],
  ],
];

describe('the database', () => {
  const rig = useRig('database');

  it.each(['fast', 'immediate'] as const)(
    'restarted (%s) under load: the services find back by themselves, what was acknowledged is there (F30)',
    async (mode) => {
      const { system, market } = rig();
      const pids = rig().pids();
      const load = startLoad(market);
      await load.acknowledged(15);
      await system.postgres.stop(mode);
      const client = market.newPerson('new', ['client']);
      const opening = { key: randomUUID(), body: { roles: ['client'], region: 'US' } };
      const refused = await client.once('contracts', 'POST', '/v1/accounts', opening);
      expect([refused.status, refused.body.code]).toEqual([503, 'service.unavailable']);
      await system.postgres.start();
      expect((await client.request('contracts', 'POST', '/v1/accounts', opening)).status).toBe(201);
      await load.acknowledged(5);
      await load.finish();
      expect(rig().pids()).toEqual(pids);
      await assertBooksExact(rig());
    },
    3 * minuteMs,
  );

  it(
    'ending all sessions of the services, again and again under load, is as if each had crashed (F36)',
    async () => {
      const pids = rig().pids();
      const load = startLoad(rig().market);
      let ended = 0;
      for (let round = 0; round < 6; round += 1) {
        await load.acknowledged(6);
        const rows = await rig().sql(
          'escrow',
          `select pg_terminate_backend(pid) from pg_stat_activity where usename like '%\\_app'`,
        );
        ended += rows.length;
      }
      await load.finish();
      expect(ended).toBeGreaterThan(20);
      expect(rig().pids()).toEqual(pids);
      await assertBooksExact(rig());
    },
    3 * minuteMs,
  );

  it(
    'refuses to change or delete what was posted, to the service’s role and to the owner of the tables (F40)',
    async () => {
      await wholePath(rig().market);
      const sum = `select count(*), md5(string_agg(e::text, ',' order by e::text)) from entries e`;
      for (const service of ['escrow', 'payouts'] as const) {
        await rig().market.settle();
        const before = await rig().sql(service, sum);
        const { appUrl, ownerUrl } = rig().system.databases[service];
        for (const statement of attempts) {
          expect([statement, await refusalOf(appUrl, statement)]).toEqual([statement, '42501']);
          expect([statement, await refusalOf(ownerUrl, statement)]).toEqual([statement, '23001']);
        }
        expect(await rig().sql(service, sum)).toEqual(before);
      }
      await assertBooksExact(rig());
    },
    minuteMs,
  );

  it.each(plants)('the checks of these tests see %s', async (_, service, harm, repair, seen) => {
    await rig().market.settle();
    await rig().sql(service, harm);
    try {
      const { violations } = await violationsOf(rig());
      for (const wanted of seen) expect(violations).toContainEqual(expect.stringMatching(wanted));
    } finally {
      await rig().sql(service, repair);
    }
    await assertBooksExact(rig());
  });
});

const attempts = [
  'update entries set amount_minor = amount_minor + 1',
  'delete from entries',
  'truncate entries',
  `update journals set kind = 'other'`,
  'delete from journals',
  'truncate journals cascade',
];

async function refusalOf(url: string, statement: string): Promise<string | undefined> {
  const pool = createPool(url, 1);
  try {
    await pool.query(statement);
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code;
  } finally {
    await pool.end();
  }
}
