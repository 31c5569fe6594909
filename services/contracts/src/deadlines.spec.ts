import { surprises } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { contractsDeadlines } from './deadlines.ts';

test('C-8: every timer is announced at least 24 hours before, or the rules name why not', () => {
  const deadlines = contractsDeadlines({ get: () => ({ DEPLOYED_SERVICES: [] }) } as never);
  expect(deadlines.filter(({ does }) => does === 'timer')).not.toEqual([]);
  expect(surprises(deadlines)).toEqual([]);
});
