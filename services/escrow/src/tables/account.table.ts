import { defineEntity, p } from '@mikro-orm/postgresql';
import type { Region } from '../domain/tax.ts';

/** What escrow needs to know of a person: where a client is at home decides the tax on the fees (P-12). */
export const AccountTable = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  properties: {
    id: p.text().primary(),
    region: p.text().$type<Region>(),
    version: p.integer(),
  },
});
