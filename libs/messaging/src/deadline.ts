import type { InferEntity } from '@mikro-orm/core';
import type { Entity } from './table-statements.ts';
import type { MessageRef } from './unit-of-work.ts';

/**
 * How the persons concerned learn of a timer at least 24 hours before it fires (C-8): by a notice that contracts sends,
 * or not, for a reason that the rules name.
 */
export type Announcement = { by: 'notice'; hoursBefore: number } | { by: 'nobody'; because: string };

/**
 * A due instant that stands as a column on the aggregate that owns it; null where nothing is due (AD-13).
 * `timer`: the ordinary command, dated at the due instant. `work`: something to do at a provider from that instant on.
 * `watch`: the same now and then, in case a provider forgot to tell something; a sandbox that moves its clock far does
 * not stop for it, and looks once at the end.
 */
export interface Deadline<E extends Entity> {
  kind: string;
  does: 'timer' | 'work' | 'watch';
  entity: E;
  dueAt: keyof InferEntity<E> & string;
  /** Properties with the Kafka keys whose facts could stop it: the agreement's first, then its two accounts'. */
  keys: readonly (keyof InferEntity<E> & string)[];
  /** Properties with the account ids of the persons who may see it. */
  parties: readonly (keyof InferEntity<E> & string)[];
  /** Topics of the deployed services whose facts can stop it (M-18, table in docs/domain-rules.md). */
  stoppedBy: readonly string[];
  /** Of every timer. */
  announced?: Announcement;
  /** The property with the money that it moves by itself, in minor units. */
  atStake?: keyof InferEntity<E> & string;
  fire: (row: InferEntity<E> & { id: string }, message: MessageRef & { source: 'timer' }) => Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a list of deadlines mixes entities; each one is typed where it is defined.
export type AnyDeadline = Deadline<any>;

/** What a service does next at a provider: no fact of others stops it, and it is no person's deadline. */
export const nextCall = <E extends Entity>(
  kind: string,
  entity: E,
  key: keyof InferEntity<E> & string,
  fire: Deadline<E>['fire'],
): Deadline<E> => ({
  kind,
  does: 'work',
  entity,
  dueAt: 'nextCallAt' as keyof InferEntity<E> & string,
  keys: [key],
  parties: [],
  stoppedBy: [],
  fire,
});

/** C-8: a notice comes at least this long before. */
const noticeHoursMin = 24;

/**
 * Timers that would take somebody by surprise (C-8): without an announcement, or with one that comes too late.
 * @returns what is wrong, one line each; empty where all is well
 */
export function surprises(deadlines: readonly AnyDeadline[]): string[] {
  return deadlines
    .filter(({ does }) => does === 'timer')
    .flatMap(({ kind, announced }) => {
      if (!announced) return [`${kind}: says nothing of a notice before it`];
      if (announced.by === 'nobody') return announced.because ? [] : [`${kind}: gives no reason for silence`];
      return announced.hoursBefore < noticeHoursMin ? [`${kind}: its notice comes too late`] : [];
    });
}
