import { Migration } from '@mikro-orm/migrations';

/** Top-ups and sweeps, and what freelancers owe: both sides of what customers' money must cover (M-14, M-23). */
export class Migration012Treasury extends Migration {
  override up(): void {
    this.addSql(`create table freelancer_debts (
      id uuid primary key,
      account_id text not null,
      amount_minor bigint not null check (amount_minor > 0),
      left_minor bigint not null check (left_minor between 0 and amount_minor),
      version integer not null
    )`);
    this.addSql(`create table treasury_movements (
      id uuid primary key,
      kind text not null check (kind in ('top_up', 'sweep')),
      amount_minor bigint not null check (amount_minor > 0),
      moved_by text not null,
      reason text not null,
      moved_at timestamptz not null,
      version integer not null
    )`);
    this.addSql('alter table cash_accounts drop constraint cash_accounts_name_check');
    this.addSql(`alter table cash_accounts add constraint cash_accounts_name_check
      check (name in ('trust_card', 'trust_bank'))`);
    this.addSql(`insert into cash_accounts values ('00000000-0000-7000-8000-000000000002', 'trust_bank', 1)`);
    // In one statement: what is posted meanwhile counts on both sides or on none.
    this.addSql(`create view treasury_cover as select 'trust'::text as id,
      coalesce(sum(amount_minor) filter (where account = 'E.cash.trust'), 0)::bigint as trust_minor,
      coalesce(sum(amount_minor) filter (where account = 'E.cash.trust' and sub_account = 'bank'), 0)::bigint
        as bank_minor,
      coalesce(sum(amount_minor) filter (where account = 'E.cash.operating'), 0)::bigint as operating_minor,
      coalesce(-sum(amount_minor) filter (where account not in ('E.cash.trust', 'E.cash.operating')), 0)::bigint
        as required_minor,
      (select coalesce(sum(left_minor), 0)::bigint from freelancer_debts) as debts_minor
      from entries where account in ('E.cash.trust', 'E.cash.operating', 'E.escrow.milestone', 'E.escrow.hourly',
        'E.escrow.bonus', 'E.fee.client_held', 'E.fee.initiation_held', 'E.arbitration.held', 'E.tax.payable',
        'E.refund.payable', 'E.clearing.payouts')`);
  }
}
