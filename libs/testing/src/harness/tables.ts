import { defineEntity, p } from '@mikro-orm/postgresql';
import { smallRecipe } from '../recipe.ts';

/** What a writer raises under the lock of its row. */
export const CounterTable = defineEntity({
  name: 'Counter',
  tableName: 'counters',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    value: p.integer(),
    closed: p.boolean(),
    version: p.integer(),
  },
});

/** What a consumer applied; `place` is the order in which it did. */
export const AppliedTable = defineEntity({
  name: 'Applied',
  tableName: 'applied',
  properties: {
    id: p.text().primary(),
    counterId: p.uuid(),
    value: p.integer(),
    version: p.integer(),
  },
});

export const countingSchema = [
  `create table counters (id uuid primary key, agreement_id uuid not null, value integer not null,
    closed boolean not null, version integer not null)`,
  `create table applied (id text primary key, counter_id uuid not null, value integer not null,
    version integer not null, place bigint generated always as identity)`,
];

export const countingGrants = { counters: 'select, insert, update', applied: 'select, insert, update' };

export const countingEntities = [CounterTable, AppliedTable];

export const countingRecipe = smallRecipe({
  service: 'messaging',
  schema: countingSchema,
  grants: countingGrants,
  entities: countingEntities,
});
