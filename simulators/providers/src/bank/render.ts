import type { Counterparty, ExternalAccount, PaymentOrder, Return } from './model.ts';
import { titleOf } from './returns.ts';

/** Wire objects of section 3.6: amounts are integers in minor units, times ISO 8601. */

function iso(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function counterpartyObject(counterparty: Counterparty, accounts: readonly ExternalAccount[]) {
  const created = iso(counterparty.createdAtMs);
  return {
    id: counterparty.id,
    object: 'counterparty',
    live_mode: false,
    created_at: created,
    updated_at: created,
    name: counterparty.name,
    accounts: accounts.map(accountObject),
    metadata: counterparty.metadata,
  };
}

function accountObject(account: ExternalAccount) {
  return {
    id: account.id,
    object: 'external_account',
    live_mode: false,
    counterparty_id: account.counterparty,
    party_name: account.partyName,
    party_type: account.partyType,
    account_type: account.accountType,
    account_details: [
      { object: 'account_detail', account_number_safe: account.lastFour, account_number_type: 'other' },
    ],
    routing_details: [
      { object: 'routing_detail', routing_number: account.routingNumber, routing_number_type: 'aba' },
    ],
    verification_status: 'unverified',
  };
}

export function orderObject(order: PaymentOrder) {
  return {
    id: order.id,
    object: 'payment_order',
    live_mode: false,
    created_at: iso(order.createdAtMs),
    updated_at: iso(order.updatedAtMs),
    type: 'ach',
    subtype: order.subtype,
    status: order.status,
    amount: Number(order.amountMinor),
    currency: order.currency,
    direction: 'credit',
    priority: 'normal',
    originating_account_id: order.originatingAccount,
    receiving_account_id: order.receivingAccount,
    receiving_account_type: 'external_account',
    counterparty_id: order.counterparty,
    effective_date: order.effectiveDate,
    statement_descriptor: order.statementDescriptor,
    remittance_information: order.remittanceInformation,
    description: order.description,
    external_id: order.externalId,
    current_return: order.currentReturn && returnObject(order, order.currentReturn),
    reference_numbers: order.traceNumber === null ? [] : [traceObject(order.traceNumber)],
    transaction_ids: order.transactions,
    vendor_failure_reason: order.failureReason,
    metadata: order.metadata,
  };
}

function returnObject(order: PaymentOrder, { id, code, amountMinor, atMs }: Return) {
  return {
    id,
    object: 'return',
    live_mode: false,
    created_at: iso(atMs),
    type: 'ach',
    status: 'completed',
    role: 'receiving',
    code,
    reason: titleOf(code),
    amount: Number(amountMinor),
    currency: order.currency,
    returnable_id: order.id,
    returnable_type: 'payment_order',
  };
}

function traceObject(traceNumber: string) {
  return {
    object: 'payment_reference',
    reference_number: traceNumber,
    reference_number_type: 'ach_trace_number',
  };
}
