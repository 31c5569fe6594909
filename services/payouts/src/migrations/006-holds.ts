import { Migration } from '@mikro-orm/migrations';

/** Holds on paid money, claw-backs and debts (B-5, B-6). */
export class Migration006Holds extends Migration {
  override up(): void {
    for (const statement of [...credits, ...holds, ...debts, ...clearing]) this.addSql(statement);
  }
}

const credits = [
  'alter table credits add column if not exists pending_minor bigint not null default 0',
  `update credits set pending_minor = net_minor where status = 'pending'`,
  `alter table credits add constraint credits_pending
    check (pending_minor between 0 and net_minor and (status = 'pending' or pending_minor = 0))`,
];

const holds = [
  `create table fund_holds (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    account_id text not null,
    cause text not null check (cause in ('chargeback', 'case')),
    cause_id uuid not null,
    from_pending jsonb not null,
    from_available_minor bigint not null check (from_available_minor >= 0),
    standing boolean not null,
    placed_at timestamptz not null,
    version integer not null,
    unique (cause, cause_id)
  )`,
  'create index fund_holds_account on fund_holds (account_id) where standing',
  `create view available_balances as select sub_account as id, amount_minor from balances
    where account = 'P.freelancer.available'`,
];

const debts = [
  `create table debts (
    id uuid primary key,
    account_id text not null,
    agreement_id uuid not null references agreements (id),
    cause_id uuid not null unique,
    amount_minor bigint not null check (amount_minor > 0),
    left_minor bigint not null check (left_minor between 0 and amount_minor),
    open boolean not null,
    opened_at timestamptz not null,
    version integer not null,
    check (open = (left_minor > 0))
  )`,
  'create index debts_open on debts (account_id) where open',
];

/** What a transfer is for: a withdrawal, or another cause. */
const clearing = [
  `do $$ declare found text; begin
    for found in select conname from pg_constraint where conrelid = 'clearing_transfers'::regclass
      and contype = 'c' and pg_get_constraintdef(oid) like '%kind%'
    loop execute format('alter table clearing_transfers drop constraint %I', found); end loop;
  end $$`,
  `alter table clearing_transfers
    alter column withdrawal_id drop not null,
    add column if not exists cause_id uuid`,
  `alter table clearing_transfers
    add constraint clearing_transfers_kind check (kind in
      ('withdrawal_paid', 'withdrawal_returned', 'refund_taken', 'clawed_back')),
    add constraint clearing_transfers_cause check ((withdrawal_id is null) <> (cause_id is null))`,
  'create unique index clearing_transfers_once on clearing_transfers (cause_id, kind) where cause_id is not null',
];
