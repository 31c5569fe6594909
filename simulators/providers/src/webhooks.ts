import type { BusinessClock } from './clock.ts';
import { isWebhookFault } from './fault-catalogue.ts';
import type { FaultRule, Faults } from './faults.ts';
import { type Store, type Tx, table } from './store.ts';
import { type Channel, type Delivery, postEvent, retryDelayMs, triesForMs } from './webhook-delivery.ts';

/**
 * An event to announce. `renew` tells the same fact under a new id, `earlier` one that this event
 * overtook.
 */
export type Notice = Readonly<{
  provider: string;
  eventId: string;
  ops: readonly string[];
  references: readonly string[];
  requestId: string | null;
  renew: () => string;
  earlier?: (() => string) | undefined;
}>;

const deliveries = table<Delivery>('deliveries');
export const events = table<{ provider: string; body: unknown }>('events');

/** A webhook that keeps failing stops the sandbox clock only this long. */
const unquietMs = 10_000;
const atOnceMax = 16;

/**
 * At least once, in no promised order, retried for 3 days of wall time; what is not delivered survives a
 * restart.
 */
export class Webhooks {
  readonly #store: Store;
  readonly #clock: BusinessClock;
  readonly #faults: Faults;
  readonly #channels = new Map<string, Channel>();
  readonly #underWay = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(store: Store, clock: BusinessClock, faults: Faults) {
    this.#store = store;
    this.#clock = clock;
    this.#faults = faults;
    clock.onDue('webhook', (tx, id) => {
      const delivery = tx.get(deliveries, id);
      if (delivery) tx.put(deliveries, id, { ...delivery, held: false, createdAtMs: Date.now() });
    });
  }

  connect(provider: string, channel: Channel): void {
    this.#channels.set(provider, channel);
  }

  /** Joins the transaction of the fact; it leaves with the next `kick`. */
  announce(tx: Tx, notice: Notice): void {
    if (!this.#channels.get(notice.provider)?.url) return;
    const rule = this.#faults.take(
      tx,
      notice,
      ({ fault }) =>
        isWebhookFault(fault) && (fault !== 'out-of-order-webhook' || notice.earlier !== undefined),
    );
    const { eventId } = notice;
    switch (rule?.fault) {
      case 'lost-webhook':
        return;
      case 'duplicate-webhook':
        this.#addCopies(tx, notice, Number(rule.params.count), rule.params.concurrent === true);
        return;
      case 'renewed-webhook':
        this.#add(tx, notice, notice.renew(), { after: this.#add(tx, notice, eventId) });
        return;
      case 'out-of-order-webhook':
        this.#add(tx, notice, notice.earlier?.() ?? eventId, { after: this.#add(tx, notice, eventId) });
        return;
      case 'late-webhook': {
        const dueAtMs = this.#clock.nowMs() + Number(rule.params.seconds) * 1000;
        this.#clock.schedule(tx, 'webhook', this.#add(tx, notice, eventId, { held: true }), dueAtMs);
        return;
      }
      case 'key-rotation':
        this.#channels.get(notice.provider)?.rotate?.(tx);
        this.#add(tx, notice, eventId);
        return;
      default:
        this.#add(tx, notice, eventId, forgery(rule));
    }
  }

  /** Sends what is due. Nothing leaves before the fact is on the disk. */
  kick(): void {
    clearTimeout(this.#timer);
    if (this.#stopping.signal.aborted) return;
    let nextAtMs = Number.POSITIVE_INFINITY;
    for (const delivery of this.#store.all(deliveries)) {
      if (this.#underWay.has(delivery.id) || this.#isWaiting(delivery)) continue;
      if (delivery.nextAtMs > Date.now()) nextAtMs = Math.min(nextAtMs, delivery.nextAtMs);
      else if (this.#underWay.size < atOnceMax) this.#start(delivery);
    }
    if (nextAtMs < Number.POSITIVE_INFINITY)
      this.#timer = setTimeout(() => this.kick(), nextAtMs - Date.now());
  }

  /** Sends the webhooks of one call and waits for their first answers. */
  async sendNow(requestId: string): Promise<void> {
    const mine = [...this.#store.all(deliveries)].filter((delivery) => delivery.requestId === requestId);
    for (const delivery of mine) {
      if (!this.#underWay.has(delivery.id) && !this.#isWaiting(delivery)) this.#start(delivery);
    }
    await Promise.all(mine.map((delivery) => this.#underWay.get(delivery.id)));
  }

  /** Why the sandbox clock must wait; what is held back by business time does not count. */
  unquiet(): string[] {
    return [...this.#store.all(deliveries)]
      .filter((delivery) => !this.#isWaiting(delivery))
      .filter(({ firstTriedAtMs }) => !firstTriedAtMs || Date.now() - firstTriedAtMs < unquietMs)
      .map(({ eventId, attempts }) => `webhook ${eventId}: ${attempts} attempts failed`);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#underWay.values());
  }

  #addCopies(tx: Tx, notice: Notice, count: number, concurrent: boolean): void {
    let after: string | null = null;
    for (let copy = 0; copy < count; copy += 1) {
      const id = this.#add(tx, notice, notice.eventId, { after });
      if (!concurrent) after = id;
    }
  }

  #add(tx: Tx, { provider, requestId }: Notice, eventId: string, special: Partial<Delivery> = {}): string {
    const id = tx.newId('whd');
    const now = Date.now();
    tx.put(deliveries, id, {
      id,
      provider,
      eventId,
      requestId,
      createdAtMs: now,
      nextAtMs: now,
      firstTriedAtMs: null,
      attempts: 0,
      after: null,
      held: false,
      forgedAttempts: 0,
      forgery: null,
      skewSeconds: 0,
      ...special,
    });
    return id;
  }

  #isWaiting({ held, after }: Delivery): boolean {
    return held || (after !== null && this.#store.get(deliveries, after) !== undefined);
  }

  #start(delivery: Delivery): void {
    const sending = this.#send(delivery).finally(() => {
      this.#underWay.delete(delivery.id);
      this.kick();
    });
    this.#underWay.set(delivery.id, sending);
  }

  async #send(delivery: Delivery): Promise<void> {
    const channel = this.#channels.get(delivery.provider);
    const event = this.#store.get(events, delivery.eventId);
    await this.#store.flushed();
    const isTaken =
      channel && event && (await postEvent(channel, delivery, event.body, this.#stopping.signal));
    // Cut short by our own stop it was neither taken nor refused: it is sent again after the restart.
    if (this.#stopping.signal.aborted && !isTaken) return;
    const now = Date.now();
    const attempts = delivery.attempts + 1;
    const nextAtMs = now + retryDelayMs(attempts);
    const isOver = isTaken || nextAtMs - delivery.createdAtMs > triesForMs;
    this.#store.transact((tx) => {
      if (isOver) return tx.remove(deliveries, delivery.id);
      const firstTriedAtMs = delivery.firstTriedAtMs ?? now;
      tx.put(deliveries, delivery.id, { ...delivery, attempts, nextAtMs, firstTriedAtMs });
    });
  }
}

function forgery(rule: FaultRule | undefined): Partial<Delivery> {
  if (rule?.fault === 'clock-skew') return { skewSeconds: Number(rule.params.seconds) };
  if (rule?.fault !== 'bad-signature') return {};
  return { forgery: rule.params.kind as Delivery['forgery'], forgedAttempts: Number(rule.params.attempts) };
}
