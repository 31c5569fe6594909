import type { Catalogue } from '@holdfast/events';

/** Where `@EventPattern` keeps the topic of a method. */
const patternKey = 'microservices:pattern';

/** An event without contents: any field is there, and so is any field of it. */
const anything: unknown = new Proxy(() => undefined, {
  get: (_, name) => (name === Symbol.toPrimitive ? () => 'anything' : anything),
});
const eventOf = (type: string): object =>
  new Proxy(
    { type },
    { get: (own, name) => (name === 'type' ? own.type : anything), ownKeys: () => ['type'] },
  );

/**
 * Which command, or commands, each event becomes, found out by giving every event of every topic to the controller's own methods.
 * The proof reads the same from the service's definition, so that both must agree (I7).
 */
export async function handledBy(
  controller: new (commands: never) => object,
  catalogues: readonly Catalogue[],
): Promise<Record<string, string | string[]>> {
  const handled: Record<string, string | string[]> = {};
  let current = '';
  const execute = async (command: object): Promise<void> => {
    const name = command.constructor.name;
    const before = [handled[current] ?? []].flat();
    // The inbox would take the second one for a repeat (AD-9).
    if (before.includes(name)) throw new Error(`${current} becomes ${name} twice`);
    handled[current] = before.length > 0 ? [...before, name] : name;
  };
  const instance = new controller({ execute } as never) as Record<string, (message: object) => unknown>;
  for (const name of Object.getOwnPropertyNames(controller.prototype)) {
    const topics = (Reflect.getMetadata(patternKey, instance[name] as object) ?? []) as string[];
    for (const { events } of catalogues.filter(({ topic }) => topics.includes(topic))) {
      for (const type of Object.keys(events)) {
        current = type;
        await instance[name]!({ id: 'event', event: eventOf(type) });
      }
    }
  }
  return handled;
}
