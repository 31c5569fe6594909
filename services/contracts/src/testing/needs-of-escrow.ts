import { usd } from '@holdfast/domain';
import { type Need, some } from '@holdfast/testing';

/** Needs that contracts states of escrow (AD-8), each with what of the fact its handler is given. */
export type Needs = [Omit<Need, 'key'>, object][];

export const agreementId = '01a2037a-c202-74f7-a5ab-50ccbccd1461';
export const milestoneId = '01a2037a-c202-74f7-a5ab-50ccbccd1463';
const submissionId = '01a2037a-c202-74f7-a5ab-50ccbccd1464';
const [at, instant] = ['2027-01-04T09:00:00.000Z', new Date('2027-01-04T09:00:00.000Z')];

export const key = some.id(agreementId);
const ids = { agreementId: key, milestoneId: some.id(milestoneId) };
const funding = {
  agreementId: key,
  fundingId: some.id(),
  milestoneIds: some.listOf(some.id(milestoneId)),
  version: some.integer(),
};
const release = {
  ...ids,
  freelancerId: some.account('freelancer-1'),
  gross: some.money('100000'),
  clientFee: some.money('5000'),
  freelancerFee: some.money('10000'),
  net: some.money('90000'),
  balance: some.money('0'),
  cause: some.oneOf('approval', 'auto'),
  transferId: some.id(),
  releasedAt: some.instant(at),
};

/** Each fact about a milestone, and what of it the mirror keeps. */
export const milestoneNeeds: Needs = [
  [
    {
      type: 'escrow.funding.started.v1',
      data: { ...funding, kind: some.oneOf('card', 'paypal', 'bank'), amount: some.money('105499') },
    },
    { agreementId, milestoneIds: [milestoneId] },
  ],
  [
    {
      type: 'escrow.funding.failed.v1',
      data: { ...funding, reason: some.oneOf('declined', 'payer_needed', 'expired', 'method_unusable') },
    },
    { agreementId, milestoneIds: [milestoneId], reason: 'declined' },
  ],
  [
    {
      type: 'escrow.milestone.funded.v1',
      data: {
        ...ids,
        version: some.integer(),
        fundingId: some.id(),
        amount: some.money('100000'),
        clientFee: some.money('5000'),
        lots: some.listOf({ lotId: some.id(), amount: some.money('100000') }),
        fundedAt: some.instant(at),
      },
    },
    { agreementId, milestoneId, amount: usd(100_000n) },
  ],
  [
    {
      type: 'escrow.review.started.v1',
      data: { ...ids, submissionId: some.id(submissionId), dueAt: some.instant(at) },
    },
    { milestoneId, submissionId, dueAt: instant },
  ],
  [
    {
      type: 'escrow.submission.refused.v1',
      data: {
        ...ids,
        submissionId: some.id(submissionId),
        reason: some.oneOf('not_funded', 'released', 'already_under_review'),
      },
    },
    { milestoneId, submissionId, reason: 'not_funded' },
  ],
  [
    {
      type: 'escrow.milestone.changes_requested.v1',
      data: { ...ids, submissionId: some.id(submissionId), reasonHash: some.hash() },
    },
    { milestoneId, submissionId },
  ],
  [
    { type: 'escrow.milestone.released.v1', as: 'unasked', data: release },
    { milestoneId, balance: usd(0n) },
  ],
  [
    {
      type: 'escrow.milestone.released.v1',
      as: 'by approval of a submission',
      data: { ...release, submissionId: some.id(submissionId) },
    },
    { milestoneId, balance: usd(0n), submissionId },
  ],
];

const refundId = some.id('01a2037a-c202-74f7-a5ab-50ccbccd1467');
const chargebackId = some.id('01a2037a-c202-74f7-a5ab-50ccbccd1468');
const freeze = {
  ...ids,
  cause: some.oneOf('chargeback', 'case', 'safety_hold'),
  causeId: some.id(),
  balance: some.money('100000'),
};

