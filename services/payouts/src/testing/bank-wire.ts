/** Answers of the bank as they were recorded on the wire, without the fields that nobody reads. */

export const attemptKey = 'po_7K3M9Q2X-1';

export const recorded = {
  id: 'po_0Gx2QxA6p3',
  object: 'payment_order',
  live_mode: false,
  type: 'ach',
  subtype: 'PPD',
  status: 'approved',
  amount: 49_800,
  currency: 'USD',
  direction: 'credit',
  originating_account_id: 'ia_holdfast',
  receiving_account_id: 'ea_7Hc1',
  effective_date: '2026-11-23',
  statement_descriptor: 'HOLDFAST',
  external_id: attemptKey as string | null,
  current_return: null as null | object,
  reference_numbers: [] as object[],
  vendor_failure_reason: null as null | string,
  metadata: { withdrawal_id: '0192f0c1-0000-7000-8000-000000000001' },
};

export const returnOf = (code: string, amount = 49_800, currency = 'USD') => ({
  id: 'ret_1',
  object: 'return',
  type: 'ach',
  status: 'completed',
  code,
  reason: 'No Account/Unable to Locate Account',
  amount,
  currency,
  returnable_id: 'po_0Gx2QxA6p3',
});

export const errorOf = (code: string, parameter?: string) => ({
  errors: { code, message: 'In words that nobody reads.', ...(parameter ? { parameter } : {}) },
});
