import { plusDays, plusHours } from '@holdfast/domain';
import type { contractsEvents, EventOf, escrowEvents, payoutsEvents } from '@holdfast/events';
import { classOf } from './hold.ts';
import type { Category, DeadlineName, Facts, Template, Told } from './notice.ts';
import type { Parties } from './offer.ts';

type AnyFact = EventOf<typeof contractsEvents> | EventOf<typeof escrowEvents> | EventOf<typeof payoutsEvents>;
type FactOf<Type extends AnyFact['type']> = Extract<AnyFact, { type: Type }>;

/** What contracts knows besides the fact. */
export type Known = Readonly<{
  now: Date;
  /** Of the agreement or offer that the fact is about. */
  parties?: Parties;
  /** Of the submission whose review begins. */
  submittedAt?: Date;
  /** `review.reminder_days` (E-5). */
  reminderDays: readonly number[];
  /** `forfeit.notice_hours` (C-8). */
  noticeHours: number;
}>;

type Draft = Readonly<{
  to: string;
  template: Template;
  category: Category;
  facts: Facts;
  /** At once where it is left out; what is past by then is not planned. */
  at?: Date;
  deadline?: Told['deadline'];
}>;
type Row<Fact> = (fact: Fact, known: Known) => readonly Draft[];

/** Who is told what by which fact, and when (C-4, C-7, C-8, S-11, E-5, W-1, W-13). */
const table = {
  'contracts.offer.sent': (fact, known) => offerOpen('offer_sent', fact, known),
  'contracts.offer.revised': (fact, known) => offerOpen('offer_revised', fact, known),
  'contracts.offer.accepted': ({ agreementId, offerId }, known) => [
    { to: client(known), template: 'offer_accepted', category: 'news', facts: { agreementId, offerId } },
  ],
  'contracts.offer.withdrawn': ({ agreementId, offerId }, known) => [
    { to: freelancer(known), template: 'offer_withdrawn', category: 'news', facts: { agreementId, offerId } },
  ],
  'contracts.offer.expired': ({ agreementId, offerId }, known) => [
    { to: client(known), template: 'offer_expired', category: 'news', facts: { agreementId, offerId } },
  ],
  'contracts.account.hold_placed': ({ accountId, holdId, kind, reason }) => [
    account(accountId, 'hold_placed', { holdId, kind, reason: classOf(reason) }),
  ],
  'contracts.account.hold_lifted': ({ accountId, holdId, kind }) => [
    account(accountId, 'hold_lifted', { holdId, kind }),
  ],
  'escrow.funding.failed': ({ agreementId, reason }, known) => [
    {
      to: client(known),
      template: reason === 'payer_needed' ? 'funding_payer_needed' : 'funding_failed',
      category: 'money',
      facts: { agreementId, reason },
    },
  ],
  'escrow.milestone.funded': ({ agreementId, milestoneId, amount, clientFee }, known) => {
    const facts = { agreementId, milestoneId, amountMinor: digits(amount), feeMinor: digits(clientFee) };
    return [
      { to: freelancer(known), template: 'milestone_funded', category: 'money', facts },
      { to: client(known), template: 'charge_receipt', category: 'money', facts },
    ];
  },
  'escrow.review.started': reviewStarted,
  'escrow.submission.refused': ({ agreementId, milestoneId, reason }, known) => [
    {
      to: freelancer(known),
      template: 'submission_refused',
      category: 'money',
      facts: { agreementId, milestoneId, reason },
    },
  ],
  'escrow.milestone.changes_requested': ({ agreementId, milestoneId }, known) => [
    {
      to: freelancer(known),
      template: 'changes_requested',
      category: 'news',
      facts: { agreementId, milestoneId },
    },
  ],
  'escrow.milestone.released': ({ agreementId, milestoneId, freelancerId, gross, freelancerFee, net }) => [
    {
      to: freelancerId,
      template: 'milestone_released',
      category: 'money',
      facts: {
        agreementId,
        milestoneId,
        amountMinor: digits(gross),
        feeMinor: digits(freelancerFee),
        netMinor: digits(net),
      },
    },
  ],
  'payouts.method.added': ({ accountId, methodId, kind, dueAt }) => [
    account(accountId, 'method_added', { methodId, kind, dueAt: dueAt.toISOString() }),
  ],
  'payouts.method.disabled': ({ accountId, methodId, kind, reason }) => [
    // Which check it was stays secret (W-17).
    account(accountId, 'method_disabled', {
      methodId,
      kind,
      reason: reason === 'screening' ? 'under_review' : reason,
    }),
  ],
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

/** What a fact tells: with a series of reminders numbered by their instants. */
export function noticesFor(fact: TellingFact, known: Known): Told[] {
  const drafts = (table[fact.type] as Row<TellingFact>)(fact, known);
  const counts = new Map<string, number>();
  return drafts
    .filter(({ at }) => at === undefined || at > known.now)
    .map(({ to: accountId, at: plannedAt = known.now, template, category, facts, deadline }) => {
      const series = `${template}/${accountId}`;
      const number = (counts.get(series) ?? 0) + 1;
      counts.set(series, number);
      return { accountId, template, category, facts, plannedAt, deadline, number };
    });
}

/** The deadlines that a fact ends or sets anew: what was to be told of them is not told any more. */
export function deadlinesEndedBy(fact: TellingFact): DeadlineName[] {
  switch (fact.type) {
    case 'contracts.offer.revised':
    case 'contracts.offer.accepted':
    case 'contracts.offer.withdrawn':
    case 'contracts.offer.expired':
      return [offerExpiry(fact)];
    case 'escrow.review.started':
    case 'escrow.milestone.changes_requested':
    case 'escrow.milestone.released':
      return [reviewSilence(fact)];
    default:
      return [];
  }
}

const client = ({ parties }: Known): string => partiesOf(parties).clientId;
const freelancer = ({ parties }: Known): string => partiesOf(parties).freelancerId;

function partiesOf(parties: Parties | undefined): Parties {
  if (!parties) throw new RangeError('a fact of an agreement whose parties are not known');
  return parties;
}

const digits = ({ amountMinor }: { amountMinor: bigint }): string => String(amountMinor);

const account = (to: string, template: Template, facts: Facts): Draft => ({
  to,
  template,
  category: 'account',
  facts,
});
const money = (to: string, template: Template, facts: Facts): Draft => ({
  ...account(to, template, facts),
  category: 'money',
});

const offerExpiry = ({ offerId: id }: { offerId: string }): DeadlineName => ({
  service: 'contracts',
  kind: 'offer.expiry',
  id,
});
const reviewSilence = ({ milestoneId: id }: { milestoneId: string }): DeadlineName => ({
  service: 'escrow',
  kind: 'review.silence',
  id,
});

/** At once, and again 24 hours before it ends a right (C-8). */
function offerOpen(
  template: 'offer_sent' | 'offer_revised',
  offer: FactOf<'contracts.offer.sent' | 'contracts.offer.revised'>,
  known: Known,
): Draft[] {
  const { agreementId, offerId, dueAt } = offer;
  const facts = { agreementId, offerId, dueAt: dueAt.toISOString() };
  const deadline = { ...offerExpiry(offer), dueAt };
  const told = { to: freelancer(known), category: 'deadline', facts, deadline } as const;
  const at = plusHours(dueAt, -known.noticeHours);
  return [
    { ...told, template },
    { ...told, template: 'offer_expiring', at },
  ];
}

/**
 * At once, on the days of `review.reminder_days` counted from the submission (E-5), and in any case once more in time
 * before silence releases: two days, so that a mail server that is away for a day does not cost the notice (C-8).
 */
function reviewStarted(review: FactOf<'escrow.review.started'>, known: Known): Draft[] {
  const { agreementId, milestoneId, dueAt } = review;
  const { submittedAt = known.now, noticeHours, now } = known;
  const facts = { agreementId, milestoneId, dueAt: dueAt.toISOString() };
  const deadline = { ...reviewSilence(review), dueAt };
  const told = { to: client(known), category: 'deadline', facts, deadline } as const;
  const days = known.reminderDays
    .map((day) => plusDays(submittedAt, day))
    .filter((at) => at > now && at < dueAt);
  const last = plusHours(dueAt, -noticeHours);
  const inTime = days.some((at) => at < last) ? [] : [plusHours(dueAt, -2 * noticeHours)];
  const reminders = [...days, ...inTime].sort((one, other) => one.getTime() - other.getTime());
  return [
    { ...told, template: 'review_started' },
    ...reminders.map((at) => ({ ...told, template: 'review_reminder', at }) as const),
  ];
}
