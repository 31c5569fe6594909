import { plusDays } from '@holdfast/domain';
import { classOf } from './hold.ts';
import type { DeadlineName, Told } from './notice.ts';
import {
  type AnyFact,
  account,
  amendmentExpiry,
  announced,
  both,
  cardConfirmation,
  cardToConfirm,
  client,
  type Draft,
  digits,
  dormancyStep,
  dormancyTurn,
  type FactOf,
  forfeit,
  freelancer,
  type Known,
  money,
  news,
  offerExpiry,
  oneself,
  otherThan,
  refundSilence,
  reviewSilence,
  toldBy,
  underReview,
} from './telling.ts';

type Row<Fact> = (fact: Fact, known: Known) => readonly Draft[];

/** Who is told what by which fact, and when (C-4, C-7, C-8, S-11, E-5, W-1, W-13). */
const table = {
  'contracts.offer.sent': (fact, known) => offerOpen('offer_sent', fact, known),
  'contracts.offer.revised': (fact, known) => offerOpen('offer_revised', fact, known),
  'contracts.offer.changes_requested': (fact, known) => [
    news(client(known), 'offer_changes_requested', offerFacts(fact)),
  ],
  'contracts.offer.accepted': (fact, known) => [news(client(known), 'offer_accepted', offerFacts(fact))],
  'contracts.offer.declined': (fact, known) => [news(client(known), 'offer_declined', offerFacts(fact))],
  'contracts.offer.withdrawn': (fact, known) => [
    news(freelancer(known), 'offer_withdrawn', offerFacts(fact)),
  ],
  'contracts.offer.expired': (fact, known) => [news(client(known), 'offer_expired', offerFacts(fact))],
  'contracts.amendment.proposed': (fact, known) => {
    const { agreementId, amendmentId, by, dueAt } = fact;
    const deadline = { ...amendmentExpiry(fact), dueAt };
    const [first, second] = ['amendment_proposed', 'amendment_lapsing'] as const;
    const facts = { agreementId, amendmentId };
    return announced({ to: otherThan(by, known), first, second, facts, deadline }, known);
  },
  'contracts.amendment.lapsed': ({ agreementId, amendmentId, reason }, known) =>
    both(news, 'amendment_lapsed', { agreementId, amendmentId, reason }, known),
  'contracts.contract.amended': ({ agreementId, amendmentId }, known) =>
    both(news, 'contract_amended', { agreementId, amendmentId }, known),
  // Told where the client alone reorders; an amendment is told of as a whole.
  'contracts.milestone.changed': ({ agreementId }, known) => [
    news(freelancer(known), 'milestones_reordered', { agreementId }),
  ],
  'contracts.contract.paused': ({ agreementId }, known) =>
    both(account, 'contract_paused', { agreementId }, known),
  'contracts.contract.resumed': ({ agreementId }, known) =>
    both(account, 'contract_resumed', { agreementId }, known),
  'contracts.contract.end_requested': ({ agreementId, by }, known) => [
    account(otherThan(by, known), 'end_requested', { agreementId }),
  ],
  'contracts.contract.ended': ({ agreementId }, known) =>
    both(account, 'contract_ended', { agreementId }, known),
  'contracts.payment.requested': ({ agreementId, clientId }) => [
    money(clientId, 'payment_requested', { agreementId }),
  ],
  'contracts.account.hold_placed': ({ accountId, holdId, kind, reason }) => [
    account(accountId, 'hold_placed', { holdId, kind, reason: classOf(reason) }),
  ],
  'contracts.account.hold_lifted': ({ accountId, holdId, kind }) => [
    account(accountId, 'hold_lifted', { holdId, kind }),
  ],
  'contracts.account.hold_appealed': ({ accountId, holdId }) => [
    account(accountId, 'appeal_received', { holdId }),
  ],
  'contracts.account.appeal_refused': ({ accountId, holdId, reason, againAt }) => [
    account(accountId, 'appeal_refused', { holdId, reason, dueAt: againAt.toISOString() }),
  ],
  'contracts.account.closed': ({ accountId }) => [account(accountId, 'account_closed', {})],
  'escrow.billing_method.confirmable': (fact, known) => cardToConfirm(fact, known),
  // Who has removed it knows.
  'escrow.billing_method.unconfirmed': ({ accountId, methodId, reason }) =>
    reason === 'removed' ? [] : [account(accountId, 'card_not_verified', { methodId, reason })],
  'escrow.billing_method.verified': () => [],
  'escrow.funding.failed': ({ agreementId, reason }, known) => {
    const template = reason === 'payer_needed' ? 'funding_payer_needed' : 'funding_failed';
    return [money(client(known), template, { agreementId, reason })];
  },
  'escrow.funding.orphaned': ({ agreementId, amount }, known) => [
    money(client(known), 'charge_returned', { agreementId, amountMinor: digits(amount) }),
  ],
  'escrow.milestone.funded': ({ agreementId, milestoneId, amount, clientFee }, known) => {
    const facts = { agreementId, milestoneId, amountMinor: digits(amount), feeMinor: digits(clientFee) };
    return [
      money(freelancer(known), 'milestone_funded', facts),
      money(client(known), 'charge_receipt', facts),
    ];
  },
  'escrow.review.started': (fact, known) => underReview('review_started', fact, known),
  'escrow.review.suspended': ({ agreementId, milestoneId }, known) => [
    money(client(known), 'review_suspended', { agreementId, milestoneId }),
  ],
  'escrow.review.resumed': (fact, known) => underReview('review_resumed', fact, known),
  'escrow.submission.refused': ({ agreementId, milestoneId, reason }, known) => [
    money(freelancer(known), 'submission_refused', { agreementId, milestoneId, reason }),
  ],
  'escrow.milestone.changes_requested': ({ agreementId, milestoneId }, known) => [
    news(freelancer(known), 'changes_requested', { agreementId, milestoneId }),
  ],
  'escrow.milestone.released': ({ agreementId, freelancerId, gross, freelancerFee, net }) => [
    money(freelancerId, 'milestone_released', {
      agreementId,
      amountMinor: digits(gross),
      feeMinor: digits(freelancerFee),
      netMinor: digits(net),
    }),
  ],
  'escrow.refund.requested': (
    { agreementId, refundRequestId, freelancerId: to, milestones, dueAt },
    known,
  ) => {
    const amountMinor = String(milestones.reduce((sum, { amount }) => sum + amount.amountMinor, 0n));
    const deadline = { ...refundSilence(refundRequestId), dueAt };
    const [first, second] = ['refund_requested', 'refund_reminder'] as const;
    return forfeit({ to, first, second, facts: { agreementId, amountMinor }, deadline }, known);
  },
  'escrow.refund.decided': ({ agreementId, milestoneId, amount, principal, cause }, known) => {
    const given = { agreementId, amountMinor: digits(principal) };
    const fromWhere = cause === 'after_release' ? 'refund_drawn' : 'refund_given';
    return [
      money(client(known), 'refund_decided', { agreementId, amountMinor: digits(amount) }),
      ...(milestoneId || cause === 'after_release' ? [money(freelancer(known), fromWhere, given)] : []),
    ];
  },
  'escrow.refund.asked': ({ agreementId, freelancerId, amount, openUntil }) => [
    money(freelancerId, 'refund_asked', {
      agreementId,
      amountMinor: digits(amount),
      dueAt: openUntil.toISOString(),
    }),
  ],
  'escrow.refund.declined': ({ agreementId, amount }, known) => [
    money(client(known), 'refund_declined', { agreementId, amountMinor: digits(amount) }),
  ],
  'escrow.refund.paid': ({ agreementId, amount }, known) => [
    money(client(known), 'refund_paid', { agreementId, amountMinor: digits(amount) }),
  ],
  'escrow.refund.failed': ({ agreementId, amount }, known) => [
    money(client(known), 'refund_failed', { agreementId, amountMinor: digits(amount) }),
  ],
  'escrow.refund.refused': ({ agreementId, reason }, known) => [
    money(freelancer(known), 'refund_refused', { agreementId, reason }),
  ],
  'escrow.refund.reversed': ({ agreementId, accountId, net }) => [
    money(accountId, 'refund_reversed', { agreementId, amountMinor: digits(net) }),
  ],
  'escrow.bonus.charged': ({ agreementId, amount, clientFee }, known) => [
    money(client(known), 'bonus_receipt', {
      agreementId,
      amountMinor: digits(amount),
      feeMinor: digits(clientFee),
    }),
  ],
  'escrow.bonus.charge_failed': ({ agreementId, reason }, known) => [
    money(client(known), 'bonus_failed', { agreementId, reason }),
  ],
  'escrow.bonus.released': ({ agreementId, freelancerId, gross, freelancerFee, net }) => [
    money(freelancerId, 'bonus_released', {
      agreementId,
      amountMinor: digits(gross),
      feeMinor: digits(freelancerFee),
      netMinor: digits(net),
    }),
  ],
  'escrow.chargeback.received': ({ agreementId, clientId, freelancerId, amount }) =>
    [clientId, freelancerId].map((to) =>
      money(to, 'chargeback_received', { agreementId, amountMinor: digits(amount) }),
    ),
  'escrow.chargeback.won': ({ agreementId, amount }, known) =>
    both(money, 'chargeback_won', { agreementId, amountMinor: digits(amount) }, known),
  'escrow.chargeback.lost': ({ agreementId, amount }, known) =>
    both(money, 'chargeback_lost', { agreementId, amountMinor: digits(amount) }, known),
  'escrow.deadline.moved': ({ agreementId, deadlineKind, deadlineId, dueAt }, known) => {
    const deadline = { service: 'escrow', kind: deadlineKind, id: deadlineId, dueAt } as const;
    const facts = { agreementId, dueAt: dueAt.toISOString() };
    const told = { template: 'deadline_moved', category: 'deadline', facts, deadline } as const;
    const concerned =
      deadlineKind === 'refund.silence' ? [freelancer(known)] : [client(known), freelancer(known)];
    return concerned.map((to) => ({ to, ...told }));
  },
  'escrow.dormancy.announced': (fact, known) => growingDormant(fact, known),
  'escrow.dormancy.started': (fact, known) => dormant(fact, known),
  'escrow.dormancy.release_requested': (fact, known) => dormant(fact, known),
  'escrow.dormancy.cancelled': () => [],
  // With nothing held nobody has to act: what is open comes to its end by itself.
  'escrow.contract.clearing_refused': ({ agreementId, balance }, known) =>
    balance.amountMinor > 0n
      ? [money(client(known), 'clearing_refused', { agreementId, amountMinor: digits(balance) })]
      : [],
  'payouts.funds.held': ({ agreementId, accountId, amount }) => [
    money(accountId, 'funds_held', { agreementId, amountMinor: digits(amount) }),
  ],
  'payouts.funds.unheld': ({ agreementId, accountId, amount }) => [
    money(accountId, 'funds_unheld', { agreementId, amountMinor: digits(amount) }),
  ],
  'payouts.debt.opened': ({ accountId, amount }) => [
    money(accountId, 'debt_opened', { amountMinor: digits(amount) }),
  ],
  'payouts.method.added': ({ accountId, methodId, kind, dueAt }) => [
    account(accountId, 'method_added', { methodId, kind, dueAt: dueAt.toISOString() }),
  ],
  'payouts.method.disabled': ({ accountId, methodId, kind, reason: why }) => {
    // Which check it was stays secret (W-17).
    const reason = why === 'screening' ? 'under_review' : why;
    return [account(accountId, 'method_disabled', { methodId, kind, reason })];
  },
  'payouts.withdrawal.paid': ({ accountId, withdrawalId, sent }) => [
    money(accountId, 'withdrawal_paid', { withdrawalId, amountMinor: digits(sent) }),
  ],
  'payouts.withdrawal.failed': ({ accountId, withdrawalId, amount, reason }) => [
    money(accountId, 'withdrawal_failed', { withdrawalId, amountMinor: digits(amount), reason }),
  ],
  'payouts.withdrawal.returned': ({ accountId, withdrawalId, amountBack, reason }) => [
    money(accountId, 'withdrawal_returned', { withdrawalId, amountMinor: digits(amountBack), reason }),
  ],
} as const satisfies { [Type in AnyFact['type']]?: Row<FactOf<Type>> };

