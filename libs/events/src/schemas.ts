import { z } from 'zod';
import type { Catalogue, EventDefinition } from './catalogue.ts';
import { contractsEvents } from './contracts.ts';
import { disputesEvents } from './disputes.ts';
import { escrowEvents } from './escrow.ts';
import { payoutsEvents } from './payouts.ts';
import { wireType } from './wire.ts';

/** Every event that any service publishes. */
export const catalogues: readonly Catalogue[] = [
  contractsEvents,
  escrowEvents,
  payoutsEvents,
  disputesEvents,
];

/** The part of JSON Schema (draft 7) that the catalogues use. */
export interface JsonSchema {
  type?: string;
  title?: string;
  description?: string;
  format?: string;
  enum?: readonly string[];
  minimum?: number;
  maximum?: number;
  properties?: Readonly<Record<string, JsonSchema>>;
  required?: readonly string[];
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  [keyword: string]: unknown;
}

/** An event as consumers depend on it: where it is found, and the form of its data. */
export interface EventSchema {
  topic: string;
  key: string;
  subject: string;
  data: JsonSchema;
}

/**
 * The data as it stands on the wire (`input`): amounts are digit strings, instants ISO text; unknown fields
 * pass.
 */
export function dataSchema(definition: EventDefinition): JsonSchema {
  const { $schema: _, ...schema } = z.toJSONSchema(definition.data, { io: 'input', target: 'draft-7' });
  return schema as JsonSchema;
}

/** All events by their type on the wire: `escrow.milestone.released.v1`. */
export function eventSchemas(all: readonly Catalogue[]): Record<string, EventSchema> {
  const schemas: Record<string, EventSchema> = {};
  for (const catalogue of all) {
    for (const [type, definition] of Object.entries(catalogue.events)) {
      const { key, subject } = definition;
      schemas[wireType(catalogue, type)] = {
        topic: catalogue.topic,
        key,
        subject,
        data: dataSchema(definition),
      };
    }
  }
  return schemas;
}
