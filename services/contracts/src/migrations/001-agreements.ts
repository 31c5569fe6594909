import { commonSchema, personKeysSchema } from '@holdfast/service';
import { Migration } from '@mikro-orm/migrations';

const day = (column: string): string => `check (${column} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')`;
const hash = (column: string): string => `check (${column} ~ '^[0-9a-f]{64}$')`;
const oneOf = (column: string, words: string[]): string =>
  `check (${column} in (${words.map((word) => `'${word}'`).join(', ')}))`;

const accounts = [
  `create table accounts (
    id text primary key check (id ~ '^[A-Za-z0-9_-]{1,64}$'),
    roles jsonb not null check (jsonb_array_length(roles) between 1 and 2),
    region text not null ${oneOf('region', ['US', 'other'])},
    version integer not null
  )`,
  // Escrow's fact may come before the account is opened here: topics are not ordered among each other.
  `create table billing_methods (
    id uuid primary key,
    account_id text not null,
    kind text not null ${oneOf('kind', ['card'])},
    version integer not null
  )`,
  'create index billing_methods_account on billing_methods (account_id)',
];

const offers = [
  `create table offers (
    id uuid primary key,
    agreement_id uuid not null unique,
    client_id text not null references accounts (id),
    freelancer_id text not null references accounts (id),
    status text not null ${oneOf('status', ['sent', 'accepted', 'withdrawn', 'expired'])},
    terms_version integer not null check (terms_version > 0),
    terms_hash text not null ${hash('terms_hash')},
    due_at timestamptz,
    version integer not null,
    check ((status = 'sent') = (due_at is not null)),
    check (client_id <> freelancer_id)
  )`,
  'create index offers_due on offers (due_at) where due_at is not null',
  'create index offers_client on offers (client_id)',
  'create index offers_freelancer on offers (freelancer_id)',
  `create table offer_versions (
    id uuid primary key,
    offer_id uuid not null references offers (id),
    terms_version integer not null check (terms_version > 0),
    terms_hash text not null ${hash('terms_hash')},
    contract_type text not null ${oneOf('contract_type', ['fixed'])},
    start_date text not null ${day('start_date')},
    budget_minor bigint check (budget_minor > 0),
    milestones jsonb not null check (jsonb_array_length(milestones) between 1 and 50),
    texts bytea not null,
    sent_at timestamptz not null,
    due_at timestamptz not null check (due_at > sent_at),
    version integer not null,
    unique (offer_id, terms_version)
  )`,
];

const milestoneStates = ['agreed', 'funding_pending', 'funded', 'submitted', 'changes_requested', 'released'];
const agreements = [
  `create table agreements (
    id uuid primary key references offers (agreement_id),
    client_id text not null references accounts (id),
    freelancer_id text not null references accounts (id),
    contract_type text not null ${oneOf('contract_type', ['fixed'])},
    terms_version integer not null check (terms_version > 0),
    settings jsonb not null,
    activated_at timestamptz not null,
    version integer not null
  )`,
  `create table milestones (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    position integer not null check (position > 0),
    terms_version integer not null check (terms_version > 0),
    price_minor bigint not null check (price_minor > 0),
    due_date text not null ${day('due_date')},
    status text not null ${oneOf('status', milestoneStates)},
    held_minor bigint check (held_minor > 0),
    funding_failure text check (funding_failure is null or status = 'agreed'),
    open_submission_id uuid,
    version integer not null,
    unique (agreement_id, position),
    check ((held_minor is not null) = (status in ('funded', 'submitted', 'changes_requested'))),
    check (status <> 'submitted' or open_submission_id is not null)
  )`,
];

const submissionStates = ['sent', 'under_review', 'refused', 'changes_requested', 'approved'];
const submissions = [
  `create table submissions (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    milestone_id uuid not null references milestones (id),
    content_hash text not null ${hash('content_hash')},
    submitted_at timestamptz not null,
    status text not null ${oneOf('status', submissionStates)},
    reason text,
    review_due_at timestamptz,
    version integer not null,
    check ((status = 'refused') = (reason is not null)),
    check ((status = 'under_review') = (review_due_at is not null))
  )`,
  'create index submissions_agreement on submissions (agreement_id)',
  // At most one submission of a milestone is sent or under review.
  `create unique index submissions_open on submissions (milestone_id)
    where status in ('sent', 'under_review')`,
  `create table submission_contents (
    id uuid primary key references submissions (id),
    content bytea not null,
    version integer not null
  )`,
];

export class Migration001Agreements extends Migration {
  override up(): void {
    const statements = [
      ...commonSchema,
      ...personKeysSchema,
      ...accounts,
      ...offers,
      ...agreements,
      ...submissions,
    ];
    for (const statement of statements) this.addSql(statement);
  }
}
