import type { Catalogue, EventDefinition } from './catalogue.ts';
import { dataSchema, type JsonSchema } from './schemas.ts';
import { schemaUrn, sourceOf, wireType } from './wire.ts';

type Document = Record<string, unknown>;

/** The headers of every message: CloudEvents 1.0 in Kafka binary mode, and ours (AD-5). */
const cloudEventHeaders = {
  type: 'object',
  required: [
    'ce_specversion',
    'ce_id',
    'ce_source',
    'ce_type',
    'ce_subject',
    'ce_time',
    'ce_dataschema',
    'content-type',
    'ce_sequence',
    'ce_causationid',
    'ce_correlationid',
  ],
  properties: {
    ce_specversion: { const: '1.0' },
    ce_id: { type: 'string', format: 'uuid', description: 'A UUIDv7, the same on every redelivery.' },
    ce_source: { type: 'string', description: 'The publishing service.' },
    ce_type: { type: 'string', description: "The event's type with its version." },
    ce_subject: { type: 'string', description: "The aggregate's id." },
    ce_time: { type: 'string', format: 'date-time', description: 'Business time of the fact, in UTC.' },
    ce_dataschema: { type: 'string', description: 'The name of the data schema.' },
    'content-type': { const: 'application/json' },
    ce_sequence: {
      type: 'string',
      pattern: '^\\d{1,15}$',
      description: 'Counts the events of one subject from 1, without gaps.',
    },
    ce_causationid: { type: 'string', description: 'The message or request that caused this event.' },
    ce_correlationid: {
      type: 'string',
      description: 'Joins the life of one payment; also in each HTTP answer.',
    },
    traceparent: { type: 'string', description: 'W3C trace context.' },
  },
};

/** What the key of a topic's records is, by the name that the catalogue gives it (AD-6). */
const keySchemas: Record<EventDefinition['key'], JsonSchema> = {
  agreementId: { type: 'string', description: 'The agreement id: one agreement’s events stay in order.' },
  accountId: { type: 'string', description: 'The account id: one account’s events stay in order.' },
  agreementOrAccount: {
    type: 'string',
    description:
      'The agreement id, or the account id where there is none; `platform` where there is neither.',
  },
  owner: {
    type: 'string',
    description:
      'The agreement id, or the account id where there is none; `platform` where there is neither.',
  },
  platform: { type: 'string', description: '`platform`, for facts that belong to no agreement or account.' },
  partition: { type: 'string', description: 'None: the record goes to the partition that it names.' },
};

/** AsyncAPI 3.0 for all topics: one channel and one sending operation per service (AD-24). */
export function asyncapiDocument(catalogues: readonly Catalogue[], version: string): Document {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Holdfast events',
      version,
      description:
        'Facts that the services publish. Fields are only added; a changed meaning is a new version. ' +
        'Consumers ignore fields that they do not know.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: byService(catalogues, channelOf),
    operations: byService(catalogues, ({ service }) => ({
      action: 'send',
      summary: `What the ${service} service publishes.`,
      channel: { $ref: `#/channels/${service}` },
    })),
    components: {
      schemas: { cloudEventHeaders },
      messages: Object.assign({}, ...catalogues.map(messagesOf)),
    },
  };
}

const byService = (catalogues: readonly Catalogue[], part: (catalogue: Catalogue) => Document): Document =>
  Object.fromEntries(catalogues.map((catalogue) => [catalogue.service, part(catalogue)]));

function channelOf(catalogue: Catalogue): Document {
  const types = Object.keys(catalogue.events).map((type) => wireType(catalogue, type));
  return {
    address: catalogue.topic,
    title: catalogue.topic,
    messages: Object.fromEntries(types.map((type) => [type, { $ref: `#/components/messages/${type}` }])),
  };
}

function messagesOf(catalogue: Catalogue): Document {
  return Object.fromEntries(
    Object.entries(catalogue.events).map(([type, definition]) => {
      const name = wireType(catalogue, type);
      return [name, messageOf(catalogue, name, definition)];
    }),
  );
}

function messageOf(catalogue: Catalogue, name: string, definition: EventDefinition): Document {
  return {
    name,
    title: name,
    summary: definition.summary,
    contentType: 'application/json',
    headers: {
      allOf: [
        { $ref: '#/components/schemas/cloudEventHeaders' },
        {
          type: 'object',
          properties: {
            ce_source: { const: sourceOf(catalogue.service) },
            ce_type: { const: name },
            ce_dataschema: { const: schemaUrn(name) },
            ce_subject: { description: `The event's ${definition.subject}.` },
          },
        },
      ],
    },
    payload: dataSchema(definition),
    bindings: { kafka: { key: keySchemas[definition.key] } },
  };
}
