import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafka, TopicReader, topicEnds } from '@holdfast/messaging';
import { type Inside, query, services } from '../running-inside.ts';

/** Something that the system has written: where, and what. */
export interface Written {
  place: string;
  text: string;
}

/**
 * What the processes of the system have printed. The payment providers and the issuer of tokens are the world outside,
 * where the secrets of a call belong.
 */
export function writtenLogs({ logsDir }: Inside): Written[] {
  const files = readdirSync(logsDir)
    .filter((file) => !/^(providers|identity)\.log$/.test(file))
    .map((file) => ({ place: `log ${file}`, file: join(logsDir, file) }));
  const besides = ['postgres', 'kafka'].map((name) => ({
    place: `log ${name}.log`,
    file: join(logsDir, '..', name, `${name}.log`),
  }));
  return [...files, ...besides].map(({ place, file }) => ({ place, text: readFileSync(file, 'utf8') }));
}

export const writtenTraces = async ({ tracesUrl }: Inside): Promise<Written[]> => [
  { place: 'traces', text: await (await fetch(tracesUrl)).text() },
];

export const writtenMetrics = async ({ metricsUrl }: Inside): Promise<Written[]> => [
  { place: 'metrics', text: await (await fetch(metricsUrl)).text() },
];

/** Every column of every table of every service; bytes in hex, as PostgreSQL shows them. */
export async function writtenRows(inside: Inside): Promise<Written[]> {
  const written: Written[] = [];
  for (const service of services) {
    const columns = await query<{ place: string; table: string; column: string }>(
      inside,
      service,
      `select concat_ws('.', table_name, column_name) as place, column_name as column,
          format('%I.%I', table_schema, table_name) as table
        from information_schema.columns join information_schema.tables using (table_schema, table_name)
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    for (const { place, table, column } of columns) {
      const [{ text } = { text: null }] = await query<{ text: string | null }>(
        inside,
        service,
        `select string_agg("${column}"::text, E'\\n') as text from ${table}`,
      );
      written.push({ place: `row ${service}.${place}`, text: text ?? '' });
    }
  }
  return written;
}

export const kafkaOf = ({ environments }: Inside) =>
  createKafka({ brokers: environments.escrow.KAFKA_BROKERS!.split(','), clientId: 'canaries' });

/** Keys, headers and values of all records of all topics; those of tests that count have services of their own. */
export async function writtenTopics(inside: Inside): Promise<Written[]> {
  const kafka = kafkaOf(inside);
  const admin = kafka.admin();
  await admin.connect();
  const topics = (await admin.listTopics()).filter((topic) => !/^(__|counting_)/.test(topic));
  await admin.disconnect();
  const parts = new Map<string, string[]>();
  const add = (place: string, text: string): void => {
    const texts = parts.get(place) ?? [];
    texts.push(text);
    parts.set(place, texts);
  };
  const reader = await TopicReader.open({
    kafka,
    topics,
    onRecord: ({ topic, key, headers, value }) => {
      add(`topic ${topic} key`, key);
      add(`topic ${topic} value`, value?.toString('utf8') ?? '');
      for (const [name, text] of Object.entries(headers)) add(`topic ${topic} header ${name}`, text);
    },
  });
  try {
    await reader.catchUp();
  } finally {
    await reader.close();
  }
  return [...parts].map(([place, texts]) => ({ place, text: texts.join('\n') }));
}

/** Writes a text into each kind of place, and gives what takes it away again; an export stays with its collector. */
export async function plant(inside: Inside, text: string): Promise<() => Promise<void>> {
  const log = join(inside.logsDir, 'planted.log');
  const topic = 'planted.events';
  const kafka = kafkaOf(inside);
  const [producer, admin] = [kafka.producer({ allowAutoTopicCreation: false }), kafka.admin()];
  await Promise.all([producer.connect(), admin.connect()]);
  await admin.createTopics({ topics: [{ topic }], waitForLeaders: false });
  await topicEnds(admin, topic);
  await producer.send({ topic, messages: [{ key: text, value: text, headers: { planted: text } }] });
  await query(inside, 'payouts', 'create table planted (words text, bytes bytea)');
  await query(inside, 'payouts', `insert into planted values ($1, convert_to($1, 'UTF8'))`, [text]);
  writeFileSync(log, text);
  const collector = new URL(inside.tracesUrl).origin;
  for (const [kind, name] of [
    ['traces', 'resourceSpans'],
    ['metrics', 'resourceMetrics'],
  ] as const) {
    const body = JSON.stringify({ [name]: [], planted: text });
    await fetch(`${collector}/v1/${kind}`, { method: 'POST', body });
  }
  return async () => {
    rmSync(log);
    await query(inside, 'payouts', 'drop table planted');
    await admin.deleteTopics({ topics: [topic] });
    await Promise.all([producer.disconnect(), admin.disconnect()]);
  };
}
