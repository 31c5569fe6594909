import { usd } from '@holdfast/domain';
import type { ReturnReason } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import { type Attempt, type AttemptFailure, type AttemptReview, isLive } from '../domain/attempt.ts';

export const AttemptTable = defineEntity({
  name: 'Attempt',
  tableName: 'attempts',
  properties: {
    id: p.uuid().primary(),
    /** Under which the provider knows it (W-15). */
    key: p.text(),
    withdrawalId: p.uuid(),
    number: p.integer(),
    state: p.text().$type<Attempt['state']>(),
    /** Exact bytes of the call, stored before the first one; ids only, never an account number (AD-18). */
    body: p.text(),
    bodySha256: p.text(),
    sentMinor: p.bigint(),
    providerReference: p.text().nullable(),
    callingSince: p.datetime().nullable(),
    keySince: p.datetime().nullable(),
    misses: p.integer(),
    firstMissAt: p.datetime().nullable(),
    failure: p.text().$type<AttemptFailure>().nullable(),
    backMinor: p.bigint().nullable(),
    returnReason: p.text().$type<ReturnReason>().nullable(),
    returnWatchUntil: p.datetime().nullable(),
    review: p.text().$type<AttemptReview>().nullable(),
    /** Who found what became of it, and how (W-15). */
    resolvedBy: p.text().nullable(),
    resolution: p.text().nullable(),
    version: p.integer(),
  },
});

export type AttemptRow = Omit<InferEntity<typeof AttemptTable>, 'version'>;

/** What an attempt carries besides its state. */
export type AttemptFrame = Pick<
  AttemptRow,
  'id' | 'withdrawalId' | 'body' | 'bodySha256' | 'resolvedBy' | 'resolution'
>;

export function toRow(attempt: Attempt, frame: AttemptFrame): AttemptRow {
  const hasFailed = attempt.state === 'failed' || attempt.state === 'cancelled';
  return {
    ...frame,
    key: attempt.key,
    number: attempt.number,
    state: attempt.state,
    sentMinor: attempt.sent.amountMinor,
    providerReference: attempt.providerReference ?? null,
    callingSince: (attempt.state === 'created' ? attempt.callingSince : undefined) ?? null,
    keySince: attempt.keySince ?? null,
    misses: attempt.misses,
    firstMissAt: attempt.firstMissAt ?? null,
    failure: hasFailed ? attempt.failure : null,
    backMinor: attempt.state === 'returned' ? attempt.back.amountMinor : null,
    returnReason: attempt.state === 'returned' ? attempt.reason : null,
    returnWatchUntil: attempt.state === 'paid' ? attempt.returnWatchUntil : null,
    review: attempt.review ?? null,
  };
}

export function fromRow(row: AttemptRow): Attempt {
  const known = {
    key: row.key,
    number: row.number,
    sent: usd(row.sentMinor),
    providerReference: row.providerReference ?? undefined,
    keySince: row.keySince ?? undefined,
    misses: row.misses,
    firstMissAt: row.firstMissAt ?? undefined,
    review: row.review ?? undefined,
  };
  const providerReference = row.providerReference!;
  switch (row.state) {
    case 'created':
      return { ...known, state: 'created', callingSince: row.callingSince ?? undefined };
    case 'unknown':
      return { ...known, state: 'unknown', keySince: row.keySince! };
    case 'submitted':
    case 'processing':
      return { ...known, state: row.state, providerReference };
    case 'paid':
      return { ...known, state: 'paid', providerReference, returnWatchUntil: row.returnWatchUntil! };
    case 'failed':
    case 'cancelled':
      return { ...known, state: row.state, failure: row.failure! };
    case 'returned':
      return {
        ...known,
        state: 'returned',
        providerReference,
        back: usd(row.backMinor!),
        reason: row.returnReason!,
      };
  }
}

export const frameOf = (row: AttemptRow): AttemptFrame => ({
  id: row.id,
  withdrawalId: row.withdrawalId,
  body: row.body,
  bodySha256: row.bodySha256,
  resolvedBy: row.resolvedBy,
  resolution: row.resolution,
});

export type LoadedAttempt = { attempt: Attempt; frame: AttemptFrame };
const loaded = (row: AttemptRow): LoadedAttempt => ({ attempt: fromRow(row), frame: frameOf(row) });

export async function loadAttempt(tx: Tx, key: string): Promise<LoadedAttempt | undefined> {
  const row = await tx.one(AttemptTable, { key });
  return row && loaded(row);
}

/** In the order of their numbers. */
export async function loadAttemptsOf(tx: Tx, withdrawalId: string): Promise<LoadedAttempt[]> {
  const rows = await tx.many(AttemptTable, { withdrawalId });
  return rows.map(loaded).sort((a, b) => a.attempt.number - b.attempt.number);
}

export async function loadLiveAttempt(tx: Tx, withdrawalId: string): Promise<LoadedAttempt | undefined> {
  return (await loadAttemptsOf(tx, withdrawalId)).find(({ attempt }) => isLive(attempt));
}

export const insertAttempt = (tx: Tx, attempt: Attempt, frame: AttemptFrame): void =>
  tx.insert(AttemptTable, toRow(attempt, frame));
export const saveAttempt = (tx: Tx, attempt: Attempt, frame: AttemptFrame): void =>
  tx.save(AttemptTable, toRow(attempt, frame));
