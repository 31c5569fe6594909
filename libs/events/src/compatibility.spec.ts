import { readFile } from 'node:fs/promises';
import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { catalogue, type EventDefinition, Id, WireMoney } from './catalogue.ts';
import { breakingChanges } from './compatibility.ts';
import { catalogues, type EventSchema, eventSchemas } from './schemas.ts';

const reason = z.enum(['lost', 'late']);
const fields = {
  letterId: Id,
  officeId: Id,
  reason,
  note: Id.optional(),
  weight: z.int().min(1).max(50),
  stamps: z.array(z.object({ stampId: Id, price: WireMoney })).max(9),
};
const failed = {
  version: 1,
  key: 'agreementId',
  subject: 'letterId',
  summary: 'A letter failed.',
  data: z.object(fields),
} as const satisfies EventDefinition;

const schemas = (...events: EventDefinition[]): Record<string, EventSchema> => {
  const named = events.map((event, index) => [`letters.letter.${['failed', 'sent'][index]}`, event] as const);
  return eventSchemas([catalogue('letters', Object.fromEntries(named))]);
};
const released = schemas(failed);
const withData = (data: z.ZodObject): Record<string, EventSchema> => schemas({ ...failed, data });
const type = 'letters.letter.failed.v1';

describe('what may change (AD-7)', () => {
  test.each([
    ['nothing', released],
    ['a new event', schemas(failed, { ...failed, data: z.object({ letterId: Id }) })],
    ['a new optional field', withData(z.object({ ...fields, paidAt: z.iso.date().optional() }))],
    [
      'a new optional field in a list',
      withData(
        z.object({
          ...fields,
          stamps: z.array(z.object({ stampId: Id, price: WireMoney, used: Id.optional() })).max(9),
        }),
      ),
    ],
    ['other words', withData(z.object({ ...fields, letterId: Id.meta({ title: 'LetterId' }) }))],
    [
      'a new order of the fields',
      withData(z.object(Object.fromEntries(Object.entries(fields).toReversed()))),
    ],
  ])('%s', (_name, current) => {
    expect(breakingChanges(released, current)).toEqual([]);
  });
});

describe('what breaks', () => {
  const stamp = { stampId: Id, price: WireMoney };
  const { officeId: _, ...withoutOffice } = fields;
  test.each<[string, Record<string, EventSchema>, string[]]>([
    ['an event removed', {}, ['the event was removed']],
    ['another version instead', schemas({ ...failed, version: 2 }), ['the event was removed']],
    [
      'another key',
      schemas({ ...failed, key: 'accountId' }),
      ['its key changed from agreementId to accountId'],
    ],
    [
      'another subject',
      schemas({ ...failed, subject: 'officeId' }),
      ['its subject changed from letterId to officeId'],
    ],
    ['a field removed', withData(z.object(withoutOffice)), ['officeId was removed']],
    [
      'a field renamed',
      withData(z.object({ ...withoutOffice, bureauId: Id })),
      ['officeId was removed', 'bureauId is new and required; only optional fields may be added'],
    ],
    [
      'another type',
      withData(z.object({ ...fields, letterId: z.int().min(1).max(9) })),
      ['letterId changed its type from string to integer'],
    ],
    [
      'another form of text',
      withData(z.object({ ...fields, letterId: z.iso.date() })),
      [
        'letterId changed its format from "uuid" to "date"',
        expect.stringContaining('letterId changed its pattern') as unknown as string,
      ],
    ],
    ['optional became required', withData(z.object({ ...fields, note: Id })), ['note became required']],
    [
      'required became optional',
      withData(z.object({ ...fields, officeId: Id.optional() })),
      ['officeId became optional'],
    ],
    [
      'a new required field',
      withData(z.object({ ...fields, paidAt: z.iso.date() })),
      ['paidAt is new and required; only optional fields may be added'],
    ],
    [
      'a narrower list of reasons',
      withData(z.object({ ...fields, reason: z.enum(['lost']) })),
      ['reason no longer allows late'],
    ],
    [
      'a wider list of reasons',
      withData(z.object({ ...fields, reason: z.enum(['lost', 'late', 'burnt']) })),
      ['reason newly allows burnt, which an older consumer refuses'],
    ],
    [
      'a list that was closed',
      withData(z.object({ ...fields, reason: z.string().regex(/^[a-z]{1,9}$/) })),
      ['reason is no longer a closed list', 'reason changed its pattern from none to "^[a-z]{1,9}$"'],
    ],
    [
      'a lower limit',
      withData(z.object({ ...fields, weight: z.int().min(1).max(20) })),
      ['weight changed its maximum from 50 to 20'],
    ],
    [
      'fewer items',
      withData(z.object({ ...fields, stamps: z.array(z.object(stamp)).max(5) })),
      ['stamps changed its maxItems from 9 to 5'],
    ],
    [
      'a field removed deep inside',
      withData(z.object({ ...fields, stamps: z.array(z.object({ stampId: Id })).max(9) })),
      ['stamps[].price was removed'],
    ],
    [
      'no unknown fields any more',
      withData(z.strictObject(fields)),
      ['the data changed its additionalProperties from none to false'],
    ],
  ])('%s', (_name, current, changes) => {
    expect(breakingChanges(released, current)).toEqual(
      changes.map((change) => (typeof change === 'string' ? `${type}: ${change}` : change)),
    );
  });

  test('another topic', () => {
    const moved = { [type]: { ...released[type]!, topic: 'post.events' } };
    expect(breakingChanges(released, moved)).toEqual([
      `${type}: its topic changed from letters.events to post.events`,
    ]);
  });
});

test('the catalogues keep what the last release promised', async () => {
  const text = await readFile(new URL('../schemas/released.json', import.meta.url), 'utf8');
  const promised = JSON.parse(text) as Record<string, EventSchema>;
  expect(Object.keys(promised)).not.toHaveLength(0);
  expect(breakingChanges(promised, eventSchemas(catalogues))).toEqual([]);
});
