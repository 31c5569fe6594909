import { NotYet } from '@holdfast/domain';
import type { HoldKind } from '@holdfast/events';
import type { Rows, Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { Person, Region, TaxForm } from '../domain/person.ts';
import { loadOpenDebts } from './debt.table.ts';

/** A person as payouts knows them: region, identity, verified name and tax form (S-3, P-13). The id is the account's. */
export const PersonTable = defineEntity({
  name: 'Person',
  tableName: 'persons',
  properties: {
    id: p.text().primary(),
    /** Null of an account that was opened before it was kept (P-13). */
    region: p.text().$type<Region>().nullable(),
    identity: p.text().$type<Person['identity']>(),
    /** Until when the request for identity may stay unanswered (S-3); null where none is open. */
    identityDueAt: p.datetime().nullable(),
    /** The verified name, encrypted under the person's key; null while none is verified. */
    nameSealed: p.blob().$type<Buffer>().nullable(),
    taxForm: p.text().$type<TaxForm['type']>().nullable(),
    taxFormStatus: p.text().$type<TaxForm['status'] | 'missing'>(),
    taxFormAt: p.datetime().nullable(),
    version: p.integer(),
  },
});

export type VerifiedName = Readonly<{ name: string }>;
/** Where the verified name stands: a ciphertext moved elsewhere does not open (AD-18). */
export const namePlace = (accountId: string): string => `persons/name/${accountId}`;

/** Holds of contracts, one row per cause (S-5). */
export const AccountHoldTable = defineEntity({
  name: 'AccountHold',
  tableName: 'account_holds',
  properties: {
    id: p.uuid().primary(),
    accountId: p.text(),
    kind: p.text().$type<HoldKind>(),
    standing: p.boolean(),
    placedAt: p.datetime(),
    version: p.integer(),
  },
});

type Row = Omit<InferEntity<typeof PersonTable>, 'version'>;

export function toRow(person: Person): Row {
  const { taxForm } = person;
  return {
    id: person.id,
    region: person.region ?? null,
    identity: person.identity,
    identityDueAt: person.identity === 'requested' ? person.answerDueAt : null,
    nameSealed: person.identity === 'verified' ? person.nameSealed : null,
    taxForm: taxForm?.type ?? null,
    taxFormStatus: taxForm?.status ?? 'missing',
    taxFormAt: taxForm?.recordedAt ?? null,
  };
}

export function fromRow(row: Row, holds: readonly HoldKind[]): Person {
  const { taxForm: type, taxFormStatus: status, taxFormAt } = row;
  const taxForm = status === 'missing' ? undefined : { type: type!, status, recordedAt: taxFormAt! };
  const known = { id: row.id, ...(row.region ? { region: row.region } : {}), taxForm, holds };
  switch (row.identity) {
    case 'requested':
      return { ...known, identity: 'requested', answerDueAt: row.identityDueAt! };
    case 'verified':
      return { ...known, identity: 'verified', nameSealed: row.nameSealed! };
    default:
      return { ...known, identity: row.identity };
  }
}

/** The kinds of the holds that stand, each once. */
export const kindsOf = (holds: readonly { kind: HoldKind }[]): HoldKind[] =>
  [...new Set(holds.map(({ kind }) => kind))].sort();

export const loadHolds = (tx: Rows, accountId: string) =>
  tx.many(AccountHoldTable, { accountId, standing: true });

/**
 * A person, the holds that stand on the account, and whether they owe something. The person's row guards them: placing or lifting one
 * changes it, so that whoever decided without it decides again.
 * @throws NotYet account.unknown: the account may just have been opened in contracts (M-15)
 */
export async function loadPerson(tx: Rows, accountId: string): Promise<Person> {
  const row = await tx.one(PersonTable, { id: accountId });
  if (!row) throw new NotYet('account.unknown');
  const person = fromRow(row, kindsOf(await loadHolds(tx, accountId)));
  return { ...person, isInDebt: (await loadOpenDebts(tx, accountId)).length > 0 };
}

/**
 * Who decided about this person's withdrawals without knowing what is decided now decides again.
 * @returns false where nobody of that id has opened an account here yet
 */
export async function touchPerson(tx: Tx, accountId: string): Promise<boolean> {
  const row = await tx.one(PersonTable, { id: accountId });
  if (row) tx.save(PersonTable, row);
  return row !== undefined;
}

export const insertPerson = (tx: Tx, person: Person): void => tx.insert(PersonTable, toRow(person));
export const savePerson = (tx: Tx, person: Person): void => tx.save(PersonTable, toRow(person));
