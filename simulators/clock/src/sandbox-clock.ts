import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';

interface Member {
  name: string;
  url: string;
}

export interface SandboxClockOptions {
  /** The services. */
  members: readonly Member[];
  /** The simulators of providers, which follow the same clock. */
  provider: Member;
  load: () => number;
  store: (offsetMs: number) => void;
  /** How long the system may take to become quiet before a jump is refused. */
  quietWithinMs?: number;
}

const Quiet = z.object({ quiet: z.boolean(), reasons: z.array(z.string()), activity: z.number().default(0) });
const NextDue = z.object({ nextDueAt: z.iso.datetime().nullable() });

/**
 * Moves business time for all services and simulators, forward only, from due instant to due instant, waiting in
 * between until the system is quiet: a jump gives the same dates as a slow run (AD-14, M-21).
 */
export class SandboxClock {
  readonly #options: SandboxClockOptions;
  #offsetMs: number;
  #moving: Promise<unknown> = Promise.resolve();

  constructor(options: SandboxClockOptions) {
    this.#options = options;
    this.#offsetMs = options.load();
  }

  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** ISO 8601 durations of days, hours, minutes and seconds: `P14D`, `PT120H`. */
  after(duration: string): Date {
    const match = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$/.exec(duration);
    if (!match) throw new RangeError(`not a duration: ${duration}`);
    const [days, hours, minutes, seconds] = match.slice(1).map((part) => Number(part ?? 0));
    return new Date(this.now().getTime() + (((days! * 24 + hours!) * 60 + minutes!) * 60 + seconds!) * 1_000);
  }

  /** @throws Error naming who is not quiet, and why; the clock then stands at the last due instant reached */
  advanceTo(target: Date): Promise<{ now: string; steps: number }> {
    return this.#oneAtATime(async () => {
      if (target < this.now()) throw new RangeError('business time moves forward only');
      let steps = 0;
      for (;;) {
        await this.#untilQuiet();
        const next = await this.#nextDue();
        const stop = next && next < target ? next : target;
        await this.#moveTo(stop);
        steps += 1;
        if (stop === target) break;
      }
      await this.#untilQuiet();
      return { now: this.now().toISOString(), steps };
    });
  }

  /** Waits until everything that was started has been finished. */
  settle(): Promise<{ now: string }> {
    return this.#oneAtATime(async () => {
      await this.#untilQuiet();
      return { now: this.now().toISOString() };
    });
  }

  #oneAtATime<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#moving.then(work, work);
    this.#moving = result.catch(() => undefined);
    return result;
  }

  async #moveTo(instant: Date): Promise<void> {
    // A due instant in the past is swept without a move.
    const offsetMs = Math.max(this.#offsetMs, instant.getTime() - Date.now() + 1);
    this.#options.store(offsetMs);
    this.#offsetMs = offsetMs;
    const { members, provider } = this.#options;
    await Promise.all([...members, provider].map(({ url }) => send(`${url}/clock`, { offsetMs })));
    await this.#beat();
  }

  async #beat(): Promise<void> {
    await Promise.all(this.#options.members.map(({ url }) => send(`${url}/beat`, {})));
  }

  async #nextDue(): Promise<Date | undefined> {
    const { members, provider } = this.#options;
    const dates = await Promise.all(
      [...members, provider].map(async ({ url }) => NextDue.parse(await ask(`${url}/next-due`)).nextDueAt),
    );
    const [first] = dates.filter((date) => date !== null).sort();
    return first ? new Date(first) : undefined;
  }

  /** Quiet in two rounds with the same counts of activity: nothing slipped from one to another in between. */
  async #untilQuiet(): Promise<void> {
    const giveUpAt = performance.now() + (this.#options.quietWithinMs ?? 60_000);
    let before: string | undefined;
    for (let round = 1; ; round += 1) {
      const answers = await this.#askQuiet();
      const restless = answers.filter(({ quiet }) => !quiet);
      const activity = answers.map((answer) => answer.activity).join();
      if (restless.length === 0 && before === activity) return;
      before = restless.length === 0 ? activity : undefined;
      if (performance.now() > giveUpAt) {
        const who = restless.map(({ name, reasons }) => `${name}: ${reasons.join(', ')}`).join('; ');
        throw new Error(`the system does not become quiet: ${who || 'it never rests'}`);
      }
      if (restless.length === 0) continue;
      // Deadlines wait for watermarks, messages for facts: do not wait for their wall-clock beat.
      const stuck = restless.some(({ reasons }) => reasons.some((reason) => /^(due|waiting)/.test(reason)));
      if (stuck && round % 3 === 0) await this.#beat();
      // The longer it takes, the less often it is asked: asking is work, too.
      await pause(Math.min(20 * 1.2 ** round, 200));
    }
  }

  async #askQuiet(): Promise<({ name: string } & z.output<typeof Quiet>)[]> {
    const { members, provider } = this.#options;
    return Promise.all(
      [...members, provider].map(async ({ name, url }) => {
        try {
          return { name, ...Quiet.parse(await ask(`${url}/quiet`)) };
        } catch (error) {
          return {
            name,
            quiet: false,
            reasons: [`does not answer: ${(error as Error).message}`],
            activity: 0,
          };
        }
      }),
    );
  }
}

async function ask(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  return answer.json();
}

async function send(url: string, body: object): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
}
