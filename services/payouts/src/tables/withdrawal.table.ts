import { NotYet, usd } from '@holdfast/domain';
import type { HoldCause, PayoutProviderName, ReturnReason, WithdrawalFailure } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Withdrawal } from '../domain/withdrawal.ts';

export const WithdrawalTable = defineEntity({
  name: 'Withdrawal',
  tableName: 'withdrawals',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    methodId: p.uuid(),
    provider: p.text().$type<PayoutProviderName>(),
    /** What the keys of its attempts are made of. */
    reference: p.text(),
    amountMinor: p.bigint(),
    feeMinor: p.bigint(),
    status: p.text().$type<Withdrawal['status']>(),
    holdCauses: p.json<readonly HoldCause[]>(),
    requestedAt: p.datetime(),
    /** When it is sent, or was (W-9). */
    cutOffAt: p.datetime(),
    arrivesBy: p.datetime(),
    /** When the worker has its next step: to send it, or to ask about it. */
    nextCallAt: p.datetime().nullable(),
    /** Why it failed or came back. */
    reason: p.text().$type<WithdrawalFailure | ReturnReason>().nullable(),
    paidAt: p.datetime().nullable(),
    paidTransferId: p.uuid().nullable(),
    returnedAt: p.datetime().nullable(),
    backMinor: p.bigint().nullable(),
    feeKept: p.boolean().nullable(),
    returnTransferId: p.uuid().nullable(),
    /** Of the act that asked for it, for what a worker does later. */
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

export type WithdrawalRow = Omit<InferEntity<typeof WithdrawalTable>, 'version'>;

/** What a withdrawal carries besides its state. */
export type WithdrawalFrame = Pick<
  WithdrawalRow,
  'reference' | 'requestedAt' | 'nextCallAt' | 'correlationId' | 'traceparent'
>;

export function toRow(withdrawal: Withdrawal, frame: WithdrawalFrame): WithdrawalRow {
  const returned = withdrawal.status === 'returned' ? withdrawal : undefined;
  const paid = withdrawal.status === 'paid' ? withdrawal.paid : returned?.paid;
  return {
    ...frame,
    id: withdrawal.id,
    accountId: withdrawal.accountId,
    methodId: withdrawal.methodId,
    provider: withdrawal.provider,
    amountMinor: withdrawal.amount.amountMinor,
    feeMinor: withdrawal.fee.amountMinor,
    status: withdrawal.status,
    holdCauses: withdrawal.status === 'held' ? withdrawal.causes : [],
    cutOffAt: withdrawal.cutOffAt,
    arrivesBy: withdrawal.arrivesBy,
    reason: withdrawal.status === 'failed' ? withdrawal.reason : (returned?.reason ?? null),
    paidAt: paid?.paidAt ?? null,
    paidTransferId: paid?.transferId ?? null,
    returnedAt: returned?.returnedAt ?? null,
    backMinor: returned?.back.amountMinor ?? null,
    feeKept: returned?.feeKept ?? null,
    returnTransferId: returned?.transferId ?? null,
  };
}

export function fromRow(row: WithdrawalRow): Withdrawal {
  const known = {
    id: row.id,
    accountId: row.accountId,
    methodId: row.methodId,
    provider: row.provider,
    amount: usd(row.amountMinor),
    fee: usd(row.feeMinor),
    cutOffAt: row.cutOffAt,
    arrivesBy: row.arrivesBy,
  };
  const paid = row.paidAt ? { paidAt: row.paidAt, transferId: row.paidTransferId! } : undefined;
  switch (row.status) {
    case 'held':
      return { ...known, status: 'held', causes: row.holdCauses };
    case 'failed':
      return { ...known, status: 'failed', reason: row.reason as WithdrawalFailure };
    case 'paid':
      return { ...known, status: 'paid', paid: paid! };
    case 'returned':
      return {
        ...known,
        status: 'returned',
        reason: row.reason as ReturnReason,
        back: usd(row.backMinor!),
        feeKept: row.feeKept!,
        returnedAt: row.returnedAt!,
        paid,
        transferId: row.returnTransferId ?? undefined,
      };
    default:
      return { ...known, status: row.status };
  }
}

export const frameOf = (row: WithdrawalRow): WithdrawalFrame => ({
  reference: row.reference,
  requestedAt: row.requestedAt,
  nextCallAt: row.nextCallAt,
  correlationId: row.correlationId,
  traceparent: row.traceparent,
});

export type LoadedWithdrawal = { withdrawal: Withdrawal; frame: WithdrawalFrame };

/**
 * With an account only its own: a foreign id is an unknown id.
 * @throws NotYet withdrawal.unknown
 */
export async function loadWithdrawal(tx: Tx, id: string, accountId?: string): Promise<LoadedWithdrawal> {
  const row = await tx.one(WithdrawalTable, { id, ...(accountId === undefined ? {} : { accountId }) });
  if (!row) throw new NotYet('withdrawal.unknown');
  return { withdrawal: fromRow(row), frame: frameOf(row) };
}

/** Those that are not sent yet, or were proven not to be. */
export async function loadUnsentOf(tx: Tx, accountId: string): Promise<LoadedWithdrawal[]> {
  const requested = await tx.many(WithdrawalTable, { accountId, status: 'requested' });
  const held = await tx.many(WithdrawalTable, { accountId, status: 'held' });
  return [...requested, ...held].map((row) => ({ withdrawal: fromRow(row), frame: frameOf(row) }));
}

export const insertWithdrawal = (tx: Tx, withdrawal: Withdrawal, frame: WithdrawalFrame): void =>
  tx.insert(WithdrawalTable, toRow(withdrawal, frame));
export const saveWithdrawal = (tx: Tx, withdrawal: Withdrawal, frame: WithdrawalFrame): void =>
  tx.save(WithdrawalTable, toRow(withdrawal, frame));
