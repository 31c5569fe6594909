import { ledgerGrants, ledgerSchema } from '@holdfast/ledger';
import { BusinessClock, newId, ParkedMessages, saveWatermark } from '@holdfast/messaging';
import { smallRecipe, useDatabase } from '@holdfast/testing';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { Alarms } from './alarms.ts';
import { observeService } from './metrics.ts';
import { StandingClock } from './testing/standing-clock.ts';

const database = useDatabase(
  smallRecipe({
    service: 'service',
    schema: ledgerSchema,
    grants: ledgerGrants,
    entities: [],
  }),
);
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
const provider = new MeterProvider({ readers: [reader] });
const wall = new StandingClock(new Date());

beforeAll(() => {
  metrics.setGlobalMeterProvider(provider);
  const clock = new BusinessClock(wall);
  const finding = { id: 'relay', what: 'the broker takes no events' };
  const alarms = new Alarms({
    checks: [{ name: 'relay.failing', find: () => [finding] }],
    clock: wall,
    logger: { error: () => undefined, log: () => undefined },
  });
  const transport = { consumer: { healthy: true } };
  const definition = { ledger: 'E' };
  const { pool } = database();
  const measured = { pool, definition, businessClock: clock, wallClock: wall, transport, alarms };
  observeService(measured as unknown as Parameters<typeof observeService>[0]);
  return alarms.evaluate();
});

afterAll(async () => {
  await provider.shutdown();
  metrics.disable();
});

beforeEach(() => exporter.reset());

/** `name{attribute}` with its value, as an exporter gets it. */
async function exported(): Promise<Record<string, number>> {
  await reader.forceFlush();
  const all = exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(
    all.flatMap(({ descriptor, dataPoints }) =>
      dataPoints.map(({ attributes, value }) => {
        const values = Object.values(attributes).join();
        return [values ? `${descriptor.name}{${values}}` : descriptor.name, value as number];
      }),
    ),
  );
}

test('AD-22: the figures of a service', async () => {
  const { pool } = database();
  const record = { topic: 'contracts.events', partition: 0, key: 'a', headers: {}, value: null };
  const parked = new ParkedMessages(pool, 'escrow');
  await parked.park({ ...record, offset: 1n }, 'failed', 'TypeError');
  await parked.park({ ...record, offset: 2n }, 'waiting', 'behind');
  await parked.park({ ...record, offset: 3n }, 'waiting', 'behind');
  const ids = [newId(), newId()];
  for (const id of ids) {
    await pool.query(
      `insert into journals (id, kind, cause_id, currency, value_date, posted_at, recorded_at)
        values ($1, 'fund', $1::uuid::text, 'USD', $2, $2, $2)`,
      [id, new Date(wall.now().getTime() - 2_000)],
    );
  }
  await pool.query(`insert into seals values (1, $1, sha256(''), 2)`, [ids[0]]);
  await pool.query(
    `insert into outbox (id, aggregatetype, aggregateid, type, payload, headers, partition, occurred_at)
      values ($1, 'escrow', 'a', 'escrow.milestone.funded.v1', '{}', '{}', 0, $2)`,
    [newId(), new Date(wall.now().getTime() - 3_000)],
  );
  await saveWatermark(pool, 'contracts.events', 0, new Date(wall.now().getTime() - 7_000));
  expect(await exported()).toEqual({
    'holdfast.outbox.depth': 1,
    'holdfast.outbox.oldest_age': 3,
    'holdfast.parked_messages{waiting}': 2,
    'holdfast.parked_messages{failed}': 1,
    'holdfast.consumer.healthy': 1,
    'holdfast.watermark.age{contracts.events}': 7,
    'holdfast.alarms{relay.failing}': 1,
    'holdfast.alarms{check.failing}': 0,
    'holdfast.ledger.journals': 2,
    'holdfast.ledger.sealed': 1,
    'holdfast.ledger.unsealed_age': 2,
  });
});

test('a figure that cannot be read keeps the value it had, and the others go on', async () => {
  await database().superuserQuery('alter table outbox rename to gone');
  try {
    await database().pool.query('delete from parked_messages');
    expect(await exported()).toMatchObject({
      'holdfast.outbox.depth': 1,
      'holdfast.parked_messages{failed}': 0,
    });
  } finally {
    await database().superuserQuery('alter table gone rename to outbox');
  }
});
