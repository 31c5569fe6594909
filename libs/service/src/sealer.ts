import { EventEmitter, once as nextEvent } from 'node:events';
import type { EventOf } from '@holdfast/events';
import { readUnsealed, type SealerState, sealCommitted } from '@holdfast/ledger';
import { run } from '@holdfast/messaging';
import type { Ledger } from './service-definition.ts';
import type { Runtime } from './service-module.ts';

type Sealing = Pick<
  Runtime,
  'pool' | 'unitOfWork' | 'businessClock' | 'wallClock' | 'definition' | 'config'
> & { onError?: (error: unknown) => void };

/** A commit of another process is not heard: this often it is looked for. */
const pollMs = 500;
/** Between two batches, so that a busy ledger is sealed in few transactions; still well within a second. */
const pauseMs = 100;

class PublishLedgerHead {
  constructor(
    readonly input: Readonly<{
      message: { source: 'worker'; id: string };
      journalId: string;
      hash: string;
    }>,
  ) {}
}

/** Its name in the inbox. */
const headCommand = PublishLedgerHead.name;

/** In the order of their numbers, so that the last one is found by the inbox's own index. */
const headId = (chain: string, number: bigint): string => `${chain}/${String(number).padStart(15, '0')}`;

/**
 * Chains committed journals within a second, outside the money's transaction, and publishes the head at most once a
 * minute where the database cannot reach it (AD-17; docs/ledger.md). Of several processes one seals at a time.
 */
export class Sealer {
  readonly #sealing: Sealing;
  readonly #wakes = new EventEmitter();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #woken = false;
  #known: SealerState | undefined;
  /** By the wall clock; undefined until it has been looked up. */
  #head: { number: bigint; publishedAt: Date } | undefined;

  constructor(sealing: Sealing) {
    this.#sealing = sealing;
  }

  start(): void {
    this.#running = this.#loop();
  }

  /** Called after each commit. */
  wake(): void {
    this.#woken = true;
    this.#wakes.emit('wake');
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.wake();
    await this.#running;
  }

  /** Committed journals that are not sealed yet; for the quiet question of the sandbox. */
  async behind(): Promise<bigint> {
    return (await readUnsealed(this.#sealing.pool)).count;
  }

  async #loop(): Promise<void> {
    while (!this.#stopped) {
      this.#woken = false;
      try {
        while (await this.#sealBatch()) if (this.#stopped) return;
        await this.#publishHead();
        await this.#rest(pauseMs);
      } catch (error) {
        // The database may have been another one since: the last seal tells where to go on.
        this.#known = undefined;
        this.#head = undefined;
        this.#sealing.onError?.(error);
        await this.#rest(pollMs);
      }
      await this.#untilWoken(pollMs);
    }
  }

  /** @returns whether there is more to seal at once */
  async #sealBatch(): Promise<boolean> {
    const { pool } = this.#sealing;
    if (this.#known && this.#known.gaps.length === 0 && !(await this.#anythingNew(this.#known))) return false;
    const client = await pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('begin');
      const sealed = await sealCommitted(client, this.#known);
      await client.query('commit');
      this.#known = sealed?.state;
      return sealed?.more ?? false;
    } catch (error) {
      await client.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  async #anythingNew({ top }: SealerState): Promise<boolean> {
    const [row] = await run<{ any: boolean }>(
      this.#sealing.pool,
      'select exists (select from journals where position > $1) as any',
      [top],
    );
    return row!.any;
  }

  async #publishHead(): Promise<void> {
    const { config, wallClock } = this.#sealing;
    const sealed = this.#known?.number ?? 0n;
    // A chain that is shorter than what was published has been cut: the proof says so, and no new head hides it.
    const isNew = () => sealed > (this.#head?.number ?? 0n);
    const isDue = () =>
      !this.#head ||
      wallClock.now().getTime() - this.#head.publishedAt.getTime() >= config.SEAL_HEAD_SECONDS * 1_000;
    if (!isNew() || !isDue()) return;
    // Another process, or this one before it was started again, may have published meanwhile.
    this.#head = await this.#lastPublished();
    if (isNew() && isDue()) await this.#publish();
  }

  async #lastPublished(): Promise<{ number: bigint; publishedAt: Date } | undefined> {
    const [last] = await run<{ message_id: string; recorded_at: Date }>(
      this.#sealing.pool,
      'select message_id, recorded_at from inbox where command = $1 order by message_id desc limit 1',
      [headCommand],
    );
    return last && { number: BigInt(last.message_id.split('/')[1]!), publishedAt: last.recorded_at };
  }

  async #publish(): Promise<void> {
    const { pool, unitOfWork, businessClock, wallClock, definition } = this.#sealing;
    const [head] = await run<{ number: bigint; journal_id: string; hash: Buffer; sealed_at: Date }>(
      pool,
      'select number, journal_id, hash, sealed_at from seals order by number desc limit 1',
    );
    const { number, journal_id: journalId, sealed_at } = head!;
    const chain = definition.ledger as Ledger;
    const id = headId(chain, number);
    const hash = head!.hash.toString('hex');
    await unitOfWork.once(
      new PublishLedgerHead({ message: { source: 'worker', id }, journalId, hash }),
      async (tx) => {
        const type = `${definition.name}.ledger.sealed`;
        const sealedAt = businessClock.fromWall(sealed_at);
        const sealed = { type, chain, position: Number(number), journalId, hash, sealedAt };
        tx.publish(definition.publishes, [sealed as EventOf<typeof definition.publishes>]);
      },
    );
    this.#head = { number, publishedAt: wallClock.now() };
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #untilWoken(ms: number): Promise<void> {
    if (this.#woken || this.#stopped) return;
    await nextEvent(this.#wakes, 'wake', { signal: AbortSignal.timeout(ms) }).catch(() => undefined);
  }

  async #rest(ms: number): Promise<void> {
    await nextEvent(this.#stopping.signal, 'abort', { signal: AbortSignal.timeout(ms) }).catch(
      () => undefined,
    );
  }
}
