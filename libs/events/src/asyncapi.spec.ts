import { expect, test } from '@jest/globals';
import { asyncapiDocument } from './asyncapi.ts';
import { catalogues, eventSchemas } from './schemas.ts';
import { headersOf } from './wire.ts';

const document = asyncapiDocument(catalogues, '1.2.3') as never as {
  info: { version: string };
  channels: Record<string, { address: string; messages: Record<string, { $ref: string }> }>;
  components: { messages: Record<string, { payload: unknown }>; schemas: { cloudEventHeaders: Headers } };
};
type Headers = { properties: Record<string, unknown>; required: string[] };

/** What a `#/a/b` in the document points at. */
const resolve = (ref: string): unknown =>
  ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, name) => (node as Record<string, unknown>)?.[name], document);

const refsIn = (node: unknown): string[] =>
  typeof node !== 'object' || node === null
    ? []
    : Object.entries(node).flatMap(([name, value]) => (name === '$ref' ? [String(value)] : refsIn(value)));

test('every topic is a channel with all its events', () => {
  expect(Object.values(document.channels).map((channel) => channel.address)).toEqual(
    catalogues.map((catalogue) => catalogue.topic),
  );
  const types = Object.values(document.channels).flatMap((channel) => Object.keys(channel.messages));
  expect(types).toEqual(Object.keys(eventSchemas(catalogues)));
  expect(document.info.version).toBe('1.2.3');
});

test('every reference points at something', () => {
  const refs = refsIn(document);
  expect(refs.length).toBeGreaterThan(catalogues.length);
  expect(refs.filter((ref) => resolve(ref) === undefined)).toEqual([]);
});

test('the payloads are the schemas of the wire form', () => {
  for (const [type, { data }] of Object.entries(eventSchemas(catalogues))) {
    expect(document.components.messages[type]?.payload).toEqual(data);
  }
});

test('the headers are those that are sent (AD-5)', () => {
  const sent = headersOf('escrow.milestone.funded.v1', {
    id: '01890a5d-ac96-774b-bcce-b302099a8057',
    source: '/holdfast/escrow',
    subject: '01890a5d-ac96-774b-bcce-b302099a8056',
    occurredAt: new Date(0),
    sequence: 1,
    causationId: 'c',
    correlationId: 'c',
    traceparent: 't',
  });
  const { properties, required } = document.components.schemas.cloudEventHeaders;
  expect(Object.keys(properties)).toEqual(Object.keys(sent));
  expect(required).toEqual(Object.keys(sent).filter((name) => name !== 'traceparent'));
});
