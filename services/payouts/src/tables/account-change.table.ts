import { newId, type Tx } from '@holdfast/messaging';
import type { PersonKey, PersonTexts } from '@holdfast/service';
import { defineEntity, p } from '@mikro-orm/postgresql';

/** What operators recorded about an account or a method, with person and reason (AD-21). */
export const AccountChangeTable = defineEntity({
  name: 'AccountChange',
  tableName: 'account_changes',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    what: p.text().$type<'identity' | 'tax_form' | 'screening'>(),
    /** Where it is about one method. */
    methodId: p.uuid().nullable(),
    /** In closed words: the state, decision or form; never a name. */
    value: p.text(),
    changedBy: p.text(),
    /** Encrypted under the person's key: a reason tells of their papers. */
    reasonSealed: p.blob().$type<Buffer>(),
    changedAt: p.datetime(),
    version: p.integer(),
  },
});

export type ChangeReason = Readonly<{ reason: string }>;
/** Where a reason stands: a ciphertext moved elsewhere does not open (AD-18). */
export const reasonPlace = (changeId: string): string => `account_changes/reason/${changeId}`;

export type AccountChange = Readonly<{
  what: 'identity' | 'tax_form' | 'screening';
  methodId?: string;
  value: string;
  by: string;
  reason: string;
}>;

/** Under the key of the person whom it is about. */
export function insertChange(
  tx: Tx,
  texts: PersonTexts,
  key: PersonKey,
  { what, methodId, value, by, reason }: AccountChange,
): void {
  const id = newId();
  tx.insert(AccountChangeTable, {
    id,
    accountId: key.id,
    what,
    methodId: methodId ?? null,
    value,
    changedBy: by,
    reasonSealed: texts.seal(key, reasonPlace(id), { reason } satisfies ChangeReason),
    changedAt: tx.now,
  });
}
