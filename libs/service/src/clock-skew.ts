import type { BusinessClock } from '@holdfast/messaging';
import type { AlarmCheck, Finding } from './alarms.ts';

/** 1 s: as far apart as two clocks may be (M-20). The way through the broker only makes a lead look smaller. */
const leadMaxMs = 1_000;
/** 5 min: a service that runs is heard of every minute, so five silent ones mean that its clock was put right. */
const rememberedMs = 5 * 60_000;

/**
 * Notices facts that are dated in our future (M-20). A clock that is behind is noticed by the services that hear of
 * us: to them we are ahead.
 */
export class ClockSkew implements AlarmCheck {
  readonly name = 'clock.ahead';
  readonly #clock: BusinessClock;
  readonly #leads = new Map<string, { leadMs: number; notedAt: Date; offsetMs: number }>();

  constructor(clock: BusinessClock) {
    this.#clock = clock;
  }

  note(topic: string, time: Date): void {
    const notedAt = this.#clock.now();
    const leadMs = time.getTime() - notedAt.getTime();
    if (leadMs > leadMaxMs) this.#leads.set(topic, { leadMs, notedAt, offsetMs: this.#clock.offsetMs });
  }

  find(): Finding[] {
    const nowMs = this.#clock.now().getTime();
    return [...this.#leads].flatMap(([topic, { leadMs, notedAt, offsetMs }]) => {
      // A sandbox moves one service a moment before another.
      const counts = offsetMs === this.#clock.offsetMs && nowMs - notedAt.getTime() <= rememberedMs;
      return counts ? [{ id: topic, what: 'dates facts in our future', facts: { leadMs } }] : [];
    });
  }
}