export type TellingType = keyof typeof table;
export type TellingFact = FactOf<TellingType>;

/** The types of facts by which anybody is told anything. */
export const tellingTypes = Object.keys(table) as TellingType[];

/** Whether a fact tells anybody anything, or ends what was to be told. */
export const isTelling = (fact: { type: string }): fact is TellingFact => Object.hasOwn(table, fact.type);

/** What a fact tells to whom. */
export const noticesFor = (fact: TellingFact, known: Known): Told[] =>
  toldBy((table[fact.type] as Row<TellingFact>)(fact, known), known);

/** The deadlines that a fact ends or sets anew: what was to be told of them is not told any more. */
export function deadlinesEndedBy(fact: TellingFact): DeadlineName[] {
  switch (fact.type) {
    case 'contracts.offer.revised':
    case 'contracts.offer.accepted':
    case 'contracts.offer.declined':
    case 'contracts.offer.withdrawn':
    case 'contracts.offer.expired':
      return [offerExpiry(fact)];
    case 'contracts.amendment.lapsed':
    case 'contracts.contract.amended':
      return [amendmentExpiry(fact)];
    case 'escrow.billing_method.unconfirmed':
    case 'escrow.billing_method.verified':
      return [cardConfirmation(fact)];
    case 'escrow.review.started':
    case 'escrow.review.suspended':
    case 'escrow.review.resumed':
    case 'escrow.milestone.changes_requested':
    case 'escrow.milestone.released':
      return [reviewSilence(fact)];
    case 'escrow.refund.decided':
      return fact.refundRequestId ? [refundSilence(fact.refundRequestId)] : [];
    case 'escrow.deadline.moved':
      return [{ service: 'escrow', kind: fact.deadlineKind, id: fact.deadlineId }];
    case 'escrow.dormancy.announced':
    case 'escrow.dormancy.started':
    case 'escrow.dormancy.release_requested':
    case 'escrow.dormancy.cancelled':
      return [dormancyTurn(fact), dormancyStep(fact)];
    default:
      return [];
  }
}

