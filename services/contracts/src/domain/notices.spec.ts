import { plusDays, plusHours, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { describe, expect, test } from '@jest/globals';
import { render } from '../texts/render.ts';
import { templates } from './notice.ts';
import { deadlinesEndedBy, noticesFor, type TellingFact, tellingTypes } from './notices.ts';
import type { Known } from './telling.ts';

const now = new Date('2027-01-04T09:00:00.000Z');
const parties = { clientId: 'client-1', freelancerId: 'freelancer-1' };
const known: Known = { now, parties, settings: pinnedDefaults };
const ids = { agreementId: 'agreement', milestoneId: 'milestone' };
const offer = { agreementId: 'agreement', offerId: 'offer', version: 1, termsHash: 'a'.repeat(64) };
const hold = { accountId: 'person-1', holdId: 'hold', kind: 'safety', reason: 'scam_signals' } as const;
const funding = { agreementId: 'agreement', fundingId: 'funding', milestoneIds: ['milestone'], version: 1 };
const method = { accountId: 'person-1', methodId: 'method', kind: 'ach' } as const;
const card = { ...method, kind: 'card' } as const;
const withdrawal = { accountId: 'person-1', withdrawalId: 'withdrawal', attemptId: 'po_7K3M9QAA-1' };
const amendment = { agreementId: 'agreement', amendmentId: 'amendment', version: 2 };
const refund = { agreementId: 'agreement', refundId: 'refund' };
const chargeback = { agreementId: 'agreement', chargebackId: 'chargeback', amount: usd(105_000n) };
const chargebackEnd = { ...chargeback, accountId: 'freelancer-1', net: usd(0n) };
const dormancy = { agreementId: 'agreement', balance: usd(40_000n), dueAt: plusDays(now, 14) };
const funds = {
  agreementId: 'agreement',
  accountId: 'freelancer-1',
  holdId: 'hold',
  cause: 'chargeback',
  causeId: 'chargeback',
  amount: usd(4_000n),
} as const;
const paid = {
  freelancerId: 'freelancer-1',
  gross: usd(100_000n),
  clientFee: usd(5_000n),
  freelancerFee: usd(10_000n),
  net: usd(90_000n),
  transferId: 'transfer',
  releasedAt: now,
};
const review = { ...ids, submissionId: 'submission' };

const appeal = { accountId: 'person-1', holdId: 'hold', appealId: 'appeal' };

/** One fact of each type that tells anything. */
const facts: readonly TellingFact[] = [
  { type: 'contracts.offer.sent', ...offer, dueAt: plusDays(now, 7) },
  { type: 'contracts.offer.revised', ...offer, version: 2, dueAt: plusDays(now, 7) },
  { type: 'contracts.offer.accepted', ...offer },
  { type: 'contracts.offer.withdrawn', ...offer },
  { type: 'contracts.offer.expired', ...offer },
  { type: 'contracts.account.hold_placed', ...hold },
  { type: 'contracts.account.hold_lifted', ...hold },
  { type: 'contracts.account.hold_appealed', ...appeal },
  {
    type: 'contracts.account.appeal_refused',
    ...appeal,
    reason: 'proof_missing',
    againAt: plusDays(now, 30),
  },
  { type: 'escrow.billing_method.confirmable', ...card, dueAt: plusDays(now, 14) },
  { type: 'escrow.billing_method.unconfirmed', ...card, reason: 'not_confirmed' },
  { type: 'escrow.billing_method.verified', ...card },
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
  { type: 'escrow.milestone.released', ...review, ...paid, balance: usd(0n), cause: 'approval' },
  {
    type: 'contracts.offer.changes_requested',
    ...offer,
    reasonHash: 'b'.repeat(64),
    dueAt: plusDays(now, 7),
  },
  { type: 'contracts.offer.declined', ...offer },
  {
    type: 'contracts.amendment.proposed',
    ...amendment,
    by: 'client',
    termsHash: 'a'.repeat(64),
    dueAt: plusDays(now, 7),
  },
  { type: 'contracts.amendment.lapsed', ...amendment, reason: 'expired' },
  { type: 'contracts.contract.amended', ...amendment, amendedAt: now },
  {
    type: 'contracts.contract.paused',
    agreementId: 'agreement',
    reason: 'safety_hold',
    holdId: 'hold',
    pausedAt: now,
  },
  { type: 'contracts.contract.resumed', agreementId: 'agreement', resumedAt: now },
  {
    type: 'contracts.contract.end_requested',
    agreementId: 'agreement',
    by: 'freelancer',
    waivedMilestoneIds: [],
    requestedAt: now,
  },
  { type: 'contracts.contract.ended', agreementId: 'agreement', endedAt: now },
  {
    type: 'contracts.milestone.changed',
    ...{ agreementId: 'agreement', milestoneId: 'milestone', version: 1, order: 2 },
    ...{ price: usd(10_000n), dueDate: '2027-01-15' },
  },
  {
    type: 'contracts.payment.requested',
    agreementId: 'agreement',
    paymentRequestId: 'request',
    ...parties,
    milestoneIds: ['milestone'],
    requestedAt: now,
  },
  { type: 'contracts.account.closed', accountId: 'person-1', reason: 'by_owner' },
  {
    type: 'escrow.funding.orphaned',
    agreementId: 'agreement',
    fundingId: 'funding',
    milestoneIds: ['milestone'],
    amount: usd(105_000n),
    refundId: 'refund',
  },
  { type: 'escrow.review.suspended', ...review, leftMs: 1, cause: 'case' },
  { type: 'escrow.review.resumed', ...review, dueAt: plusDays(now, 4) },
  {
    type: 'escrow.refund.requested',
    agreementId: 'agreement',
    refundRequestId: 'request',
    ...parties,
    milestones: [
      { milestoneId: 'one', amount: usd(30_000n) },
      { milestoneId: 'two', amount: usd(10_000n) },
    ],
    requestedAt: now,
    dueAt: plusDays(now, 7),
  },
  {
    type: 'escrow.refund.decided',
    ...refund,
    fundingId: 'funding',
    milestoneId: 'milestone',
    refundRequestId: 'request',
    principal: usd(40_000n),
    clientFee: usd(2_000n),
    amount: usd(42_000n),
    cause: 'silence',
    attempt: 1,
    kind: 'card',
  },
  {
    type: 'escrow.refund.decided',
    ...refund,
    fundingId: 'funding',
    bonusId: 'bonus',
    principal: usd(40_000n),
    clientFee: usd(2_000n),
    amount: usd(42_000n),
    cause: 'after_release',
    attempt: 1,
    kind: 'card',
  },
  {
    type: 'escrow.refund.asked',
    agreementId: 'agreement',
    paidRefundRequestId: 'asked',
    milestoneId: 'milestone',
    ...parties,
    amount: usd(20_000n),
    openUntil: plusDays(now, 100),
  },
  {
    type: 'escrow.refund.declined',
    agreementId: 'agreement',
    paidRefundRequestId: 'asked',
    milestoneId: 'milestone',
    amount: usd(20_000n),
  },
  { type: 'escrow.refund.paid', ...refund, amount: usd(42_000n), kind: 'card' },
  { type: 'escrow.refund.failed', ...refund, amount: usd(42_000n), kind: 'card', reason: 'method_closed' },
  { type: 'escrow.refund.refused', ...refund, reason: 'balance_too_low' },
  {
    type: 'escrow.refund.reversed',
    ...refund,
    accountId: 'freelancer-1',
    net: usd(9_000n),
    transferId: 'transfer',
  },
  {
    type: 'escrow.bonus.charged',
    agreementId: 'agreement',
    bonusId: 'bonus',
    fundingId: 'funding',
    amount: usd(5_000n),
    clientFee: usd(250n),
  },
  {
    type: 'escrow.bonus.charge_failed',
    agreementId: 'agreement',
    bonusId: 'bonus',
    fundingId: 'funding',
    reason: 'declined',
  },
  { type: 'escrow.bonus.released', agreementId: 'agreement', bonusId: 'bonus', ...paid, cause: 'bonus' },
  {
    type: 'escrow.chargeback.received',
    ...chargeback,
    ...parties,
    fundingId: 'funding',
    parts: [],
    dueAt: plusDays(now, 7),
    fee: usd(1_500n),
  },
  { type: 'escrow.chargeback.won', ...chargebackEnd },
  { type: 'escrow.chargeback.lost', ...chargebackEnd },
  {
    type: 'escrow.deadline.moved',
    agreementId: 'agreement',
    deadlineKind: 'refund.silence',
    deadlineId: 'request',
    dueAt: plusDays(now, 1),
    reason: 'notice_not_proven',
  },
  { type: 'escrow.dormancy.announced', ...dormancy },
  { type: 'escrow.dormancy.started', ...dormancy, step: 'client_asked' },
  { type: 'escrow.dormancy.release_requested', ...dormancy, step: 'release_requested' },
  { type: 'escrow.dormancy.cancelled', agreementId: 'agreement', reason: 'activity' },
  {
    type: 'escrow.contract.clearing_refused',
    agreementId: 'agreement',
    balance: usd(40_000n),
    openItems: [],
  },
  { type: 'payouts.funds.held', ...funds },
  { type: 'payouts.funds.unheld', ...funds },
  {
    type: 'payouts.debt.opened',
    accountId: 'freelancer-1',
    debtId: 'debt',
    amount: usd(5_000n),
    left: usd(5_000n),
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
    ['contracts.account.hold_appealed', ['person-1 appeal_received account']],
    ['contracts.account.appeal_refused', ['person-1 appeal_refused account']],
    [
      'escrow.billing_method.confirmable',
      ['person-1 card_to_confirm deadline', 'person-1 card_reminder deadline'],
    ],
    ['escrow.billing_method.unconfirmed', ['person-1 card_not_verified account']],
    ['escrow.billing_method.verified', []],
    ['escrow.funding.failed', ['client-1 funding_failed money']],
    ['escrow.milestone.funded', ['freelancer-1 milestone_funded money', 'client-1 charge_receipt money']],
    [
      'escrow.review.started',
      ['client-1 review_started deadline', ...Array(3).fill('client-1 review_reminder deadline')],
    ],
    ['escrow.submission.refused', ['freelancer-1 submission_refused money']],
    ['escrow.milestone.changes_requested', ['freelancer-1 changes_requested news']],
    ['escrow.milestone.released', ['freelancer-1 milestone_released money']],
    ['contracts.offer.changes_requested', ['client-1 offer_changes_requested news']],
    ['contracts.offer.declined', ['client-1 offer_declined news']],
    [
      'contracts.amendment.proposed',
      ['freelancer-1 amendment_proposed deadline', 'freelancer-1 amendment_lapsing deadline'],
    ],
    ['contracts.amendment.lapsed', ['client-1 amendment_lapsed news', 'freelancer-1 amendment_lapsed news']],
    ['contracts.contract.amended', ['client-1 contract_amended news', 'freelancer-1 contract_amended news']],
    [
      'contracts.contract.paused',
      ['client-1 contract_paused account', 'freelancer-1 contract_paused account'],
    ],
    ['contracts.contract.end_requested', ['client-1 end_requested account']],
    ['contracts.milestone.changed', ['freelancer-1 milestones_reordered news']],
    ['contracts.payment.requested', ['client-1 payment_requested money']],
    ['escrow.funding.orphaned', ['client-1 charge_returned money']],
    ['escrow.review.suspended', ['client-1 review_suspended money']],
    [
      'escrow.refund.requested',
      ['freelancer-1 refund_requested deadline', 'freelancer-1 refund_reminder deadline'],
    ],
    ['escrow.refund.decided', ['client-1 refund_decided money', 'freelancer-1 refund_given money']],
    ['escrow.refund.asked', ['freelancer-1 refund_asked money']],
    ['escrow.refund.declined', ['client-1 refund_declined money']],
    ['escrow.refund.paid', ['client-1 refund_paid money']],
    ['escrow.refund.failed', ['client-1 refund_failed money']],
    ['escrow.refund.refused', ['freelancer-1 refund_refused money']],
    ['escrow.refund.reversed', ['freelancer-1 refund_reversed money']],
    ['escrow.bonus.charged', ['client-1 bonus_receipt money']],
    ['escrow.bonus.charge_failed', ['client-1 bonus_failed money']],
    ['escrow.bonus.released', ['freelancer-1 bonus_released money']],
    [
      'escrow.chargeback.received',
      ['client-1 chargeback_received money', 'freelancer-1 chargeback_received money'],
    ],
    ['escrow.deadline.moved', ['freelancer-1 deadline_moved deadline']],
    [
      'escrow.dormancy.announced',
      [
        'client-1 dormancy_step deadline',
        'client-1 dormancy_reminder deadline',
        'freelancer-1 dormancy_step deadline',
        'freelancer-1 dormancy_reminder deadline',
      ],
    ],
    ['escrow.dormancy.started', ['client-1 dormancy_step deadline', 'client-1 dormancy_reminder deadline']],
    ['escrow.dormancy.cancelled', []],
    ['escrow.contract.clearing_refused', ['client-1 clearing_refused money']],
    ['payouts.funds.held', ['freelancer-1 funds_held money']],
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
  const instants = (dueAt: Date, reminderDays = [7, 11, 13]) => {
    const settings = { ...pinnedDefaults, 'review.reminder_days': reminderDays };
    const started = { type: 'escrow.review.started', ...review, dueAt } as const;
    return noticesFor(started, { ...known, settings }).map(({ template, plannedAt, number }) => {
      return [template, number, plannedAt];
    });
  };

  test('at once, and on days 7, 11 and 13 of the review, each numbered', () => {
    expect(instants(plusDays(now, 14))).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusDays(now, 7)],
      ['review_reminder', 2, plusDays(now, 11)],
      ['review_reminder', 3, plusDays(now, 13)],
    ]);
  });

  test('C-8: a review that began late has one in time, two days before silence releases', () => {
    expect(instants(plusHours(now, 72))).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusHours(now, 24)],
      ['review_reminder', 2, plusHours(now, 48)],
    ]);
  });

  test('C-8: a reminder only 24 hours before is none in time', () => {
    const dueAt = plusDays(now, 14);
    expect(instants(dueAt, [13])).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusDays(now, 12)],
      ['review_reminder', 2, plusDays(now, 13)],
    ]);
  });

  test('days that are past or behind the end are not planned', () => {
    expect(instants(plusDays(now, 6), [7, 11, 20])).toEqual([
      ['review_started', 1, now],
      ['review_reminder', 1, plusDays(now, 3)],
    ]);
  });

  test('E-16: a review that goes on is announced anew, for the time that is left', () => {
    const resumed = { type: 'escrow.review.resumed', ...review, dueAt: plusDays(now, 4) } as const;
    expect(noticesFor(resumed, known).map(({ template, plannedAt }) => [template, plannedAt])).toEqual([
      ['review_resumed', now],
      ['review_reminder', plusDays(now, 1)],
      ['review_reminder', plusDays(now, 3)],
    ]);
  });
});

