import { Migration } from '@mikro-orm/migrations';

/** What the card provider takes for its work, as its reports tell it (P-8). */
export class Migration016Costs extends Migration {
  override up(): void {
    this.addSql(`create table cost_reports (
      id uuid primary key,
      status text not null check (status in ('requested', 'read')),
      since timestamptz not null,
      after_line text,
      costs_count integer not null check (costs_count >= 0),
      costs_minor bigint not null,
      requested_by text not null,
      reason text not null,
      requested_at timestamptz not null,
      ended_at timestamptz,
      next_call_at timestamptz,
      correlation_id text not null,
      traceparent text,
      version integer not null,
      constraint cost_reports_requested check ((status = 'requested') = (next_call_at is not null)),
      constraint cost_reports_ended check ((status = 'read') = (ended_at is not null))
    )`);
    this.addSql(
      'create index cost_reports_due on cost_reports (next_call_at) where next_call_at is not null',
    );
    // One at a time: two would read the same lines.
    this.addSql(
      `create unique index cost_reports_under_way on cost_reports (status) where status = 'requested'`,
    );
    this.addSql(`create table processing_costs (
      id uuid primary key,
      line_id text not null unique,
      report_id uuid not null references cost_reports (id),
      amount_minor bigint not null check (amount_minor <> 0),
      taken_at timestamptz not null,
      version integer not null
    )`);
    this.addSql(`create view costs_read as select 'card'::text as id, max(requested_at) as last_requested_at
      from cost_reports where status = 'read'`);
  }
}
