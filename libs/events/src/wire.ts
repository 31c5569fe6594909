import { z } from 'zod';
import type { Catalogue, EventDefinition, EventOf } from './catalogue.ts';
import { platformKey } from './catalogue.ts';

/** What surrounds an event: CloudEvents 1.0 in Kafka binary mode, in code (AD-5). */
export interface Envelope {
  id: string;
  source: string;
  subject: string;
  occurredAt: Date;
  /** Counts the events of one aggregate from 1, without gaps. */
  sequence: number;
  causationId: string;
  correlationId: string;
  traceparent?: string;
}

export type Message<C extends Catalogue> = Envelope & { key: string; event: EventOf<C> };

/** A message that fits no schema of the topic: parked with its bytes, never dropped (AD-11). */
export class UnreadableMessage extends Error {
  override readonly name = 'UnreadableMessage';
}

type AnyEvent = { type: string } & Record<string, unknown>;

export const definitionOf = (catalogue: Catalogue, type: string): EventDefinition => {
  const definition = catalogue.events[type];
  if (!definition) throw new RangeError(`${catalogue.service} does not publish ${type}`);
  return definition;
};

/** The Kafka key of an event: an agreement's id, an account's, or the platform's (AD-6). */
export function keyOf(catalogue: Catalogue, event: AnyEvent): string {
  const { key } = definitionOf(catalogue, event.type);
  if (key === 'platform') return platformKey;
  const owner = event.agreementId ?? event.accountId;
  if (key === 'owner') return String(owner ?? platformKey);
  return String(key === 'agreementOrAccount' ? owner : event[key]);
}

export const subjectOf = (catalogue: Catalogue, event: AnyEvent): string =>
  String(event[definitionOf(catalogue, event.type).subject]);

/**
 * The event's fields as they stand on the wire: amounts as digit strings, instants as ISO text.
 * @throws ZodError when our own code built an event that its schema refuses: a defect
 */
export function encodeData(catalogue: Catalogue, { type, ...fields }: AnyEvent): Record<string, unknown> {
  return z.encode(definitionOf(catalogue, type).data, fields as never) as Record<string, unknown>;
}

export const wireType = (catalogue: Catalogue, type: string): string =>
  `${type}.v${definitionOf(catalogue, type).version}`;

/** The `ce_source` of everything a service publishes. */
export const sourceOf = (service: string): string => `/holdfast/${service}`;

export const schemaUrn = (type: string): string => `urn:holdfast:schema:${type}`;

/** The Kafka headers of an event; `type` is the type on the wire (AD-5). */
export function headersOf(type: string, envelope: Envelope): Record<string, string> {
  return {
    ce_specversion: '1.0',
    ce_id: envelope.id,
    ce_source: envelope.source,
    ce_type: type,
    ce_subject: envelope.subject,
    ce_time: envelope.occurredAt.toISOString(),
    ce_dataschema: schemaUrn(type),
    'content-type': 'application/json',
    ce_sequence: String(envelope.sequence),
    ce_causationid: envelope.causationId,
    ce_correlationid: envelope.correlationId,
    ...(envelope.traceparent ? { traceparent: envelope.traceparent } : {}),
  };
}

const Headers = z.object({
  ce_specversion: z.literal('1.0'),
  ce_id: z.string().min(1).max(200),
  ce_source: z.string().max(200),
  ce_type: z.string().max(200),
  ce_subject: z.string().max(200),
  ce_time: z.iso.datetime(),
  ce_sequence: z.string().regex(/^\d{1,15}$/),
  ce_causationid: z.string().max(200),
  ce_correlationid: z.string().max(200),
  traceparent: z.string().max(100).optional(),
});

/**
 * Reads one Kafka record of a topic. Unknown fields are left out, so that an older consumer reads newer
 * events.
 * @throws UnreadableMessage with the reason; it names fields, never their contents
 */
export function decodeMessage<C extends Catalogue>(
  catalogue: C,
  record: { key: string | undefined; headers: Record<string, string>; value: Buffer | null },
): Message<C> {
  const headers = Headers.safeParse(record.headers);
  if (!headers.success) throw new UnreadableMessage(`headers: ${fieldsOf(headers.error)}`);
  const { ce_type: type } = headers.data;
  const name = type.replace(/\.v\d+$/, '');
  const definition = catalogue.events[name];
  if (!definition || wireType(catalogue, name) !== type) {
    throw new UnreadableMessage(`no event of ${catalogue.topic}: ${type}`);
  }
  let json: unknown;
  try {
    json = JSON.parse(record.value?.toString('utf8') ?? '');
  } catch {
    throw new UnreadableMessage('the value is not JSON');
  }
  const data = definition.data.safeParse(json);
  if (!data.success) throw new UnreadableMessage(`data of ${type}: ${fieldsOf(data.error)}`);
  return {
    id: headers.data.ce_id,
    source: headers.data.ce_source,
    subject: headers.data.ce_subject,
    occurredAt: new Date(headers.data.ce_time),
    sequence: Number(headers.data.ce_sequence),
    causationId: headers.data.ce_causationid,
    correlationId: headers.data.ce_correlationid,
    traceparent: headers.data.traceparent,
    key: record.key ?? '',
    event: { type: name, ...data.data } as EventOf<C>,
  };
}

const fieldsOf = (error: z.ZodError): string =>
  error.issues.map((issue) => `${issue.path.join('.') || 'value'} (${issue.code})`).join(', ');
