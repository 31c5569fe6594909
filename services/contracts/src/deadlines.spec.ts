import { catalogues, contractsEvents } from '@holdfast/events';
import { surprises } from '@holdfast/messaging';
import { untimedEvents } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { definition } from './contracts.module.ts';
import { contractsDeadlines } from './deadlines.ts';

/** All that may ever run, also those that do not yet: a topic that nobody hears would be waited for without end. */
const config = { DEPLOYED_SERVICES: catalogues.map(({ service }) => service) };
const deadlines = contractsDeadlines({ get: () => config } as never);

/** What starts, moves, suspends or resumes each timer, for others to read. */
const told = {
  'offer.expiry': ['contracts.offer.sent', 'contracts.offer.revised', 'contracts.offer.changes_requested'],
  'amendment.expiry': ['contracts.amendment.proposed'],
};

test('C-8: every timer is announced at least 24 hours before, or the rules name why not', () => {
  expect(deadlines.filter(({ does }) => does === 'timer')).not.toEqual([]);
  expect(surprises(deadlines)).toEqual([]);
});

test('M-18: the service listens to every topic whose facts can stop its deadlines', () => {
  const heard = definition.listensTo.map(({ topic }) => topic);
  for (const { stoppedBy } of deadlines) expect(heard).toEqual(expect.arrayContaining([...stoppedBy]));
});

test('M-20: an event that starts, moves, suspends or resumes a timer says when it is due, or the time left', () => {
  const timers = deadlines.filter(({ does }) => does === 'timer').map(({ kind }) => kind);
  expect(Object.keys(told).toSorted()).toEqual(timers.toSorted());
  expect(untimedEvents(contractsEvents, told)).toEqual([]);
});
