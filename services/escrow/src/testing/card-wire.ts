/** Answers of the card provider as they were recorded on the wire, without the fields that nobody reads. */

export const recorded = {
  id: 'pi_1',
  object: 'payment_intent',
  amount: 105_499,
  amount_received: 0,
  currency: 'usd',
  customer: 'cus_1',
  last_payment_error: null as null | object,
  metadata: { funding_id: '0192f0c1-0000-7000-8000-000000000001', agreement_id: 'agreement' } as Record<
    string,
    string
  >,
  next_action: null as null | object,
  payment_method: 'pm_1' as null | string,
  status: 'requires_confirmation',
};

export const succeeded = { ...recorded, status: 'succeeded', amount_received: 105_499 };
export const canceled = { ...recorded, status: 'canceled', canceled_at: 1_795_000_000 };
export const requiresAction = {
  ...recorded,
  status: 'requires_action',
  next_action: {
    type: 'redirect_to_url',
    redirect_to_url: {
      url: 'https://hooks.card-simulator.test/3ds/pi_1',
      return_url: 'https://ours.example/back',
    },
  },
};

/** The provider's own balance on its way to our bank. */
export const recordedPayout = {
  id: 'po_1',
  object: 'payout',
  amount: 102_410,
  arrival_date: 1_795_132_800,
  automatic: false,
  balance_transaction: 'txn_1',
  created: 1_795_000_000,
  currency: 'usd',
  description: null,
  destination: 'ba_1',
  failure_balance_transaction: null as null | string,
  failure_code: null as null | string,
  failure_message: null as null | string,
  livemode: false,
  metadata: { settlement_id: '0192f0c1-0000-7000-8000-000000000005' } as Record<string, string>,
  method: 'standard',
  source_type: 'card',
  status: 'pending',
  type: 'bank_account',
};

/** 400: more than the balance that can be paid out. */
export const balanceInsufficient = {
  error: {
    type: 'invalid_request_error',
    code: 'balance_insufficient',
    message: 'You have insufficient funds in your account for this transfer.',
  },
};

/** 402; asking again gets the same answer. */
export function declined(code: string, decline_code: string) {
  const error = { type: 'card_error', code, decline_code, message: 'Your card was declined.' };
  const payment_intent = {
    ...recorded,
    status: 'requires_payment_method',
    payment_method: null,
    last_payment_error: error,
  };
  return { error: { ...error, charge: 'ch_1', payment_intent } };
}

/** 400 on an intent that is not in a state for it. */
export const unexpectedState = (payment_intent: object) => ({
  error: {
    type: 'invalid_request_error',
    message: 'You cannot confirm this PaymentIntent because of its status.',
    code: 'payment_intent_unexpected_state',
    payment_intent,
  },
});

/** 400 on a key with other parameters: it carries no code. */
export const keyReused = {
  error: {
    type: 'idempotency_error',
    message:
      'Keys for idempotent requests can only be used with the same parameters they were first used with.',
  },
};

export const notFound = {
  error: {
    type: 'invalid_request_error',
    message: "No such payment_intent: 'pi_1'",
    code: 'resource_missing',
    param: 'id',
  },
};

export const listOf = (data: readonly object[], has_more = false, url = '/v1/payment_intents') => ({
  object: 'list',
  url,
  has_more,
  data,
});
