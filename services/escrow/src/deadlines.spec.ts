import { catalogues, escrowEvents } from '@holdfast/events';
import { surprises } from '@holdfast/messaging';
import { untimedEvents } from '@holdfast/testing';
import { expect, test } from '@jest/globals';
import { escrowDeadlines } from './deadlines.ts';
import { definition } from './escrow.module.ts';

/** All that may ever run, also those that do not yet: a topic that nobody hears would be waited for without end. */
const config = { DEPLOYED_SERVICES: catalogues.map(({ service }) => service) };
const deadlines = escrowDeadlines({ get: () => config } as never);

/** What starts, moves, suspends or resumes each timer, for others to read. */
const told = {
  'review.silence': ['escrow.review.started', 'escrow.review.suspended', 'escrow.review.resumed'],
  'refund.silence': ['escrow.refund.requested', 'escrow.deadline.moved', 'escrow.deadline.suspended'],
  // Nobody has to act before the days are announced (E-20).
  'dormancy.turn': ['escrow.dormancy.announced', 'escrow.dormancy.started'],
  'dormancy.step': [
    ...['escrow.dormancy.started', 'escrow.dormancy.release_requested'],
    ...['escrow.deadline.moved', 'escrow.deadline.suspended'],
  ],
  'funding.expiry': ['escrow.funding.started'],
  'billing_method.confirmation': ['escrow.billing_method.confirmable'],
  // Its payer is present, and nobody else waits for it (P-2).
  'small_charge.expiry': [],
  'chargeback.evidence': ['escrow.chargeback.warned', 'escrow.chargeback.received'],
};

test('C-8: every timer is announced at least 24 hours before, or the rules name why not', () => {
  expect(deadlines.filter(({ does }) => does === 'timer')).not.toEqual([]);
  expect(surprises(deadlines)).toEqual([]);
});

test('M-18: the service listens to every topic whose facts can stop its deadlines', () => {
  const heard = definition.listensTo.map(({ topic }) => topic);
  for (const { stoppedBy } of deadlines) expect(heard).toEqual(expect.arrayContaining([...stoppedBy]));
});

test('AD-14a, M-18: a case stops the end of a review and the silence of a request, where disputes is deployed', () => {
  const stoppedBy = (services: string[], kind: string) =>
    escrowDeadlines({ get: () => ({ DEPLOYED_SERVICES: services }) } as never)
      .find((deadline) => deadline.kind === kind)!
      .stoppedBy.toSorted();
  for (const kind of ['review.silence', 'refund.silence']) {
    expect(stoppedBy(['contracts', 'escrow', 'payouts'], kind)).toEqual(['contracts.events']);
    expect(stoppedBy(['contracts', 'disputes', 'escrow'], kind)).toEqual([
      'contracts.events',
      'disputes.events',
    ]);
  }
});

test('M-20: an event that starts, moves, suspends or resumes a timer says when it is due, or the time left', () => {
  const timers = deadlines.filter(({ does }) => does === 'timer').map(({ kind }) => kind);
  expect(Object.keys(told).toSorted()).toEqual(timers.toSorted());
  expect(untimedEvents(escrowEvents, told)).toEqual([]);
});
