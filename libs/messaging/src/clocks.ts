/**
 * Dates facts and drives deadlines (AD-13): wall time plus an offset that only a sandbox moves, and only forward.
 * A transaction takes its deciding instant from the database's clock plus the same offset.
 */
export class BusinessClock {
  #offsetMs = 0;
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

  /** @throws RangeError when it would go backwards */
  moveTo(offsetMs: number): void {
    if (offsetMs < this.#offsetMs) throw new RangeError('business time moves forward only');
    this.#offsetMs = offsetMs;
  }
}

/** Serves tokens, signatures, pauses between tries, breakers and the beat of the watermarks. */
export class WallClock {
  now(): Date {
    return new Date();
  }
}
