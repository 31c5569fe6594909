import { Migration } from '@mikro-orm/migrations';

/**
 * Another way for a refund that failed: by the bank, to an account that the client has verified (E-23). One that waits for
 * a chargeback which is lost is not sent at all (E-24).
 */
export class Migration014RefundWays extends Migration {
  override up(): void {
    for (const statement of [...decisions, ...attempts, ...cancelled, ...cash, ...searches])
      this.addSql(statement);
  }
}

const decisions = [
  'alter table refund_decisions add column billing_method_id uuid references billing_methods (id)',
  'alter table refund_decisions drop constraint refund_decisions_decision_check',
  `alter table refund_decisions add constraint refund_decisions_decision_check
    check (decision in ('retry', 'reroute', 'reverse'))`,
  `alter table refund_decisions add constraint refund_decisions_method
    check ((decision = 'reroute') = (billing_method_id is not null))`,
  'alter table refund_decisions drop constraint refund_decisions_refund_id_attempt_decision_key',
  `alter table refund_decisions add constraint refund_decisions_one
    unique nulls not distinct (refund_id, attempt, decision, billing_method_id)`,
  'alter table refund_decisions drop constraint refund_decisions_transfer',
  `alter table refund_decisions add constraint refund_decisions_transfer
    check ((transfer_id is null) = (decision <> 'reverse' or approved_at is null))`,
];

/** What the bank has paid is looked at for some days, since it may send it back. */
const attempts = [
  'alter table refund_attempts drop constraint refund_attempts_due',
  `alter table refund_attempts add constraint refund_attempts_due
    check ((status in ('requested', 'unknown', 'in_transit')) = (next_call_at is not null)
      or (status = 'paid' and sub_account = 'bank'))`,
];

const cancelled = [
  'alter table refund_attempts drop constraint refund_attempts_failure_check',
  `alter table refund_attempts add constraint refund_attempts_failure_check
    check (failure in ('refused', 'failed', 'method_closed', 'window_over', 'charged_back'))`,
  'alter table refunds drop constraint refunds_status_check',
  `alter table refunds add constraint refunds_status_check check (status in
    ('drawing', 'refunding', 'refunded', 'refund_failed', 'refused', 'reversed', 'cancelled'))`,
  'alter table refunds drop constraint refunds_ended',
  `alter table refunds add constraint refunds_ended
    check ((status in ('refunded', 'refused', 'reversed', 'cancelled')) = (ended_at is not null))`,
  'create index refunds_funding on refunds (funding_id)',
];

/** In one statement: what is paid meanwhile counts as held or as promised, never as both or as none. */
const cash = [
  `create view bank_cash as select 'trust_bank'::text as id,
    (select coalesce(sum(amount_minor), 0)::bigint from entries
      where account = 'E.cash.trust' and sub_account = 'bank') as held_minor,
    (select coalesce(sum(amount_minor), 0)::bigint from refund_attempts where sub_account = 'bank'
      and status in ('waiting', 'requested', 'unknown', 'in_transit', 'in_review')) as promised_minor`,
];

/** Chargebacks whose notice is lost are found in the provider's list (P-11). */
const searches = [
  `create table dispute_searches (
    id uuid primary key,
    provider text not null unique check (provider in ('card')),
    searched_to timestamptz,
    next_call_at timestamptz not null,
    version integer not null
  )`,
  `insert into dispute_searches values ('00000000-0000-7000-8000-000000000003', 'card', null, now(), 1)`,
  'create index dispute_searches_due on dispute_searches (next_call_at)',
];
