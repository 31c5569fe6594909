import { type Store, type Tx, table } from './store.ts';

/** A change the simulator makes by itself; `atMs` is business time. */
type DueJob = Readonly<{ kind: string; subject: string; atMs: number }>;
type DueHandler = (tx: Tx, subject: string, atMs: number) => void;

const offsets = table<number>('clock');
const dueJobs = table<DueJob>('due');

/**
 * Business time is wall time plus an offset that a sandbox sets. It dates objects, closes dedup windows and
 * makes what is due happen. Signatures, backoff and slow answers follow the wall clock (section 5).
 */
export class BusinessClock {
  readonly #store: Store;
  readonly #handlers = new Map<string, DueHandler>();
  readonly #ticking: NodeJS.Timeout;

  /** @param afterWork called when due work was done, so that its webhooks leave */
  constructor(store: Store, afterWork: () => void) {
    this.#store = store;
    this.#ticking = setInterval(() => this.runDue() && afterWork(), 250).unref();
  }

  get offsetMs(): number {
    return this.#store.get(offsets, 'offset') ?? 0;
  }

  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  /** Forward only: a provider's past does not come back. False if the offset is behind the present one. */
  moveTo(offsetMs: number): boolean {
    if (offsetMs < this.offsetMs) return false;
    this.#store.transact((tx) => tx.put(offsets, 'offset', offsetMs));
    this.runDue();
    return true;
  }

  /** Handlers must be there before the first tick; each is dated at its due instant, however late it runs. */
  onDue(kind: string, handler: DueHandler): void {
    this.#handlers.set(kind, handler);
  }

  schedule(tx: Tx, kind: string, subject: string, atMs: number): void {
    tx.put(dueJobs, `${kind}/${subject}`, { kind, subject, atMs });
  }

  unschedule(tx: Tx, kind: string, subject: string): void {
    if (tx.get(dueJobs, `${kind}/${subject}`)) tx.remove(dueJobs, `${kind}/${subject}`);
  }

  nextDueMs(): number | undefined {
    return this.#next()?.atMs;
  }

  /** In the order of their due instants. @returns whether anything was due */
  runDue(): boolean {
    let ran = false;
    for (let job = this.#next(); job && job.atMs <= this.nowMs(); job = this.#next()) {
      const { kind, subject, atMs } = job;
      this.#store.transact((tx) => {
        tx.remove(dueJobs, `${kind}/${subject}`);
        this.#handlers.get(kind)?.(tx, subject, atMs);
      });
      ran = true;
    }
    return ran;
  }

  stop(): void {
    clearInterval(this.#ticking);
  }

  #next(): DueJob | undefined {
    let first: DueJob | undefined;
    for (const job of this.#store.all(dueJobs)) {
      if (!first || job.atMs < first.atMs) first = job;
    }
    return first;
  }
}
