import type { HoldKind, HoldReason } from '@holdfast/events';
import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Hold } from '../domain/hold.ts';

/** Who did it, and the words for it, encrypted under the key of the person whose account it is. */
export type Author = Readonly<{ by: string; note: Buffer }>;

export const AccountHoldTable = defineEntity({
  name: 'AccountHold',
  tableName: 'account_holds',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text().$type<HoldKind>(),
    reason: p.text().$type<HoldReason>(),
    /** An account, a withdrawal method, a chargeback, or the hold itself where an operator's call is the cause. */
    causeId: p.text(),
    status: p.text().$type<Hold['status']>(),
    placedAt: p.datetime(),
    /** The operator; null where a fact of another service is the cause. */
    placedBy: p.text().nullable(),
    note: p.blob().$type<Buffer>().nullable(),
    liftReason: p.text().$type<HoldReason>().nullable(),
    liftedAt: p.datetime().nullable(),
    liftedBy: p.text().nullable(),
    liftNote: p.blob().$type<Buffer>().nullable(),
    version: p.integer(),
  },
});
export type HoldRow = Omit<InferEntity<typeof AccountHoldTable>, 'version'>;

export function fromRow(row: HoldRow): Hold {
  const { id, accountId, kind, reason, causeId, placedAt, status, liftReason, liftedAt } = row;
  const hold = { id, accountId, kind, reason, causeId, placedAt };
  return status === 'lifted'
    ? { ...hold, status, liftReason: liftReason!, liftedAt: liftedAt! }
    : { ...hold, status };
}

export const toRow = ({ id, accountId, kind, reason, causeId, placedAt, status, ...lift }: Hold) => ({
  id,
  accountId,
  kind,
  reason,
  causeId,
  placedAt,
  status,
  liftReason: 'liftReason' in lift ? lift.liftReason : null,
  liftedAt: 'liftedAt' in lift ? lift.liftedAt : null,
});

export const loadStandingHolds = (
  tx: Tx,
  where: { accountId: string; kind?: HoldKind; causeId?: string } | { kind: HoldKind; causeId: string },
): Promise<HoldRow[]> => tx.many(AccountHoldTable, { ...where, status: 'standing' });

export const insertHold = (tx: Tx, hold: Hold, author?: Author): void =>
  tx.insert(AccountHoldTable, {
    ...toRow(hold),
    placedBy: author?.by ?? null,
    note: author?.note ?? null,
    liftedBy: null,
    liftNote: null,
  });

/** Keeps who placed it, and why, as it was. */
export const saveLifted = (tx: Tx, { placedBy, note }: HoldRow, lifted: Hold, author?: Author): void =>
  tx.save(AccountHoldTable, {
    ...toRow(lifted),
    placedBy: placedBy ?? null,
    note: note ?? null,
    liftedBy: author?.by ?? null,
    liftNote: author?.note ?? null,
  });