test('P-2, C-8: who has a card to confirm is told at once, and again two days before the end', () => {
  const confirmable = {
    type: 'escrow.billing_method.confirmable',
    ...card,
    dueAt: plusDays(now, 14),
  } as const;
  const told = noticesFor(confirmable, known);
  expect(told.map(({ template, plannedAt }) => [template, plannedAt])).toEqual([
    ['card_to_confirm', now],
    ['card_reminder', plusDays(now, 12)],
  ]);
  for (const { deadline } of told) {
    const dueAt = plusDays(now, 14);
    expect(deadline).toEqual({ service: 'escrow', kind: 'billing_method.confirmation', id: 'method', dueAt });
  }
});

test('P-2: a card that was not verified is told of, but to who has removed it', () => {
  const ended = (reason: 'amounts_wrong' | 'disputed' | 'removed') =>
    told({ type: 'escrow.billing_method.unconfirmed', ...card, reason });
  expect(ended('amounts_wrong')).toEqual(['person-1 card_not_verified account']);
  expect(ended('disputed')).toEqual(['person-1 card_not_verified account']);
  expect(ended('removed')).toEqual([]);
});

test('A-19: with nothing held nobody is asked to act while the contract closes', () => {
  const refused = factOf('escrow.contract.clearing_refused') as Extract<
    TellingFact,
    { type: 'escrow.contract.clearing_refused' }
  >;
  expect(noticesFor({ ...refused, balance: usd(0n) }, known)).toEqual([]);
});

