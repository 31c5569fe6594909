import { setTimeout as pause } from 'node:timers/promises';
import { newId } from '@holdfast/messaging';
import { percentile } from './statistics.ts';

/** Slow enough that nothing queues: the way itself is timed. */
const eventsPerSecond = 50;
const warmUpSeconds = 1;
const waitMs = 60_000;

export interface Latency {
  p50Ms: number;
  p99Ms: number;
}

/** Sends at fixed instants, whether or not the last one has arrived, and notes how long each is on its way. */
export class Stopwatch {
  readonly #left = new Map<string, number>();
  readonly #took: number[] = [];

  left(id: string): void {
    this.#left.set(id, performance.now());
  }

  arrived(id: string): void {
    const leftAt = this.#left.get(id);
    if (leftAt !== undefined) this.#took.push(performance.now() - leftAt);
    this.#left.delete(id);
  }

  /** After one second of warm-up. */
  async measure(seconds: number, send: (id: string) => Promise<void>): Promise<Latency> {
    await this.#sendFor(warmUpSeconds, send);
    this.#took.length = 0;
    await this.#sendFor(seconds, send);
    return { p50Ms: percentile(this.#took, 0.5), p99Ms: percentile(this.#took, 0.99) };
  }

  async #sendFor(seconds: number, send: (id: string) => Promise<void>): Promise<void> {
    const startedAt = performance.now();
    const sent: Promise<void>[] = [];
    for (let n = 0; n < seconds * eventsPerSecond; n += 1) {
      await pause(Math.max(0, startedAt + (n * 1_000) / eventsPerSecond - performance.now()));
      sent.push(send(newId()));
    }
    await Promise.all(sent);
    while (this.#left.size > 0) {
      if (performance.now() - startedAt > waitMs)
        throw new Error(`${this.#left.size} events have not arrived`);
      await pause(5);
    }
  }
}
