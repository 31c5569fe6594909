import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import { catalogue, Id, Instant, WireMoney } from './catalogue.ts';
import { catalogues, dataSchema, type JsonSchema } from './schemas.ts';
import {
  decodeMessage,
  type Envelope,
  encodeData,
  headersOf,
  keyOf,
  sourceOf,
  subjectOf,
  UnreadableMessage,
  wireType,
} from './wire.ts';

const everyEvent = catalogues.flatMap((of) =>
  Object.entries(of.events).map(([type, event]) => ({ of, type, event })),
);

/** Any data that the schema accepts, as it stands on the wire, optional fields present or absent. */
function wireData(schema: JsonSchema): fc.Arbitrary<unknown> {
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.format === 'uuid') return fc.uuid();
  const date = fc.date({ min: new Date(0), max: new Date('2999-12-31T23:59:59.999Z'), noInvalidDate: true });
  if (schema.format === 'date-time') return date.map((instant) => instant.toISOString());
  if (schema.format === 'date') return date.map((instant) => instant.toISOString().slice(0, 10));
  if (schema.type === 'string') return fc.stringMatching(new RegExp(String(schema.pattern)));
  if (schema.type === 'boolean') return fc.boolean();
  if (schema.type === 'integer') return fc.integer({ min: schema.minimum, max: schema.maximum });
  if (schema.type === 'array') {
    return fc.array(wireData(schema.items!), {
      minLength: schema.minItems,
      maxLength: Math.min(schema.maxItems!, 5),
    });
  }
  const fields = Object.entries(schema.properties ?? {}).map(
    ([name, field]) => [name, wireData(field)] as const,
  );
  return fc.record(Object.fromEntries(fields), {
    requiredKeys: [...(schema.required ?? [])],
    noNullPrototype: true,
  });
}

const envelope = (subject: string, source = '/holdfast/escrow'): Envelope => ({
  id: '01890a5d-ac96-774b-bcce-b302099a8057',
  source,
  subject,
  occurredAt: new Date('2026-05-01T09:00:00.123Z'),
  sequence: 7,
  causationId: '01890a5d-ac96-774b-bcce-b302099a8056',
  correlationId: '01890a5d-ac96-774b-bcce-b302099a8055',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
});

const bytes = (data: unknown): Buffer => Buffer.from(JSON.stringify(data));

/** The same data with a field that this version does not know in every object, however deep. */
function withUnknownFields(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withUnknownFields);
  if (typeof data !== 'object' || data === null) return data;
  const fields = Object.entries(data).map(([name, field]) => [name, withUnknownFields(field)]);
  return { ...Object.fromEntries(fields), addedLater: { reason: 'new' } };
}

describe.each(everyEvent)('$type', ({ of, type, event }) => {
  const samples = wireData(dataSchema(event));

  test('goes over the wire and comes back as it was', () => {
    fc.assert(
      fc.property(samples, (wire) => {
        const fact = { type, ...event.data.parse(wire) };
        const data = encodeData(of, fact);
        expect(data).toEqual(wire);
        const subject = subjectOf(of, fact);
        const sent = envelope(subject, sourceOf(of.service));
        const record = {
          key: keyOf(of, fact),
          headers: headersOf(wireType(of, type), sent),
          value: bytes(data),
        };
        expect(decodeMessage(of, record)).toEqual({ ...sent, key: record.key, event: fact });
      }),
      { numRuns: 25 },
    );
  });

  test('F15: fields that an older consumer does not know are left out', () => {
    fc.assert(
      fc.property(samples, (wire) => {
        const record = { key: 'k', headers: headersOf(wireType(of, type), envelope('s')) };
        const known = decodeMessage(of, { ...record, value: bytes(wire) });
        expect(decodeMessage(of, { ...record, value: bytes(withUnknownFields(wire)) })).toEqual(known);
      }),
      { numRuns: 10 },
    );
  });

  test('key and subject are fields of every such event (AD-6)', () => {
    const required = dataSchema(event).required ?? [];
    expect(required).toContain(event.subject);
    const key = event.key === 'agreementOrAccount' ? 'accountId' : event.key;
    if (key !== 'platform' && key !== 'owner') expect(required).toContain(key);
  });
});

/** A catalogue of its own, so that these examples do not move with the real ones. */
const letters = catalogue('letters', {
  'letters.letter.sent': {
    version: 2,
    key: 'agreementId',
    subject: 'letterId',
    summary: 'A letter was sent.',
    data: z.object({ agreementId: Id, letterId: Id, postage: WireMoney, sentAt: Instant }),
  },
  'letters.office.opened': {
    version: 1,
    key: 'platform',
    subject: 'officeId',
    summary: 'An office opened.',
    data: z.object({ officeId: Id }),
  },
});
const agreementId = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const letterId = '3f2504e0-4f89-41d3-9a0c-0305e82c3302';
const wire = {
  agreementId,
  letterId,
  postage: { amountMinor: '120', currency: 'USD' },
  sentAt: '2026-05-01T09:00:00.000Z',
};
const headers = headersOf('letters.letter.sent.v2', envelope(letterId, '/holdfast/letters'));
const record = { key: agreementId, headers, value: bytes(wire) };

