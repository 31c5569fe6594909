import { plusDays, plusHours, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { render } from '../texts/render.ts';
import { templates } from './notice.ts';
import { deadlinesEndedBy, type Known, noticesFor, type TellingFact, tellingTypes } from './notices.ts';

const now = new Date('2027-01-04T09:00:00.000Z');
const parties = { clientId: 'client-1', freelancerId: 'freelancer-1' };
const known: Known = { now, parties, submittedAt: now, reminderDays: [7, 11, 13], noticeHours: 24 };
const ids = { agreementId: 'agreement', milestoneId: 'milestone' };
const offer = { agreementId: 'agreement', offerId: 'offer', version: 1, termsHash: 'a'.repeat(64) };
const hold = { accountId: 'person-1', holdId: 'hold', kind: 'safety', reason: 'scam_signals' } as const;
const funding = { agreementId: 'agreement', fundingId: 'funding', milestoneIds: ['milestone'], version: 1 };
const method = { accountId: 'person-1', methodId: 'method', kind: 'ach' } as const;
const withdrawal = { accountId: 'person-1', withdrawalId: 'withdrawal', attemptId: 'po_7K3M9QAA-1' };
const review = { ...ids, submissionId: 'submission' };

/** One fact of each type that tells anything. */
const facts: readonly TellingFact[] = [
  { type: 'contracts.offer.sent', ...offer, dueAt: plusDays(now, 7) },
  { type: 'contracts.offer.revised', ...offer, version: 2, dueAt: plusDays(now, 7) },
  { type: 'contracts.offer.accepted', ...offer },
  { type: 'contracts.offer.withdrawn', ...offer },
  { type: 'contracts.offer.expired', ...offer },
  { type: 'contracts.account.hold_placed', ...hold },
  { type: 'contracts.account.hold_lifted', ...hold },
  { type: 'escrow.funding.failed', ...funding, reason: 'declined' },
  { type: 'escrow.funding.failed', ...funding, reason: 'payer_needed' },
  {
    type: 'escrow.milestone.funded',
    ...ids,
    version: 1,
    fundingId: 'funding',
    amount: usd(100_000n),
    clientFee: usd(5_000n),
    lots: [],
    fundedAt: now,
  },
  { type: 'escrow.review.started', ...review, dueAt: plusDays(now, 14) },
  { type: 'escrow.submission.refused', ...review, reason: 'not_funded' },
  { type: 'escrow.milestone.changes_requested', ...review, reasonHash: 'b'.repeat(64) },
  {
    type: 'escrow.milestone.released',
    ...review,
    freelancerId: 'freelancer-1',
    gross: usd(100_000n),
    clientFee: usd(5_000n),
    freelancerFee: usd(10_000n),
    net: usd(90_000n),
    balance: usd(0n),
    cause: 'approval',
    transferId: 'transfer',
    releasedAt: now,
  },
  { type: 'payouts.method.added', ...method, dueAt: plusDays(now, 3) },
  { type: 'payouts.method.disabled', ...method, reason: 'bad_details' },
  {
    type: 'payouts.withdrawal.paid',
    ...withdrawal,
    sent: usd(5_000n),
    fee: usd(0n),
    subAccount: 'bank',
    transferId: 'transfer',
    paidAt: now,
  },
  { type: 'payouts.withdrawal.failed', ...withdrawal, amount: usd(5_000n), reason: 'refused' },
  {
    type: 'payouts.withdrawal.returned',
    ...withdrawal,
    afterPaid: true,
    amountBack: usd(5_000n),
    bankCharge: usd(0n),
    feeKept: true,
    reason: 'bad_details',
    subAccount: 'bank',
    returnedAt: now,
  },
];

const told = (fact: TellingFact, more: Partial<Known> = {}) =>
  noticesFor(fact, { ...known, ...more }).map(({ accountId, template, category }) =>
    [accountId, template, category].join(' '),
  );
const factOf = (type: TellingFact['type']) => facts.find((fact) => fact.type === type)!;

describe('C-7: who is told what', () => {
  test.each([
    ['contracts.offer.sent', ['freelancer-1 offer_sent deadline', 'freelancer-1 offer_expiring deadline']],
    [
      'contracts.offer.revised',
      ['freelancer-1 offer_revised deadline', 'freelancer-1 offer_expiring deadline'],
    ],
    ['contracts.offer.accepted', ['client-1 offer_accepted news']],
    ['contracts.offer.withdrawn', ['freelancer-1 offer_withdrawn news']],
    ['contracts.offer.expired', ['client-1 offer_expired news']],
    ['contracts.account.hold_placed', ['person-1 hold_placed account']],
    ['contracts.account.hold_lifted', ['person-1 hold_lifted account']],
    ['escrow.funding.failed', ['client-1 funding_failed money']],
    ['escrow.milestone.funded', ['freelancer-1 milestone_funded money', 'client-1 charge_receipt money']],
    [
      'escrow.review.started',
      ['client-1 review_started deadline', ...Array(3).fill('client-1 review_reminder deadline')],
    ],
    ['escrow.submission.refused', ['freelancer-1 submission_refused money']],
    ['escrow.milestone.changes_requested', ['freelancer-1 changes_requested news']],
    ['escrow.milestone.released', ['freelancer-1 milestone_released money']],
    ['payouts.method.added', ['person-1 method_added account']],
    ['payouts.method.disabled', ['person-1 method_disabled account']],
    ['payouts.withdrawal.paid', ['person-1 withdrawal_paid money']],
    ['payouts.withdrawal.failed', ['person-1 withdrawal_failed money']],
    ['payouts.withdrawal.returned', ['person-1 withdrawal_returned money']],
  ] as const)('%s', (type, expected) => {
    expect(told(factOf(type))).toEqual(expected);
  });

  test('E-3: a client whom the bank wants to see is told to act', () => {
    expect(told({ type: 'escrow.funding.failed', ...funding, reason: 'payer_needed' })).toEqual([
      'client-1 funding_payer_needed money',
    ]);
  });

  test('every type is told of here, and every template but one comes of a fact', () => {
    expect(new Set(facts.map(({ type }) => type))).toEqual(new Set(tellingTypes));
    const used = facts.flatMap((fact) => noticesFor(fact, known).map(({ template }) => template));
    // A changed address is an act of the person and no fact for others.
    expect(templates.filter((template) => !used.includes(template))).toEqual(['email_changed']);
  });

  test('each of them has the facts that its text needs', () => {
    for (const notice of facts.flatMap((fact) => noticesFor(fact, known))) {
      const { subject, text } = render(notice, { linkBase: 'https://m.example' });
      expect(`${subject} ${text}`).not.toMatch(/undefined|NaN|null/);
    }
  });
});

describe('S-11, W-17: what stays secret is not told', () => {
  test('of a hold only the class of its reason', () => {
    expect(noticesFor(factOf('contracts.account.hold_placed'), known)[0]!.facts).toEqual({
      holdId: 'hold',
      kind: 'safety',
      reason: 'under_review',
    });
  });

  test('of a method that screening has stopped only that it is under review', () => {
    const [disabled] = noticesFor({ type: 'payouts.method.disabled', ...method, reason: 'screening' }, known);
    expect(disabled!.facts.reason).toBe('under_review');
  });
});

describe('E-5: reminders of a review', () => {
  const instants = (dueAt: Date, more: Partial<Known> = {}) =>
    noticesFor({ type: 'escrow.review.started', ...review, dueAt }, { ...known, ...more }).map(
      ({ template, plannedAt, number }) => [template, number, plannedAt],
    );

  test('at once, and on days 7, 11 and 13 of the review, each numbered', () => {
    expect(instants(plusDays(now, 14))).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusDays(now, 7)],
      ['review_reminder', 2, plusDays(now, 11)],
      ['review_reminder', 3, plusDays(now, 13)],
    ]);
  });

  test('C-8: a review that began late has one in time, two days before silence releases', () => {
    const submittedAt = plusDays(now, -13);
    expect(instants(plusHours(now, 72), { submittedAt })).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusHours(now, 24)],
    ]);
  });

  test('C-8: a reminder less than 24 hours before is none in time', () => {
    const dueAt = plusDays(now, 14);
    expect(instants(dueAt, { reminderDays: [13] })).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusDays(now, 12)],
      ['review_reminder', 2, plusDays(now, 13)],
    ]);
  });

  test('days that are past or behind the end are not planned', () => {
    const submittedAt = plusDays(now, -8);
    expect(instants(plusDays(now, 6), { submittedAt, reminderDays: [7, 11, 20] })).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusDays(now, 3)],
    ]);
  });
});

test('A-4, C-8: an offer that expires within a day is announced once only', () => {
  const sent = { type: 'contracts.offer.sent', ...offer, dueAt: plusHours(now, 24) } as const;
  expect(told(sent)).toEqual(['freelancer-1 offer_sent deadline']);
});

test('what ends or moves a deadline ends what was to be told of it', () => {
  const ended = Object.fromEntries(
    facts.map((fact) => [fact.type, deadlinesEndedBy(fact).map(({ kind, id }) => `${kind} ${id}`)]),
  );
  const offers = ['revised', 'accepted', 'withdrawn', 'expired'].map((how) => `contracts.offer.${how}`);
  const reviews = ['review.started', 'milestone.changes_requested', 'milestone.released'];
  for (const type of tellingTypes) {
    if (offers.includes(type)) expect(ended[type]).toEqual(['offer.expiry offer']);
    else if (reviews.includes(type.replace('escrow.', ''))) {
      expect(ended[type]).toEqual(['review.silence milestone']);
    } else expect(ended[type]).toEqual([]);
  }
});
