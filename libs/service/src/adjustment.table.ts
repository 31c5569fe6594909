import { accountParts, naturalBalance, usd } from '@holdfast/domain';
import type { AdjustmentReason } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Adjustment, AdjustmentLine, Corrected } from './adjustment.ts';

type StoredLine = Omit<AdjustmentLine, 'amount'> & { amountMinor: string };

/** Corrections by hand: who proposed and who decided them, and why (M-24, AD-21). */
export const AdjustmentTable = defineEntity({
  name: 'Adjustment',
  tableName: 'adjustments',
  properties: {
    id: p.uuid().primary(),
    status: p.text().$type<Adjustment['status']>(),
    corrects: p.uuid(),
    reason: p.text().$type<AdjustmentReason>(),
    lines: p.json<readonly StoredLine[]>(),
    proposedBy: p.text(),
    /** Encrypted under the key of the person who wrote it. */
    note: p.blob().$type<Buffer>(),
    proposedAt: p.datetime(),
    decidedBy: p.text().nullable(),
    decisionNote: p.blob().$type<Buffer>().nullable(),
    decidedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
export type AdjustmentRow = Omit<InferEntity<typeof AdjustmentTable>, 'version'>;

/** One row: whoever posts a correction saves it, so that two at once look at the same sums one after the other. */
export const AdjustmentTurnTable = defineEntity({
  name: 'AdjustmentTurn',
  tableName: 'adjustment_turns',
  properties: { id: p.uuid().primary(), version: p.integer() },
});
export const adjustmentTurnId = '00000000-0000-7000-8000-000000000001';

/** The ledger's own table, of which a correction reads the journal that it names. */
export const JournalView = defineEntity({
  name: 'Journal',
  tableName: 'journals',
  properties: {
    id: p.uuid().primary(),
    agreementId: p.uuid().nullable(),
    accountId: p.text().nullable(),
  },
});

/** A view: what stands on an account by its entries, debit positive. */
export const AccountSumView = defineEntity({
  name: 'AccountSum',
  tableName: 'account_sums',
  properties: { id: p.text().primary(), subAccount: p.text(), amountMinor: p.bigint() },
});

export const adjustmentEntities = [AdjustmentTable, AdjustmentTurnTable, JournalView, AccountSumView];

export const adjustmentsSchema = [
  `create table adjustments (
    id uuid primary key,
    status text not null check (status in ('proposed', 'posted', 'rejected', 'withdrawn')),
    corrects uuid not null references journals (id),
    reason text not null check (reason in
      ('wrong_amount', 'wrong_account', 'missing', 'provider_difference', 'other')),
    lines jsonb not null check (jsonb_typeof(lines) = 'array'),
    proposed_by text not null,
    note bytea not null,
    proposed_at timestamptz not null,
    decided_by text,
    decision_note bytea,
    decided_at timestamptz,
    version integer not null,
    constraint adjustments_decided check (num_nulls(decided_by, decision_note, decided_at)
      = case status when 'proposed' then 3 else 0 end),
    constraint adjustments_two_persons check ((status = 'withdrawn') = (decided_by = proposed_by))
  )`,
  `create index adjustments_open on adjustments (id) where status = 'proposed'`,
  'create table adjustment_turns (id uuid primary key, version integer not null)',
  `insert into adjustment_turns values ('${adjustmentTurnId}', 1)`,
  `create view account_sums as select account as id, sub_account, sum(amount_minor)::bigint as amount_minor
    from entries group by account, sub_account`,
];
export const adjustmentsGrants = {
  adjustments: 'select, insert, update',
  adjustment_turns: 'select, update',
  account_sums: 'select',
};

/** What it says, without who decided it. */
export const proposalOf = ({ id, corrects, reason, lines, proposedBy, proposedAt }: AdjustmentRow) => ({
  id,
  corrects,
  reason,
  lines: lines.map(({ amountMinor, ...line }) => ({ ...line, amount: usd(BigInt(amountMinor)) })),
  proposedBy,
  proposedAt,
});

export function adjustmentOf(row: AdjustmentRow): Adjustment {
  const { status, decidedBy, decidedAt } = row;
  const proposal = proposalOf(row);
  return status === 'proposed'
    ? { ...proposal, status }
    : { ...proposal, status, decidedBy: decidedBy!, decidedAt: decidedAt! };
}

export const insertProposal = (tx: Tx, { lines, ...adjustment }: Adjustment, note: Buffer): void =>
  tx.insert(AdjustmentTable, {
    ...adjustment,
    lines: lines.map(({ amount, ...line }) => ({ ...line, amountMinor: String(amount.amountMinor) })),
    note,
    decidedBy: null,
    decisionNote: null,
    decidedAt: null,
  });

export async function loadCorrected(tx: Tx, id: string): Promise<Corrected | undefined> {
  const row = await tx.peek(JournalView, { id });
  return row && { id, agreementId: row.agreementId ?? undefined, accountId: row.accountId ?? undefined };
}

/** What stands on an account, on its natural side. */
export async function sumOf(tx: Tx, account: string): Promise<bigint> {
  const { code, subAccount } = accountParts(account);
  const row = await tx.peek(AccountSumView, { id: code, subAccount });
  return naturalBalance(account, row?.amountMinor ?? 0n);
}
