import { expect, test } from '@jest/globals';
import { busySeconds, kibIn, parseProcessStat } from './machine.ts';

test("a process's times are read behind a name with spaces and brackets", () => {
  const line =
    '4242 (postgres: a) (b) S 17 4242 4242 0 -1 4194624 904 0 0 0 125 75 30 20 20 0 1 0 8311 237 4118';
  expect(parseProcessStat(line)).toEqual({ pid: 4242, parent: 17, own: 2, ended: 0.5 });
});

test('the machine is busy in user, nice, system and interrupt time, not while it idles or waits', () => {
  const stat = 'cpu  100 20 30 9000 500 4 6 7 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n';
  expect(busySeconds(stat)).toBe(1.6);
});

test('a memory figure is found by its whole name', () => {
  const rollup = 'Rss:               91234 kB\nPss:               71680 kB\nPss_Anon:          61000 kB\n';
  expect(kibIn(rollup, 'Pss')).toBe(71_680);
  expect(kibIn(rollup, 'Swap')).toBeUndefined();
  expect(kibIn(undefined, 'Pss')).toBeUndefined();
});
