import { readUnsealed } from '@holdfast/ledger';
import { type Client, run } from '@holdfast/messaging';
import { type Attributes, metrics, type Observable, type ObservableResult } from '@opentelemetry/api';
import type { Alarms } from './alarms.ts';
import type { Runtime } from './service-module.ts';

type Measured = Pick<Runtime, 'pool' | 'definition' | 'businessClock' | 'wallClock' | 'transport'> & {
  alarms: Alarms;
};
type Measurement = readonly [value: number, attributes?: Attributes];

/**
 * The figures of one service (AD-22). They are read when a reader asks for them; without one, which means without an
 * OTLP endpoint, nothing is read. A figure that cannot be read keeps the value it had.
 */
export function observeService(measured: Measured): void {
  const meter = metrics.getMeter('holdfast');
  const observe = (instrument: Observable, measure: () => Measurement[] | Promise<Measurement[]>): void =>
    instrument.addCallback(async (result: ObservableResult) => {
      try {
        for (const [value, attributes] of await measure()) result.observe(value, attributes);
      } catch {
        // The database is away: that is an alarm already.
      }
    });
  const gauge = (name: string, unit: string, description: string) =>
    meter.createObservableGauge(name, { unit, description });
  const { pool, definition, alarms } = measured;

  observe(gauge('holdfast.outbox.depth', '{event}', 'Events and watermarks that are not published'), () =>
    count(pool, 'select count(*) as value from outbox'),
  );
  observe(gauge('holdfast.outbox.oldest_age', 's', 'Age of the oldest of them'), () => outboxAge(measured));
  observe(gauge('holdfast.parked_messages', '{message}', 'Messages that could not be applied'), () =>
    parkedMessages(measured),
  );
  observe(
    gauge('holdfast.consumer.healthy', '1', '1 where something was fetched within 10 s, else 0'),
    () => [[Number(measured.transport.consumer?.healthy === true)]],
  );
  observe(gauge('holdfast.watermark.age', 's', 'Age of the oldest watermark of a topic'), () =>
    watermarkAges(measured),
  );
  observe(gauge('holdfast.alarms', '{alarm}', 'Alarms that stand'), () =>
    alarms.names.map((alarm) => [alarms.standing.filter((one) => one.alarm === alarm).length, { alarm }]),
  );
  if (!definition.ledger) return;
  const description = 'Position of the newest journal; a refused one leaves a gap';
  observe(meter.createObservableCounter('holdfast.ledger.journals', { unit: '{journal}', description }), () =>
    count(pool, 'select coalesce(max(position), 0) as value from journals'),
  );
  const sealed = {
    unit: '{journal}',
    description: 'Journals in the hash chain: the number of its last seal',
  };
  observe(meter.createObservableCounter('holdfast.ledger.sealed', sealed), () =>
    count(pool, 'select coalesce(max(number), 0) as value from seals'),
  );
  observe(gauge('holdfast.ledger.unsealed_age', 's', 'Age of the oldest journal that is not sealed'), () =>
    unsealedAge(measured),
  );
}

async function count(client: Client, text: string): Promise<Measurement[]> {
  const [row] = await run<{ value: bigint }>(client, text);
  return [[Number(row!.value)]];
}

const secondsBetween = (from: Date, to: Date): number => Math.max(0, (to.getTime() - from.getTime()) / 1_000);

async function outboxAge({ pool, wallClock }: Measured): Promise<Measurement[]> {
  const [row] = await run<{ oldest: Date | null }>(pool, 'select min(occurred_at) as oldest from outbox');
  return [[row?.oldest ? secondsBetween(row.oldest, wallClock.now()) : 0]];
}

async function unsealedAge({ pool, wallClock }: Measured): Promise<Measurement[]> {
  const { oldest } = await readUnsealed(pool);
  return [[oldest ? secondsBetween(oldest, wallClock.now()) : 0]];
}

async function parkedMessages({ pool }: Measured): Promise<Measurement[]> {
  const rows = await run<{ kind: string; count: bigint }>(
    pool,
    `select kind, count(parked.id) as count from unnest(array['waiting', 'failed']) as kinds (kind)
      left join parked_messages parked using (kind) group by kind`,
  );
  return rows.map(({ kind, count }) => [Number(count), { kind }]);
}

async function watermarkAges({ pool, businessClock, wallClock }: Measured): Promise<Measurement[]> {
  const rows = await run<{ topic: string; oldest: Date }>(
    pool,
    'select topic, min(instant) as oldest from watermarks group by topic',
  );
  return rows.map(({ topic, oldest }) => [
    secondsBetween(businessClock.toWall(oldest), wallClock.now()),
    { topic },
  ]);
}
