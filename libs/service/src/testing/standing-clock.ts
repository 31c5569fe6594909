import { WallClock } from '@holdfast/messaging';

/** Stands still until a test moves it. */
export class StandingClock extends WallClock {
  #nowMs: number;

  constructor(now: Date = new Date('2026-11-23T09:00:00.000Z')) {
    super();
    this.#nowMs = now.getTime();
  }

  override now(): Date {
    return new Date(this.#nowMs);
  }

  move(ms: number): void {
    this.#nowMs += ms;
  }
}
