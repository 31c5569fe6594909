import { setTimeout as pause } from 'node:timers/promises';
import type { Marketplace } from '@holdfast/journeys';
import { sequenceBefore } from './books.ts';
import type { Databases } from './databases.ts';
import type { LoadFigures, Told } from './release-load.ts';
import type { Stock } from './stock.ts';

/** Timers of escrow in its table, and how many of them fall due in one minute. */
export const [timersInAll, timersDue] = [100_000, 10_000];
const minuteMs = 60_000;
const pollMs = 100;
/** Without anything handled. */
const handledWithinMs = 120_000;
/** Until the mails to all concerned have gone out, too: a limit for what hangs. */
const quietWithinMs = 600_000;

/** Releases over HTTP while no timer is due, and while 10,000 are handled. */
export interface TimersRun {
  calm: LoadFigures[];
  due: LoadFigures[];
  /** From the instant at which all of them were due until the last one was handled. */
  handledMs: number;
}

/**
 * So many windows of each. Timers that are due cannot be held back: half of the calm windows come before, half after, so
 * that what the machine does besides is in both. Windows for which no timers are left are not counted.
 */
export async function measureBeside(
  reviews: DueReviews,
  windows: number,
  work: { release: () => Promise<LoadFigures>; assertBooks: (after: string) => Promise<unknown> },
): Promise<TimersRun> {
  const run: TimersRun = { calm: [], due: [], handledMs: 0 };
  const measureCalm = async (until: number): Promise<void> => {
    while (run.calm.length < until) {
      run.calm.push(await work.release());
      await work.assertBooks('releases while no timer was due');
    }
  };
  await measureCalm(Math.ceil(windows / 2));
  await reviews.fallDue();
  const dueSince = performance.now();
  await reviews.untilLeft(timersDue - 1);
  while (run.due.length < windows) {
    const figures = await work.release();
    if ((await reviews.left()) === 0) break;
    run.due.push(figures);
  }
  await reviews.untilLeft(0);
  run.handledMs = performance.now() - dueSince;
  if (run.due.length === 0) throw new Error('all timers were handled before releases could be measured');
  await work.assertBooks(`${timersDue} timers that were due in the same minute`);
  await reviews.untilQuiet();
  await measureCalm(windows);
  return run;
}

/** Reviews that silence ends (E-5): work that was submitted, and that nobody judges. */
export class DueReviews {
  readonly #parts: { databases: Databases; market: Marketplace; reviews: Stock; told: Told };

  constructor(parts: { databases: Databases; market: Marketplace; reviews: Stock; told: Told }) {
    this.#parts = parts;
  }

  /** All of them run for weeks. */
  async arrange(): Promise<void> {
    const { reviews, told } = this.#parts;
    await reviews.upTo(timersInAll);
    // With the one that was copied.
    told.reviews = reviews.made + 1;
  }

  /**
   * Every tenth is now due in the minute that has just ended, at an instant of its own: as if time had passed. Contracts
   * shows the same.
   */
  async fallDue(): Promise<void> {
    const { databases, market, reviews, told } = this.#parts;
    const now = (await market.now()).getTime();
    const minute = Math.floor(now / minuteMs) * minuteMs - minuteMs;
    const sequence = await sequenceBefore(databases, reviews.milestoneOf(0).milestoneId);
    const every = timersInAll / timersDue;
    for (let n = 0; n < timersDue; n += 1) {
      const { milestoneId } = reviews.milestoneOf(n * every);
      told.silent.push({ milestoneId, dueAt: new Date(minute + n * (minuteMs / timersDue)), sequence });
    }
    told.reviews -= timersDue;
    const values = [told.silent.map(({ milestoneId }) => milestoneId), told.silent.map(({ dueAt }) => dueAt)];
    const due = 'unnest($1::uuid[], $2::timestamptz[]) as told (milestone, due) where';
    await databases.rows(
      'contracts',
      `update submissions set review_due_at = due from ${due} milestone_id = milestone`,
      values,
    );
    await databases.rows(
      'escrow',
      `update milestones set review_due_at = due from ${due} id = milestone`,
      values,
    );
  }

  /** How many are due and not handled. */
  async left(): Promise<number> {
    const { databases, told } = this.#parts;
    const text = 'select count(*)::int as left from milestones where review_due_at <= $1';
    const [row] = await databases.rows<{ left: number }>('escrow', text, [told.silent.at(-1)!.dueAt]);
    return row!.left;
  }

  /** @throws Error when none is handled for 2 minutes */
  async untilLeft(count: number): Promise<void> {
    let [last, movedAt] = [-1, performance.now()];
    for (;;) {
      const left = await this.left();
      if (left <= count) return;
      if (left !== last) [last, movedAt] = [left, performance.now()];
      if (performance.now() - movedAt > handledWithinMs)
        throw new Error(`${left} timers are due and not handled`);
      await pause(pollMs);
    }
  }

  async untilQuiet(): Promise<void> {
    const giveUpAt = performance.now() + quietWithinMs;
    for (;;) {
      try {
        await this.#parts.market.settle();
        return;
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
      }
    }
  }
}
