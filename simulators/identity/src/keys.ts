import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JWK } from 'oidc-provider';

/** The signing keys on disk, newest first: the first one signs, all of them verify. */
export class SigningKeys {
  readonly #path: string;
  #keys: JWK[];

  constructor(dataDir: string) {
    mkdirSync(dataDir, { recursive: true });
    this.#path = join(dataDir, 'signing-keys.json');
    this.#keys = existsSync(this.#path) ? read(this.#path) : [];
    if (this.#keys.length === 0) this.add();
  }

  get all(): readonly JWK[] {
    return this.#keys;
  }

  /** Adds a key that signs from now on, and returns its id. */
  add(): string {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const kid = randomUUID();
    const keys = [{ ...privateKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' }, ...this.#keys];
    write(this.#path, keys);
    this.#keys = keys;
    return kid;
  }
}

function read(path: string): JWK[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { keys: JWK[] }).keys;
  } catch (cause) {
    throw new Error(`${path} does not hold signing keys; delete it to start with a new one`, { cause });
  }
}

/** Written aside and renamed: a crash leaves the old keys, never half a file. */
function write(path: string, keys: JWK[]): void {
  const aside = `${path}.${randomUUID()}`;
  writeFileSync(aside, JSON.stringify({ keys }), { mode: 0o600, flag: 'wx' });
  renameSync(aside, path);
}
