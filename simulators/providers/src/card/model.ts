import type { Metadata } from '../book.ts';
import { table } from '../store.ts';

export type Customer = Readonly<{
  id: string;
  createdAtMs: number;
  email: string | null;
  name: string | null;
  description: string | null;
  metadata: Metadata;
}>;

/** `token` is the magic name that decides how the method behaves, for ever. */
export type PaymentMethod = Readonly<{
  id: string;
  createdAtMs: number;
  token: string;
  customer: string | null;
  metadata: Metadata;
}>;

/** The payer's consent to unattended charges. */
export type Mandate = Readonly<{ id: string; paymentMethod: string; status: 'active' | 'inactive' }>;

export type MethodType = 'card' | 'us_bank_account';

/** What an intent remembers of its last refusal, as it stands on the wire. */
export type IntentError = Readonly<{
  type: string;
  code: string;
  decline_code?: string;
  network_decline_code?: string;
  message: string;
  charge?: string;
  payment_method?: unknown;
}>;

export type SetupIntent = Readonly<{
  id: string;
  createdAtMs: number;
  status: 'requires_payment_method' | 'requires_confirmation' | 'succeeded';
  customer: string | null;
  paymentMethod: string | null;
  usage: 'off_session' | 'on_session';
  mandate: string | null;
  lastError: IntentError | null;
  clientSecret: string;
  description: string | null;
  metadata: Metadata;
}>;

export type IntentStatus =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

export type PaymentIntent = Readonly<{
  id: string;
  createdAtMs: number;
  status: IntentStatus;
  amountMinor: bigint;
  currency: string;
  capturableMinor: bigint;
  receivedMinor: bigint;
  customer: string | null;
  paymentMethod: string | null;
  captureMethod: 'automatic' | 'manual';
  setupFutureUsage: 'off_session' | 'on_session' | null;
  returnUrl: string | null;
  nextActionUrl: string | null;
  latestCharge: string | null;
  lastError: IntentError | null;
  canceledAtMs: number | null;
  cancellationReason: string | null;
  clientSecret: string;
  transferGroup: string | null;
  description: string | null;
  metadata: Metadata;
}>;

export type Charge = Readonly<{
  id: string;
  createdAtMs: number;
  status: 'pending' | 'succeeded' | 'failed';
  amountMinor: bigint;
  currency: string;
  capturedMinor: bigint;
  refundedMinor: bigint;
  isCaptured: boolean;
  captureBeforeMs: number | null;
  intent: string;
  customer: string | null;
  paymentMethod: string;
  methodType: MethodType;
  failureCode: string | null;
  declineCode: string | null;
  returnCode: string | null;
  failureMessage: string | null;
  latestDispute: string | null;
  transferGroup: string | null;
  balanceTransaction: string | null;
  metadata: Metadata;
}>;

export type RefundStatus = 'pending' | 'requires_action' | 'succeeded' | 'failed' | 'canceled';

/** `coming` is what becomes of it by itself, in order; `failsWith` is why it will fail, if it does. */
export type Refund = Readonly<{
  id: string;
  createdAtMs: number;
  status: RefundStatus;
  coming: readonly RefundChange[];
  amountMinor: bigint;
  currency: string;
  charge: string;
  intent: string;
  reason: string | null;
  failsWith: string;
  balanceTransaction: string | null;
  metadata: Metadata;
}>;

export type RefundEnd = 'succeeded' | 'failed' | 'canceled';

/** So long after what was before; business time. */
export type RefundChange = Readonly<{ to: RefundEnd; afterMs: number }>;

/** `failsWith` is why the bank will send it back, null if it will arrive. */
export type Payout = Readonly<{
  id: string;
  createdAtMs: number;
  status: 'pending' | 'in_transit' | 'paid' | 'failed';
  arrivesAtMs: number;
  amountMinor: bigint;
  currency: string;
  description: string | null;
  statementDescriptor: string | null;
  failsWith: string | null;
  balanceTransaction: string | null;
  metadata: Metadata;
}>;

export type DisputeStatus =
  | 'warning_needs_response'
  | 'warning_under_review'
  | 'warning_closed'
  | 'needs_response'
  | 'under_review'
  | 'won'
  | 'lost';

/**
 * What a payer's bank doubts. `transactions` are its balance transactions: none of an inquiry, one once the money
 * is taken, two once it is back. `isFinal` is one without appeal, `isWithdrawn` one that the payer no longer
 * wants. `evidence` is what we gave, by its field.
 */
export type Dispute = Readonly<{
  id: string;
  createdAtMs: number;
  status: DisputeStatus;
  amountMinor: bigint;
  currency: string;
  charge: string;
  intent: string;
  reason: string;
  feeMinor: bigint;
  answerDays: number;
  dueAtMs: number;
  isFinal: boolean;
  isWithdrawn: boolean;
  evidence: Readonly<Record<string, string>>;
  submissions: number;
  transactions: readonly string[];
  metadata: Metadata;
}>;

/**
 * A line of the provider's report (section 4.6). `amountMinor` is signed; `feeMinor` is taken from it, and negative
 * where a fee comes back. A fault may let the report tell it late, twice or with another fee than was taken.
 */
export type BalanceTransaction = Readonly<{
  id: string;
  createdAtMs: number;
  type: string;
  category: string;
  amountMinor: bigint;
  feeMinor: bigint;
  currency: string;
  source: string;
  reportedFromMs: number;
  reportedTimes: number;
}>;

export const customers = table<Customer>('card.customers');
export const paymentMethods = table<PaymentMethod>('card.payment_methods');
export const mandates = table<Mandate>('card.mandates');
export const setupIntents = table<SetupIntent>('card.setup_intents');
export const paymentIntents = table<PaymentIntent>('card.payment_intents');
export const charges = table<Charge>('card.charges');
export const refunds = table<Refund>('card.refunds');
export const payouts = table<Payout>('card.payouts');
export const disputes = table<Dispute>('card.disputes');
export const balanceTransactions = table<BalanceTransaction>('card.balance_transactions');
