import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fetchKafkaJars, freePorts, type Kafka, startKafka } from '@holdfast/local';
import { Counting, complete, eventually, testEnvironment } from '@holdfast/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const home = resolve(import.meta.dirname, '../../..', process.env.HOLDFAST_HOME ?? '.holdfast');
let folder: string;
let kafka: Kafka;
let counting: Counting;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-fault-'));
  const { kafka: port, kafkaController: controllerPort } = await freePorts();
  kafka = await startKafka({
    jarsDir: await fetchKafkaJars({ home }),
    dataDir: folder,
    port,
    controllerPort,
  });
  counting = await Counting.create(20, { ...testEnvironment(), brokers: [kafka.brokers] });
}, 180_000);

afterAll(async () => {
  await counting?.close();
  await kafka?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const more = async (count: number, what: 'applied' | 'written' = 'applied'): Promise<void> => {
  const before = (await counting.delivery())[what];
  await eventually(
    () => counting.delivery(),
    (delivery) => delivery[what] > before + count,
    60_000,
  );
};

test('the broker restarts, is killed and stands still, under load: writers go on, nothing is lost (F16, F17, F18)', async () => {
  const { relay } = await counting.relay();
  const { transport } = await counting.consumer();
  const writer = await counting.writer(1_000_000, { workers: 1 });
  await more(100);

  await kafka.stop();
  await more(200, 'written');
  await eventually(() => !relay.healthy, Boolean, 30_000);
  await eventually(() => !transport.consumer!.healthy, Boolean, 30_000);
  await kafka.start();
  await more(100);
  await eventually(() => relay.healthy && transport.consumer!.healthy);

  await kafka.kill();
  await more(100, 'written');
  await kafka.start();
  await more(100);

  kafka.pause();
  await more(500, 'written');
  kafka.resume();
  await more(100);

  await writer.stop();
  const { written } = await counting.delivery();
  expect(await counting.delivered(60_000)).toEqual(complete(written));
}, 180_000);
