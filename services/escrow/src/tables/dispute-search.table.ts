import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** One row for each provider whose list of disputes is read now and then, since a notice may be lost (0.2 of the protocols). */
export const DisputeSearchTable = defineEntity({
  name: 'DisputeSearch',
  tableName: 'dispute_searches',
  properties: {
    id: p.uuid().primary(),
    provider: p.text().$type<'card'>(),
    /** Every dispute that was opened before is known; null until the first search. */
    searchedTo: p.datetime().nullable(),
    nextCallAt: p.datetime(),
    version: p.integer(),
  },
});

export type DisputeSearchRow = Omit<InferEntity<typeof DisputeSearchTable>, 'version'>;
