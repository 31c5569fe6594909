import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { AccountId, Id, Instant, Sha256, WireMoney } from './catalogue.ts';
import { catalogues, dataSchema, eventSchemas, type JsonSchema } from './schemas.ts';

/**
 * Where a schema would let free text or data without end into a topic, which is kept for ever (AD-5, AD-18).
 * A string is an enum or has an anchored pattern that ends, by itself or by a length; all else must be closed
 * as well.
 */
function openPlaces(schema: JsonSchema, path = 'data'): string[] {
  if (schema.enum || 'const' in schema) return [];
  if (schema.type === 'integer' || schema.type === 'boolean') return [];
  if (schema.type === 'string') return isBounded(schema) ? [] : [`${path}: a string without bounds`];
  if (schema.type === 'array') {
    const endless = schema.maxItems === undefined ? [`${path}: a list without an end`] : [];
    return [...endless, ...openPlaces(schema.items ?? {}, `${path}[]`)];
  }
  if (schema.type === 'object' && schema.properties) {
    const extra = typeof schema.additionalProperties === 'object' ? [`${path}: keys without bounds`] : [];
    return [
      ...extra,
      ...Object.entries(schema.properties).flatMap(([name, field]) => openPlaces(field, `${path}.${name}`)),
    ];
  }
  return [`${path}: any data at all`];
}

function isBounded({ pattern, maxLength }: JsonSchema): boolean {
  if (typeof pattern !== 'string') return false;
  // Classes and escaped signs cannot make a pattern endless; what is left tells of repeats and of "any sign".
  const bare = pattern.replace(/\\[^SWD]/g, 'x').replace(/\[[^\]^][^\]]*\]/g, 'x');
  if (!isAnchored(bare) || /[.\\[]/.test(bare)) return false;
  return typeof maxLength === 'number' || !/[*+]|\{\d+,\}/.test(bare);
}

/** From `^` to `$` in every alternative: a bar outside of all groups would leave one side open. */
function isAnchored(bare: string): boolean {
  const outer = bare.replace(/\((?:\?:)?[^()]*\)/g, 'x');
  return outer === bare ? /^\^[^|]*\$$/.test(bare) : isAnchored(outer);
}

const placesIn = (data: z.ZodObject): string[] =>
  openPlaces(dataSchema({ version: 1, key: 'platform', subject: 'id', summary: '', data }));

test.each(Object.entries(eventSchemas(catalogues)))(
  '%s carries no free text and ends somewhere',
  (_type, { data }) => {
    expect(openPlaces(data)).toEqual([]);
  },
);

describe('the check bites', () => {
  test.each([
    ['free text', z.string()],
    ['long free text', z.string().max(200)],
    ['text that starts right', z.string().regex(/^[A-Z]{3}/)],
    ['text that ends right', z.string().regex(/[A-Z]{3}$/)],
    ['one alternative without an end', z.string().regex(/^(a)|(b)$/)],
    ['letters without end', z.string().regex(/^[a-z]+$/)],
    ['at least three letters', z.string().regex(/^[a-z]{3,}$/)],
    ['any sign', z.string().regex(/^.{1,80}$/)],
    ['any sign but a few', z.string().regex(/^[^<>]{1,80}$/)],
    ['any sign that is no space', z.string().regex(/^\S{1,80}$/)],
    ['an e-mail address', z.email()],
    ['a web address', z.url()],
    ['an instant with any number of decimals', z.iso.datetime()],
  ])('%s', (_name, field) => {
    expect(placesIn(z.object({ field }))).toEqual(['data.field: a string without bounds']);
    expect(placesIn(z.object({ field: field.optional() }))).toHaveLength(1);
  });

  test('however deep it lies', () => {
    const deep = z.object({ lots: z.array(z.object({ memo: z.string() })).max(3) });
    expect(placesIn(deep)).toEqual(['data.lots[].memo: a string without bounds']);
  });

  test.each([
    ['a list', z.array(Id), 'data.field: a list without an end'],
    ['a map', z.record(z.string(), Id), 'data.field: any data at all'],
    ['anything', z.unknown(), 'data.field: any data at all'],
    ['a choice', z.union([Id, z.string()]), 'data.field: any data at all'],
    ['an open object', z.object({ id: Id }).catchall(z.string()), 'data.field: keys without bounds'],
    ['a fraction', z.number(), 'data.field: any data at all'],
  ])('%s', (_name, field, place) => {
    expect(placesIn(z.object({ field }))).toEqual([place]);
  });
});

test('the building blocks of the catalogues pass', () => {
  const data = z.object({
    id: Id,
    account: AccountId.optional(),
    hash: Sha256,
    at: Instant.optional(),
    day: z.iso.date(),
    amount: WireMoney,
    kind: z.enum(['a', 'b']),
    lots: z.array(Id).max(9),
    count: z.int(),
    done: z.boolean(),
  });
  expect(placesIn(data)).toEqual([]);
});
