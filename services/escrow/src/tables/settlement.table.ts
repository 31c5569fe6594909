import { usd } from '@holdfast/domain';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Settlement, SettlementFailure } from '../domain/settlement.ts';

export const SettlementTable = defineEntity({
  name: 'Settlement',
  tableName: 'settlements',
  properties: {
    id: p.uuid().primary(),
    status: p.text().$type<Settlement['status']>(),
    amountMinor: p.bigint(),
    /** Exact bytes of the call, stored before it is made (0.1 of the protocols). */
    createBody: p.text(),
    payoutId: p.text().nullable(),
    misses: p.integer(),
    firstMissAt: p.datetime().nullable(),
    keySince: p.datetime(),
    failure: p.text().$type<SettlementFailure>().nullable(),
    /** The person who asked for it, and why (AD-21). */
    requestedBy: p.text(),
    reason: p.text(),
    requestedAt: p.datetime(),
    endedAt: p.datetime().nullable(),
    /** When the worker has its next step at the provider. */
    nextCallAt: p.datetime().nullable(),
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

/** Cash that can be promised: who promises it saves the row, so that two at once decide one after the other. */
export const CashAccountTable = defineEntity({
  name: 'CashAccount',
  tableName: 'cash_accounts',
  properties: {
    id: p.uuid().primary(),
    name: p.text().$type<'trust_card' | 'trust_bank'>(),
    version: p.integer(),
  },
});

/** A view: what the card provider holds by the ledger, and what of it is on its way out. */
export const CardCashView = defineEntity({
  name: 'CardCash',
  tableName: 'card_cash',
  properties: {
    id: p.text().$type<'trust_card'>().primary(),
    heldMinor: p.bigint(),
    underWayMinor: p.bigint(),
  },
});

export type SettlementRow = Omit<InferEntity<typeof SettlementTable>, 'version'>;

/** What a settlement carries besides its state: who asked for it, and the bytes. */
export type SettlementFrame = Pick<
  SettlementRow,
  'createBody' | 'requestedBy' | 'reason' | 'requestedAt' | 'correlationId' | 'traceparent'
>;

export function toRow(settlement: Settlement, frame: SettlementFrame): SettlementRow {
  return {
    ...frame,
    id: settlement.id,
    status: settlement.status,
    amountMinor: settlement.amount.amountMinor,
    payoutId: settlement.payoutId ?? null,
    misses: settlement.misses,
    firstMissAt: settlement.firstMissAt ?? null,
    keySince: settlement.keySince,
    failure: 'failure' in settlement ? settlement.failure : null,
    endedAt: 'endedAt' in settlement ? settlement.endedAt : null,
    nextCallAt: 'nextCallAt' in settlement ? settlement.nextCallAt : null,
  };
}

export function fromRow(row: SettlementRow): Settlement {
  const { id, status, misses, keySince } = row;
  const payoutId = row.payoutId ?? undefined;
  const firstMissAt = row.firstMissAt ?? undefined;
  const known = { id, amount: usd(row.amountMinor), payoutId, misses, firstMissAt, keySince };
  switch (status) {
    case 'requested':
    case 'unknown':
      return { ...known, status, nextCallAt: row.nextCallAt! };
    case 'in_transit':
      return { ...known, status, payoutId: payoutId!, nextCallAt: row.nextCallAt! };
    case 'paid':
      return { ...known, status, payoutId: payoutId!, endedAt: row.endedAt! };
    case 'failed':
      return { ...known, status, failure: row.failure!, endedAt: row.endedAt! };
    case 'returned':
      return { ...known, status, payoutId: payoutId!, failure: row.failure!, endedAt: row.endedAt! };
    case 'in_review':
      return { ...known, status };
  }
}

export async function loadSettlement(
  tx: Tx,
  id: string,
): Promise<{ settlement: Settlement; frame: SettlementFrame } | undefined> {
  const row = await tx.one(SettlementTable, { id });
  return row && { settlement: fromRow(row), frame: frameOf(row) };
}

const frameOf = (row: SettlementRow): SettlementFrame => ({
  createBody: row.createBody,
  requestedBy: row.requestedBy,
  reason: row.reason,
  requestedAt: row.requestedAt,
  correlationId: row.correlationId,
  traceparent: row.traceparent,
});

export const insertSettlement = (tx: Tx, settlement: Settlement, frame: SettlementFrame): void =>
  tx.insert(SettlementTable, toRow(settlement, frame));
export const saveSettlement = (tx: Tx, settlement: Settlement, frame: SettlementFrame): void =>
  tx.save(SettlementTable, toRow(settlement, frame));
