import type { Money } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import type { Observation } from '../domain/funding.ts';
import { type Card, cardBytesOf } from './card.ts';
import { type Paypal, paypalBytesOf } from './paypal.ts';

/** Not executed: the same call again after a pause of wall time. */
export type NotSent = { kind: 'not_sent'; retryAfterMs?: number };

/** A charge before the first call. Without `returnUrl` nobody is present (P-16). */
export type Charge = Readonly<{
  fundingId: string;
  agreementId: string;
  total: Money;
  kind: BillingMethodKind;
  /** The provider's ids of the payer, where it has one, and of the method. */
  customerId: string | null;
  methodId: string;
  returnUrl: string | undefined;
}>;

/** The exact bytes of its two calls, stored before the first of them is made (0.1 of the protocols). */
export type ChargeBytes = Readonly<{ createBody: string; confirmBody: string }>;

export const bytesOf = (charge: Charge): ChargeBytes =>
  charge.kind === 'paypal' ? paypalBytesOf(charge) : cardBytesOf(charge);

/**
 * A way to pay in: create, store, confirm. Each provider says what it sees in the words of `IntentView`; the funding
 * machine alone decides what follows.
 */
export interface PayInProvider {
  create(fundingId: string, body: string): Promise<Observation | NotSent>;
  confirm(fundingId: string, intentId: string, body: string): Promise<Observation | NotSent>;
  cancel(intentId: string): Promise<Observation | NotSent>;
  read(intentId: string): Promise<Observation | NotSent>;
  /** Finds what a creation without an answer has made. */
  find(fundingId: string, createBody: string): Promise<Observation | NotSent>;
}

/** A bank debit goes through the card provider. */
export class PayIn {
  readonly #providers: Readonly<Record<BillingMethodKind, PayInProvider>>;

  constructor(card: Card, paypal: Paypal) {
    this.#providers = { card, bank: card, paypal };
  }

  of(kind: BillingMethodKind): PayInProvider {
    return this.#providers[kind];
  }
}
