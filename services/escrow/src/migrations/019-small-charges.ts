import { Migration } from '@mikro-orm/migrations';

/** Cards that two small charges verify, and the way back of these (P-2). */
export class Migration019SmallCharges extends Migration {
  override up(): void {
    for (const statement of [...methods, ...charges, ...refunds, ...disputes, ...cash])
      this.addSql(statement);
  }
}

const methods = [
  'alter table billing_methods drop constraint billing_methods_status',
  `alter table billing_methods
    add column verify_by text not null default 'set_up',
    add column tries_left integer,
    add column confirm_by timestamptz`,
  'alter table billing_methods alter column verify_by drop default',
  `alter table billing_methods
    add constraint billing_methods_status
      check (status in ('verifying', 'confirming', 'verified', 'refused', 'removed')),
    add constraint billing_methods_verify_by
      check (verify_by = 'set_up' or (verify_by = 'small_charges' and kind = 'card')),
    add constraint billing_methods_tries
      check ((verify_by = 'small_charges') = (tries_left is not null) and tries_left between 0 and 3),
    add constraint billing_methods_confirming
      check ((status = 'confirming') = (confirm_by is not null) and (status <> 'confirming' or tries_left > 0))`,
  'create index billing_methods_confirming on billing_methods (confirm_by) where confirm_by is not null',
];

const charges = [
  `create table small_charges (
    id uuid primary key,
    method_id uuid not null references billing_methods (id),
    account_id text not null,
    place integer not null check (place in (1, 2)),
    amount_minor bigint not null check (amount_minor > 0),
    status text not null check (status in ('waiting', 'awaiting_payer', 'succeeded', 'failed', 'in_review')),
    step text check (step in ('create', 'confirm', 'read', 'cancel')),
    create_body text not null,
    confirm_body text not null,
    intent_id text unique,
    confirm_sent boolean not null,
    misses integer not null,
    first_miss_at timestamptz,
    key_since timestamptz not null,
    ending text check (ending in ('declined', 'payer_needed', 'expired', 'method_unusable')),
    payer_url text,
    next_call_at timestamptz,
    expires_at timestamptz,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    unique (method_id, place),
    constraint small_charges_due check ((status = 'waiting') = (next_call_at is not null)),
    constraint small_charges_step check ((status = 'waiting') = (step is not null)),
    constraint small_charges_failed check (status <> 'failed' or ending is not null),
    constraint small_charges_expiry check (status in ('waiting', 'awaiting_payer') or expires_at is null)
  )`,
  'create index small_charges_due on small_charges (next_call_at) where next_call_at is not null',
  'create index small_charges_expiry on small_charges (expires_at) where expires_at is not null',
];

const refunds = [
  `create table small_refunds (
    id uuid primary key,
    small_charge_id uuid not null references small_charges (id),
    account_id text not null,
    number integer not null check (number > 0),
    status text not null check (status in
      ('waiting', 'requested', 'unknown', 'in_transit', 'paid', 'failed', 'returned', 'in_review', 'contradicted')),
    amount_minor bigint not null check (amount_minor > 0),
    charge_reference text not null,
    create_body text not null,
    reference text unique,
    misses integer not null,
    first_miss_at timestamptz,
    key_since timestamptz not null,
    failure text check (failure in ('refused', 'failed', 'method_closed', 'window_over', 'charged_back')),
    ended_at timestamptz,
    next_call_at timestamptz,
    retry_by text,
    retry_reason text,
    retry_approved_by text,
    retry_approved_reason text,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    unique (small_charge_id, number),
    -- What fails is sent again by two persons (S-11).
    constraint small_refunds_retry check ((retry_by is null) = (retry_reason is null)
      and (retry_by is null or status in ('failed', 'returned', 'contradicted'))),
    constraint small_refunds_approved check ((retry_approved_by is null) = (retry_approved_reason is null)
      and (retry_approved_by is null or (retry_by is not null and retry_approved_by <> retry_by))),
    constraint small_refunds_one_live exclude using btree (small_charge_id with =)
      where (status not in ('failed', 'returned', 'contradicted')) deferrable initially deferred,
    constraint small_refunds_due check ((status in ('requested', 'unknown', 'in_transit')) = (next_call_at is not null)),
    constraint small_refunds_failure check ((status in ('failed', 'returned')) = (failure is not null)),
    constraint small_refunds_ended check ((status in ('paid', 'failed', 'returned')) = (ended_at is not null)),
    constraint small_refunds_reference
      check (status not in ('in_transit', 'paid', 'returned') or reference is not null)
  )`,
  'create index small_refunds_due on small_refunds (next_call_at) where next_call_at is not null',
];

/** The holder's bank takes one back, and may give it back again (P-11). */
const disputes = [
  `create table small_disputes (
    id uuid primary key,
    dispute_id text not null unique,
    small_charge_id uuid not null references small_charges (id),
    account_id text not null,
    status text not null check (status in ('received', 'lost', 'won')),
    amount_minor bigint not null check (amount_minor > 0),
    fee_minor bigint not null check (fee_minor >= 0),
    fee_returned_minor bigint not null check (fee_returned_minor between 0 and fee_minor),
    took_owed boolean not null,
    received_at timestamptz not null,
    next_call_at timestamptz,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    constraint small_disputes_owed check (status <> 'received' or not took_owed),
    constraint small_disputes_due check (status <> 'received' or next_call_at is not null)
  )`,
  'create index small_disputes_charge on small_disputes (small_charge_id)',
  'create index small_disputes_due on small_disputes (next_call_at) where next_call_at is not null',
];

/** What a small charge took goes back from there: it is not settled to the bank besides (M-23). */
const cash = [
  `create or replace view card_cash as select 'trust_card'::text as id,
    (select coalesce(sum(amount_minor), 0)::bigint from entries
      where account = 'E.cash.trust' and sub_account = 'card') as held_minor,
    (select coalesce(sum(amount_minor), 0)::bigint from (
      select amount_minor from settlements where status in ('requested', 'unknown', 'in_transit', 'in_review')
      union all
      select amount_minor from refund_attempts where sub_account = 'card'
        and status in ('waiting', 'requested', 'unknown', 'in_transit', 'in_review')
      union all
      select amount_minor from small_charges c where status = 'succeeded'
        and not exists (select from small_refunds r where r.small_charge_id = c.id and r.status = 'paid')
        and not exists (select from small_disputes d where d.small_charge_id = c.id and d.status = 'lost' and d.took_owed)
      ) promised) as under_way_minor`,
];