describe('headers (AD-5)', () => {
  test('are CloudEvents 1.0 in Kafka binary mode, and ours', () => {
    expect(headers).toEqual({
      ce_specversion: '1.0',
      ce_id: '01890a5d-ac96-774b-bcce-b302099a8057',
      ce_source: '/holdfast/letters',
      ce_type: 'letters.letter.sent.v2',
      ce_subject: letterId,
      ce_time: '2026-05-01T09:00:00.123Z',
      ce_dataschema: 'urn:holdfast:schema:letters.letter.sent.v2',
      'content-type': 'application/json',
      ce_sequence: '7',
      ce_causationid: '01890a5d-ac96-774b-bcce-b302099a8056',
      ce_correlationid: '01890a5d-ac96-774b-bcce-b302099a8055',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
  });

  test('leave the trace out where there is none', () => {
    const untraced = headersOf('letters.letter.sent.v2', { ...envelope(letterId), traceparent: undefined });
    expect(untraced).not.toHaveProperty('traceparent');
    expect(decodeMessage(letters, { ...record, headers: untraced }).traceparent).toBeUndefined();
  });
});

describe('what a service sends', () => {
  test('carries amounts as digit strings and instants as text', () => {
    const event = decodeMessage(letters, record).event;
    expect(event).toMatchObject({ postage: { amountMinor: 120n }, sentAt: new Date('2026-05-01T09:00:00Z') });
    expect(encodeData(letters, event)).toEqual(wire);
  });

  test('has the platform’s key where it belongs to no agreement or account (AD-6)', () => {
    expect(keyOf(letters, { type: 'letters.office.opened', officeId: letterId })).toBe('platform');
    expect(keyOf(letters, { type: 'letters.letter.sent', ...wire })).toBe(agreementId);
  });

  test('is refused at home when it does not fit its schema: a defect of ours', () => {
    expect(() => encodeData(letters, { type: 'letters.office.opened', officeId: 'not an id' })).toThrow(
      z.ZodError,
    );
    expect(() => encodeData(letters, { type: 'letters.letter.lost' })).toThrow(RangeError);
  });

  test('belongs to its service', () => {
    const stray = { ...letters.events['letters.office.opened'] };
    expect(() => catalogue('letters', { 'parcels.office.opened': stray })).toThrow(RangeError);
  });
});

describe('F24: what fits no schema is unreadable', () => {
  test.each([
    [
      'another version',
      { headers: { ...headers, ce_type: 'letters.letter.sent.v1' } },
      'no event of letters.events',
    ],
    ['no version', { headers: { ...headers, ce_type: 'letters.letter.sent' } }, 'no event of letters.events'],
    [
      'an unknown type',
      { headers: { ...headers, ce_type: 'letters.letter.lost.v1' } },
      'no event of letters.events',
    ],
    [
      'a type of another service',
      { headers: { ...headers, ce_type: 'escrow.milestone.funded.v1' } },
      'no event of',
    ],
    [
      'a name of JavaScript',
      { headers: { ...headers, ce_type: 'constructor.v1' } },
      'no event of letters.events',
    ],
    ['a prototype', { headers: { ...headers, ce_type: '__proto__.v1' } }, 'no event of letters.events'],
    ['no headers', { headers: {} }, 'headers: ce_specversion (invalid_value), ce_id'],
    [
      'another CloudEvents version',
      { headers: { ...headers, ce_specversion: '0.3' } },
      'headers: ce_specversion',
    ],
    ['no time', { headers: { ...headers, ce_time: 'yesterday' } }, 'headers: ce_time'],
    ['a sequence that is no number', { headers: { ...headers, ce_sequence: '1e3' } }, 'headers: ce_sequence'],
    ['bad JSON', { value: Buffer.from('{"agreementId":') }, 'the value is not JSON'],
    ['no value', { value: null }, 'the value is not JSON'],
    ['bytes that are no text', { value: Buffer.from([0xff, 0xfe, 0x00]) }, 'the value is not JSON'],
    [
      'another shape of JSON',
      { value: bytes(['a']) },
      'data of letters.letter.sent.v2: value (invalid_type)',
    ],
    ['a missing field', { value: bytes({ ...wire, letterId: undefined }) }, 'letterId (invalid_type)'],
    [
      'a number for an amount',
      { value: bytes({ ...wire, postage: { ...wire.postage, amountMinor: 120 } }) },
      'postage',
    ],
  ])('%s', (_name, changed, reason) => {
    const read = () => decodeMessage(letters, { ...record, ...changed });
    expect(read).toThrow(UnreadableMessage);
    expect(read).toThrow(reason);
  });

  test('the reason names fields, never their contents', () => {
    const value = bytes({ ...wire, letterId: '4111 1111 1111 1111', sentAt: 'Jane Doe' });
    expect(() => decodeMessage(letters, { ...record, value })).toThrow(
      /^data of letters\.letter\.sent\.v2: letterId \(invalid_format\), sentAt \(invalid_format\)$/,
    );
  });
});
