import { Migration } from '@mikro-orm/migrations';

/** One reading under way of each provider's report, and each line and movement told once. */
const reports = [
  `alter table cost_reports add column provider text not null default 'card'
    check (provider in ('card', 'paypal', 'bank'))`,
  'alter table cost_reports alter column provider drop default',
  'drop index cost_reports_under_way',
  `create unique index cost_reports_under_way on cost_reports (provider) where status = 'requested'`,
  `alter table processing_costs add column provider text not null default 'card'
    check (provider in ('card', 'paypal', 'bank'))`,
  'alter table processing_costs alter column provider drop default',
  'alter table processing_costs drop constraint processing_costs_line_id_key',
  'alter table processing_costs add constraint processing_costs_line unique (provider, line_id)',
];

/** Reports are read by themselves; anew from the beginning, since nobody has laid lines beside movements before. */
const readings = [
  'drop view costs_read',
  `create table cost_readings (
    id uuid primary key,
    provider text not null unique check (provider in ('card', 'paypal', 'bank')),
    read_to timestamptz,
    next_read_at timestamptz not null,
    version integer not null
  )`,
  `insert into cost_readings values
    ('00000000-0000-7000-8000-000000000004', 'card', null, now(), 1),
    ('00000000-0000-7000-8000-000000000005', 'paypal', null, now(), 1),
    ('00000000-0000-7000-8000-000000000006', 'bank', null, now(), 1)`,
  'create index cost_readings_due on cost_readings (next_read_at)',
];

/** Lines beside movements: what has no partner is a break. */
const lines = [
  `create table report_lines (
    id uuid primary key,
    provider text not null check (provider in ('card', 'paypal', 'bank')),
    line_id text not null,
    report_id uuid not null references cost_reports (id),
    category text not null,
    source_id text,
    marks jsonb not null check (jsonb_typeof(marks) = 'array'),
    gross_minor bigint not null,
    fee_minor bigint not null,
    currency text not null,
    created_at timestamptz not null,
    movement_id uuid,
    reason text check (reason in ('unknown_movement', 'amount_differs', 'currency')),
    found_at timestamptz not null,
    version integer not null,
    unique (provider, line_id)
  )`,
  'create index report_lines_movement on report_lines (movement_id) where movement_id is not null',
  'create index report_lines_breaks on report_lines (provider, id) where reason is not null',
  `create table movement_breaks (
    id uuid primary key,
    provider text not null check (provider in ('card', 'paypal', 'bank')),
    booked_at timestamptz not null,
    found_at timestamptz not null,
    ended_at timestamptz,
    version integer not null
  )`,
  'create index movement_breaks_open on movement_breaks (found_at) where ended_at is null',
  // What the reports of providers must tell of, by our own name of it, which the provider was told.
  `create view known_movements as
    select id, case kind when 'paypal' then 'paypal' else 'card' end as provider, total_minor as amount_minor
      from fundings
    union all
    select id, 'card', amount_minor from refund_attempts where sub_account = 'card'
    union all
    select id, 'card', amount_minor from settlements
    union all
    select id, 'card', amount_minor from small_charges
    union all
    select id, 'card', amount_minor from small_refunds`,
  // What two persons have booked by hand under the provider's own name of it (M-24).
  `create view adjusted_movements as
    select min(a.id::text)::uuid as id, split_part(line ->> 'account', ':', 2) as provider,
      line ->> 'reference' as reference,
      abs(sum(case line ->> 'side' when 'debit' then 1 else -1 end * (line ->> 'amountMinor')::bigint))::bigint
        as amount_minor
    from adjustments a cross join jsonb_array_elements(a.lines) as line
    where a.status = 'posted' and line ? 'reference'
    group by 2, 3`,
  `create view unreported_movements as
    select m.id, m.provider, min(j.posted_at) as booked_at from known_movements m
      join journals j on j.cause_id = m.id::text
      join entries e on e.journal_id = j.id and e.account = 'E.cash.trust' and e.sub_account = m.provider
    where not exists (select from report_lines l where l.provider = m.provider and l.movement_id = m.id)
      and not exists (select from movement_breaks b where b.id = m.id)
    group by m.id, m.provider`,
  `create view unreported_captures as
    select id, intent_id as order_id from fundings f
    where kind = 'paypal' and status = 'succeeded'
      and not exists (select from report_lines l where l.provider = 'paypal' and l.movement_id = f.id)`,
];

/** The reports of all providers, read by themselves and laid beside our movements (P-8). */
export class Migration020Reports extends Migration {
  override up(): void {
    for (const statement of [...reports, ...readings, ...lines]) this.addSql(statement);
  }
}
