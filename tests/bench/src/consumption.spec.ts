import { expect, test } from '@jest/globals';
import { between, type Reading } from './consumption.ts';

const reading = (seconds: number, sessions: [pid: number, seconds: number][]): Reading => ({
  database: seconds,
  sessions: new Map(sessions),
  escrow: 2 * seconds,
  otherServices: seconds,
  broker: seconds,
  generator: seconds,
  machine: 10 * seconds,
});

test('what was consumed is shared out over the releases; sessions may have come and gone', () => {
  const before = reading(1, [
    [11, 5],
    [12, 40],
  ]);
  const after = reading(3, [
    [11, 6],
    [13, 1],
  ]);
  expect(between(before, after, 4)).toEqual({
    database: 0.5,
    escrowSessions: 0.5,
    escrow: 1,
    otherServices: 0.5,
    broker: 0.5,
    generator: 0.5,
    machine: 5,
  });
});
