import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type PinnedSettings, pinnedDefaults } from '@holdfast/events';
import { projectRoot } from '@holdfast/local';
import { type OutboxRow, recordOfRow, run } from '@holdfast/messaging';
import type { Pool } from 'pg';

/**
 * Where consumers write what they need (AD-8), for the producers' tests to read: `npm test` runs all consumers first.
 * Generated, so not in the repository.
 */
const pactsDir = join(projectRoot, 'pacts');

// Nothing of a test run is told to anybody.
process.env.PACT_DO_NOT_TRACK = 'true';

/** What a consumer reads from one record of a topic, as a Kafka client would hand it over. */
export interface ReceivedRecord {
  key: string;
  headers: Record<string, string>;
  value: Buffer;
}

const example = '01a2037a-c202-74f7-a5ab-50ccbccd146d';
const uuid = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const instant = '\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?Z';
const matching = (pattern: string, value: string) => ({
  'pact:matcher:type': 'regex',
  regex: `^(${pattern})$`,
  value,
});

/** Forms in which a consumer states a need; each carries the example that its own test is given. */
export const some = {
  id: (value = example) => matching(uuid, value),
  account: (value: string) => matching('[A-Za-z0-9_-]{1,64}', value),
  /** The key of an attempt to pay out (W-15). */
  attempt: (value = 'po_7K3M9QAA-1') => matching('po_[A-Z0-9]{8,16}-\\d{1,3}', value),
  instant: (value = '2027-01-04T09:00:00.000Z') => matching(instant, value),
  date: (value = '2027-06-01') => matching('\\d{4}-\\d{2}-\\d{2}', value),
  hash: (value = 'a'.repeat(64)) => matching('[0-9a-f]{64}', value),
  oneOf: (...values: readonly [string, ...string[]]) => matching(values.join('|'), values[0]),
  flag: (value = true) => ({ 'pact:matcher:type': 'type', value }),
  integer: (value = 1) => ({ 'pact:matcher:type': 'integer', value }),
  money: (amountMinor: string) => ({
    amountMinor: matching('0|[1-9]\\d{0,17}', amountMinor),
    currency: 'USD',
  }),
  listOf: (item: unknown) => ({ 'pact:matcher:type': 'type', value: [item], min: 1 }),
  /** As `listOf`, and it may be empty. */
  anyListOf: (item: unknown) => ({ 'pact:matcher:type': 'type', value: [item], min: 0 }),
  /** The settings that an agreement pins: of each its kind, of the words the very one. */
  pinnedSettings: () =>
    Object.fromEntries(Object.entries(pinnedDefaults).map(([name, value]) => [name, likeSetting(value)])),
};

function likeSetting(value: PinnedSettings[keyof PinnedSettings]): unknown {
  if (typeof value === 'string') return value;
  return typeof value === 'number' ? some.integer(value) : some.listOf(some.integer(value[0]));
}

/** The envelope that every consumer reads (AD-5), and the key that keeps the order (AD-6). */
const envelopeOf = (provider: string, type: string, key: object) => ({
  key,
  ce_specversion: '1.0',
  ce_type: type,
  ce_source: `/holdfast/${provider}`,
  ce_id: some.id('01a2037a-c202-74f7-a5ab-50ccbccd1460'),
  ce_subject: matching('.{1,200}', example),
  ce_time: some.instant(),
  ce_dataschema: `urn:holdfast:schema:${type}`,
  ce_sequence: matching('[1-9]\\d{0,14}', '1'),
  ce_causationid: matching('.{1,200}', example),
  ce_correlationid: matching('.{1,200}', example),
});

export interface Need {
  /** The event on the wire: `escrow.milestone.released.v1`. */
  type: string;
  /** Where one event is needed in two forms: which one this is. */
  as?: string;
  key?: object;
  data: object;
}

const nameOf = ({ type, as }: Pick<Need, 'type' | 'as'>): string => (as ? `${type} ${as}` : type);

