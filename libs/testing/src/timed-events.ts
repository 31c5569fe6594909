import type { Catalogue } from '@holdfast/events';

/** When it is due, or the time that is left (M-20). */
const instants = ['dueAt', 'leftMs'];

/**
 * What is wrong with the events of a service about its timers (M-20): one that starts, moves, suspends or resumes a timer and
 * does not say when it is due, or one that says so and belongs to none.
 * @param told by the kind of each timer, and of each piece of work with an instant that persons are told: its events
 */
export function untimedEvents(
  { events }: Catalogue,
  told: Readonly<Record<string, readonly string[]>>,
): string[] {
  const fieldsOf = (type: string): string[] => {
    const { data } = events[type] ?? {};
    return Object.keys((data as { shape?: object } | undefined)?.shape ?? {});
  };
  const isTimed = (type: string): boolean => fieldsOf(type).some((field) => instants.includes(field));
  const named = Object.values(told).flat();
  return [
    ...named.filter((type) => !isTimed(type)).map((type) => `${type} does not say when it is due`),
    ...Object.keys(events)
      .filter((type) => isTimed(type) && !named.includes(type))
      .map((type) => `${type} belongs to no timer`),
  ];
}
