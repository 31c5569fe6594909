import { randomUUID } from 'node:crypto';
import { z } from 'zod';

/** What goes wrong with a mail, in the order in which a session meets it. */
const names = [
  /** 550 at RCPT: there is no such mailbox, for good. */
  'refuse-recipient',
  /** 451 at RCPT: later, perhaps. */
  'temporary-failure',
  /** 554 after DATA: the mail is not taken, for good. */
  'refuse-message',
  /** The mail is not kept, and nothing is answered after DATA. */
  'no-answer',
  /** The mail is kept, and the connection breaks before that is said. */
  'drop-after-data',
] as const;
export type FaultName = (typeof names)[number];

const Rule = z.strictObject({
  fault: z.enum(names),
  /** Only mails to this address. */
  to: z.string().max(320).toLowerCase().optional(),
  times: z.int().min(1).max(1_000_000).default(1),
});
export type FaultRule = z.output<typeof Rule> & { id: string; fired: number };

/** Faults on demand, each as often as it was asked for. */
export class Faults {
  readonly #rules: FaultRule[] = [];

  add(rule: unknown): FaultRule {
    const added = { ...Rule.parse(rule), id: randomUUID(), fired: 0 };
    this.#rules.push(added);
    return added;
  }

  list(): readonly FaultRule[] {
    return this.#rules;
  }

  clear(id?: string): void {
    const kept = id === undefined ? [] : this.#rules.filter((rule) => rule.id !== id);
    this.#rules.splice(0, this.#rules.length, ...kept);
  }

  /** Whether this goes wrong now. */
  fires(fault: FaultName, to: readonly string[]): boolean {
    const rule = this.#rules.find(
      (one) => one.fault === fault && one.fired < one.times && (one.to === undefined || to.includes(one.to)),
    );
    if (!rule) return false;
    rule.fired += 1;
    return true;
  }
}
