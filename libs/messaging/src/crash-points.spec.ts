import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { armCrashPoint, crashPoint } from './crash-points.ts';

let kill: jest.SpiedFunction<typeof process.kill>;

beforeEach(() => {
  kill = jest.spyOn(process, 'kill').mockReturnValue(true);
});

afterEach(() => {
  kill.mockRestore();
  armCrashPoint(undefined);
});

test('kills at the n-th pass of the point that was asked for', () => {
  armCrashPoint('relay.after_ack', 2);
  crashPoint('relay.before_publish');
  crashPoint('relay.after_ack', ['escrow.watermark.reached.v1']);
  expect(kill).not.toHaveBeenCalled();
  crashPoint('relay.after_ack', []);
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
});

test('of an event: passes without one of that type do not count', () => {
  armCrashPoint('consumer.after_commit', 1, 'escrow.milestone.released');
  crashPoint('consumer.after_commit');
  crashPoint('consumer.after_commit', ['escrow.watermark.reached.v1']);
  crashPoint('consumer.after_commit', ['escrow.milestone.released_more.v1']);
  expect(kill).not.toHaveBeenCalled();
  crashPoint('consumer.after_commit', ['escrow.watermark.reached.v1', 'escrow.milestone.released.v2']);
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
});
