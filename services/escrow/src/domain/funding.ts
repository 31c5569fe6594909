import {
  isKeyForgotten,
  isLate,
  isProvenAbsent,
  missedAgain,
  nextQueryAt,
  noMisses,
  plusMinutes,
} from '@holdfast/domain';
import type { BillingMethodKind, FundingFailure } from '@holdfast/events';
import type { ChargeParts } from './charge-parts.ts';

/**
 * Where the next step is a call to the provider: create the intent, confirm it, ask about it, or cancel it.
 */
export type FundingStep = 'create' | 'confirm' | 'read' | 'cancel';

/**
 * A request to pay in (E-26): key and bytes are stored before the call, the intent's id before it is
 * confirmed. `waiting` = the next step is due at `nextCallAt`; `awaiting_payer` = the payer must act, until
 * `expiresAt`.
 */
export type Funding = Readonly<{
  id: string;
  kind: BillingMethodKind;
  /** Nobody is present: the charge at acceptance (E-3, P-16). */
  unattended: boolean;
  parts: ChargeParts;
  intentId?: string;
  /** Whether a confirmation may have reached the provider. */
  confirmSent: boolean;
  /** Queries that found nothing of the call in doubt, and when the first of them was. */
  misses: number;
  firstMissAt?: Date;
  /** From when the key of the call may have been in use: the provider knows it for 24 h. */
  keySince: Date;
  /** Why it ends without money, once that is decided; the provider is asked to cancel first. */
  ending?: FundingFailure;
}> &
  (
    | { status: 'waiting'; step: FundingStep; nextCallAt: Date; expiresAt?: Date }
    | { status: 'awaiting_payer'; expiresAt: Date; payerUrl?: string }
    | { status: 'succeeded' }
    | { status: 'failed'; ending: FundingFailure }
    | { status: 'in_review' }
  );

/**
 * What the provider says of an intent, in the words of the card provider (provider protocols, 4.1). `approved`: the
 * payer has agreed and nothing is charged yet, as at PayPal (4.2).
 */
export type IntentView = Readonly<{
  id: string;
  status:
    | 'requires_payment_method'
    | 'requires_confirmation'
    | 'requires_action'
    | 'approved'
    | 'processing'
    | 'requires_capture'
    | 'succeeded'
    | 'canceled';
  receivedMinor: bigint;
  currency: string;
  declineCode?: string;
  payerUrl?: string;
  /** The provider's name of what is charged. */
  method?: string;
}>;

/** What came of a step. Only `seen` and `refused` are facts; `unknown` may have executed. */
export type Observation =
  | { kind: 'seen'; intent: IntentView }
  /** The call was refused for good and changed nothing: a wrong method, a bad request. */
  | { kind: 'refused' }
  | { kind: 'unknown' }
  /** A query that found nothing. One proves nothing. */
  | { kind: 'absent' };

/** A payment that is being processed is asked about again, in case its notice is lost; a bank takes days. */
const processingMinutes = { card: 10, paypal: 10, bank: 6 * 60 } as const;

/**
 * What a funding becomes by what was observed. Ranks decide, not the order of arrival: what has succeeded
 * stays so, and a success is accepted at any time (E-26).
 */
export function observe(funding: Funding, observation: Observation, now: Date): Funding {
  if (observation.kind === 'seen') return see(funding, observation.intent, now);
  // Whoever has ended, or waits for the payer, has no call of its own under way.
  if (funding.status !== 'waiting') return funding;
  switch (observation.kind) {
    case 'refused': {
      const ending = funding.ending ?? 'method_unusable';
      return funding.intentId ? cancel(funding, ending, now) : ended(funding, ending);
    }
    case 'unknown':
      return wait(funding, 'read', now, { confirmSent: funding.confirmSent || funding.step === 'confirm' });
    case 'absent':
      return missed(funding, now);
  }
}

function see(funding: Funding, intent: IntentView, now: Date): Funding {
  if (funding.status === 'succeeded') return funding;
  const known = { ...funding, intentId: intent.id };
  if (intent.status === 'succeeded') return paid(known, intent);
  if (funding.status === 'failed') return funding;
  if (intent.status === 'canceled') return ended(known, funding.ending ?? 'expired');
  if (funding.status === 'in_review') return funding;
  switch (intent.status) {
    case 'processing':
      return wait(known, 'read', plusMinutes(now, processingMinutes[funding.kind]), { confirmSent: true });
    case 'requires_action':
      if (funding.unattended || funding.ending) return cancel(known, funding.ending ?? 'payer_needed', now);
      return awaitPayer(known, intent, now);
    case 'requires_payment_method':
    case 'requires_capture':
      return cancel(known, funding.ending ?? declined(intent), now);
    case 'requires_confirmation':
      return unconfirmed(known, now);
    case 'approved':
      return approved(known, now);
  }
}

/**
 * The payer has agreed: now it is charged, also where that is seen only when the payer's time is over, since the
 * notice may have been lost. Whoever has another reason to end does not charge.
 */
function approved(funding: Funding, now: Date): Funding {
  if (isInDoubt(funding)) return missed(funding, now);
  if (funding.ending && funding.ending !== 'expired') return ended(funding, funding.ending);
  if (funding.status === 'waiting' && funding.step === 'confirm') return funding;
  return wait(funding, 'confirm', now, { ...noMisses, keySince: now, ending: undefined });
}

