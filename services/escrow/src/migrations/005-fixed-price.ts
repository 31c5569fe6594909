import { Migration } from '@mikro-orm/migrations';

/** Every state that a milestone, its lots and its agreement can have (section 2 of docs/domain-rules.md). */
export class Migration005FixedPrice extends Migration {
  override up(): void {
    for (const statement of [...milestones, ...freezes, ...lots, ...agreements, ...transfers])
      this.addSql(statement);
  }
}

/** Unnamed checks of earlier migrations, found by what they say. */
const dropChecks = (table: string, saying: string): string => `do $$ declare found text; begin
  for found in select conname from pg_constraint where conrelid = '${table}'::regclass and contype = 'c'
    and pg_get_constraintdef(oid) like '%${saying}%'
  loop execute format('alter table ${table} drop constraint %I', found); end loop;
end $$`;

const holding = `('funded', 'submitted', 'changes_requested', 'refund_pending')`;

const milestones = [
  dropChecks('milestones', 'status'),
  `alter table milestones
    add column review_left_ms bigint check (review_left_ms >= 0),
    add column reserved_minor bigint not null default 0,
    add column reserved_for uuid,
    add column refund_request_id uuid,
    add column released_minor bigint not null default 0 check (released_minor >= 0)`,
  `alter table milestones
    add constraint milestones_status check (status in ('agreed', 'funding_pending', 'funded', 'submitted',
      'changes_requested', 'refund_pending', 'refunding', 'refund_failed', 'refunded', 'split', 'released',
      'charged_back', 'cancelled')),
    add constraint milestones_funding check ((status = 'funding_pending') = (funding_id is not null)),
    add constraint milestones_review check
      ((status = 'submitted') = (review_due_at is not null or review_left_ms is not null)),
    add constraint milestones_one_review check (review_due_at is null or review_left_ms is null),
    add constraint milestones_held check ((status in ${holding}) = (held_minor > 0)),
    add constraint milestones_reserved check (reserved_minor between 0 and held_minor
      and (reserved_minor > 0) = (reserved_for is not null)),
    add constraint milestones_refund_request check
      ((status = 'refund_pending') = (refund_request_id is not null)),
    add constraint milestones_released check (status in ('refunding', 'refund_failed') or released_minor = 0)`,
  // A rest counts as settled, and up front all are funded at once (E-2): the decision sees all milestones instead.
  'drop index milestones_one_at_a_time',
  'create index milestones_agreement on milestones (agreement_id)',
];

const freezes = [
  `alter table freezes
    add column funding_id uuid references fundings (id),
    add column ended boolean not null default false`,
  'create index freezes_standing on freezes (milestone_id) where not ended',
];

const lots = [
  `alter table lots
    add column rolled_from uuid references lots (id),
    add column tax_returned_minor bigint not null default 0
      check (tax_returned_minor between 0 and tax_minor),
    add column principal_refunded_minor bigint not null default 0
      check (principal_refunded_minor between 0 and principal_minor - principal_left_minor),
    add column at_risk_until timestamptz`,
];

const agreements = [
  dropChecks('agreements', 'earned'),
  `alter table agreements
    add column status text not null default 'active',
    add column ended_at timestamptz,
    add column client_region text not null default 'other'`,
  `alter table agreements
    add constraint agreements_initiation_fee check (initiation_fee in ('due', 'held', 'earned', 'returned')),
    add constraint agreements_status check (status in ('active', 'paused', 'closing', 'ended')),
    add constraint agreements_ended check ((status = 'ended') = (ended_at is not null))`,
];

const transfers = [
  `alter table transfers
    alter column milestone_id drop not null,
    add column bonus_id uuid,
    add column gross_minor bigint,
    add column client_fee_minor bigint,
    add column freelancer_fee_minor bigint,
    add column refunded_minor bigint not null default 0 check (refunded_minor >= 0),
    add column protected boolean not null default true`,
  `alter table transfers add constraint transfers_pays check ((milestone_id is null) <> (bonus_id is null))`,
];
