import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Credit } from '../domain/credit.ts';

export const CreditTable = defineEntity({
  name: 'Credit',
  tableName: 'credits',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid(),
    clientId: p.text(),
    accountId: p.text(),
    netMinor: p.bigint(),
    status: p.text().$type<Credit['status']>(),
    /** When the hold ends (B-3); null once it has. */
    maturesAt: p.datetime().nullable(),
    /** What of it is still pending (B-5, B-6). */
    pendingMinor: p.bigint(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof CreditTable>, 'version'>;

export const toRow = (credit: Credit): Row => ({
  id: credit.id,
  agreementId: credit.agreementId,
  clientId: credit.clientId,
  accountId: credit.accountId,
  netMinor: credit.net.amountMinor,
  status: credit.status,
  maturesAt: credit.status === 'pending' ? credit.maturesAt : null,
  pendingMinor: credit.status === 'pending' ? credit.pending.amountMinor : 0n,
});

export function fromRow({ netMinor, pendingMinor, status, maturesAt, ...row }: Row): Credit {
  const known = { ...row, net: usd(netMinor) };
  if (status !== 'pending') return { ...known, status };
  return { ...known, status, maturesAt: maturesAt!, pending: usd(pendingMinor) };
}

export async function loadCredit(tx: Tx, id: string): Promise<Credit | undefined> {
  const row = await tx.one(CreditTable, { id });
  return row && fromRow(row);
}

export const insertCredit = (tx: Tx, credit: Credit): void => tx.insert(CreditTable, toRow(credit));
export const saveCredit = (tx: Tx, credit: Credit): void => tx.save(CreditTable, toRow(credit));
