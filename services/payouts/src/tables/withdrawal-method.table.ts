import { NotYet } from '@holdfast/domain';
import type { MethodDisabledReason, MethodKind } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { MethodScreening, WithdrawalMethod } from '../domain/withdrawal-method.ts';

export const WithdrawalMethodTable = defineEntity({
  name: 'WithdrawalMethod',
  tableName: 'withdrawal_methods',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text().$type<MethodKind>(),
    status: p.text().$type<WithdrawalMethod['status']>(),
    detailsSealed: p.blob().$type<Buffer>(),
    lastFour: p.text(),
    /** When it becomes usable at the earliest (W-1). */
    coolingUntil: p.datetime(),
    /** The same while the timer runs; null once it has fired. */
    coolingDueAt: p.datetime().nullable(),
    screening: p.text().$type<MethodScreening['result']>(),
    screeningId: p.uuid(),
    screenedAt: p.datetime().nullable(),
    screeningDecided: p.boolean(),
    /** The bank's id of the receiving account. */
    providerAccountId: p.text().nullable(),
    /** When the worker has its next call: to the screening vendor, then to the bank. */
    nextCallAt: p.datetime().nullable(),
    disabledReason: p.text().$type<MethodDisabledReason>().nullable(),
    /** Of the act that added it, for what a worker does later. */
    correlationId: p.text(),
    traceparent: p.text().nullable(),
    version: p.integer(),
  },
});

/** What is encrypted of a method: nobody but the vendor and the bank is told it again. */
export type BankDetails = Readonly<{
  holderName: string;
  routingNumber: string;
  accountNumber: string;
  accountType: 'checking' | 'savings';
}>;
/** Where the details stand: a ciphertext moved elsewhere does not open (AD-18). */
export const detailsPlace = (methodId: string): string => `withdrawal_methods/details/${methodId}`;

export type WithdrawalMethodRow = Omit<InferEntity<typeof WithdrawalMethodTable>, 'version'>;

export function toRow(method: WithdrawalMethod): WithdrawalMethodRow {
  const { screening } = method;
  const added = method.status === 'added' ? method : undefined;
  return {
    id: method.id,
    accountId: method.accountId,
    kind: method.kind,
    status: method.status,
    detailsSealed: method.detailsSealed,
    lastFour: method.lastFour,
    coolingUntil: method.usableAt,
    coolingDueAt: added?.isCooling ? method.usableAt : null,
    screening: screening.result,
    screeningId: screening.id,
    screenedAt: screening.result === 'pending' ? null : screening.at,
    screeningDecided: screening.result !== 'pending' && screening.isDecided,
    providerAccountId: method.receivingAccountId ?? null,
    nextCallAt: added?.nextCallAt ?? null,
    disabledReason: method.status === 'disabled' ? method.reason : null,
    correlationId: method.correlationId,
    traceparent: method.traceparent ?? null,
  };
}

export function fromRow(row: WithdrawalMethodRow): WithdrawalMethod {
  const known = {
    id: row.id,
    accountId: row.accountId,
    kind: row.kind,
    lastFour: row.lastFour,
    detailsSealed: row.detailsSealed,
    usableAt: row.coolingUntil,
    screening: screeningOf(row),
    receivingAccountId: row.providerAccountId ?? undefined,
    correlationId: row.correlationId,
    traceparent: row.traceparent ?? undefined,
  };
  switch (row.status) {
    case 'added':
      return {
        ...known,
        status: 'added',
        isCooling: Boolean(row.coolingDueAt),
        nextCallAt: row.nextCallAt ?? undefined,
      };
    case 'disabled':
      return { ...known, status: 'disabled', reason: row.disabledReason! };
    default:
      return { ...known, status: row.status };
  }
}

function screeningOf(row: WithdrawalMethodRow): MethodScreening {
  const { screeningId: id, screening: result, screenedAt, screeningDecided: isDecided } = row;
  return result === 'pending' ? { id, result } : { id, result, at: screenedAt!, isDecided };
}

/**
 * With an account only its own: a foreign id is an unknown id.
 * @throws NotYet method.unknown
 */
export async function loadMethod(tx: Tx, id: string, accountId?: string): Promise<WithdrawalMethod> {
  const row = await tx.one(WithdrawalMethodTable, { id, ...(accountId === undefined ? {} : { accountId }) });
  if (!row) throw new NotYet('method.unknown');
  return fromRow(row);
}

export async function loadMethodsOf(tx: Tx, accountId: string): Promise<WithdrawalMethod[]> {
  return (await tx.many(WithdrawalMethodTable, { accountId })).map(fromRow);
}

export const insertMethod = (tx: Tx, method: WithdrawalMethod): void =>
  tx.insert(WithdrawalMethodTable, toRow(method));
export const saveMethod = (tx: Tx, method: WithdrawalMethod): void =>
  tx.save(WithdrawalMethodTable, toRow(method));
