import { providerNoticesSchema } from '@holdfast/providers';
import { Migration } from '@mikro-orm/migrations';

export class Migration003Withdrawals extends Migration {
  override up(): void {
    for (const statement of [...withdrawalsSchema, ...sendingSchema, ...providerNoticesSchema]) {
      this.addSql(statement);
    }
  }
}

const withdrawalsSchema = [
  `create table withdrawals (
    id uuid primary key,
    account_id text not null,
    method_id uuid not null references withdrawal_methods (id),
    provider text not null check (provider in ('bank')),
    reference text not null unique check (reference ~ '^[A-Z0-9]{8,16}$'),
    amount_minor bigint not null check (amount_minor > 0),
    fee_minor bigint not null check (fee_minor >= 0 and fee_minor < amount_minor),
    status text not null check (status in
      ('requested', 'held', 'sent', 'unknown', 'paid', 'failed', 'returned', 'cancelled')),
    hold_causes jsonb not null,
    requested_at timestamptz not null,
    cut_off_at timestamptz not null,
    arrives_by timestamptz not null,
    next_call_at timestamptz,
    reason text,
    paid_at timestamptz,
    paid_transfer_id uuid,
    returned_at timestamptz,
    back_minor bigint check (back_minor > 0),
    fee_kept boolean,
    return_transfer_id uuid,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    check (back_minor <= amount_minor - fee_minor),
    check ((status = 'held') = (hold_causes <> '[]')),
    check ((status in ('failed', 'returned')) = (reason is not null)),
    check ((paid_at is null) = (paid_transfer_id is null)),
    check (case status when 'paid' then paid_at is not null when 'returned' then true else paid_at is null end),
    check ((status = 'returned') = (returned_at is not null and back_minor is not null and fee_kept is not null)),
    check (status in ('requested', 'sent', 'unknown', 'paid') or next_call_at is null)
  )`,
  'create index withdrawals_account on withdrawals (account_id, requested_at)',
  'create index withdrawals_due on withdrawals (next_call_at) where next_call_at is not null',
  // Those that an alarm or an operator looks for: few of many.
  `create index withdrawals_waiting on withdrawals (status, cut_off_at) where status in ('requested', 'unknown')`,
  `create table attempts (
    id uuid primary key,
    key text not null unique check (key ~ '^po_[A-Z0-9]{8,16}-[0-9]{1,3}$'),
    withdrawal_id uuid not null references withdrawals (id),
    number integer not null check (number between 1 and 2),
    state text not null check (state in
      ('created', 'submitted', 'processing', 'unknown', 'paid', 'failed', 'cancelled', 'returned')),
    body text not null,
    body_sha256 text not null check (body_sha256 = encode(sha256(convert_to(body, 'UTF8')), 'hex')),
    sent_minor bigint not null check (sent_minor > 0),
    provider_reference text,
    calling_since timestamptz,
    key_since timestamptz,
    misses integer not null,
    first_miss_at timestamptz,
    failure text,
    back_minor bigint check (back_minor > 0 and back_minor <= sent_minor),
    return_reason text,
    return_watch_until timestamptz,
    review text check (review in
      ('amount_differs', 'status_unknown', 'window_over', 'not_sendable', 'contradicts')),
    resolved_by text,
    resolution text,
    version integer not null,
    unique (withdrawal_id, number),
    check ((state in ('failed', 'cancelled')) = (failure is not null)),
    check ((state = 'returned') = (back_minor is not null and return_reason is not null)),
    check ((state = 'paid') = (return_watch_until is not null)),
    check (state not in ('submitted', 'processing', 'paid', 'returned') or provider_reference is not null),
    check (state <> 'unknown' or key_since is not null),
    check (state = 'created' or calling_since is null),
    check ((resolved_by is null) = (resolution is null))
  )`,
  // W-16: one that is not proven unpaid keeps every other from even being stored.
  `create unique index attempts_one_live on attempts (withdrawal_id)
    where state not in ('failed', 'cancelled', 'returned')`,
  'create index attempts_review on attempts (id) where review is not null',
  'create index attempts_reference on attempts (provider_reference) where provider_reference is not null',
];

const sendingSchema = [
  `create table sending_stops (
    id uuid primary key,
    provider text not null check (provider in ('bank', 'all')),
    standing boolean not null,
    reason text not null,
    stopped_by text not null,
    stopped_at timestamptz not null,
    resumed_by text,
    resumed_at timestamptz,
    resume_reason text,
    next_call_at timestamptz,
    version integer not null,
    check (standing = (resumed_at is null)),
    check (standing = (resumed_by is null)),
    check (standing = (resume_reason is null))
  )`,
  'create unique index sending_stops_standing on sending_stops (provider) where standing',
  'create index sending_stops_due on sending_stops (next_call_at) where next_call_at is not null',
  `create table clearing_transfers (
    id uuid primary key,
    account_id text not null,
    withdrawal_id uuid not null references withdrawals (id),
    kind text not null check (kind in ('withdrawal_paid', 'withdrawal_returned')),
    amount_minor bigint not null check (amount_minor > 0),
    posted_at timestamptz not null,
    status text not null check (status in ('sent', 'applied')),
    version integer not null,
    unique (withdrawal_id, kind)
  )`,
  `create index clearing_transfers_unanswered on clearing_transfers (posted_at) where status = 'sent'`,
];
