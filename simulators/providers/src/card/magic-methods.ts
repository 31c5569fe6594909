import type { MethodType } from './model.ts';

/** Why a method is refused; the wire's `code` and `decline_code`. `returnCode` is that of a bank (section 3.2). */
export type Decline = Readonly<{ code: string; declineCode: string; message: string; returnCode?: string }>;

/** How the payer's bank will doubt each charge of a method, so long after it. */
type Disputed = Readonly<{ kind: 'inquiry' | 'chargeback' | 'final'; reason: string; afterDays: number }>;

/** How a test method behaves: when it is set up, each time it is charged, and later. */
type Behaviour = Readonly<{
  last4: string;
  setup: Decline | 'settles';
  charge: Decline | 'pays' | 'asks_payer';
  /** Of a bank account: what becomes of each debit in the days after it. Absent for a card. */
  debit?: Decline | 'clears' | 'stays_in_process';
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

const noMoney: Decline = {
  code: 'insufficient_funds',
  declineCode: 'insufficient_funds',
  message: "The customer's bank account has insufficient funds.",
  returnCode: 'R01',
};

const closed: Decline = {
  code: 'account_closed',
  declineCode: 'bank_account_closed',
  message: "The customer's bank account has been closed.",
  returnCode: 'R02',
};

const noAccount: Decline = {
  code: 'no_account',
  declineCode: 'bank_account_invalid_details',
  message: "The customer's bank account could not be located.",
  returnCode: 'R03',
};

const notAuthorised: Decline = {
  code: 'debit_not_authorized',
  declineCode: 'debit_not_authorized',
  message: "The customer's bank does not allow debits of this account.",
  returnCode: 'R29',
};

/** A bank account that was verified; what is given back to it takes days. */
const account = (last4: string, debit: Decline | 'clears' | 'stays_in_process'): Behaviour => ({
  last4,
  setup: 'settles',
  charge: 'pays',
  debit,
  refund: 'is_pending',
});

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
  pm_usBankAccount_success: account('6789', 'clears'),
  pm_usBankAccount_insufficientFunds: account('2227', noMoney),
  pm_usBankAccount_accountClosed: account('1113', closed),
  pm_usBankAccount_noAccount: account('1116', noAccount),
  pm_usBankAccount_debitNotAuthorized: account('3335', notAuthorised),
  pm_usBankAccount_processing: account('0009', 'stays_in_process'),
  pm_usBankAccount_dispute: {
    ...account('5559', 'clears'),
    disputed: { kind: 'final', reason: 'debit_not_authorized', afterDays: 2 },
  },
};

export function typeOf(token: string): MethodType {
  return magicMethods[token]?.debit === undefined ? 'card' : 'us_bank_account';
}
