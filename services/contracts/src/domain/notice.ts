import { plusDays } from '@holdfast/domain';
import type { contractsEvents, EventOf } from '@holdfast/events';

type NoticeEvent = Extract<EventOf<typeof contractsEvents>, { type: `contracts.notice.${string}` }>;

/** Every text that exists: what a person can be told (C-7). */
export const templates = [
  'offer_sent',
  'offer_revised',
  'offer_expiring',
  'offer_changes_requested',
  'offer_accepted',
  'offer_declined',
  'offer_withdrawn',
  'offer_expired',
  'amendment_proposed',
  'amendment_lapsing',
  'amendment_lapsed',
  'contract_amended',
  'milestones_reordered',
  'contract_paused',
  'contract_resumed',
  'end_requested',
  'contract_ended',
  'payment_requested',
  'milestone_funded',
  'charge_receipt',
  'funding_payer_needed',
  'funding_failed',
  'charge_returned',
  'review_started',
  'review_suspended',
  'review_resumed',
  'review_reminder',
  'submission_refused',
  'changes_requested',
  'milestone_released',
  'bonus_receipt',
  'bonus_failed',
  'bonus_released',
  'refund_requested',
  'refund_reminder',
  'refund_decided',
  'refund_given',
  'refund_drawn',
  'refund_asked',
  'refund_declined',
  'refund_paid',
  'refund_failed',
  'refund_refused',
  'refund_reversed',
  'chargeback_received',
  'chargeback_won',
  'chargeback_lost',
  'deadline_moved',
  'dormancy_step',
  'dormancy_reminder',
  'clearing_refused',
  'funds_held',
  'funds_unheld',
  'debt_opened',
  'hold_placed',
  'hold_lifted',
  'appeal_received',
  'appeal_refused',
  'account_closed',
  'email_changed',
  'card_to_confirm',
  'card_reminder',
  'card_not_verified',
  'method_added',
  'method_disabled',
  'withdrawal_paid',
  'withdrawal_failed',
  'withdrawal_returned',
] as const;
export type Template = (typeof templates)[number];

/** Only `news` may be refused: money, deadlines and the account concern a person in any case (C-4). */
export type Category = 'money' | 'deadline' | 'account' | 'news';

/** What a text needs, as it stands in events: ids, amounts, instants and closed words, never free text. */
export type Facts = Readonly<
  Partial<
    Record<
      | 'agreementId'
      | 'milestoneId'
      | 'offerId'
      | 'amendmentId'
      | 'withdrawalId'
      | 'methodId'
      | 'holdId'
      | 'amountMinor'
      | 'feeMinor'
      | 'netMinor'
      | 'dueAt'
      | 'kind'
      | 'reason'
      | 'step',
      string
    >
  >
>;

export type DeadlineName = Readonly<{
  service: 'contracts' | 'escrow' | 'timetracking' | 'disputes' | 'payouts';
  kind: string;
  id: string;
}>;

/** Who is told what, from when on. */
export type Told = Readonly<{
  accountId: string;
  template: Template;
  category: Category;
  facts: Facts;
  plannedAt: Date;
  /** The deadline that it announces. */
  deadline?: DeadlineName & Readonly<{ dueAt: Date }>;
  /** Its place in a series of reminders, from 1. */
  number: number;
}>;

/**
 * One thing that one person is told, once (C-7). `sending`: the mail may have gone; without the server's word it goes
 * again under the same Message-ID, for a doubled mail is harmless and a lost one is not.
 */
export type Notice = Told &
  Readonly<{
    id: string;
    /** With template, person and number it is one of its kind: a repeat plans nothing twice. */
    causeId: string;
    /** When the logged-in person was shown it. */
    shownAt?: Date;
    /** Since when it is proven that the person was told: taken by the receiving server, or shown. */
    provenAt?: Date;
  }> &
  Readonly<
    | { status: 'planned' | 'sending' }
    | { status: 'accepted'; acceptedAt: Date }
    | { status: 'bounced'; bouncedAt: Date }
    | { status: 'failed'; reason: 'no_address' | 'unanswered' }
    | { status: 'cancelled'; reason: 'deadline_gone' | 'unsubscribed' }
  >;

/** What came of a try. */
export type Delivery = 'accepted' | 'refused' | 'unanswered';

/** 4 days: what RFC 5321 asks of a sender before it gives a mail up. */
const giveUpDays = 4;

