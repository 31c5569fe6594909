import { later, plusDays, plusHours } from '@holdfast/domain';
import type { contractsEvents, EventOf, escrowEvents, PinnedSettings, payoutsEvents } from '@holdfast/events';
import type { Category, DeadlineName, Facts, Template, Told } from './notice.ts';
import type { Parties } from './offer.ts';

export type AnyFact =
  | EventOf<typeof contractsEvents>
  | EventOf<typeof escrowEvents>
  | EventOf<typeof payoutsEvents>;
export type FactOf<Type extends AnyFact['type']> = Extract<AnyFact, { type: Type }>;

/** What contracts knows besides the fact. */
export type Known = Readonly<{
  now: Date;
  /** Of the agreement or offer that the fact is about. */
  parties?: Parties;
  /** Those of the agreement; of an offer, those in force. */
  settings: Pick<PinnedSettings, 'review.days' | 'review.reminder_days' | 'forfeit.notice_hours'>;
}>;

/** One line of what a fact tells. */
export type Draft = Readonly<{
  to: string;
  template: Template;
  category: Category;
  facts: Facts;
  /** At once where it is left out; what is past by then is not planned. */
  at?: Date;
  deadline?: Told['deadline'];
}>;

export const client = ({ parties }: Known): string => partiesOf(parties).clientId;
export const freelancer = ({ parties }: Known): string => partiesOf(parties).freelancerId;

function partiesOf(parties: Parties | undefined): Parties {
  if (!parties) throw new RangeError('a fact of an agreement whose parties are not known');
  return parties;
}

export const digits = ({ amountMinor }: { amountMinor: bigint }): string => String(amountMinor);

const lineOf =
  (category: Exclude<Category, 'deadline'>) =>
  (to: string, template: Template, facts: Facts): Draft => ({ to, template, category, facts });
export const account = lineOf('account');
export const money = lineOf('money');
export const news = lineOf('news');

/** The same to both parties. */
export const both = (line: typeof news, template: Template, facts: Facts, known: Known): Draft[] =>
  [client(known), freelancer(known)].map((to) => line(to, template, facts));

/** Who has to answer a proposal. */
export const otherThan = (by: 'client' | 'freelancer', known: Known): string =>
  by === 'client' ? freelancer(known) : client(known);
export const oneself = (by: 'client' | 'freelancer', known: Known): string =>
  by === 'client' ? client(known) : freelancer(known);

export const offerExpiry = ({ offerId: id }: { offerId: string }): DeadlineName => ({
  service: 'contracts',
  kind: 'offer.expiry',
  id,
});
export const amendmentExpiry = ({ amendmentId: id }: { amendmentId: string }): DeadlineName => ({
  service: 'contracts',
  kind: 'amendment.expiry',
  id,
});
export const reviewSilence = ({ milestoneId: id }: { milestoneId: string }): DeadlineName => ({
  service: 'escrow',
  kind: 'review.silence',
  id,
});
export const refundSilence = (id: string): DeadlineName => ({
  service: 'escrow',
  kind: 'refund.silence',
  id,
});
/** A turn moves no money: only the silence of a step does. */
export const dormancyTurn = ({ agreementId: id }: { agreementId: string }): DeadlineName => ({
  service: 'escrow',
  kind: 'dormancy.turn',
  id,
});
export const dormancyStep = ({ agreementId: id }: { agreementId: string }): DeadlineName => ({
  service: 'escrow',
  kind: 'dormancy.step',
  id,
});

export const cardConfirmation = ({ methodId: id }: { methodId: string }): DeadlineName => ({
  service: 'escrow',
  kind: 'billing_method.confirmation',
  id,
});

type Announced = Readonly<{
  to: string;
  first: Template;
  second: Template;
  facts: Facts;
  deadline: DeadlineName & { dueAt: Date };
}>;

/** A deadline that ends a right: at once, and again `forfeit.notice_hours` before (C-8). */
export function announced({ to, first, second, facts, deadline }: Announced, { settings }: Known): Draft[] {
  const told = {
    to,
    category: 'deadline',
    facts: { ...facts, dueAt: deadline.dueAt.toISOString() },
    deadline,
  } as const;
  const at = plusHours(deadline.dueAt, -settings['forfeit.notice_hours']);
  return [
    { ...told, template: first },
    { ...told, template: second, at },
  ];
}

/**
 * A deadline that takes money from who is silent: two notices, the second so early that a mail server that is away for a
 * day does not cost its proof in time (C-8). Where it is too late for that, at once: two are owed in any case.
 */
export function forfeit(announcement: Announced, known: Known): Draft[] {
  const [first, second] = announced(announcement, known) as [Draft, Draft];
  const early = plusHours(announcement.deadline.dueAt, -2 * known.settings['forfeit.notice_hours']);
  return [first, early > known.now ? { ...second, at: early } : { ...second, at: undefined }];
}

/**
 * At once, on the days of `review.reminder_days` counted so that the review ends on its last day (E-5), and in any case
 * once more in time before silence releases: two days, for a mail server that is away for one (C-8).
 */
export function underReview(
  first: Template,
  review: FactOf<'escrow.review.started' | 'escrow.review.resumed'>,
  known: Known,
): Draft[] {
  const { agreementId, milestoneId, dueAt } = review;
  const { settings, now } = known;
  const noticeHours = settings['forfeit.notice_hours'];
  const facts = { agreementId, milestoneId, dueAt: dueAt.toISOString() };
  const deadline = { ...reviewSilence(review), dueAt };
  const told = { to: client(known), category: 'deadline', facts, deadline } as const;
  const beginning = plusDays(dueAt, -settings['review.days']);
  const days = settings['review.reminder_days']
    .map((day) => plusDays(beginning, day))
    .filter((at) => at > now && at < dueAt);
  const last = plusHours(dueAt, -noticeHours);
  const inTime = days.some((at) => at < last) ? [] : [plusHours(dueAt, -2 * noticeHours)];
  const reminders = [...days, ...inTime].sort((one, other) => one.getTime() - other.getTime());
  return [
    { ...told, template: first },
    ...reminders.map((at) => ({ ...told, template: 'review_reminder', at }) as const),
  ];
}

/** At once, and two days before the end: a mail server that is away for one does not make it late (P-2, C-8). */
export function cardToConfirm(
  card: FactOf<'escrow.billing_method.confirmable'>,
  { settings }: Known,
): Draft[] {
  const { accountId: to, methodId, dueAt } = card;
  const facts = { methodId, dueAt: dueAt.toISOString() };
  const told = { to, category: 'deadline', facts, deadline: { ...cardConfirmation(card), dueAt } } as const;
  const at = plusHours(dueAt, -2 * settings['forfeit.notice_hours']);
  return [
    { ...told, template: 'card_to_confirm' },
    { ...told, template: 'card_reminder', at },
  ];
}

/** In the order of their instants, each with its number in its series; what is past is left out. */
export function toldBy(drafts: readonly Draft[], { now }: Known): Told[] {
  const counts = new Map<string, number>();
  return drafts
    .filter(({ at }) => at === undefined || at > now)
    .map(({ to: accountId, at, template, category, facts, deadline }) => {
      const series = `${template}/${accountId}`;
      const number = (counts.get(series) ?? 0) + 1;
      counts.set(series, number);
      return { accountId, template, category, facts, plannedAt: later(at ?? now, now), deadline, number };
    });
}
