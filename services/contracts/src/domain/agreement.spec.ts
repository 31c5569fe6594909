import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { expect, test } from '@jest/globals';
import { activate, begun } from './agreement.ts';
import { milestonesOf } from './milestone.ts';
import type { Offer } from './offer.ts';

const now = new Date('2026-11-22T10:00:00.000Z');
const offer: Offer = {
  id: 'offer',
  agreementId: 'agreement',
  clientId: 'client',
  freelancerId: 'freelancer',
  termsVersion: 3,
  termsHash: 'a'.repeat(64),
  status: 'sent',
  dueAt: now,
};
const fundingMode = 'one_at_a_time';
const milestones = [
  { milestoneId: 'first', price: usd(10_000n), dueDate: '2026-12-15' },
  { milestoneId: 'second', price: usd(5_000n), dueDate: '2027-01-15' },
];

test('A-8: the settings in force are pinned, and only those that belong to a contract', () => {
  const settings = { ...pinnedDefaults, 'fee.client_bps': 300, 'offer.expiry_days': 9 };
  const activated = activate(offer, { settings, fundingMode, now, milestones });
  expect(activated.settings).toEqual({ ...pinnedDefaults, 'fee.client_bps': 300 });
  expect(begun(activated)).toEqual({
    id: 'agreement',
    clientId: 'client',
    freelancerId: 'freelancer',
    contractType: 'fixed',
    termsVersion: 1,
    settings: activated.settings,
    activatedAt: now,
    unanswered: ['funding'],
    status: 'active',
  });
});

test('A-8: the way of funding that the offer names is pinned, whatever the setting is', () => {
  const terms = { settings: pinnedDefaults, fundingMode: 'project_upfront', now, milestones } as const;
  expect(activate(offer, terms).settings).toEqual({ ...pinnedDefaults, 'funding.mode': 'project_upfront' });
});

test('A-9: the milestones of the offer are agreed with it, in its order', () => {
  const activated = activate(offer, { settings: pinnedDefaults, fundingMode, now, milestones });
  expect(activated.milestones).toEqual([
    { milestoneId: 'first', version: 1, order: 1, price: usd(10_000n), dueDate: '2026-12-15' },
    { milestoneId: 'second', version: 1, order: 2, price: usd(5_000n), dueDate: '2027-01-15' },
  ]);
  expect(milestonesOf(activated)).toMatchObject([
    { id: 'first', agreementId: 'agreement', order: 1, status: 'agreed', price: usd(10_000n) },
    { id: 'second', agreementId: 'agreement', order: 2, status: 'agreed', price: usd(5_000n) },
  ]);
});
