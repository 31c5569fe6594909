/**
 * Dates facts and drives deadlines (AD-13): wall time plus an offset that only a sandbox moves, and only forward.
 * A transaction takes its deciding instant from the database's clock plus the same offset.
 */
export class BusinessClock {
  #offsetMs = 0;
  #movedAtMs = Number.NEGATIVE_INFINITY;
  readonly #wall: WallClock;

  constructor(wall: WallClock) {
    this.#wall = wall;
  }

  now(): Date {
    return this.fromWall(this.#wall.now());
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  fromWall(instant: Date): Date {
    return new Date(instant.getTime() + this.#offsetMs);
  }

  /** Since when, in wall time, this instant has been past: after a jump not before the jump. */
  toWall(instant: Date): Date {
    return new Date(Math.max(instant.getTime() - this.#offsetMs, this.#movedAtMs));
  }

  /** @throws RangeError when it would go backwards */
  moveTo(offsetMs: number): void {
    if (offsetMs < this.#offsetMs) throw new RangeError('business time moves forward only');
    if (offsetMs > this.#offsetMs) this.#movedAtMs = this.#wall.now().getTime();
    this.#offsetMs = offsetMs;
  }
}

/** Serves tokens, signatures, pauses between tries, breakers and the beat of the watermarks. */
export class WallClock {
  now(): Date {
    return new Date();
  }
}
