import { table } from '../store.ts';
import type { Account } from './accounts.ts';

/** `expiresAtMs` is wall time, as all times of tokens (section 5). */
export type AccessToken = Readonly<{ token: string; expiresAtMs: number }>;

/**
 * `account` is the one that paid or with which the payer approved, null before; `declines` counts the attempts
 * that were refused.
 */
export type Order = Readonly<{
  id: string;
  createdAtMs: number;
  status: 'CREATED' | 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'COMPLETED' | 'VOIDED';
  amountMinor: bigint;
  currency: string;
  referenceId: string;
  customId: string | null;
  invoiceId: string | null;
  account: Account | null;
  declines: number;
  capture: string | null;
}>;

export type Capture = Readonly<{
  id: string;
  createdAtMs: number;
  updatedAtMs: number;
  status: 'COMPLETED' | 'DECLINED' | 'PARTIALLY_REFUNDED' | 'PENDING' | 'REFUNDED';
  /** Why it is `PENDING`. */
  reason: string | null;
  order: string;
  amountMinor: bigint;
  currency: string;
  refundedMinor: bigint;
  /** What PayPal kept of it for its work. */
  feeMinor: bigint;
  customId: string | null;
  invoiceId: string | null;
  key: string | null;
}>;

export type Refund = Readonly<{
  id: string;
  createdAtMs: number;
  updatedAtMs: number;
  status: 'PENDING' | 'COMPLETED' | 'FAILED';
  capture: string;
  amountMinor: bigint;
  currency: string;
  customId: string | null;
  invoiceId: string | null;
  noteToPayer: string | null;
}>;

/** A payer who is present is asked to let us charge unattended. */
export type SetupToken = Readonly<{
  id: string;
  createdAtMs: number;
  status: 'PAYER_ACTION_REQUIRED' | 'APPROVED' | 'VAULTED';
  customer: string;
  merchantCustomerId: string | null;
  account: Account | null;
  paymentToken: string | null;
}>;

/** The mandate. `withdrawn`: the payer ended it at the provider. */
export type PaymentToken = Readonly<{
  id: string;
  createdAtMs: number;
  customer: string;
  merchantCustomerId: string | null;
  account: Account;
  status: 'active' | 'withdrawn';
}>;

export const accessTokens = table<AccessToken>('paypal.access_tokens');
export const orders = table<Order>('paypal.orders');
export const captures = table<Capture>('paypal.captures');
export const refunds = table<Refund>('paypal.refunds');
export const setupTokens = table<SetupToken>('paypal.setup_tokens');
export const paymentTokens = table<PaymentToken>('paypal.payment_tokens');
/** The capture under each invoice id that was paid: refused a second time for ever. */
export const paidInvoices = table<string>('paypal.paid_invoices');