/** What escrow says of money that waits, goes back or goes another way (E-16, E-22 to E-25). */
export const laterNeeds: Needs = [
  [
    {
      type: 'escrow.milestone.rolled.v1',
      data: {
        ...ids,
        toMilestoneId: some.id(),
        amount: some.money('4000'),
        clientFee: some.money('200'),
        balance: some.money('0'),
        lots: some.listOf({ lotId: some.id(), amount: some.money('4000') }),
        rolledAt: some.instant(at),
      },
    },
    { milestoneId, balance: usd(0n) },
  ],
  [
    {
      type: 'escrow.review.suspended.v1',
      data: {
        ...ids,
        submissionId: some.id(submissionId),
        leftMs: some.integer(3_600_000),
        cause: some.oneOf('chargeback', 'case', 'safety_hold', 'refund_pending'),
      },
    },
    { milestoneId, submissionId, leftMs: 3_600_000 },
  ],
  [
    {
      type: 'escrow.review.resumed.v1',
      data: { ...ids, submissionId: some.id(submissionId), dueAt: some.instant(at) },
    },
    { milestoneId, submissionId, dueAt: instant },
  ],
  [
    {
      type: 'escrow.milestone.frozen.v1',
      data: { ...freeze, amount: some.money('100000'), frozenAt: some.instant(at) },
    },
    { milestoneId, cause: 'chargeback', amount: usd(100_000n) },
  ],
  [
    { type: 'escrow.milestone.unfrozen.v1', data: freeze },
    { milestoneId, cause: 'chargeback' },
  ],
  [
    {
      type: 'escrow.milestone.charged_back.v1',
      data: {
        ...ids,
        chargebackId,
        amount: some.money('100000'),
        clientFee: some.money('5000'),
        balance: some.money('0'),
      },
    },
    { milestoneId, balance: usd(0n) },
  ],
  [
    {
      type: 'escrow.refund.requested.v1',
      data: {
        agreementId: key,
        refundRequestId: some.id(),
        clientId: some.account('client-1'),
        freelancerId: some.account('freelancer-1'),
        milestones: some.listOf({ milestoneId: some.id(milestoneId), amount: some.money('100000') }),
        requestedAt: some.instant(at),
        dueAt: some.instant(at),
      },
    },
    { milestones: [{ milestoneId }], dueAt: instant },
  ],
  [
    {
      type: 'escrow.refund.decided.v1',
      data: {
        ...ids,
        refundId,
        fundingId: some.id(),
        principal: some.money('100000'),
        clientFee: some.money('5000'),
        amount: some.money('105000'),
        cause: some.oneOf('consent', 'silence', 'freelancer_ended'),
        attempt: some.integer(),
        kind: some.oneOf('card', 'paypal', 'bank'),
        balance: some.money('0'),
      },
    },
    { milestoneId, amount: usd(105_000n), balance: usd(0n) },
  ],
  [
    {
      type: 'escrow.refund.failed.v1',
      data: {
        ...ids,
        refundId,
        amount: some.money('105000'),
        kind: some.oneOf('card', 'paypal', 'bank'),
        reason: some.oneOf('refused', 'failed', 'method_closed', 'window_over'),
      },
    },
    { milestoneId, reason: 'refused' },
  ],
  [
    {
      type: 'escrow.milestone.refunded.v1',
      data: {
        ...ids,
        refundId,
        amount: some.money('100000'),
        balance: some.money('0'),
        cause: some.oneOf('consent', 'silence', 'freelancer_ended'),
        outcome: some.oneOf('refunded', 'split'),
      },
    },
    { milestoneId, outcome: 'refunded' },
  ],
];

