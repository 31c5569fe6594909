import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type Postgres, startPostgres } from '@holdfast/local';
import { Counting, complete, eventually, testEnvironment } from '@holdfast/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

let folder: string;
let postgres: Postgres;
let counting: Counting;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-fault-'));
  const { postgres: port } = await freePorts();
  postgres = await startPostgres({ dataDir: folder, port });
  counting = await Counting.create(20, { ...testEnvironment(), postgresUrl: postgres.url });
}, 90_000);

afterAll(async () => {
  await counting?.close();
  await postgres?.stop();
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const applied = (): Promise<number> =>
  counting.delivery().then(
    (delivery) => delivery.applied,
    () => 0,
  );

test('PostgreSQL restarts fast, immediately and after a SIGKILL, under load: nothing is lost or parked (F30)', async () => {
  const errors: string[] = [];
  await counting.relay();
  const { transport } = await counting.consumer((error, what) => error && errors.push(what));
  const writer = await counting.writer(1_000_000, { workers: 3 });
  const ends = [() => postgres.stop('fast'), () => postgres.stop('immediate'), () => postgres.kill()];
  for (const end of ends) {
    const before = await eventually(applied);
    await eventually(applied, (count) => count > before + 100);
    await end();
    await postgres.start();
    const after = await eventually(applied);
    await eventually(applied, (count) => count > after + 100);
  }
  await writer.stop();
  const { written } = await counting.delivery();
  expect(await counting.delivered()).toEqual(complete(written));
  expect(errors).toContain('database away');
  expect(errors.filter((what) => what.startsWith('parked'))).toEqual([]);
  expect(transport.consumer!.healthy).toBe(true);
}, 120_000);
