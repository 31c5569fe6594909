import { Migration } from '@mikro-orm/migrations';

const words = (column: string, values: string[]): string =>
  `check (${column} in (${values.map((value) => `'${value}'`).join(', ')}))`;

const services = ['contracts', 'escrow', 'timetracking', 'disputes', 'payouts'];
const states = ['planned', 'sending', 'accepted', 'bounced', 'failed', 'cancelled'];
const reasons = ['no_address', 'unanswered', 'deadline_gone', 'unsubscribed'];

/** Where a person is reached, and everything that a person was told or is to be told, with its proof (C-7). */
export class Migration004Notices extends Migration {
  override up(): void {
    this.addSql(`create table contacts (
      id text primary key references accounts (id),
      email bytea not null,
      changed_at timestamptz not null,
      news_refused_at timestamptz,
      version integer not null
    )`);
    // A fact may be about a person whose account is not opened here yet: topics are not ordered among each other.
    this.addSql(`create table notices (
      id uuid primary key,
      account_id text not null check (account_id ~ '^[A-Za-z0-9_-]{1,64}$'),
      cause_id text not null check (cause_id ~ '^[A-Za-z0-9_/-]{1,200}$'),
      template text not null check (template ~ '^[a-z]+(_[a-z]+)*$'),
      number integer not null check (number > 0),
      category text not null ${words('category', ['money', 'deadline', 'account', 'news'])},
      facts jsonb not null check (jsonb_typeof(facts) = 'object'),
      deadline_service text ${words('deadline_service', services)},
      deadline_kind text,
      deadline_id text,
      deadline_due_at timestamptz,
      planned_at timestamptz not null,
      status text not null ${words('status', states)},
      reason text ${words('reason', reasons)},
      answered_at timestamptz,
      shown_at timestamptz,
      proven_at timestamptz,
      address bytea,
      next_call_at timestamptz,
      correlation_id text not null,
      traceparent text,
      version integer not null,
      unique (cause_id, template, account_id, number),
      check (num_nulls(deadline_service, deadline_kind, deadline_id, deadline_due_at) in (0, 4)),
      check (category <> 'deadline' or deadline_kind is not null),
      check ((status in ('planned', 'sending')) = (next_call_at is not null)),
      check ((status in ('failed', 'cancelled')) = (reason is not null)),
      check ((status in ('accepted', 'bounced')) = (answered_at is not null)),
      check (status <> 'accepted' or proven_at is not null),
      check (shown_at is null or proven_at is not null)
    )`);
    this.addSql('create index notices_next_call on notices (next_call_at) where next_call_at is not null');
    this.addSql('create index notices_feed on notices (account_id, planned_at desc, id desc)');
    this.addSql(`create index notices_deadline on notices (deadline_id) where status = 'planned'`);
  }
}
