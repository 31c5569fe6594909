import { createHash } from 'node:crypto';
import {
  type BaseConfig,
  CONFIG,
  createPersonKey,
  decryptFor,
  encryptFor,
  parseMasterKeys,
} from '@holdfast/service';
import { Inject, Injectable } from '@nestjs/common';

/** A person's data key as its row in `person_keys` holds it. */
export interface PersonKey {
  /** The account id. */
  id: string;
  masterKeyId: string;
  wrapped: Buffer;
}

/** What a person wrote is stored only encrypted, under that person's own key (AD-18). */
@Injectable()
export class PersonTexts {
  readonly #master: ReturnType<typeof parseMasterKeys>;

  constructor(@Inject(CONFIG) config: Pick<BaseConfig, 'MASTER_KEYS'>) {
    this.#master = parseMasterKeys(config.MASTER_KEYS);
  }

  newKey(accountId: string): PersonKey {
    return { id: accountId, ...createPersonKey(this.#master, accountId) };
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

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
