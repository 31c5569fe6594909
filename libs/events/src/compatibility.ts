import type { EventSchema, JsonSchema } from './schemas.ts';

type Schemas = Readonly<Record<string, EventSchema>>;

/** Words about a schema, which no message depends on. */
const annotations = ['title', 'description', 'examples', '$comment'];

/** What is compared part by part; every other keyword must simply be the same. */
const structure = ['type', 'properties', 'required', 'items', 'enum'];

/**
 * What an event catalogue breaks against the released one, one sentence each (AD-7): only events and optional
 * fields may be added. Topics are kept for ever and old consumers read new messages, so neither a stricter
 * nor a looser form is compatible: the first refuses messages of the past, the second sends what an old
 * consumer has to park.
 */
export function breakingChanges(released: Schemas, current: Schemas): string[] {
  return Object.entries(released).flatMap(([type, before]) => {
    const after = current[type];
    if (!after) return [`${type}: the event was removed`];
    const moved = (['topic', 'key', 'subject'] as const)
      .filter((what) => before[what] !== after[what])
      .map((what) => `${type}: its ${what} changed from ${before[what]} to ${after[what]}`);
    return [...moved, ...changesOf(before.data, after.data).map((change) => `${type}: ${change}`)];
  });
}

function changesOf(before: JsonSchema, after: JsonSchema, path = ''): string[] {
  const here = path || 'the data';
  if (before.type !== after.type) return [`${here} changed its type from ${before.type} to ${after.type}`];
  return [
    ...enumChanges(before, after, here),
    ...keywordChanges(before, after, here),
    ...fieldChanges(before, after, path),
    ...(before.items && after.items ? changesOf(before.items, after.items, `${path}[]`) : []),
  ];
}

function enumChanges(before: JsonSchema, after: JsonSchema, here: string): string[] {
  if (!before.enum && !after.enum) return [];
  if (!before.enum || !after.enum) return [`${here} is ${after.enum ? 'now' : 'no longer'} a closed list`];
  const removed = before.enum.filter((value) => !after.enum?.includes(value));
  const added = after.enum.filter((value) => !before.enum?.includes(value));
  return [
    ...removed.map((value) => `${here} no longer allows ${value}`),
    ...added.map((value) => `${here} newly allows ${value}, which an older consumer refuses`),
  ];
}

function keywordChanges(before: JsonSchema, after: JsonSchema, here: string): string[] {
  const keywords = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keywords]
    .filter((keyword) => !structure.includes(keyword) && !annotations.includes(keyword))
    .filter((keyword) => JSON.stringify(before[keyword]) !== JSON.stringify(after[keyword]))
    .map(
      (keyword) =>
        `${here} changed its ${keyword} from ${wording(before[keyword])} to ${wording(after[keyword])}`,
    );
}

function fieldChanges(before: JsonSchema, after: JsonSchema, path: string): string[] {
  const below = (field: string): string => (path ? `${path}.${field}` : field);
  const kept = Object.entries(before.properties ?? {}).flatMap(([field, schema]) => {
    const now = after.properties?.[field];
    if (!now) return [`${below(field)} was removed`];
    const wasRequired = before.required?.includes(field) ?? false;
    const isRequired = after.required?.includes(field) ?? false;
    const changes = changesOf(schema, now, below(field));
    if (wasRequired === isRequired) return changes;
    return [`${below(field)} became ${isRequired ? 'required' : 'optional'}`, ...changes];
  });
  const added = (after.required ?? [])
    .filter((field) => !before.properties?.[field])
    .map((field) => `${below(field)} is new and required; only optional fields may be added`);
  return [...kept, ...added];
}

const wording = (value: unknown): string => (value === undefined ? 'none' : JSON.stringify(value));