describe('C-8: who is silent loses money only after two notices', () => {
  const request = factOf('escrow.refund.requested') as Extract<
    TellingFact,
    { type: 'escrow.refund.requested' }
  >;

  test('at once, and two days before: a day to spare for the proof in time', () => {
    const told = noticesFor(request, known);
    expect(told.map(({ template, plannedAt }) => [template, plannedAt])).toEqual([
      ['refund_requested', now],
      ['refund_reminder', plusDays(now, 5)],
    ]);
    for (const { deadline, facts } of told) {
      const dueAt = plusDays(now, 7);
      expect(deadline).toEqual({ service: 'escrow', kind: 'refund.silence', id: 'request', dueAt });
      expect(facts.amountMinor).toBe('40000');
    }
  });

  test('both at once where the time is short: two are owed in any case', () => {
    const told = noticesFor({ ...request, dueAt: plusDays(now, 2) }, known);
    expect(told.map(({ template, plannedAt }) => [template, plannedAt])).toEqual([
      ['refund_requested', now],
      ['refund_reminder', now],
    ]);
  });

  test('E-20: both are told two weeks before the days are over, and one week before', () => {
    const announced = noticesFor({ ...dormancy, type: 'escrow.dormancy.announced' }, known);
    expect(announced.map(({ accountId, plannedAt }) => [accountId, plannedAt])).toEqual([
      ['client-1', now],
      ['client-1', plusDays(now, 7)],
      ['freelancer-1', now],
      ['freelancer-1', plusDays(now, 7)],
    ]);
  });

  test('C-8: only the notices of a step that takes money name its deadline', () => {
    const kinds = (fact: TellingFact) => noticesFor(fact, known).map(({ deadline }) => deadline?.kind);
    const asked = { ...dormancy, type: 'escrow.dormancy.started' } as const;
    expect(kinds({ ...asked, step: 'client_asked' })).toEqual(['dormancy.turn', 'dormancy.turn']);
    expect(kinds({ ...asked, step: 'freelancer_asked' })).toEqual(['dormancy.step', 'dormancy.step']);
  });

  test('E-20: each step of dormancy is told to who is asked', () => {
    const asked = { ...dormancy, type: 'escrow.dormancy.started', step: 'freelancer_asked' } as const;
    expect(told(asked)).toEqual([
      'freelancer-1 dormancy_step deadline',
      'freelancer-1 dormancy_reminder deadline',
    ]);
  });
});

