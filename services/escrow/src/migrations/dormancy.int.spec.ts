import { newId } from '@holdfast/messaging';
import { connectOrm, migrate } from '@holdfast/service';
import { useDatabase } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { definition } from '../escrow.module.ts';

const { migrations } = definition;
const before = migrations.slice(
  0,
  migrations.findIndex(({ name }) => name === '017-dormancy'),
);
const [old, short, ended] = [newId(), newId(), newId()];
const agreed = `insert into agreements (id, client_id, freelancer_id, settings, initiation_fee, initiation_fee_minor,
  status, ended_at, version) values ($1, 'client-1', 'freelancer-1', $2, 'due', 0, $3, $4, 1)`;

const database = useDatabase({
  service: 'escrow',
  migrate: async (ownerUrl, appRole) => {
    await migrate({ ...definition, migrations: before, grants: {} }, ownerUrl, appRole);
    const owner = new Client({ connectionString: ownerUrl });
    await owner.connect();
    await owner.query(agreed, [old, {}, 'active', null]);
    await owner.query(agreed, [short, { 'dormant.days': 30 }, 'active', null]);
    await owner.query(agreed, [ended, {}, 'ended', new Date()]);
    await owner.end();
    await migrate(definition, ownerUrl, appRole);
  },
  connect: (appUrl) => connectOrm(definition, appUrl),
});

describe('E-20: agreements from before dormancy was known', () => {
  const known = async (id: string) => {
    const text = `select d.status, (extract(epoch from turn_at - activity_at) / 86400)::integer as days,
      settings -> 'dormant.days' as pinned from dormancies d join agreements using (id) where id = $1`;
    return (await database().pool.query(text, [id])).rows[0];
  };

  test('count from here on, with 90 days where none were pinned', async () => {
    expect(await known(old)).toEqual({ status: 'watching', days: 76, pinned: 90 });
    expect(await known(short)).toEqual({ status: 'watching', days: 16, pinned: 30 });
  });

  test('are idle where they have ended', async () => {
    expect(await known(ended)).toEqual({ status: 'idle', days: null, pinned: 90 });
  });
});