export const plan = (ids: Readonly<{ id: string; causeId: string }>, told: Told): Notice => ({
  ...told,
  ...ids,
  status: 'planned',
});

/** From when on something is to be done about it; undefined where nothing is. */
export const nextCallAt = ({ status, plannedAt }: Notice): Date | undefined =>
  status === 'planned' || status === 'sending' ? plannedAt : undefined;

/** Decides that the mail is sent now: the intent, committed before any call. */
export function begin(notice: Notice, person: Readonly<{ hasAddress: boolean; takesNews: boolean }>): Notice {
  if (notice.status !== 'planned') return notice;
  if (notice.category === 'news' && !person.takesNews) {
    return { ...base(notice), status: 'cancelled', reason: 'unsubscribed' };
  }
  if (!person.hasAddress) return { ...base(notice), status: 'failed', reason: 'no_address' };
  return { ...base(notice), status: 'sending' };
}

/** Whether a mail that nobody has answered for is not tried again. */
export const isGivenUp = ({ plannedAt }: Pick<Notice, 'plannedAt'>, now: Date): boolean =>
  now >= plusDays(plannedAt, giveUpDays);

/** What it becomes by the receiving server's word. */
export function deliver(notice: Notice, delivery: Delivery, now: Date): Notice {
  if (notice.status !== 'sending') return notice;
  switch (delivery) {
    case 'accepted':
      return {
        ...base(notice),
        status: 'accepted',
        acceptedAt: now,
        provenAt: notice.provenAt ?? now,
      };
    case 'refused':
      return bounced(notice, now);
    case 'unanswered':
      return isGivenUp(notice, now) ? { ...base(notice), status: 'failed', reason: 'unanswered' } : notice;
  }
}

/** A report that the mail came back after all; it may come before the server's first word was recorded. */
export const bounce = (notice: Notice, now: Date): Notice =>
  notice.status === 'accepted' || notice.status === 'sending' ? bounced(notice, now) : notice;

/** What the server had taken proves nothing any more; that it was shown stays proven. */
const bounced = (notice: Notice, now: Date): Notice => ({
  ...base(notice),
  status: 'bounced',
  bouncedAt: now,
  provenAt: notice.shownAt,
});

/** The logged-in person has it before the eyes; only the first time counts. */
export const show = (notice: Notice, now: Date): Notice =>
  notice.shownAt ? notice : { ...notice, shownAt: now, provenAt: notice.provenAt ?? now };

/** Its deadline is gone before it was told; what is on its way is not called back. */
export const cancel = (notice: Notice): Notice =>
  notice.status === 'planned' ? { ...base(notice), status: 'cancelled', reason: 'deadline_gone' } : notice;

/** A new address: what it still helps to know goes there. */
export const retry = (notice: Notice, now: Date): Notice =>
  notice.status === 'failed' && notice.reason === 'no_address' && (notice.deadline?.dueAt ?? now) > now
    ? { ...base(notice), status: 'planned' }
    : notice;

/** Whether its person may read it: it is time, and there is something to know. */
export const isReadable = (notice: Notice, now: Date): boolean =>
  notice.plannedAt <= now && !(notice.status === 'cancelled' && notice.reason === 'deadline_gone');

/**
 * What others learn of a change (C-7, C-8): the first proof, or that there is none. A mail that bounces after its
 * notice was shown changes nothing: the person has been told.
 */
export function eventsOf(before: Notice, after: Notice): NoticeEvent[] {
  const { accountId, id: noticeId, template, deadline } = after;
  const named = deadline && { service: deadline.service, kind: deadline.kind, id: deadline.id };
  const what = { accountId, noticeId, template, deadline: named };
  if (after.provenAt) {
    return before.provenAt ? [] : [{ type: 'contracts.notice.sent', ...what, provenAt: after.provenAt }];
  }
  return after.status === 'bounced' && before.status !== 'bounced'
    ? [{ type: 'contracts.notice.bounced', ...what, provenAt: after.bouncedAt }]
    : [];
}

/** What outlives a state. */
function base(notice: Notice) {
  const { id, causeId, accountId, template, category, facts, plannedAt, deadline, number } = notice;
  const { shownAt, provenAt } = notice;
  const told = { accountId, template, category, facts, plannedAt, deadline, number };
  return { id, causeId, ...told, shownAt, provenAt };
}