test('A-4, C-8: an offer that expires within a day is announced once only', () => {
  const sent = { type: 'contracts.offer.sent', ...offer, dueAt: plusHours(now, 24) } as const;
  expect(told(sent)).toEqual(['freelancer-1 offer_sent deadline']);
});

test('what ends or moves a deadline ends what was to be told of it', () => {
  const ended = facts.flatMap((fact) =>
    deadlinesEndedBy(fact).map(({ service, kind, id }) => `${fact.type}: ${service} ${kind} ${id}`),
  );
  const each = (types: string[], deadline: string) => types.map((type) => `${type}: ${deadline}`);
  const dormancies = ['announced', 'started', 'release_requested', 'cancelled'];
  const offers = ['revised', 'accepted', 'declined', 'withdrawn', 'expired'];
  expect(ended.toSorted()).toEqual(
    [
      ...each(
        offers.map((how) => `contracts.offer.${how}`),
        'contracts offer.expiry offer',
      ),
      ...each(
        ['contracts.amendment.lapsed', 'contracts.contract.amended'],
        'contracts amendment.expiry amendment',
      ),
      ...each(
        ['escrow.billing_method.unconfirmed', 'escrow.billing_method.verified'],
        'escrow billing_method.confirmation method',
      ),
      ...each(
        ['escrow.review.started', 'escrow.review.suspended', 'escrow.review.resumed'],
        'escrow review.silence milestone',
      ),
      ...each(
        ['escrow.milestone.changes_requested', 'escrow.milestone.released'],
        'escrow review.silence milestone',
      ),
      ...each(['escrow.refund.decided', 'escrow.deadline.moved'], 'escrow refund.silence request'),
      ...each(
        dormancies.map((how) => `escrow.dormancy.${how}`),
        'escrow dormancy.step agreement',
      ),
      ...each(
        dormancies.map((how) => `escrow.dormancy.${how}`),
        'escrow dormancy.turn agreement',
      ),
    ].toSorted(),
  );
});
