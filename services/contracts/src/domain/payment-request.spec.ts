import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { escrowFacts } from '../testing/escrow-facts.ts';
import type { Agreement } from './agreement.ts';
import { closed } from './agreement-end.ts';
import type { Milestone } from './milestone.ts';
import { evolve } from './milestone-facts.ts';
import { begun, requestPayment } from './payment-request.ts';

const now = new Date('2026-12-01T10:00:00.000Z');
const hoursLater = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
const agreement: Agreement = {
  id: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  contractType: 'fixed',
  termsVersion: 1,
  settings: pinnedDefaults,
  activatedAt: now,
  status: 'active',
};
const agreed = (id: string): Milestone => ({
  ...{ id, agreementId: 'agreement', clientId: 'client', freelancerId: 'freelancer', order: 1 },
  ...{ termsVersion: 1, price: usd(10_000n), dueDate: '2026-12-15' },
  status: 'agreed',
});
const facts = escrowFacts({ agreementId: 'agreement', milestoneId: 'paid' });
const paid = evolve(evolve(agreed('paid'), facts.funded()), facts.released());
const milestones = [agreed('design'), agreed('build'), paid];
const asking = { paymentRequestId: 'request', milestones, earlier: [], now };
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('E-27: the freelancer asks for payment', () => {
  test('of a milestone', () => {
    expect(requestPayment(agreement, { ...asking, asked: ['build'] })).toEqual({
      type: 'contracts.payment.requested',
      agreementId: 'agreement',
      paymentRequestId: 'request',
      clientId: 'client',
      freelancerId: 'freelancer',
      milestoneIds: ['build'],
      requestedAt: now,
    });
  });

  test('of the whole project: all that is not settled', () => {
    expect(requestPayment(agreement, asking).milestoneIds).toEqual(['design', 'build']);
    expect(() => requestPayment(agreement, { ...asking, milestones: [paid] })).toThrow(
      code('payment.nothing_open'),
    );
  });

  test.each([
    ['paid', 'milestone.released'],
    ['foreign', 'milestone.unknown'],
    ['deleted', 'milestone.settled'],
  ])('not of one that is %s', (id, refusal) => {
    const deleted = { ...agreed('deleted'), status: 'cancelled' } as Milestone;
    const asked = { ...asking, asked: ['build', id], milestones: [...milestones, deleted] };
    expect(() => requestPayment(agreement, asked)).toThrow(code(refusal));
  });

  test('not while nothing can be funded', () => {
    const paused: Agreement = { ...agreement, status: 'paused', pausedAt: now };
    expect(() => requestPayment(paused, asking)).toThrow(code('agreement.paused'));
    const closing = closed(agreement, { by: 'client', now });
    expect(() => requestPayment(closing, asking)).toThrow(code('agreement.closing'));
  });

  test('of the same milestone once a day', () => {
    const earlier = [begun(requestPayment(agreement, { ...asking, asked: ['build'] }))];
    const again = { ...asking, earlier };
    expect(() => requestPayment(agreement, { ...again, now: hoursLater(23) })).toThrow(
      expect.objectContaining({
        code: 'payment.requested_already',
        details: { paymentRequestId: 'request', againAt: hoursLater(24).toISOString() },
      }),
    );
    expect(requestPayment(agreement, { ...again, asked: ['design'] }).milestoneIds).toEqual(['design']);
    expect(requestPayment(agreement, { ...again, now: hoursLater(24) }).milestoneIds).toHaveLength(2);
  });
});
