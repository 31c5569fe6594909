import type { Tx } from '@holdfast/messaging';
import { defineEntity, p } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import type { BaseConfig } from './config.ts';
import {
  createPersonKey,
  decryptFor,
  encryptFor,
  type MasterKeys,
  parseMasterKeys,
  secretDigest,
} from './encryption.ts';
import { CONFIG } from './tokens.ts';

/** Each person's data key, wrapped by a master key; destroying the row erases the person (AD-18, C-9). */
export const PersonKeyTable = defineEntity({
  name: 'PersonKey',
  tableName: 'person_keys',
  properties: {
    /** The account id. */
    id: p.text().primary(),
    masterKeyId: p.text(),
    wrapped: p.blob().$type<Buffer>(),
    version: p.integer(),
  },
});

export const personKeysSchema = [
  `create table person_keys (
    id text primary key,
    master_key_id text not null,
    wrapped bytea not null,
    version integer not null
  )`,
];
export const personKeysGrants = { person_keys: 'select, insert, update' };

/** A person's data key as its row in `person_keys` holds it. */
export interface PersonKey {
  /** The account id. */
  id: string;
  masterKeyId: string;
  wrapped: Buffer;
}

/**
 * What a command brings in that only its handler may see: whoever copies, prints or hashes the command meets a digest.
 * The inbox, which keeps a hash of every command, so keeps nothing that could be guessed.
 */
export class Hidden<Content extends object> {
  readonly #content: Content;

  constructor(
    content: Content,
    readonly digest: string,
  ) {
    this.#content = content;
  }

  reveal(): Content {
    return this.#content;
  }
}

/** What a person wrote is stored only encrypted, under that person's own key (AD-18). */
@Injectable()
export class PersonTexts {
  readonly #master: MasterKeys;

  constructor(@Inject(CONFIG) config: Pick<BaseConfig, 'MASTER_KEYS'>) {
    this.#master = parseMasterKeys(config.MASTER_KEYS);
  }

  /** The person's key; made with the first thing that is encrypted for them here. */
  async keyOf(tx: Tx, accountId: string): Promise<PersonKey> {
    const known = await tx.one(PersonKeyTable, { id: accountId });
    if (known) return known;
    const key = { id: accountId, ...createPersonKey(this.#master, accountId) };
    tx.insert(PersonKeyTable, key);
    return key;
  }

  /** Equal contents have equal digests: a repeat of a command is recognised as one (AD-9). */
  hide<Content extends object>(content: Content): Hidden<Content> {
    const fields = Object.entries(content).sort(([one], [other]) => (one < other ? -1 : 1));
    return new Hidden(content, secretDigest(this.#master, JSON.stringify(fields)));
  }

  /** `place` is table/column/row: a ciphertext moved elsewhere does not open. */
  seal(key: PersonKey, place: string, texts: object): Buffer {
    return encryptFor(this.#master, key.id, key, place, JSON.stringify(texts));
  }

  /** Undefined where the person's key was destroyed: erased everywhere (C-9). */
  open<Texts extends object>(key: PersonKey | undefined, place: string, sealed: Buffer): Texts | undefined {
    return key && (JSON.parse(decryptFor(this.#master, key.id, key, place, sealed)) as Texts);
  }
}
