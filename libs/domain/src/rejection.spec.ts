import { expect, test } from '@jest/globals';
import { NotYet, Rejection } from './rejection.ts';

test('a rejection carries its stable code and details, and its message is the code', () => {
  const rejection = new Rejection('milestone.frozen', { milestoneId: 'm-1' });
  expect(rejection).toBeInstanceOf(Error);
  expect({ ...rejection }).toEqual({
    name: 'Rejection',
    code: 'milestone.frozen',
    details: { milestoneId: 'm-1' },
  });
  expect(rejection.message).toBe('milestone.frozen');
  expect(new Rejection('milestone.frozen').details).toEqual({});
});

test('what is not known yet is no rejection (M-8)', () => {
  const notYet = new NotYet('milestone.unknown');
  expect(notYet).not.toBeInstanceOf(Rejection);
  expect({ ...notYet }).toEqual({ name: 'NotYet', code: 'milestone.unknown' });
});
