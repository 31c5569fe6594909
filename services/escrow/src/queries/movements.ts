import type { MovementSource } from '@holdfast/service';

/** Charges: booked as a whole with their journal, also where nothing takes them any more (E-26). */
const fundings: MovementSource = {
  name: 'fundings',
  text: `select id, case kind when 'paypal' then 'paypal' else 'card' end as provider, 'charge' as kind, id::text as reference,
      case status when 'failed' then 0 else total_minor end as amount_minor, 'USD' as currency,
      case when status in ('succeeded', 'failed') then 'booked' else 'open' end as state,
      case status when 'succeeded' then id::text end as cause_id, null::text as transfer_id
    from fundings`,
};

/** Small charges and their way back, which name the charge both (P-2). */
const smallCharges: MovementSource = {
  name: 'small_charges',
  text: `select id, 'card' as provider, 'charge' as kind, id::text as reference,
      case status when 'failed' then 0 else amount_minor end as amount_minor, 'USD' as currency,
      case when status in ('succeeded', 'failed') then 'booked' else 'open' end as state,
      case status when 'succeeded' then id::text end as cause_id, null::text as transfer_id
    from small_charges`,
};

const smallRefunds: MovementSource = {
  name: 'small_refunds',
  text: `select id, 'card' as provider, 'refund' as kind, small_charge_id::text as reference,
      case when status = 'failed' and reference is null then 0 else -amount_minor end as amount_minor,
      'USD' as currency, case when ended_at is null then 'open' else 'booked' end as state,
      case when status in ('paid', 'returned') then id::text end as cause_id, null::text as transfer_id
    from small_refunds
    union all
    select id, 'card', 'refund_failed', small_charge_id::text, amount_minor, 'USD', 'booked',
      case status when 'returned' then id::text end, null
    from small_refunds where status in ('failed', 'returned') and reference is not null`,
};

/** Disputes of small charges, by the provider's own name, as any chargeback (P-2, P-11). */
const smallDisputes: MovementSource = {
  name: 'small_disputes',
  text: `select id, 'card' as provider, 'chargeback' as kind, dispute_id as reference,
      -(amount_minor + fee_minor) as amount_minor, 'USD' as currency, 'booked' as state, id::text as cause_id,
      null::text as transfer_id
    from small_disputes
    union all
    select id, 'card', 'chargeback_reinstated', dispute_id, amount_minor + fee_returned_minor, 'USD', 'booked',
      id::text, null
    from small_disputes where status = 'won'`,
};

/** The float: what the bank account holds at the start (M-23). */
const opening: MovementSource = {
  name: 'opening',
  text: `select j.id, e.sub_account as provider, 'opening' as kind, 'opening' as reference, e.amount_minor, j.currency,
      'booked' as state, j.cause_id, null::text as transfer_id
    from journals j
      join entries e on e.journal_id = j.id and e.account = 'E.cash.trust'
      join entries o on o.journal_id = j.id and o.account = 'E.cash.operating'
    where j.kind = 'treasury' and not exists (select from treasury_movements m where m.id::text = j.cause_id)`,
};

/**
 * Settlements: from the card provider to the bank (M-23). A refused call left nothing at either; what failed on its
 * way is in the card provider's book twice, and never came to the bank.
 */
const settlements: MovementSource = {
  name: 'settlements',
  text: `select id, 'card' as provider, 'payout' as kind, id::text as reference,
      case when status = 'failed' and payout_id is null then 0 else -amount_minor end as amount_minor,
      'USD' as currency, case when ended_at is null then 'open' else 'booked' end as state,
      case when status in ('paid', 'returned') then id::text end as cause_id, null::text as transfer_id
    from settlements
    union all
    select id, 'card', 'payout_failed', id::text, amount_minor, 'USD', 'booked',
      case status when 'returned' then id::text end, null
    from settlements where status in ('failed', 'returned') and payout_id is not null
    union all
    select id, 'bank', 'deposit', id::text, case status when 'returned' then 0 else amount_minor end, 'USD',
      case when ended_at is null then 'open' else 'booked' end,
      case when status in ('paid', 'returned') then id::text end, null
    from settlements where status <> 'failed'`,
};

/**
 * Refunds, by the ids under which the providers know them, the bank by that of the attempt: what is under way is told by
 * each attempt (E-23). A refused call moved nothing; what failed on its way, or came back, is in the provider's book twice.
 */
const refunds: MovementSource = {
  name: 'refund_attempts',
  text: `select id, sub_account as provider, 'refund' as kind,
      case sub_account when 'bank' then id::text else refund_id::text end as reference,
      case when status = 'failed' and reference is null then 0 else -amount_minor end as amount_minor,
      'USD' as currency, case when ended_at is null then 'open' else 'booked' end as state,
      case when status in ('paid', 'returned') then id::text end as cause_id, null::text as transfer_id
    from refund_attempts
    union all
    select id, sub_account, 'refund_failed',
      case sub_account when 'bank' then id::text else refund_id::text end, amount_minor, 'USD', 'booked',
      case status when 'returned' then id::text end, null
    from refund_attempts where status in ('failed', 'returned') and reference is not null`,
};

/** Chargebacks, by the provider's own name: amount and fee go at once, and what is won comes back (P-11). */
const chargebacks: MovementSource = {
  name: 'chargebacks',
  text: `select id, 'card' as provider, 'chargeback' as kind, dispute_id as reference,
      -(amount_minor + fee_minor) as amount_minor, 'USD' as currency, 'booked' as state, id::text as cause_id,
      null::text as transfer_id
    from chargebacks where debited
    union all
    select id, 'card', 'chargeback_reinstated', dispute_id, amount_minor + fee_returned_minor, 'USD', 'booked',
      id::text, null
    from chargebacks where reinstated`,
};

/** Top-ups and sweeps, by our name of them, which the bank is told (M-23). */
const treasury: MovementSource = {
  name: 'treasury_movements',
  text: `select id, 'bank' as provider, kind, id::text as reference,
      case kind when 'top_up' then amount_minor else -amount_minor end as amount_minor, 'USD' as currency,
      'booked' as state, id::text as cause_id, null::text as transfer_id
    from treasury_movements`,
};

/** What the providers took for their work, by their own names of the lines that tell it (P-8). */
const costs: MovementSource = {
  name: 'processing_costs',
  text: `select id, provider, 'processing_fee' as kind, line_id as reference, -amount_minor as amount_minor,
      'USD' as currency, 'booked' as state, line_id as cause_id, null::text as transfer_id
    from processing_costs`,
};

/**
 * Corrections by hand that touch cash, by the provider's name of what moved: they explain what the provider has executed
 * under it, or differ from it like anything else (M-24).
 */
const adjustments: MovementSource = {
  name: 'adjustments',
  text: `select a.id, split_part(line ->> 'account', ':', 2) as provider, 'adjustment' as kind,
      line ->> 'reference' as reference,
      case line ->> 'side' when 'debit' then 1 else -1 end * (line ->> 'amountMinor')::bigint as amount_minor,
      'USD' as currency, 'booked' as state, a.id::text as cause_id, null::text as transfer_id
    from adjustments a cross join jsonb_array_elements(a.lines) as line
    where a.status = 'posted' and line ? 'reference'`,
};

/** Escrow's movements of money at providers, for the proof (M-3). */
export const escrowMovements: readonly MovementSource[] = [
  fundings,
  smallCharges,
  smallRefunds,
  smallDisputes,
  opening,
  settlements,
  refunds,
  chargebacks,
  treasury,
  costs,
  adjustments,
];
