import { Money } from '@holdfast/domain';
import { z } from 'zod';

/**
 * Ids on the wire are bounded: an event carries no free text (docs/events.md). Titles and descriptions go
 * into the JSON schemas, and from there into the generated pages.
 */
export const Id = z.uuid().meta({ title: 'Id', description: 'A UUID.' });
/** An account's id is the `sub` of the person's token (rule S-12), so its form is the issuer's. */
export const AccountId = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/)
  .meta({ title: 'AccountId', description: "The `sub` of the person's token." });
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .meta({ title: 'Sha256', description: 'A SHA-256 in hexadecimal.' });
/** Long enough for nanoseconds; the pattern alone would allow any number of decimals. */
const instantText = z.iso
  .datetime()
  .max(30)
  .meta({ title: 'Instant', description: 'Business time in UTC, ISO 8601.' });
export const Instant = z.codec(instantText, z.date(), {
  decode: (text) => new Date(text),
  encode: (date) => date.toISOString(),
});
/** Money as HTTP takes it, but with room for fields that a newer service adds (F15). */
export const WireMoney = z.object(Money.shape).meta({
  title: 'Money',
  description: 'Minor units (cents for USD) as a digit string, so no JSON parser rounds them.',
});
export const Version = z.int().min(1).max(1_000_000);

/** The key of facts that belong to no agreement or account but to the platform itself. */
export const platformKey = 'platform';

export interface EventDefinition {
  version: number;
  /**
   * The field whose value is the Kafka key: one key's events stay in order (AD-6). `agreementOrAccount`: the
   * agreement where the fact belongs to one, else the account. `owner`: as that, and the platform where there is neither.
   */
  key: 'agreementId' | 'accountId' | 'agreementOrAccount' | 'owner' | 'platform' | 'partition';
  /** The field that names the aggregate: CloudEvents `subject`, and what `sequence` counts. */
  subject: string;
  summary: string;
  data: z.ZodObject;
}

export type Catalogue = Readonly<{
  service: string;
  topic: string;
  events: Readonly<Record<string, EventDefinition>>;
}>;

/** An event in code: its type beside its fields. On the wire the type is a header with `.v1` behind it. */
export type EventOf<C extends Catalogue> = {
  [Type in keyof C['events'] & string]: { type: Type } & z.output<C['events'][Type]['data']>;
}[keyof C['events'] & string];

export function catalogue<const Events extends Record<string, EventDefinition>>(
  service: string,
  events: Events,
): Readonly<{ service: string; topic: string; events: Events }> {
  for (const type of Object.keys(events)) {
    if (!type.startsWith(`${service}.`)) throw new RangeError(`${type} does not belong to ${service}`);
  }
  return { service, topic: `${service}.events`, events };
}

/** "All I committed before this instant is out", for one partition (rule M-17). */
export const watermark = {
  version: 1,
  key: 'partition',
  subject: 'partition',
  summary: 'Everything this service committed before the instant is published on this partition.',
  data: z.object({ partition: z.int().min(0).max(1023), instant: Instant }),
} as const satisfies EventDefinition;

/** The head of a ledger's hash chain, published where the ledger's own database cannot reach it (AD-17). */
export const ledgerSealed = {
  version: 1,
  key: 'platform',
  subject: 'chain',
  summary: 'The head of the hash chain over all journals of a ledger (AD-17).',
  data: z.object({
    chain: z.enum(['E', 'P']),
    /** Of the seal in its chain, from 1 without gaps. */
    position: z.int().min(1),
    /** The journal that this seal closes. */
    journalId: Id,
    hash: Sha256,
    sealedAt: Instant,
  }),
} as const satisfies EventDefinition;
