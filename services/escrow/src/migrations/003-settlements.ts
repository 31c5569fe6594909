import { Migration } from '@mikro-orm/migrations';

/** Settlements of the card provider's balance to the bank (M-23). */
export class Migration003Settlements extends Migration {
  override up(): void {
    this.addSql(`create table settlements (
      id uuid primary key,
      status text not null check (status in
        ('requested', 'unknown', 'in_transit', 'paid', 'failed', 'returned', 'in_review')),
      amount_minor bigint not null check (amount_minor > 0),
      create_body text not null,
      payout_id text unique,
      misses integer not null,
      first_miss_at timestamptz,
      key_since timestamptz not null,
      failure text check (failure in
        ('balance_insufficient', 'bank_account_unusable', 'cancelled', 'refused', 'provider_failed')),
      requested_by text not null,
      reason text not null,
      requested_at timestamptz not null,
      ended_at timestamptz,
      next_call_at timestamptz,
      correlation_id text not null,
      traceparent text,
      version integer not null,
      check ((status in ('requested', 'unknown', 'in_transit')) = (next_call_at is not null)),
      check ((status in ('failed', 'returned')) = (failure is not null)),
      check ((status in ('paid', 'failed', 'returned')) = (ended_at is not null)),
      check (status not in ('in_transit', 'paid', 'returned') or payout_id is not null)
    )`);
    this.addSql('create index settlements_due on settlements (next_call_at) where next_call_at is not null');
    this.addSql(`create index settlements_under_way on settlements (status)
      where status in ('requested', 'unknown', 'in_transit', 'in_review')`);
    this.addSql(`create table cash_accounts (
      id uuid primary key,
      name text not null unique check (name in ('trust_card')),
      version integer not null
    )`);
    this.addSql(`insert into cash_accounts values ('00000000-0000-7000-8000-000000000001', 'trust_card', 1)`);
    // Both in one statement: what is paid meanwhile counts as held or as under way, never as both or as none.
    this.addSql(`create view card_cash as select 'trust_card'::text as id,
      (select coalesce(sum(amount_minor), 0)::bigint from entries
        where account = 'E.cash.trust' and sub_account = 'card') as held_minor,
      (select coalesce(sum(amount_minor), 0)::bigint from settlements
        where status in ('requested', 'unknown', 'in_transit', 'in_review')) as under_way_minor`);
  }
}
