import type { Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { createPersonKey, type MasterKeys, type WrappedKey } from './encryption.ts';

/** One wrapped data key per person; destroying the row erases everything encrypted for that person (C-9). */
export const PersonKeyTable = defineEntity({
  name: 'PersonKey',
  tableName: 'person_keys',
  properties: {
    /** The account id. */
    id: p.text().primary(),
    masterKeyId: p.text(),
    wrapped: p.blob(),
    version: p.integer(),
  },
});

export const personKeysSchema = [
  'create table person_keys (id text primary key, master_key_id text not null, wrapped bytea not null, version integer not null)',
];
export const personKeysGrants = { person_keys: 'select, insert, update, delete' };

/** The person's data key, made with the first thing that is encrypted for them. */
export async function personKey(tx: Tx, master: MasterKeys, accountId: string): Promise<WrappedKey> {
  const row = await tx.one(PersonKeyTable, { id: accountId });
  if (row) return { masterKeyId: row.masterKeyId, wrapped: Buffer.from(row.wrapped) };
  const key = createPersonKey(master, accountId);
  tx.insert(PersonKeyTable, { id: accountId, ...key });
  return key;
}
