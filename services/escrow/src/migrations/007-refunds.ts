import { Migration } from '@mikro-orm/migrations';

/** Refunds and their way at a provider (E-23, E-25). */
export class Migration007Refunds extends Migration {
  override up(): void {
    for (const statement of [...milestones, ...lots, ...refunds, ...attempts, ...cash])
      this.addSql(statement);
  }
}

/** A milestone that is split keeps what the freelancer got of it: its refund may still come back. */
const milestones = [
  'alter table milestones drop constraint milestones_released',
  `alter table milestones add constraint milestones_released check
    (status in ('refunding', 'refund_failed', 'split') or released_minor = 0)`,
];

const lots = [
  `alter table lots add column fee_returned_minor bigint not null default 0
    check (fee_returned_minor between 0 and client_fee_minor + initiation_fee_minor)`,
];

const refunds = [
  `create table refunds (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    funding_id uuid not null references fundings (id),
    milestone_id uuid references milestones (id),
    bonus_id uuid,
    refund_request_id uuid,
    cause text not null check (cause in ('consent', 'silence', 'freelancer_ended', 'after_release',
      'orphaned_charge', 'overpaid', 'share_returned', 'dormancy', 'case_accepted', 'case_silence', 'settlement',
      'dispute_default', 'arbitration', 'case_decision', 'correction')),
    status text not null check (status in
      ('drawing', 'refunding', 'refunded', 'refund_failed', 'refused', 'reversed')),
    principal_minor bigint not null check (principal_minor >= 0),
    client_fee_minor bigint not null check (client_fee_minor >= 0),
    initiation_fee_minor bigint not null check (initiation_fee_minor >= 0),
    tax_minor bigint not null check (tax_minor >= 0),
    amount_minor bigint not null check (amount_minor > 0),
    release_id uuid references transfers (id),
    transfer_id uuid,
    net_minor bigint check (net_minor >= 0),
    freelancer_fee_minor bigint check (freelancer_fee_minor >= 0),
    attempt integer not null check (attempt >= 0),
    failure text check (failure in ('refused', 'failed', 'method_closed', 'window_over')),
    decided_at timestamptz not null,
    ended_at timestamptz,
    version integer not null,
    constraint refunds_amount
      check (amount_minor = principal_minor + client_fee_minor + initiation_fee_minor + tax_minor),
    constraint refunds_drawn check (num_nulls(release_id, transfer_id, net_minor, freelancer_fee_minor) in (0, 4)),
    constraint refunds_drawn_principal check (net_minor + freelancer_fee_minor = principal_minor),
    constraint refunds_drawing check (status not in ('drawing', 'refused', 'reversed') or transfer_id is not null),
    constraint refunds_attempt check ((attempt = 0) = (status in ('drawing', 'refused'))),
    constraint refunds_failure check ((status = 'refund_failed') = (failure is not null)),
    constraint refunds_ended check ((status in ('refunded', 'refused', 'reversed')) = (ended_at is not null))
  )`,
  'create index refunds_agreement on refunds (agreement_id)',
  'create index refunds_milestone on refunds (milestone_id)',
  'create index refunds_transfer on refunds (transfer_id) where transfer_id is not null',
  `create index refunds_failed on refunds (id) where status = 'refund_failed'`,
];

const attempts = [
  `create table refund_attempts (
    id uuid primary key,
    refund_id uuid not null references refunds (id) deferrable initially deferred,
    agreement_id uuid not null references agreements (id),
    funding_id uuid not null references fundings (id),
    number integer not null check (number > 0),
    status text not null check (status in
      ('waiting', 'requested', 'unknown', 'in_transit', 'paid', 'failed', 'returned', 'in_review', 'contradicted')),
    amount_minor bigint not null check (amount_minor > 0),
    sub_account text not null,
    charge_reference text not null,
    create_body text not null,
    reference text unique,
    misses integer not null,
    first_miss_at timestamptz,
    key_since timestamptz not null,
    failure text check (failure in ('refused', 'failed', 'method_closed', 'window_over')),
    ended_at timestamptz,
    next_call_at timestamptz,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    unique (refund_id, number),
    -- One that is not proven unpaid keeps every other from even being stored: the client is credited once.
    constraint refund_attempts_one_live exclude using btree (refund_id with =)
      where (status not in ('failed', 'returned', 'contradicted')) deferrable initially deferred,
    constraint refund_attempts_due
      check ((status in ('requested', 'unknown', 'in_transit')) = (next_call_at is not null)),
    constraint refund_attempts_failure check ((status in ('failed', 'returned')) = (failure is not null)),
    constraint refund_attempts_ended check
      ((status in ('paid', 'failed', 'returned')) = (ended_at is not null)),
    constraint refund_attempts_reference
      check (status not in ('in_transit', 'paid', 'returned') or reference is not null)
  )`,
  'create index refund_attempts_due on refund_attempts (next_call_at) where next_call_at is not null',
  'create index refund_attempts_charge on refund_attempts (funding_id)',
];

/** What the card provider is to pay back is promised: it is not settled to the bank besides (M-23). */
const cash = [
  `create or replace view card_cash as select 'trust_card'::text as id,
    (select coalesce(sum(amount_minor), 0)::bigint from entries
      where account = 'E.cash.trust' and sub_account = 'card') as held_minor,
    (select coalesce(sum(amount_minor), 0)::bigint from (
      select amount_minor from settlements where status in ('requested', 'unknown', 'in_transit', 'in_review')
      union all
      select amount_minor from refund_attempts where sub_account = 'card'
        and status in ('waiting', 'requested', 'unknown', 'in_transit', 'in_review')) promised) as under_way_minor`,
];
