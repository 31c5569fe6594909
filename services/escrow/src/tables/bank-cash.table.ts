import { defineEntity, p } from '@mikro-orm/postgresql';

/** A view: what the bank holds by the ledger, and what of it refunds are promised (E-23, M-23). */
export const BankCashView = defineEntity({
  name: 'BankCash',
  tableName: 'bank_cash',
  properties: {
    id: p.text().$type<'trust_bank'>().primary(),
    heldMinor: p.bigint(),
    promisedMinor: p.bigint(),
  },
});