/**
 * At PayPal nothing can be cancelled: what is not captured is let lapse, and a capture without an answer may still
 * be executed. It is asked about until it is proven absent (0.1 of the protocols).
 */
const isInDoubt = (funding: Funding): boolean =>
  funding.kind === 'paypal' &&
  funding.status === 'waiting' &&
  funding.step === 'read' &&
  funding.confirmSent &&
  funding.intentId !== undefined;

/** Another amount or currency is not booked: a person looks at it (F47). */
function paid(funding: Funding, { receivedMinor, currency }: IntentView): Funding {
  const { total } = funding.parts;
  const asAsked = receivedMinor === total.amountMinor && currency.toUpperCase() === total.currency;
  return { ...base(funding), ending: undefined, status: asAsked ? 'succeeded' : 'in_review' };
}

const declined = ({ declineCode }: IntentView): FundingFailure =>
  declineCode === 'authentication_required' ? 'payer_needed' : 'declined';

function unconfirmed(funding: Funding, now: Date): Funding {
  if (funding.ending && !isInDoubt(funding)) return cancel(funding, funding.ending, now);
  // Read before the payer was asked, or before the confirmation that is due anyway.
  if (funding.status !== 'waiting' || funding.step === 'confirm') return funding;
  return funding.confirmSent
    ? missed(funding, now)
    : wait(funding, 'confirm', now, { ...noMisses, keySince: now });
}

/**
 * The payer's time is over (E-26): the provider is asked to cancel, and only its word frees the milestone.
 */
export function expire(funding: Funding, now: Date): Funding | undefined {
  const expiresAt = expiryOf(funding);
  if (!expiresAt || !isLate(now, expiresAt)) return undefined;
  // A capture may be on its way at this very moment.
  const isCapturing = funding.kind === 'paypal' && funding.status === 'waiting' && funding.step === 'confirm';
  if (isCapturing || isInDoubt(funding)) {
    return wait(funding, 'read', now, { confirmSent: true, ending: 'expired' });
  }
  return funding.intentId
    ? cancel(funding, 'expired', now)
    : wait(funding, 'read', now, { ...noMisses, ending: 'expired' });
}

/**
 * The same key and bytes are sent again only inside the key's window, after 3 misses in at least 10 minutes.
 */
function missed(funding: Funding, now: Date): Funding {
  const doubt = missedAgain(funding, now);
  if (!isProvenAbsent(doubt, now)) return wait(funding, 'read', nextQueryAt(now), doubt);
  const { intentId, ending, keySince } = funding;
  if (ending && !intentId) return ended(funding, ending);
  if (ending && isInDoubt(funding)) return cancel(funding, ending, now);
  // An intent that the provider gave us and no longer knows, or a key that it may have forgotten: a person
  // looks.
  if (ending || isKeyForgotten(keySince, now)) return { ...base(funding), status: 'in_review' };
  return wait(funding, intentId ? 'confirm' : 'create', now, noMisses);
}

const expiryOf = (funding: Funding): Date | undefined =>
  'expiresAt' in funding ? funding.expiresAt : undefined;

function wait(funding: Funding, step: FundingStep, nextCallAt: Date, more: Partial<Funding>): Funding {
  const expiresAt = funding.ending || more.ending ? undefined : expiryOf(funding);
  return { ...base(funding), ...more, status: 'waiting', step, nextCallAt, expiresAt } as Funding;
}

const cancel = (funding: Funding, ending: FundingFailure, now: Date): Funding =>
  wait(funding, 'cancel', now, { ...noMisses, ending });

function awaitPayer(funding: Funding, { payerUrl }: IntentView, now: Date): Funding {
  const expiresAt = expiryOf(funding) ?? now;
  return { ...base(funding), confirmSent: true, status: 'awaiting_payer', expiresAt, payerUrl };
}

const ended = (funding: Funding, ending: FundingFailure): Funding => ({
  ...base(funding),
  status: 'failed',
  ending,
});

/** What outlives a state: neither a due instant nor the payer's address does. */
function base(funding: Funding) {
  const { id, kind, unattended, parts, intentId, confirmSent, misses, firstMissAt, keySince, ending } =
    funding;
  return { id, kind, unattended, parts, intentId, confirmSent, misses, firstMissAt, keySince, ending };
}

/**
 * A new funding: the first step is to create the intent, whose loss moves no money. A payer who is present has some
 * minutes; a bank debit takes days, whoever is present (E-26).
 */
export function startFunding(
  start: Readonly<{
    id: string;
    kind: BillingMethodKind;
    unattended: boolean;
    parts: ChargeParts;
    now: Date;
    payerMinutes: number;
  }>,
): Funding {
  const { id, kind, unattended, parts, now, payerMinutes } = start;
  return {
    id,
    kind,
    unattended,
    parts,
    confirmSent: false,
    misses: 0,
    keySince: now,
    status: 'waiting',
    step: 'create',
    nextCallAt: now,
    expiresAt: unattended || kind === 'bank' ? undefined : plusMinutes(now, payerMinutes),
  };
}
