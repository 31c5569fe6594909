import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findPgbench, parseProgress, parseTotal } from './pgbench.ts';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'holdfast-pgbench-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** A program that only says its version. */
function program(place: string, version: string): string {
  const path = join(folder, place, 'pgbench');
  mkdirSync(join(folder, place), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "pgbench (PostgreSQL) ${version}"\n`);
  chmodSync(path, 0o755);
  return path;
}
const find = (...path: string[]) =>
  findPgbench(path.map((place) => join(folder, place)).join(delimiter), join(folder, 'versions'));

test('the first one in PATH that is new enough', () => {
  program('old', '13.4');
  const path = program('new', '15.18 (Debian 15.18-0+deb12u1)');
  program('newer', '17.2');
  expect(find('none', 'old', 'new', 'newer')).toEqual({ path, version: '15.18' });
});

test('else the newest below the folder of versions', () => {
  program('versions/9.6/bin', '9.6.24');
  program('versions/15/bin', '15.2');
  const path = program('versions/17/bin', '17.2');
  expect(find('none')).toEqual({ path, version: '17.2' });
});

test('where there is none, one sentence says what to install', () => {
  program('old', '13.4');
  expect(() => find('old')).toThrow(/^This needs pgbench .* on Debian, install postgresql-15 or newer\.$/);
});

test('a line of progress says how much was done by then', () => {
  const line = 'progress: 2.0 s, 1254.5 tps, lat 12.741 ms stddev 5.6, 0 failed';
  expect(parseProgress(line)).toEqual({ seconds: 2, transactions: 2_509 });
  expect(parseProgress('pgbench (15.18, server 18.4)')).toBeUndefined();
});

test('the total is what was committed, and the time without opening the sessions', () => {
  const said = [
    'number of transactions actually processed: 4000',
    'number of failed transactions: 0 (0.000%)',
    'initial connection time = 61.2 ms',
    'tps = 800.000000 (without initial connection time)',
  ].join('\n');
  expect(parseTotal(said)).toEqual({ transactions: 4_000, seconds: 5 });
  expect(parseTotal('pgbench: error: connection failed')).toBeUndefined();
});
