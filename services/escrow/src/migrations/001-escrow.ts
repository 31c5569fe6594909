import { commonSchema, journalsSchema, personKeysSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

export class Migration001Escrow extends Migration {
  override up(): void {
    for (const statement of [
      ...commonSchema,
      ...journalsSchema,
      ...personKeysSchema,
      ...agreementSchema,
      ...payInSchema,
    ]) {
      this.addSql(statement);
    }
  }
}

const agreementSchema = [
  `create table agreements (
    id uuid primary key,
    client_id text not null,
    freelancer_id text not null,
    settings jsonb not null,
    initiation_fee text not null check (initiation_fee in ('due', 'held', 'earned')),
    initiation_fee_minor bigint not null check (initiation_fee_minor >= 0),
    version integer not null,
    check (client_id <> freelancer_id)
  )`,
  `create table milestones (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    position integer not null,
    terms_version integer not null,
    price_minor bigint not null check (price_minor > 0),
    status text not null check (status in
      ('agreed', 'funding_pending', 'funded', 'submitted', 'changes_requested', 'released')),
    funding_id uuid,
    held_minor bigint not null check (held_minor >= 0 and held_minor <= principal_minor),
    principal_minor bigint not null,
    client_fee_minor bigint not null check (client_fee_minor >= 0),
    submission_id uuid,
    review_due_at timestamptz,
    version integer not null,
    unique (agreement_id, position),
    check ((status = 'funding_pending') = (funding_id is not null)),
    check ((status = 'submitted') = (review_due_at is not null)),
    check (status in ('funded', 'submitted', 'changes_requested') or held_minor = 0)
  )`,
  // One at a time (E-2): the second guard of the rule.
  `create unique index milestones_one_at_a_time on milestones (agreement_id)
    where status in ('funding_pending', 'funded', 'submitted', 'changes_requested')`,
  'create index milestones_review_due on milestones (review_due_at) where review_due_at is not null',
  `create table freezes (
    id uuid primary key,
    milestone_id uuid not null references milestones (id),
    cause text not null check (cause in ('case', 'chargeback', 'safety_hold')),
    cause_id text not null,
    amount_minor bigint not null check (amount_minor > 0),
    version integer not null,
    unique (milestone_id, cause, cause_id)
  )`,
  `create table transfers (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    milestone_id uuid not null references milestones (id),
    net_minor bigint not null check (net_minor > 0),
    status text not null check (status in ('sent', 'credited', 'matured')),
    released_at timestamptz not null,
    available_at timestamptz,
    version integer not null
  )`,
  'create index transfers_agreement on transfers (agreement_id)',
  `create index transfers_unmatched on transfers (released_at) where status = 'sent'`,
];

const payInSchema = [
  `create table billing_methods (
    id uuid primary key,
    account_id text not null,
    kind text not null check (kind in ('card')),
    status text not null check (status in ('verifying', 'verified', 'refused')),
    token text not null,
    customer_id text,
    setup_id text,
    provider_method text,
    payer_url text,
    refusal text,
    mandate_at timestamptz,
    next_call_at timestamptz,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    check ((status = 'verified') = (mandate_at is not null))
  )`,
  'create index billing_methods_account on billing_methods (account_id)',
  'create index billing_methods_setup on billing_methods (setup_id)',
  'create index billing_methods_due on billing_methods (next_call_at) where next_call_at is not null',
  `create table fundings (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    milestone_id uuid not null references milestones (id) deferrable initially deferred,
    client_id text not null,
    freelancer_id text not null,
    method_id uuid references billing_methods (id),
    terms_version integer not null,
    unattended boolean not null,
    status text not null check (status in ('waiting', 'awaiting_payer', 'succeeded', 'failed', 'in_review')),
    step text check (step in ('create', 'confirm', 'read', 'cancel')),
    principal_minor bigint not null check (principal_minor > 0),
    client_fee_minor bigint not null check (client_fee_minor >= 0),
    initiation_fee_minor bigint not null check (initiation_fee_minor >= 0),
    total_minor bigint not null
      check (total_minor = principal_minor + client_fee_minor + initiation_fee_minor),
    create_body text not null,
    confirm_body text not null,
    intent_id text unique,
    confirm_sent boolean not null,
    misses integer not null,
    first_miss_at timestamptz,
    key_since timestamptz not null,
    ending text check (ending in ('declined', 'payer_needed', 'expired', 'method_unusable')),
    payer_url text,
    next_call_at timestamptz,
    expires_at timestamptz,
    correlation_id text not null,
    traceparent text,
    version integer not null,
    check ((status = 'waiting') = (next_call_at is not null)),
    check ((status = 'waiting') = (step is not null)),
    check (status <> 'failed' or ending is not null),
    check (status in ('waiting', 'awaiting_payer') or expires_at is null)
  )`,
  // A milestone has one living funding: a second charge cannot even be stored.
  `create unique index fundings_one_alive on fundings (milestone_id)
    where status in ('waiting', 'awaiting_payer')`,
  'create index fundings_agreement on fundings (agreement_id)',
  'create index fundings_due on fundings (next_call_at) where next_call_at is not null',
  'create index fundings_expiry on fundings (expires_at) where expires_at is not null',
  `create table lots (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    milestone_id uuid not null references milestones (id),
    funding_id uuid not null references fundings (id),
    charge_reference text not null,
    method_id uuid,
    sub_account text not null,
    principal_minor bigint not null check (principal_minor > 0),
    client_fee_minor bigint not null check (client_fee_minor >= 0),
    initiation_fee_minor bigint not null check (initiation_fee_minor >= 0),
    tax_minor bigint not null check (tax_minor >= 0),
    principal_left_minor bigint not null check (principal_left_minor between 0 and principal_minor),
    client_fee_left_minor bigint not null check (client_fee_left_minor between 0 and client_fee_minor),
    charged_at timestamptz not null,
    version integer not null,
    unique (funding_id, milestone_id)
  )`,
  'create index lots_milestone on lots (milestone_id)',
  `create table provider_notices (
    id uuid primary key,
    provider text not null,
    event_id text not null,
    event_type text not null,
    object_id text not null,
    received_at timestamptz not null,
    next_call_at timestamptz,
    version integer not null,
    unique (provider, event_id)
  )`,
  'create index provider_notices_due on provider_notices (next_call_at) where next_call_at is not null',
  `create table change_requests (
    id uuid primary key,
    milestone_id uuid not null references milestones (id),
    submission_id uuid not null,
    client_id text not null,
    reason_sealed bytea not null,
    requested_at timestamptz not null,
    version integer not null
  )`,
];
