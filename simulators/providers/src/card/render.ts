import { magicMethods, typeOf } from './magic-methods.ts';
import type {
  BalanceTransaction,
  Charge,
  Customer,
  Mandate,
  MethodType,
  PaymentIntent,
  PaymentMethod,
  Payout,
  Refund,
  SetupIntent,
} from './model.ts';

/** Wire objects of section 4.1: amounts are integers in minor units, times whole seconds. */

const methodTypes: readonly MethodType[] = ['card', 'us_bank_account'];

export function seconds(atMs: number): number {
  return Math.floor(atMs / 1000);
}

export function customerObject({ id, createdAtMs, email, name, description, metadata }: Customer) {
  return {
    id,
    object: 'customer',
    created: seconds(createdAtMs),
    description,
    email,
    livemode: false,
    metadata,
    name,
  };
}

export function methodObject({ id, createdAtMs, token, customer, metadata }: PaymentMethod) {
  const last4 = magicMethods[token]?.last4 ?? '0000';
  const type = typeOf(token);
  return {
    id,
    object: 'payment_method',
    type,
    customer,
    created: seconds(createdAtMs),
    livemode: false,
    metadata,
    billing_details: { address: null, email: null, name: null, phone: null },
    ...(type === 'card'
      ? { card: { brand: 'visa', country: 'US', exp_month: 12, exp_year: 2034, funding: 'credit', last4 } }
      : { us_bank_account: { account_holder_type: 'individual', account_type: 'checking', last4 } }),
  };
}

export function mandateObject({ id, paymentMethod, status }: Mandate) {
  return { id, object: 'mandate', livemode: false, payment_method: paymentMethod, status, type: 'multi_use' };
}

export function setupIntentObject(intent: SetupIntent) {
  return {
    id: intent.id,
    object: 'setup_intent',
    client_secret: intent.clientSecret,
    created: seconds(intent.createdAtMs),
    customer: intent.customer,
    description: intent.description,
    last_setup_error: intent.lastError,
    livemode: false,
    mandate: intent.mandate,
    metadata: intent.metadata,
    next_action: null,
    payment_method: intent.paymentMethod,
    payment_method_types: methodTypes,
    status: intent.status,
    usage: intent.usage,
  };
}

export function intentObject(intent: PaymentIntent) {
  return {
    id: intent.id,
    object: 'payment_intent',
    amount: Number(intent.amountMinor),
    amount_capturable: Number(intent.capturableMinor),
    amount_received: Number(intent.receivedMinor),
    canceled_at: intent.canceledAtMs === null ? null : seconds(intent.canceledAtMs),
    cancellation_reason: intent.cancellationReason,
    capture_method: intent.captureMethod,
    client_secret: intent.clientSecret,
    confirmation_method: 'automatic',
    created: seconds(intent.createdAtMs),
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    last_payment_error: intent.lastError,
    latest_charge: intent.latestCharge,
    livemode: false,
    metadata: intent.metadata,
    next_action: nextAction(intent),
    payment_method: intent.paymentMethod,
    payment_method_types: methodTypes,
    setup_future_usage: intent.setupFutureUsage,
    status: intent.status,
    transfer_group: intent.transferGroup,
  };
}

function nextAction({ nextActionUrl, returnUrl }: PaymentIntent) {
  if (!nextActionUrl) return null;
  if (!returnUrl) return { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } };
  return { type: 'redirect_to_url', redirect_to_url: { url: nextActionUrl, return_url: returnUrl } };
}

export function chargeObject(charge: Charge) {
  const { captureBeforeMs, returnCode } = charge;
  const captureBefore = captureBeforeMs === null ? {} : { capture_before: seconds(captureBeforeMs) };
  return {
    id: charge.id,
    object: 'charge',
    amount: Number(charge.amountMinor),
    amount_captured: Number(charge.capturedMinor),
    amount_refunded: Number(charge.refundedMinor),
    balance_transaction: charge.balanceTransaction ?? null,
    captured: charge.isCaptured,
    created: seconds(charge.createdAtMs),
    currency: charge.currency,
    customer: charge.customer,
    disputed: Boolean(charge.latestDispute),
    failure_code: charge.failureCode,
    failure_message: charge.failureMessage,
    livemode: false,
    metadata: charge.metadata,
    outcome: {
      network_status: charge.status === 'failed' ? 'declined_by_network' : 'approved_by_network',
      ...(returnCode ? { network_decline_code: returnCode } : {}),
      reason: charge.declineCode,
    },
    paid: charge.status === 'succeeded',
    payment_intent: charge.intent,
    payment_method: charge.paymentMethod,
    payment_method_details:
      charge.methodType === 'us_bank_account'
        ? { type: 'us_bank_account', us_bank_account: { account_type: 'checking' } }
        : { type: 'card', card: { brand: 'visa', ...captureBefore } },
    refunded: charge.refundedMinor === charge.amountMinor,
    status: charge.status,
    transfer_group: charge.transferGroup,
  };
}

export function refundObject(refund: Refund) {
  const failure = refund.status === 'failed' ? { failure_reason: refund.failsWith } : {};
  return {
    id: refund.id,
    object: 'refund',
    amount: Number(refund.amountMinor),
    balance_transaction: refund.balanceTransaction ?? null,
    charge: refund.charge,
    created: seconds(refund.createdAtMs),
    currency: refund.currency,
    ...failure,
    metadata: refund.metadata,
    payment_intent: refund.intent,
    reason: refund.reason,
    status: refund.status,
  };
}

/** What the bank's return code is called here. */
const failureCodes: Readonly<Record<string, string>> = {
  R02: 'account_closed',
  R03: 'no_account',
  R04: 'invalid_account_number',
  R16: 'account_frozen',
};

export function payoutObject(payout: Payout) {
  const failedWith = payout.status === 'failed' ? payout.failsWith : null;
  return {
    id: payout.id,
    object: 'payout',
    amount: Number(payout.amountMinor),
    arrival_date: seconds(payout.arrivesAtMs),
    automatic: false,
    balance_transaction: payout.balanceTransaction ?? null,
    created: seconds(payout.createdAtMs),
    currency: payout.currency,
    description: payout.description,
    failure_code: failedWith && (failureCodes[failedWith] ?? 'could_not_process'),
    failure_message: failedWith && `The bank sent this payout back (${failedWith}).`,
    livemode: false,
    metadata: payout.metadata,
    method: 'standard',
    source_type: 'card',
    statement_descriptor: payout.statementDescriptor,
    status: payout.status,
    type: 'bank_account',
  };
}

export function transactionObject(line: BalanceTransaction) {
  const { id, createdAtMs, type, category, amountMinor, feeMinor, currency, source } = line;
  const fee = Number(feeMinor);
  const description = category === 'charge' ? 'Processing fees' : null;
  const details = { amount: fee, application: null, currency, description, type: 'stripe_fee' };
  return {
    id,
    object: 'balance_transaction',
    amount: Number(amountMinor),
    available_on: seconds(createdAtMs),
    created: seconds(createdAtMs),
    currency,
    description: null,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [details],
    net: Number(amountMinor - feeMinor),
    reporting_category: category,
    source,
    status: 'available',
    type,
  };
}

/** A page of a list, newest first. */
export function listObject(url: string, data: readonly unknown[], hasMore: boolean) {
  return { object: 'list', url, has_more: hasMore, data };
}
