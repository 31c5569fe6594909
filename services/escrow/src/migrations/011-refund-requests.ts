import { Migration } from '@mikro-orm/migrations';

/** Requests for escrow back, the proofs of their notices, and when a contract was cleared (E-13, C-8, A-19). */
export class Migration011RefundRequests extends Migration {
  override up(): void {
    for (const statement of [...agreements, ...requests, ...draws, ...decisions]) this.addSql(statement);
  }
}

const agreements = [
  'alter table agreements add column cleared_at timestamptz',
  `alter table agreements add constraint agreements_cleared
    check (cleared_at is null or status in ('closing', 'ended'))`,
];

const requests = [
  `create table refund_requests (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    status text not null check (status in
      ('running', 'suspended', 'unproven', 'stopped', 'approved', 'silent', 'settled')),
    reason text check (reason in ('not_delivered', 'not_as_agreed', 'no_longer_needed', 'other')),
    statement_hash text,
    statement_sealed bytea,
    amount_minor bigint not null check (amount_minor > 0),
    requested_at timestamptz not null,
    due_at timestamptz,
    left_ms bigint check (left_ms >= 0),
    ended_at timestamptz,
    version integer not null,
    constraint refund_requests_due check ((status = 'running') = (due_at is not null)),
    constraint refund_requests_left check ((status = 'suspended') = (left_ms is not null)),
    constraint refund_requests_ended
      check ((status in ('approved', 'silent', 'settled')) = (ended_at is not null)),
    constraint refund_requests_statement check ((statement_hash is null) = (statement_sealed is null))
  )`,
  'create index refund_requests_agreement on refund_requests (agreement_id)',
  'create index refund_requests_due_at on refund_requests (due_at) where due_at is not null',
  `create index refund_requests_waiting on refund_requests (id) where status in ('unproven', 'stopped')`,
  `alter table milestones add constraint milestones_refund_request_known
    foreign key (refund_request_id) references refund_requests (id) deferrable initially deferred`,
  `alter table refunds add constraint refunds_refund_request_known
    foreign key (refund_request_id) references refund_requests (id)`,
  `create table notice_proofs (
    id uuid primary key,
    deadline_kind text not null check (deadline_kind in ('refund.silence')),
    deadline_id uuid not null,
    account_id text not null,
    proven_at timestamptz not null,
    version integer not null
  )`,
  'create index notice_proofs_deadline on notice_proofs (deadline_id)',
];

/** A draw may take back several releases, and a refund keeps which lots it goes back to (E-19, E-25). */
const draws = [
  'alter table refunds drop constraint refunds_drawn, drop column release_id, add column drawn_shares jsonb',
  `alter table refunds add constraint refunds_drawn
    check (num_nulls(transfer_id, net_minor, freelancer_fee_minor, drawn_shares) in (0, 4))`,
];

/** Two persons decide (S-11). */
const decisions = [
  `create table refund_decisions (
    id uuid primary key,
    refund_id uuid not null references refunds (id),
    attempt integer not null check (attempt > 0),
    decision text not null check (decision in ('retry', 'reverse')),
    proposed_by text not null,
    proposed_reason text not null,
    proposed_at timestamptz not null,
    approved_by text check (approved_by <> proposed_by),
    approved_reason text,
    approved_at timestamptz,
    transfer_id uuid unique,
    answered_at timestamptz,
    version integer not null,
    unique (refund_id, attempt, decision),
    constraint refund_decisions_transfer
      check ((transfer_id is null) = (decision = 'retry' or approved_at is null)),
    constraint refund_decisions_answered check (answered_at is null or transfer_id is not null),
    constraint refund_decisions_approved check (num_nulls(approved_by, approved_reason, approved_at) in (0, 3))
  )`,
];
