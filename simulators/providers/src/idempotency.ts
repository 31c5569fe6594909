import { type Tx, table } from './store.ts';

/**
 * 24 h: a provider may forget a key after that (section 4.1); business time, so a moved clock closes the
 * window.
 */
export const keyWindowMs = 24 * 3_600_000;

/** The first answer under a key. `fingerprint` tells whether the parameters are the same. */
export type KeyRecord = Readonly<{
  scopedKey: string;
  fingerprint: string;
  requestId: string;
  status: number;
  body: unknown;
  atMs: number;
  forgottenAtMs: number;
}>;

const records = table<KeyRecord>('idempotency');

/** Keys whose first call is still open. In memory only: a restart ends every open call. */
export class OpenKeys {
  readonly #open = new Set<string>();

  /** False if another call holds the key. */
  take(scopedKey: string): boolean {
    if (this.#open.has(scopedKey)) return false;
    this.#open.add(scopedKey);
    return true;
  }

  release(scopedKey: string): void {
    this.#open.delete(scopedKey);
  }
}

export function findRecord(tx: Tx, scopedKey: string, nowMs: number): KeyRecord | undefined {
  const record = tx.get(records, scopedKey);
  return record && !isOver(record, nowMs) ? record : undefined;
}

export function saveRecord(tx: Tx, record: KeyRecord): void {
  forgetOld(tx, record.atMs);
  tx.put(records, record.scopedKey, record);
}

/** A few of the oldest at each write, so that no write pays for all. */
function forgetOld(tx: Tx, nowMs: number): void {
  let looked = 0;
  for (const record of tx.all(records)) {
    looked += 1;
    if (looked > 20) return;
    if (isOver(record, nowMs)) tx.remove(records, record.scopedKey);
  }
}

function isOver(record: KeyRecord, nowMs: number): boolean {
  return nowMs >= record.forgottenAtMs;
}
