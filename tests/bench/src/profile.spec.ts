import { expect, test } from '@jest/globals';
import { type CpuProfile, sharesOf } from './profile.ts';

const frames: [url: string, functionName: string, microseconds: number][] = [
  ['', '(idle)', 5_000],
  ['', '(garbage collector)', 100],
  ['file:///home/me/holdfast/node_modules/pg/lib/client.js', 'query', 300],
  ['file:///home/me/holdfast/tests/bench/node_modules/@nestjs/core/router.js', 'handle', 200],
  ['file:///home/me/holdfast/services/escrow/dist/commands/release-milestone.js', 'execute', 100],
  ['file:///home/me/holdfast/libs/messaging/dist/unit-of-work.js', 'once', 50],
  ['', 'writev', 120],
  ['node:crypto', 'createHash', 80],
  ['', '(program)', 50],
];

/** Each frame is on the stack once, from its sample to the next one. */
const profile: CpuProfile = {
  nodes: frames.map(([url, functionName], id) => ({ id, callFrame: { url, functionName } })),
  samples: [...frames.keys(), 0],
  startTime: 1_000_000,
  timeDeltas: [0, ...frames.map(([, , microseconds]) => microseconds)],
};
const always = { from: 0, to: Number.POSITIVE_INFINITY };

test('busy time is shared out by whose code ran', () => {
  expect(sharesOf(profile, always)).toEqual([
    ['pg', 0.3],
    ['@nestjs/core', 0.2],
    ['socket writes', 0.12],
    ['garbage collection', 0.1],
    ['services/escrow', 0.1],
    ['node', 0.08],
    ['libs/messaging', 0.05],
    ['native code', 0.05],
  ]);
});

test('what ran outside the window, such as the start, does not count', () => {
  const [from, to] = [1_005_050, 1_005_500];
  expect(sharesOf(profile, { from, to })).toEqual([
    ['pg', 0.6],
    ['@nestjs/core', 0.4],
  ]);
});
