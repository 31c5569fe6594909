import { catalogues } from '@holdfast/events';
import { surprises } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { definition } from './contracts.module.ts';
import { contractsDeadlines } from './deadlines.ts';

/** All that may ever run, also those that do not yet: a topic that nobody hears would be waited for without end. */
const config = { DEPLOYED_SERVICES: catalogues.map(({ service }) => service) };
const deadlines = contractsDeadlines({ get: () => config } as never);

test('C-8: every timer is announced at least 24 hours before, or the rules name why not', () => {
  expect(deadlines.filter(({ does }) => does === 'timer')).not.toEqual([]);
  expect(surprises(deadlines)).toEqual([]);
});

test('M-18: the service listens to every topic whose facts can stop its deadlines', () => {
  const heard = definition.listensTo.map(({ topic }) => topic);
  for (const { stoppedBy } of deadlines) expect(heard).toEqual(expect.arrayContaining([...stoppedBy]));
});
