import { newId } from '@holdfast/messaging';
import { connectOrm, migrate } from '@holdfast/service';
import { useDatabase } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { Client } from 'pg';
import { definition } from '../escrow.module.ts';

const { migrations } = definition;
const before = migrations.slice(
  0,
  migrations.findIndex(({ name }) => name === '022-verifications'),
);
const [first, second, setUp, others] = [newId(), newId(), newId(), newId()];
const added = `insert into billing_methods (id, account_id, kind, status, verify_by, tries_left, token, added_at,
    removed_at, next_call_at, correlation_id, version)
  values ($1, $2, 'card', 'removed', $3, $4, 'pm_1', $5, $5, null, 'correlation', 1)`;

const database = useDatabase({
  service: 'escrow',
  migrate: async (ownerUrl, appRole) => {
    await migrate({ ...definition, migrations: before, grants: {} }, ownerUrl, appRole);
    const owner = new Client({ connectionString: ownerUrl });
    await owner.connect();
    const [one, next] = ['2026-11-22T09:00:00.000Z', '2026-11-23T09:00:00.000Z'];
    await owner.query(added, [second, 'client-1', 'small_charges', 3, next]);
    await owner.query(added, [first, 'client-1', 'small_charges', 3, one]);
    await owner.query(added, [setUp, 'client-1', 'set_up', null, one]);
    await owner.query(added, [others, 'client-2', 'small_charges', 3, next]);
    await owner.end();
    await migrate(definition, ownerUrl, appRole);
  },
  connect: (appUrl) => connectOrm(definition, appUrl),
});

test('P-2: cards from before the limit are counted in the order of their coming', async () => {
  const { rows } = await database().pool.query('select id, verification_number from billing_methods');
  const numbers = new Map(rows.map(({ id, verification_number }) => [id, verification_number]));
  expect([first, second, setUp, others].map((id) => numbers.get(id))).toEqual([1, 2, null, 1]);
});