const offerFacts = ({ agreementId, offerId }: { agreementId: string; offerId: string }) => ({
  agreementId,
  offerId,
});

function offerOpen(
  first: 'offer_sent' | 'offer_revised',
  offer: FactOf<'contracts.offer.sent' | 'contracts.offer.revised'>,
  known: Known,
): Draft[] {
  const deadline = { ...offerExpiry(offer), dueAt: offer.dueAt };
  const told = { to: freelancer(known), first, second: 'offer_expiring', facts: offerFacts(offer) } as const;
  return announced({ ...told, deadline }, known);
}

/** Both are told two weeks before the days are over, and one week before (E-20). */
function growingDormant(fact: FactOf<'escrow.dormancy.announced'>, known: Known): Draft[] {
  const { agreementId, balance, dueAt } = fact;
  const facts = {
    agreementId,
    step: 'announced',
    amountMinor: digits(balance),
    dueAt: dueAt.toISOString(),
  };
  const told = { category: 'deadline', facts, deadline: { ...dormancyTurn(fact), dueAt } } as const;
  return [client(known), freelancer(known)].flatMap((to) => [
    { ...told, to, template: 'dormancy_step' },
    { ...told, to, template: 'dormancy_reminder', at: plusDays(dueAt, -7) },
  ]);
}

/** Each step asks one of the two, and takes the money from who is silent (E-20, C-8). */
function dormant(
  fact: FactOf<'escrow.dormancy.started' | 'escrow.dormancy.release_requested'>,
  known: Known,
): Draft[] {
  const { agreementId, step, balance, dueAt } = fact;
  const to = oneself(step === 'freelancer_asked' ? 'freelancer' : 'client', known);
  const facts = { agreementId, step, amountMinor: digits(balance) };
  const [first, second] = ['dormancy_step', 'dormancy_reminder'] as const;
  const named = step === 'client_asked' ? dormancyTurn(fact) : dormancyStep(fact);
  return forfeit({ to, first, second, facts, deadline: { ...named, dueAt } }, known);
}
