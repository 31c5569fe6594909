import type { Catalogue } from './catalogue.ts';
import { dataSchema, type JsonSchema } from './schemas.ts';

/** `docs/events.md`: per service a table of its events, and the types that their fields share. */
export function eventsPage(catalogues: readonly Catalogue[]): string {
  const lines = [
    '# Events',
    '',
    'Generated from `libs/events` by `npm run generate`; do not edit. The same as AsyncAPI 3.0:',
    '[events.asyncapi.json](events.asyncapi.json).',
    '',
    'Every event is CloudEvents 1.0 in Kafka binary mode. On the wire its type ends with a version',
    '(`ce_type: escrow.milestone.released.v1`), `ce_subject` is the field named below, and `ce_sequence`',
    'counts the events of one subject from 1. Events of one key stay in order; the key `partition` is none, and',
    '`owner` is the agreement id, else the account id, else `platform`.',
    'Fields are only added, and only as optional ones (`?`). There is no free text or personal data in them.',
    '',
    ...typesTable(catalogues),
  ];
  for (const catalogue of catalogues) {
    lines.push(
      '',
      `## ${catalogue.service}`,
      '',
      `Topic \`${catalogue.topic}\`.`,
      '',
      ...eventsTable(catalogue),
    );
  }
  return `${lines.join('\n')}\n`;
}

function eventsTable(catalogue: Catalogue): string[] {
  const rows = Object.entries(catalogue.events).map(([type, definition]) => {
    const { version, key, subject, summary } = definition;
    const name = version === 1 ? `\`${type}\`` : `\`${type}\` (v${version})`;
    return row(name, `\`${key}\``, `\`${subject}\``, summary, fieldsOf(dataSchema(definition)).join('<br>'));
  });
  return [row('Event', 'Key', 'Subject', 'Fact', 'Fields'), row('---', '---', '---', '---', '---'), ...rows];
}

function typesTable(catalogues: readonly Catalogue[]): string[] {
  const titled = new Map<string, JsonSchema>();
  for (const { events } of catalogues) {
    for (const definition of Object.values(events)) collectTitled(dataSchema(definition), titled);
  }
  const rows = [...titled]
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
    .map(([title, schema]) => row(title, schema.description ?? '', formOf({ ...schema, title: undefined })));
  return [row('Type', 'Meaning', 'On the wire'), row('---', '---', '---'), ...rows];
}

function collectTitled(schema: JsonSchema, into: Map<string, JsonSchema>): void {
  if (schema.title) into.set(schema.title, schema);
  for (const field of Object.values(schema.properties ?? {})) collectTitled(field, into);
  if (schema.items) collectTitled(schema.items, into);
}

const fieldsOf = (schema: JsonSchema): string[] =>
  Object.entries(schema.properties ?? {}).map(([name, field]) => {
    const optional = schema.required?.includes(name) ? '' : '?';
    return `\`${name}\`${optional} ${formOf(field)}`;
  });

function formOf(schema: JsonSchema): string {
  if (schema.title) return schema.title;
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(' or ');
  if (schema.type === 'object') return `{ ${fieldsOf(schema).join(', ')} }`;
  if (schema.type === 'array')
    return `${range(schema.minItems, schema.maxItems)} x ${formOf(schema.items ?? {})}`;
  if (schema.type === 'integer') return `integer ${range(schema.minimum, schema.maximum)}`;
  if (schema.format) return schema.format;
  return schema.pattern ? `\`${schema.pattern}\`` : (schema.type ?? 'anything');
}

const range = (least: number | undefined, most: number | undefined): string =>
  `${least ?? ''}..${most ?? ''}`;

/** A bar would end the cell, in code as well. */
const row = (...cells: string[]): string =>
  `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
