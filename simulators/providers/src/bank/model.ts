import type { IsoDate } from '../banking-days.ts';
import type { Metadata } from '../book.ts';
import { table } from '../store.ts';
import type { Behaviour } from './magic-accounts.ts';

export type Counterparty = Readonly<{
  id: string;
  createdAtMs: number;
  name: string;
  accounts: readonly string[];
  metadata: Metadata;
}>;

/** The account number itself is not kept: its last four digits, its SHA-256 and how the account behaves. */
export type ExternalAccount = Readonly<{
  id: string;
  createdAtMs: number;
  /** None of an account that was named with an order. */
  counterparty: string | null;
  partyName: string | null;
  partyType: 'individual' | 'business' | null;
  accountType: 'checking' | 'savings';
  lastFour: string;
  numberSha256: string;
  routingNumber: string | null;
  behaviour: Behaviour;
}>;

export type OrderStatus =
  | 'needs_approval'
  | 'approved'
  | 'processing'
  | 'sent'
  | 'completed'
  | 'returned'
  | 'failed'
  | 'denied'
  | 'cancelled';

/** Money that comes back. `code` is one of section 3.2. */
export type Return = Readonly<{ id: string; code: string; amountMinor: bigint; atMs: number }>;

/** What an order will become, and when; `returns` is what comes back with it. */
export type Change = Readonly<{
  atMs: number;
  to: OrderStatus;
  returns: Readonly<{ code: string; amountMinor: bigint }> | null;
}>;

/** `coming` is the rest of its course, in order. `currentReturn` is null unless it is `returned`. */
export type PaymentOrder = Readonly<{
  id: string;
  createdAtMs: number;
  updatedAtMs: number;
  status: OrderStatus;
  coming: readonly Change[];
  subtype: string | null;
  amountMinor: bigint;
  currency: 'USD';
  originatingAccount: string;
  receivingAccount: string;
  counterparty: string | null;
  effectiveDate: IsoDate;
  statementDescriptor: string | null;
  remittanceInformation: string | null;
  description: string | null;
  externalId: string | null;
  key: string | null;
  traceNumber: string | null;
  transactions: readonly string[];
  failureReason: string | null;
  currentReturn: Return | null;
  metadata: Metadata;
}>;

export const counterparties = table<Counterparty>('bank.counterparties');
export const externalAccounts = table<ExternalAccount>('bank.external_accounts');
export const paymentOrders = table<PaymentOrder>('bank.payment_orders');
/** The order under each external id: refused a second time for ever. */
export const externalIds = table<string>('bank.external_ids');
/** Account numbers, by their SHA-256, that have already failed their one order. */
export const failedOnce = table<true>('bank.failed_once');
export const traces = table<number>('bank.traces');