const chargeback = {
  agreementId: key,
  chargebackId,
  fundingId: some.id(),
  clientId: some.account('client-1'),
  freelancerId: some.account('freelancer-1'),
  amount: some.money('105000'),
  parts: some.listOf({
    milestoneId: some.id(milestoneId),
    state: some.oneOf('held', 'released'),
    amount: some.money('100000'),
    net: some.money('0'),
    protected: some.flag(),
  }),
  dueAt: some.instant(at),
};
const chargebackEnd = {
  agreementId: key,
  chargebackId,
  accountId: some.account('freelancer-1'),
  amount: some.money('105000'),
  net: some.money('0'),
};
const kind = some.oneOf('card', 'paypal', 'bank');
const bonusId = some.id('01a2037a-c202-74f7-a5ab-50ccbccd1469');

/** What escrow says of refunds, chargebacks and bonuses (E-10, E-23, E-25, P-11). */
export const matterNeeds: Needs = [
  [
    {
      type: 'escrow.refund.drawn_on_balance.v1',
      data: {
        agreementId: key,
        refundId,
        accountId: some.account('freelancer-1'),
        net: some.money('90000'),
        transferId: some.id(),
        debtAllowed: some.flag(false),
      },
    },
    {},
  ],
  [
    {
      type: 'escrow.refund.paid.v1',
      data: { agreementId: key, refundId, amount: some.money('105000'), kind },
    },
    {},
  ],
  [
    {
      type: 'escrow.refund.refused.v1',
      data: { agreementId: key, refundId, reason: some.oneOf('balance_too_low', 'account_held') },
    },
    {},
  ],
  [
    {
      type: 'escrow.refund.reversed.v1',
      data: {
        agreementId: key,
        refundId,
        accountId: some.account('freelancer-1'),
        net: some.money('90000'),
        transferId: some.id(),
      },
    },
    {},
  ],
  [
    {
      type: 'escrow.refund.cancelled.v1',
      data: { agreementId: key, refundId, amount: some.money('105000'), chargebackId },
    },
    {},
  ],
  [{ type: 'escrow.chargeback.warned.v1', data: chargeback }, { dueAt: instant }],
  [
    { type: 'escrow.chargeback.received.v1', data: { ...chargeback, fee: some.money('1500') } },
    { clientId: 'client-1', dueAt: instant },
  ],
  [{ type: 'escrow.chargeback.contested.v1', data: { agreementId: key, chargebackId } }, {}],
  [
    {
      type: 'escrow.chargeback.accepted.v1',
      data: { agreementId: key, chargebackId, reason: some.oneOf('accepted', 'unanswered') },
    },
    {},
  ],
  [{ type: 'escrow.chargeback.won.v1', data: chargebackEnd }, {}],
  [{ type: 'escrow.chargeback.lost.v1', data: chargebackEnd }, {}],
  [
    {
      type: 'escrow.bonus.charged.v1',
      data: {
        agreementId: key,
        bonusId,
        fundingId: some.id(),
        amount: some.money('2000'),
        clientFee: some.money('100'),
      },
    },
    { amount: usd(2_000n) },
  ],
  [
    {
      type: 'escrow.bonus.charge_failed.v1',
      data: {
        agreementId: key,
        bonusId,
        fundingId: some.id(),
        reason: some.oneOf('declined', 'payer_needed', 'expired', 'method_unusable'),
      },
    },
    {},
  ],
  [
    {
      type: 'escrow.bonus.released.v1',
      data: {
        agreementId: key,
        bonusId,
        freelancerId: some.account('freelancer-1'),
        gross: some.money('2000'),
        clientFee: some.money('100'),
        freelancerFee: some.money('200'),
        net: some.money('1800'),
        cause: some.oneOf('bonus'),
        transferId: some.id(),
        releasedAt: some.instant(at),
      },
    },
    { gross: usd(2_000n) },
  ],
];

/** Escrow's answers to the end of a contract. */
export const clearingNeeds: Needs = [
  [
    { type: 'escrow.contract.cleared.v1', data: { agreementId: key, clearedAt: some.instant(at) } },
    { agreementId },
  ],
  [
    {
      type: 'escrow.contract.clearing_refused.v1',
      data: {
        agreementId: key,
        balance: some.money('100000'),
        openItems: some.listOf({
          kind: some.oneOf('milestone', 'funding', 'refund', 'chargeback', 'freeze', 'bonus'),
          id: some.id(milestoneId),
        }),
      },
    },
    { balance: usd(100_000n), openItems: [{ kind: 'milestone', id: milestoneId }] },
  ],
];

