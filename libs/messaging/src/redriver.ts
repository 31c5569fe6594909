import { NotYet } from '@holdfast/domain';
import { isDatabaseAway } from './database.ts';
import { type ConsumedRecord, causeOf, type ParkedMessages, type ParkedRow } from './parking.ts';

const tickMs = 2_000;

/**
 * Tries parked messages again: those that wait, whenever a fact of their key was applied and every few seconds; those
 * that failed, when an operator asks (AD-11). A key's messages are applied in order, and it stops at the first failure.
 */
export class Redriver {
  readonly #parked: ParkedMessages;
  readonly #apply: (record: ConsumedRecord) => Promise<void>;
  readonly #onError: ((error: unknown, what: string) => void) | undefined;
  /** One run at a time, so that two wakes do not apply one queue side by side. */
  #chain: Promise<unknown> = Promise.resolve();
  /** Keys whose run has not begun: further facts of theirs need none of their own. */
  readonly #awaited = new Set<string | undefined>();
  #timer: NodeJS.Timeout | undefined;
  /** Whether anything may be waiting at all; an idle consumer asks the database only at the ticks. */
  #mayWait = true;

  constructor(
    parked: ParkedMessages,
    apply: (record: ConsumedRecord) => Promise<void>,
    onError?: (error: unknown, what: string) => void,
  ) {
    this.#parked = parked;
    this.#apply = apply;
    this.#onError = onError;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#mayWait = true;
      this.#enqueue(undefined);
    }, tickMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#chain;
  }

  parkedNow(): void {
    this.#mayWait = true;
  }

  factApplied(key: string): void {
    if (this.#mayWait) this.#enqueue(key);
  }

  /** What waits and may be tried now, at once: for the sandbox, which does not want to wait for a tick. */
  async tryAll(): Promise<void> {
    this.#enqueue(undefined);
    await this.#chain;
  }

  /**
   * An operator's redrive of one key of one topic. A dry run changes nothing and says what would be tried.
   * @returns how many were applied and how many are left
   */
  async redrive(request: {
    topic: string;
    key: string;
    by: string;
    reason: string;
    dryRun: boolean;
  }): Promise<{ applied: number; leftOver: number }> {
    const { topic, key, dryRun } = request;
    if (dryRun) return { applied: 0, leftOver: await this.#parked.lengthOf(topic, key) };
    const applied = await this.#oneAtATime(() => this.#drain(topic, key));
    const leftOver = await this.#parked.lengthOf(topic, key);
    await this.#parked.recordRedrive({ ...request, applied, leftOver });
    return { applied, leftOver };
  }

  #enqueue(key: string | undefined): void {
    if (this.#awaited.has(key)) return;
    this.#awaited.add(key);
    this.#oneAtATime(async () => {
      this.#awaited.delete(key);
      const heads = await this.#parked.waitingHeads(key);
      if (key === undefined && heads.length === 0) {
        this.#mayWait = (await this.#parked.counts()).waiting > 0;
      }
      for (const head of heads) {
        const applied = await this.#drain(head.topic, head.message_key);
        if (applied > 0) this.#enqueue(head.message_key);
      }
    }).catch((error) => this.#onError?.(error, 'redrive'));
  }

  /** A run that fails does not keep the next one from running. */
  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#chain.then(work);
    this.#chain = result.catch(() => undefined);
    return result;
  }

  /** @returns how many of the queue's head were applied and removed */
  async #drain(topic: string, key: string): Promise<number> {
    let applied = 0;
    for (;;) {
      const queue = await this.#parked.queueOf(topic, key);
      if (queue.length === 0) return applied;
      for (const row of queue) {
        if (!(await this.#tried(row))) return applied;
        applied += 1;
      }
    }
  }

  async #tried(row: ParkedRow): Promise<boolean> {
    try {
      await this.#apply(recordOf(row));
    } catch (error) {
      if (isDatabaseAway(error)) throw error;
      await this.#parked.stillParked(row.id, error instanceof NotYet ? 'waiting' : 'failed', causeOf(error));
      return false;
    }
    await this.#parked.remove(row.id);
    return true;
  }
}

const recordOf = (row: ParkedRow): ConsumedRecord => ({
  topic: row.topic,
  partition: row.partition,
  offset: row.record_offset,
  key: row.message_key,
  headers: row.headers,
  value: row.value,
});
