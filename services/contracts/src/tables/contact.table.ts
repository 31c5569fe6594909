import type { Tx } from '@holdfast/messaging';
import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** Where a person is reached: the address, encrypted under the person's key (AD-18), and what it is not used for. */
export const ContactTable = defineEntity({
  name: 'Contact',
  tableName: 'contacts',
  properties: {
    /** The account id. */
    id: p.text().primary(),
    email: p.blob().$type<Buffer>(),
    changedAt: p.datetime(),
    /** Since when the person takes no mails of the category `news` (C-4). */
    newsRefusedAt: p.datetime().nullable(),
    version: p.integer(),
  },
});
export type Contact = Omit<InferEntity<typeof ContactTable>, 'version'>;

/** What is sealed. */
export type Email = Readonly<{ email: string }>;
export const emailPlace = (accountId: string): string => `contacts/email/${accountId}`;

export const loadContact = (tx: Tx, id: string): Promise<Contact | undefined> => tx.one(ContactTable, { id });
