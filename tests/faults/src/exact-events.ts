import { serviceNames } from '@holdfast/local';
import type { Violations } from './exact-money.ts';
import type { Rig } from './rig.ts';

/** I14: nothing is left to publish, and nothing is parked but what a test has planted. */
export async function nothingIsLeft(rig: Rig): Violations {
  const found: string[] = [];
  for (const service of serviceNames) {
    const outbox = await rig.sql<{ type: string }>(
      service,
      `select type from outbox where aggregateid <> ''`,
    );
    found.push(...outbox.map(({ type }) => `I7: ${service}: ${type} is in the outbox`));
    const parked = await rig.sql<{ message_id: string; kind: string; cause: string; type: string }>(
      service,
      `select message_id, kind, cause, headers ->> 'ce_type' as type from parked_messages`,
    );
    for (const { message_id, kind, cause, type } of parked) {
      if (!rig.planted.has(message_id))
        found.push(`I14: ${service}: ${type} ${message_id} is ${kind}: ${cause}`);
    }
  }
  return found;
}