/**
 * States what a consumer needs of an event, and gives the consumer's own code a record that has exactly that.
 * @throws whatever the consumer's code throws; then nothing is written
 */
export async function stateNeed(
  pair: { consumer: string; provider: string },
  need: Need,
  read: (record: ReceivedRecord) => Promise<void>,
): Promise<void> {
  const { MessageConsumerPact } = await import('@pact-foundation/pact');
  const pact = new MessageConsumerPact({
    ...pair,
    dir: pactsDir,
    pactfileWriteMode: 'update',
    logLevel: 'error',
  });
  await pact
    .expectsToReceive(nameOf(need))
    .withMetadata(envelopeOf(pair.provider, need.type, need.key ?? some.id()) as never)
    .withContent(need.data)
    .verify(async ({ contents, metadata }) => {
      const { key, ...headers } = metadata as Record<string, string>;
      await read({ key: key!, headers, value: Buffer.from(JSON.stringify(contents)) });
    });
}

/** Needs that nobody states any longer must not stand in a producer's way. */
export const forgetNeeds = (consumer: string): Promise<void[]> =>
  pactFiles((file) => file.startsWith(`${consumer}-`)).then((files) =>
    Promise.all(files.map((file) => rm(file))),
  );

/**
 * Gives every consumer of a producer what the producer's own code has published.
 * @param recordOf the record for a need's name; undefined where the producer publishes no such event
 * @throws Error when a consumer needs what it does not get; the reasons are in its message
 */
export async function satisfyNeeds(
  provider: string,
  recordOf: (name: string) => Promise<ReceivedRecord | undefined>,
): Promise<void> {
  const pactUrls = await pactFiles((file) => file.endsWith(`-${provider}.json`));
  if (pactUrls.length === 0) throw new Error('no consumer has stated its needs: run `npm test -- pact`');
  const { MessageProviderPact } = await import('@pact-foundation/pact');
  const answer = async ({ description }: { description: string }) => {
    const record = await recordOf(description);
    if (!record) throw new Error(`${provider} publishes no ${description}`);
    const { key, headers, value } = record;
    return { __pactMessageMetadata: { key, ...headers }, message: JSON.parse(value.toString()) };
  };
  // Any description is answered: which ones there are, the consumers decide.
  const messageProviders = new Proxy({}, { get: () => answer });
  const pact = new MessageProviderPact({ provider, pactUrls, messageProviders, logLevel: 'error' });
  await pact.verify().catch((error: Error) => {
    throw new Error(reasonsOf(error).join('\n'));
  });
}

interface Unmet {
  interaction: string;
  mismatch: { message?: string; mismatches?: { mismatch: string }[] };
}

/** What is in the verifier's report between its colours. */
function reasonsOf({ message }: Error): string[] {
  if (!message.startsWith('{')) return [message];
  return (JSON.parse(message).errors as Unmet[]).flatMap(({ interaction, mismatch }) => {
    const reasons = mismatch.mismatches?.map((one) => one.mismatch) ?? [mismatch.message ?? 'no message'];
    return reasons.map((reason) => `${interaction}: ${reason}`);
  });
}

async function pactFiles(chosen: (file: string) => boolean): Promise<string[]> {
  const files = await readdir(pactsDir).catch(() => []);
  return files.filter(chosen).map((file) => join(pactsDir, file));
}

/** The newest event of a type under a key that a service's code has put into its outbox, as the relay would send it. */
export async function publishedRecord(
  pool: Pool,
  type: string,
  key: string,
): Promise<ReceivedRecord | undefined> {
  const [row] = await run<OutboxRow>(
    pool,
    `select seq, id, aggregateid, type, payload::text as payload, headers, partition from outbox
      where type = $1 and aggregateid = $2 order by seq desc limit 1`,
    [type, key],
  );
  if (!row) return undefined;
  const { key: sent, headers, value } = recordOfRow(row);
  return { key: sent ?? '', headers, value: Buffer.from(value) };
}
