import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/**
 * Envelope encryption (AD-18): AES-256-GCM with a data key per person, which a master key wraps. The place of a value
 * (table, column, row) is authenticated with it, so a ciphertext moved to another row does not decrypt. Destroying a
 * person's data key erases the person (C-9).
 */
export interface MasterKeys {
  /** Wraps new data keys. */
  current: string;
  keys: ReadonlyMap<string, Buffer>;
}

/** `id:base64[,id:base64]`; the first one is current, the others still unwrap (rotation without downtime). */
export function parseMasterKeys(text: string): MasterKeys {
  const keys = new Map(
    text.split(',').map((entry) => {
      const [id, encoded] = entry.split(/:(.*)/s);
      const key = Buffer.from(encoded ?? '', 'base64');
      if (!id || key.length !== 32) throw new Error('MASTER_KEYS must be id:key pairs of 32 bytes in base64');
      return [id, key] as const;
    }),
  );
  return { current: keys.keys().next().value!, keys };
}

const version = 1;
const ivBytes = 12;
const tagBytes = 16;

function seal(key: Buffer, plain: Buffer, place: string): Buffer {
  const iv = randomBytes(ivBytes);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  cipher.setAAD(Buffer.from(place));
  return Buffer.concat([
    Buffer.from([version]),
    iv,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function open(key: Buffer, sealed: Buffer, place: string): Buffer {
  if (sealed[0] !== version) throw new Error('unknown form of an encrypted value');
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + ivBytes));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
  return Buffer.concat([decipher.update(sealed.subarray(1 + ivBytes, -tagBytes)), decipher.final()]);
}

export interface WrappedKey {
  masterKeyId: string;
  wrapped: Buffer;
}

/** A new data key for a person, wrapped for its row in `person_keys`. */
export function createPersonKey(master: MasterKeys, personId: string): WrappedKey {
  const key = master.keys.get(master.current)!;
  return { masterKeyId: master.current, wrapped: seal(key, randomBytes(32), `person_keys/${personId}`) };
}

/** @throws Error when the master key is missing or the row was tampered with; never a plaintext fallback */
function unwrap(master: MasterKeys, personId: string, { masterKeyId, wrapped }: WrappedKey): Buffer {
  const key = master.keys.get(masterKeyId);
  if (!key) throw new Error(`master key ${masterKeyId} is not configured`);
  return open(key, wrapped, `person_keys/${personId}`);
}

export const rewrapPersonKey = (master: MasterKeys, personId: string, key: WrappedKey): WrappedKey => ({
  masterKeyId: master.current,
  wrapped: seal(master.keys.get(master.current)!, unwrap(master, personId, key), `person_keys/${personId}`),
});

/** Encrypts one value of a person for its place: `table/column/rowId`. */
export const encryptFor = (
  master: MasterKeys,
  personId: string,
  key: WrappedKey,
  place: string,
  text: string,
): Buffer => seal(unwrap(master, personId, key), Buffer.from(text, 'utf8'), place);

export const decryptFor = (
  master: MasterKeys,
  personId: string,
  key: WrappedKey,
  place: string,
  sealed: Buffer,
): string => open(unwrap(master, personId, key), sealed, place).toString('utf8');

/**
 * Tells two short secrets apart without telling what they are: a plain hash of an account number is guessed in minutes.
 * By the oldest key, so that a rotation does not change it before that one is taken away.
 */
export function secretDigest({ keys }: MasterKeys, text: string): string {
  const oldest = [...keys.values()].at(-1)!;
  const key = Buffer.from(hkdfSync('sha256', oldest, '', 'holdfast.secret_digest', 32));
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
