import { personKeysSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

export class Migration002Methods extends Migration {
  override up(): void {
    for (const statement of [...personKeysSchema, ...personSchema, ...methodSchema]) this.addSql(statement);
  }
}

const personSchema = [
  `create table persons (
    id text primary key,
    identity text not null check (identity in ('unverified', 'requested', 'in_review', 'verified', 'failed')),
    identity_due_at timestamptz,
    name_sealed bytea,
    tax_form text check (tax_form in ('W-9', 'W-8BEN')),
    tax_form_status text not null check (tax_form_status in ('missing', 'on_file', 'rejected')),
    tax_form_at timestamptz,
    version integer not null,
    check ((identity = 'requested') = (identity_due_at is not null)),
    check ((identity = 'verified') = (name_sealed is not null)),
    check ((tax_form_status = 'missing') = (tax_form is null)),
    check ((tax_form is null) = (tax_form_at is null))
  )`,
  'create index persons_identity_due on persons (identity_due_at) where identity_due_at is not null',
  `create table account_holds (
    id uuid primary key,
    account_id text not null references persons (id),
    kind text not null check (kind in ('identity', 'financial', 'safety', 'closed')),
    standing boolean not null,
    placed_at timestamptz not null,
    version integer not null
  )`,
  'create index account_holds_account on account_holds (account_id)',
  `create table account_changes (
    id uuid primary key,
    account_id text not null references persons (id),
    what text not null check (what in ('identity', 'tax_form', 'screening')),
    method_id uuid,
    value text not null,
    changed_by text not null,
    reason_sealed bytea not null,
    changed_at timestamptz not null,
    version integer not null,
    check ((what = 'screening') = (method_id is not null))
  )`,
  'create index account_changes_account on account_changes (account_id)',
];

const methodSchema = [
  `create table withdrawal_methods (
    id uuid primary key,
    account_id text not null references persons (id),
    kind text not null check (kind in ('ach')),
    status text not null check (status in ('added', 'active', 'removed', 'disabled')),
    details_sealed bytea not null,
    last_four text not null check (last_four ~ '^[0-9]{4}$'),
    cooling_until timestamptz not null,
    cooling_due_at timestamptz,
    screening text not null check (screening in ('pending', 'clear', 'review', 'blocked')),
    screening_id uuid not null unique,
    screened_at timestamptz,
    screening_decided boolean not null,
    provider_account_id text,
    next_call_at timestamptz,
    disabled_reason text check (disabled_reason in
      ('name_mismatch', 'screening', 'bad_details', 'refused_by_bank')),
    correlation_id text not null,
    traceparent text,
    version integer not null,
    check ((screening = 'pending') = (screened_at is null)),
    check (screening <> 'pending' or not screening_decided),
    check ((status = 'disabled') = (disabled_reason is not null)),
    check (status = 'added' or (cooling_due_at is null and next_call_at is null)),
    check (status <> 'active' or provider_account_id is not null)
  )`,
  'create index withdrawal_methods_account on withdrawal_methods (account_id)',
  `create index withdrawal_methods_cooling_due on withdrawal_methods (cooling_due_at)
    where cooling_due_at is not null`,
  `create index withdrawal_methods_call_due on withdrawal_methods (next_call_at)
    where next_call_at is not null`,
];
