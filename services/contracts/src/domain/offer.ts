import { isLate, plusDays, Rejection } from '@holdfast/domain';
import type { contractsEvents, EventOf } from '@holdfast/events';

export type OfferEvent = Extract<
  EventOf<typeof contractsEvents>,
  {
    type:
      | 'contracts.offer.sent'
      | 'contracts.offer.revised'
      | 'contracts.offer.withdrawn'
      | 'contracts.offer.accepted'
      | 'contracts.offer.expired'
      | 'contracts.offer.changes_requested'
      | 'contracts.offer.declined';
  }
>;
export type OfferSent = Extract<OfferEvent, { type: 'contracts.offer.sent' }>;
export type OfferRevised = Extract<OfferEvent, { type: 'contracts.offer.revised' }>;
export type OfferWithdrawn = Extract<OfferEvent, { type: 'contracts.offer.withdrawn' }>;
export type OfferAccepted = Extract<OfferEvent, { type: 'contracts.offer.accepted' }>;
export type OfferExpired = Extract<OfferEvent, { type: 'contracts.offer.expired' }>;
export type OfferChangesRequested = Extract<OfferEvent, { type: 'contracts.offer.changes_requested' }>;
export type OfferDeclined = Extract<OfferEvent, { type: 'contracts.offer.declined' }>;

export type Parties = Readonly<{ clientId: string; freelancerId: string }>;

/** An offer of a client to a freelancer. Its agreement's id exists from the start: events are keyed by it. */
export type Offer = Readonly<{ id: string; agreementId: string; termsVersion: number; termsHash: string }> &
  Parties &
  (
    | { status: 'sent' | 'changes_requested'; dueAt: Date }
    | { status: 'accepted' | 'declined' | 'withdrawn' | 'expired' }
  );
type OpenOffer = Extract<Offer, { dueAt: Date }>;

/** `expiryDays` is `offer.expiry_days` as it is now. */
type Sending = Readonly<{ termsHash: string; now: Date; expiryDays: number }>;

/**
 * S-1: one person has one account for all their roles, so the account ids tell.
 * @throws Rejection offer.self
 */
export function assertTwoParties({ clientId, freelancerId }: Parties): void {
  if (clientId === freelancerId) throw new Rejection('offer.self');
}

/** Sends the first version; unanswered it expires `offer.expiry_days` later (rule A-4). */
export function send(ids: Readonly<{ offerId: string; agreementId: string }>, sending: Sending): OfferSent {
  const { termsHash, now, expiryDays } = sending;
  return { type: 'contracts.offer.sent', ...ids, version: 1, termsHash, dueAt: plusDays(now, expiryDays) };
}

/**
 * Sends a new version, which restarts the expiry and answers a request for changes (rules ).
 * @throws Rejection offer.not_open | offer.expired
 */
export function revise(offer: Offer, { termsHash, now, expiryDays }: Sending): OfferRevised {
  const { id: offerId, agreementId, termsVersion } = open(offer, now);
  return {
    type: 'contracts.offer.revised',
    agreementId,
    offerId,
    version: termsVersion + 1,
    termsHash,
    dueAt: plusDays(now, expiryDays),
  };
}

/**
 * The client takes the offer back before it is accepted (rule A-5).
 * @throws Rejection offer.not_open | offer.expired
 */
export function withdraw(offer: Offer, now: Date): OfferWithdrawn {
  const { id: offerId, agreementId, termsVersion: version } = open(offer, now);
  return { type: 'contracts.offer.withdrawn', agreementId, offerId, version };
}

type Answering = Readonly<{ version: number; now: Date }>;

/**
 * The freelancer accepts the version that was shown, in time (rules ).
 * @throws Rejection offer.not_open | offer.expired | offer.changes_requested | offer.version_outdated
 */
export function accept(offer: Offer, answering: Answering): OfferAccepted {
  const { id: offerId, agreementId, termsVersion: version, termsHash } = shown(offer, answering);
  return { type: 'contracts.offer.accepted', agreementId, offerId, version, termsHash };
}

/**
 * The freelancer asks for other terms, in writing; the offer stands until the same expiry (rule A-6).
 * @throws Rejection offer.not_open | offer.expired | offer.changes_requested | offer.version_outdated
 */
export function requestChanges(
  offer: Offer,
  { reasonHash, ...answering }: Answering & Readonly<{ reasonHash: string }>,
): OfferChangesRequested {
  const { id: offerId, agreementId, termsVersion: version, dueAt } = shown(offer, answering);
  return { type: 'contracts.offer.changes_requested', agreementId, offerId, version, reasonHash, dueAt };
}

/**
 * The freelancer declines the offer, also after asking for other terms (rule A-6).
 * @throws Rejection offer.not_open | offer.expired
 */
export function decline(offer: Offer, now: Date): OfferDeclined {
  const { id: offerId, agreementId, termsVersion: version } = open(offer, now);
  return { type: 'contracts.offer.declined', agreementId, offerId, version };
}

/** Ends an offer that nobody accepted (rule A-4). Undefined where it is answered or was sent anew. */
export function expire(offer: Offer, now: Date): OfferExpired | undefined {
  if (!('dueAt' in offer) || !isLate(now, offer.dueAt)) return undefined;
  const { id: offerId, agreementId, termsVersion: version } = offer;
  return { type: 'contracts.offer.expired', agreementId, offerId, version };
}

/** The answer after the expiry is the same whether its timer has run or not. */
function open(offer: Offer, now: Date): OpenOffer {
  if (offer.status === 'expired') throw new Rejection('offer.expired');
  if (!('dueAt' in offer)) throw new Rejection('offer.not_open', { state: offer.status });
  if (isLate(now, offer.dueAt)) throw new Rejection('offer.expired');
  return offer;
}

/** What was asked to be changed is answered by a new version, and only the one shown can be answered. */
function shown(offer: Offer, { version, now }: Answering): OpenOffer {
  const waiting = open(offer, now);
  if (waiting.status === 'changes_requested') throw new Rejection('offer.changes_requested');
  const { termsVersion } = waiting;
  if (version !== termsVersion) throw new Rejection('offer.version_outdated', { version: termsVersion });
  return waiting;
}

/** The state after an event; an offer begins with its two parties and `contracts.offer.sent`. */
export function evolve(offer: Offer | Parties, event: OfferEvent): Offer {
  const { clientId, freelancerId } = offer;
  const { agreementId, offerId: id, version: termsVersion } = event;
  const identity = { id, agreementId, clientId, freelancerId, termsVersion };
  switch (event.type) {
    case 'contracts.offer.sent':
    case 'contracts.offer.revised':
      return { ...identity, termsHash: event.termsHash, status: 'sent', dueAt: event.dueAt };
    case 'contracts.offer.changes_requested': {
      const { termsHash } = offer as Offer;
      return { ...identity, termsHash, status: 'changes_requested', dueAt: event.dueAt };
    }
    case 'contracts.offer.declined':
      return { ...identity, termsHash: (offer as Offer).termsHash, status: 'declined' };
    case 'contracts.offer.withdrawn':
      return { ...identity, termsHash: (offer as Offer).termsHash, status: 'withdrawn' };
    case 'contracts.offer.accepted':
      return { ...identity, termsHash: event.termsHash, status: 'accepted' };
    case 'contracts.offer.expired':
      return { ...identity, termsHash: (offer as Offer).termsHash, status: 'expired' };
  }
}
