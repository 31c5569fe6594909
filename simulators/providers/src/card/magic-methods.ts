/** Why a method is refused; the wire's `code` and `decline_code`. */
export type Decline = Readonly<{ code: string; declineCode: string; message: string }>;

/** How the payer's bank will doubt each charge of a method, so long after it. */
type Disputed = Readonly<{ kind: 'inquiry' | 'chargeback'; reason: string; afterDays: number }>;

/** How a test method behaves: when it is set up, each time it is charged, and later. */
type Behaviour = Readonly<{
  last4: string;
  setup: Decline | 'settles';
  charge: Decline | 'pays' | 'asks_payer';
  disputed?: Disputed;
  refund?: 'arrives' | 'is_pending' | 'comes_back';
}>;

const generic: Decline = {
  code: 'card_declined',
  declineCode: 'generic_decline',
  message: 'Your card was declined.',
};

const noFunds: Decline = {
  code: 'card_declined',
  declineCode: 'insufficient_funds',
  message: 'Your card has insufficient funds.',
};

export const payerNeeded: Decline = {
  code: 'authentication_required',
  declineCode: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

/** The payer tried to authenticate and did not pass. */
export const authenticationFailed: Decline = {
  code: 'payment_intent_authentication_failure',
  declineCode: 'authentication_not_handled',
  message: 'We are unable to authenticate your payment method. Please choose a different one and try again.',
};

const fraud: Disputed = { kind: 'chargeback', reason: 'fraudulent', afterDays: 0 };

export const magicMethods: Readonly<Record<string, Behaviour>> = {
  pm_card_visa: { last4: '4242', setup: 'settles', charge: 'pays' },
  pm_card_visa_chargeDeclined: { last4: '0002', setup: 'settles', charge: generic },
  pm_card_chargeDeclinedInsufficientFunds: { last4: '9995', setup: 'settles', charge: noFunds },
  pm_card_authenticationRequired: { last4: '3184', setup: 'settles', charge: 'asks_payer' },
  pm_card_createDispute: { last4: '0259', setup: 'settles', charge: 'pays', disputed: fraud },
  pm_card_createDisputeInquiry: {
    last4: '1976',
    setup: 'settles',
    charge: 'pays',
    disputed: { ...fraud, kind: 'inquiry' },
  },
  pm_card_createDisputeProductNotReceived: {
    last4: '2685',
    setup: 'settles',
    charge: 'pays',
    disputed: { ...fraud, reason: 'product_not_received' },
  },
  pm_card_pendingRefund: { last4: '7726', setup: 'settles', charge: 'pays', refund: 'is_pending' },
  pm_card_refundFail: { last4: '5126', setup: 'settles', charge: 'pays', refund: 'comes_back' },
  pm_card_setupDeclined: { last4: '0341', setup: generic, charge: generic },
};