/** Escrow's answers to changed terms. */
export const termsNeeds: Needs = [
  [
    {
      type: 'escrow.milestone.terms_applied.v1',
      data: { ...ids, version: some.integer(2), price: some.money('90000'), deleted: some.flag(false) },
    },
    { milestoneId, version: 2 },
  ],
  [
    {
      type: 'escrow.milestone.terms_refused.v1',
      data: {
        ...ids,
        version: some.integer(2),
        reason: some.oneOf('funding_pending', 'funded', 'settled', 'outdated', 'contract_closing'),
      },
    },
    { milestoneId, version: 2, reason: 'funding_pending' },
  ],
];

const dormant = { agreementId: key, balance: some.money('40000'), dueAt: some.instant(at) };
const steps = ['client_asked', 'freelancer_asked', 'release_requested'] as const;

/** What escrow says while nobody acts, told to both or to the one who is asked (E-20). */
export const dormancyNeeds: Needs = [
  [
    {
      type: 'escrow.dormancy.started.v1',
      data: { ...dormant, step: some.oneOf('freelancer_asked', ...steps) },
    },
    { step: 'freelancer_asked', balance: usd(40_000n), dueAt: instant },
  ],
  [
    {
      type: 'escrow.dormancy.release_requested.v1',
      data: { ...dormant, step: some.oneOf('release_requested') },
    },
    { balance: usd(40_000n), dueAt: instant },
  ],
  [
    {
      type: 'escrow.dormancy.cancelled.v1',
      data: { agreementId: key, reason: some.oneOf('activity', 'refused', 'settled') },
    },
    {},
  ],
];

/** That the days run out, which is only told. */
export const announcedNeed: Needs[number] = [
  { type: 'escrow.dormancy.announced.v1', data: dormant },
  { balance: usd(40_000n), dueAt: instant },
];

const askedOfPay = {
  agreementId: key,
  paidRefundRequestId: some.id(),
  milestoneId: some.id(milestoneId),
  amount: some.money('20000'),
};

/** What the client asks of paid money, and that nothing is given, which is only told (E-18). */
export const askedNeeds: Needs = [
  [
    {
      type: 'escrow.refund.asked.v1',
      data: {
        ...askedOfPay,
        clientId: some.account('client-1'),
        freelancerId: some.account('freelancer-1'),
        openUntil: some.instant(at),
      },
    },
    { amount: usd(20_000n), openUntil: instant },
  ],
  [{ type: 'escrow.refund.declined.v1', data: askedOfPay }, { amount: usd(20_000n) }],
];

/** That a deadline stands still (C-8, E-16). */
export const suspendedNeed: Needs[number] = [
  {
    type: 'escrow.deadline.suspended.v1',
    data: {
      agreementId: key,
      deadlineKind: some.oneOf('dormancy.step', 'refund.silence'),
      deadlineId: some.id(agreementId),
      leftMs: some.integer(0),
      reason: some.oneOf('notice_not_proven', 'notice_bounced', 'frozen'),
    },
  },
  { deadlineKind: 'dormancy.step', leftMs: 0 },
];

/** That a deadline waits for a proof (C-8). */
export const movedNeed: Needs[number] = [
  {
    type: 'escrow.deadline.moved.v1',
    data: {
      agreementId: key,
      deadlineKind: some.oneOf('dormancy.step', 'refund.silence'),
      deadlineId: some.id(agreementId),
      dueAt: some.instant(at),
      reason: some.oneOf('notice_not_proven', 'unfrozen'),
    },
  },
  { deadlineKind: 'dormancy.step', dueAt: instant },
];
