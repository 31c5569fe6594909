import { Migration } from '@mikro-orm/migrations';

/** What the client asks back of paid money, and what support takes back of it (E-18). */
export class Migration018PaidRefunds extends Migration {
  override up(): void {
    for (const statement of [...requests, ...support]) this.addSql(statement);
  }
}

const requests = [
  `create table paid_refund_requests (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    milestone_id uuid references milestones (id),
    bonus_id uuid references bonuses (id),
    status text not null check (status in ('open', 'given', 'declined', 'lapsed')),
    amount_minor bigint not null check (amount_minor > 0),
    asked_at timestamptz not null,
    open_until timestamptz not null,
    transfer_id uuid,
    ended_at timestamptz,
    version integer not null,
    constraint paid_refund_requests_of check (num_nonnulls(milestone_id, bonus_id) = 1),
    constraint paid_refund_requests_given check ((status = 'given') = (transfer_id is not null)),
    constraint paid_refund_requests_ended check ((status = 'open') = (ended_at is null)),
    constraint paid_refund_requests_one
      exclude (coalesce(milestone_id, bonus_id) with =) where (status = 'open') deferrable initially deferred
  )`,
  'create index paid_refund_requests_agreement on paid_refund_requests (agreement_id)',
  'create index paid_refund_requests_transfer on paid_refund_requests (transfer_id)',
];

/** Above the limit two persons decide (S-11). */
const support = [
  `create table support_refunds (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    milestone_id uuid references milestones (id),
    bonus_id uuid references bonuses (id),
    amount_minor bigint not null check (amount_minor > 0),
    total_minor bigint not null check (total_minor >= amount_minor),
    proposed_by text not null,
    proposed_reason bytea not null,
    proposed_at timestamptz not null,
    approved_by text check (approved_by <> proposed_by),
    approved_reason bytea,
    approved_at timestamptz,
    transfer_id uuid unique,
    version integer not null,
    constraint support_refunds_of check (num_nonnulls(milestone_id, bonus_id) = 1),
    constraint support_refunds_approved check (num_nulls(approved_by, approved_reason, approved_at) in (0, 3)),
    constraint support_refunds_drawn check (approved_at is null or transfer_id is not null)
  )`,
  'create index support_refunds_milestone on support_refunds (milestone_id)',
  'create index support_refunds_bonus on support_refunds (bonus_id)',
  `create unique index support_refunds_proposed on support_refunds (milestone_id, bonus_id, amount_minor)
    nulls not distinct where transfer_id is null`,
];
