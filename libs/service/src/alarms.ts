import { setTimeout as pause } from 'node:timers/promises';
import type { WallClock } from '@holdfast/messaging';
import type { LoggerService } from '@nestjs/common';

/** Something that an operator must know. It holds ids, counts and codes, never contents: it is logged. */
export interface Finding {
  /** Tells what stands from what is new: of a row, a topic, a place in a topic. */
  id: string;
  what: string;
  /** Where the check cannot tell, the instant of the first finding. */
  since?: Date;
  facts?: Readonly<Record<string, string | number | readonly string[]>>;
}

export interface AlarmCheck {
  /** `<noun>.<state>`, the same word in log, route, metrics and docs/operations.md. */
  name: string;
  /** All that stands now. */
  find(): Promise<readonly Finding[]> | readonly Finding[];
}

export interface StandingAlarm extends Finding {
  alarm: string;
  since: Date;
}

export interface AlarmsOptions {
  checks: readonly AlarmCheck[];
  clock: WallClock;
  logger: Pick<LoggerService, 'error' | 'log'>;
  /** 30 s: half of the shortest threshold, so that each is noticed in good time. */
  everyMs?: number;
}

/** 15 min, like `answer.alarm_minutes` of M-15: whoever missed the first line meets the next. */
const repeatMs = 15 * 60_000;
/** A stop does not wait for a database that hangs. */
const stopWithinMs = 2_000;

/** The alarm about the alarms: what its checks would find is not known. What stood before stands on. */
const checkFailing = 'check.failing';

/**
 * Says aloud what stands still (M-15, M-17, M-20, M-22): one line at level error when it is found and every 15 minutes
 * while it stands, one at info when it is over. An alarm moves no money and decides nothing.
 */
export class Alarms {
  readonly names: readonly string[];
  readonly #options: AlarmsOptions;
  readonly #standing = new Map<string, StandingAlarm & { loggedAtMs: number }>();
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;
  #evaluating: Promise<void> | undefined;

  constructor(options: AlarmsOptions) {
    this.#options = options;
    this.names = [...options.checks.map((check) => check.name), checkFailing];
  }

  start(): void {
    this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.race([this.#running, pause(stopWithinMs, undefined, { ref: false })]);
  }

  /** The oldest first. */
  get standing(): StandingAlarm[] {
    return [...this.#standing.values()]
      .map(({ loggedAtMs: _, ...alarm }) => alarm)
      .sort((a, b) => a.since.getTime() - b.since.getTime());
  }

  /** Makes every check once; never rejects. */
  evaluate(): Promise<void> {
    this.#evaluating ??= this.#evaluateAll().finally(() => {
      this.#evaluating = undefined;
    });
    return this.#evaluating;
  }

  /** After a pause first: a service that has just started has not fetched anything yet. */
  async #loop(): Promise<void> {
    const { everyMs = 30_000 } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await pause(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.evaluate();
    }
  }

  /** One after another: they take one connection of the pool at a time. */
  async #evaluateAll(): Promise<void> {
    const failing: Finding[] = [];
    for (const check of this.#options.checks) {
      try {
        this.#settle(check.name, await check.find());
      } catch (error) {
        failing.push({ id: check.name, what: 'cannot be checked', facts: { code: codeOf(error) } });
      }
    }
    this.#settle(checkFailing, failing);
  }

  #settle(alarm: string, findings: readonly Finding[]): void {
    const nowMs = this.#options.clock.now().getTime();
    const found = new Map(findings.map((finding) => [`${alarm}/${finding.id}`, finding]));
    for (const [key, finding] of found) {
      const known = this.#standing.get(key);
      const since = finding.since ?? known?.since ?? new Date(nowMs);
      const isDue = !known || nowMs - known.loggedAtMs >= repeatMs;
      const standing = { ...finding, alarm, since, loggedAtMs: isDue ? nowMs : known.loggedAtMs };
      this.#standing.set(key, standing);
      if (isDue) this.#options.logger.error(lineOf(standing), finding.what);
    }
    for (const [key, standing] of this.#standing) {
      if (standing.alarm !== alarm || found.has(key)) continue;
      this.#standing.delete(key);
      this.#options.logger.log(lineOf(standing), `over: ${standing.what}`);
    }
  }
}

const lineOf = ({ alarm, id, since, facts }: StandingAlarm): object => ({
  alarm,
  id,
  since: since.toISOString(),
  ...facts,
});

/** An error's message may repeat contents; its code does not. */
const codeOf = (error: unknown): string =>
  String((error as { code?: unknown })?.code ?? (error instanceof Error ? error.name : 'error')).slice(0, 60);
