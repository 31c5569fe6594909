import { Migration } from '@mikro-orm/migrations';

/** What escrow says about milestones and agreements, kept whole (section 2 of docs/domain-rules.md). */
export class Migration003Agreements extends Migration {
  override up(): void {
    for (const statement of [
      ...holds,
      ...offers,
      ...agreements,
      ...milestones,
      ...submissions,
      ...amendments,
      ...matters,
      ...paymentRequests,
    ])
      this.addSql(statement);
  }
}

const oneOf = (column: string, words: string[]): string =>
  `check (${column} in (${words.map((word) => `'${word}'`).join(', ')}))`;

/** Unnamed checks of earlier migrations, found by what they say. */
const dropChecks = (table: string, saying: string): string => `do $$ declare found text; begin
  for found in select conname from pg_constraint where conrelid = '${table}'::regclass and contype = 'c'
    and pg_get_constraintdef(oid) like '%${saying}%'
  loop execute format('alter table ${table} drop constraint %I', found); end loop;
end $$`;

const liftReasons = [
  ...['identity_verified', 'screening_cleared', 'chargeback_won'],
  ...['reviewed', 'appeal', 'other'],
];
const holds = [
  dropChecks('account_holds', 'identity_verified'),
  `alter table account_holds add constraint account_holds_lift_reason
    ${oneOf('lift_reason', liftReasons)}`,
  `create index account_holds_cause on account_holds (cause_id) where status = 'standing'`,
];

const offers = [
  dropChecks('offers', 'status'),
  `alter table offers
    add constraint offers_status check (status in
      ('sent', 'changes_requested', 'accepted', 'declined', 'withdrawn', 'expired')),
    add constraint offers_open check ((status in ('sent', 'changes_requested')) = (due_at is not null))`,
  `alter table offer_versions
    add column funding_mode text not null default 'one_at_a_time'
      ${oneOf('funding_mode', ['one_at_a_time', 'project_upfront'])}`,
  'alter table offer_versions alter column funding_mode drop default',
  `create table offer_change_requests (
    id uuid primary key,
    offer_id uuid not null references offers (id),
    terms_version integer not null check (terms_version > 0),
    reason_hash text not null check (reason_hash ~ '^[0-9a-f]{64}$'),
    reason bytea not null,
    requested_at timestamptz not null,
    version integer not null,
    unique (offer_id, terms_version)
  )`,
];

const agreements = [
  `alter table agreements
    add column status text not null default 'active'
      ${oneOf('status', ['active', 'paused', 'closing', 'ended'])},
    add column paused_at timestamptz,
    add column closing_by text ${oneOf('closing_by', ['client', 'freelancer'])},
    add column closing_at timestamptz,
    add column left_minor bigint check (left_minor >= 0),
    add column left_items jsonb,
    add column ended_at timestamptz`,
  `alter table agreements
    alter column status drop default,
    add constraint agreements_paused check ((status = 'paused') = (paused_at is not null)),
    add constraint agreements_closing check ((status in ('closing', 'ended')) = (closing_at is not null)),
    add constraint agreements_closing_by check ((closing_at is null) = (closing_by is null)),
    add constraint agreements_left check (left_items is null or (status = 'closing' and left_minor is not null)),
    add constraint agreements_ended check ((status = 'ended') = (ended_at is not null))`,
  'create index agreements_client on agreements (client_id)',
  'create index agreements_freelancer on agreements (freelancer_id)',
];

const holding = ['funded', 'submitted', 'changes_requested', 'refund_pending'];
const settled = ['released', 'refunding', 'refund_failed', 'refunded', 'split', 'charged_back', 'cancelled'];
const isHolding = `status in (${holding.map((word) => `'${word}'`).join(', ')})`;

const milestones = [
  dropChecks('milestones', 'status'),
  `alter table milestones
    add column freezes jsonb not null default '[]' check (jsonb_typeof(freezes) = 'array'),
    add column under_review boolean not null default false,
    add column refund_request_id uuid,
    add column refund_due_at timestamptz`,
  `update milestones set under_review = true where status = 'submitted'`,
  `alter table milestones
    add constraint milestones_status
      ${oneOf('status', ['agreed', 'funding_pending', ...holding, ...settled])},
    add constraint milestones_funding_failure check (funding_failure is null or status = 'agreed'),
    add constraint milestones_held check ((held_minor is not null) = (${isHolding})),
    add constraint milestones_frozen check (freezes = '[]' or ${isHolding}),
    add constraint milestones_submitted check (status <> 'submitted' or under_review),
    add constraint milestones_under_review check
      (not under_review or (open_submission_id is not null and status in ('submitted', 'refund_pending'))),
    add constraint milestones_refund_request check
      ((status = 'refund_pending') = (refund_request_id is not null)),
    add constraint milestones_refund_due check (refund_due_at is null or status = 'refund_pending')`,
];

const submissions = [
  dropChecks('submissions', 'status'),
  'alter table submissions add column review_left_ms bigint check (review_left_ms >= 0)',
  `alter table submissions
    add constraint submissions_status check (status in
      ('sent', 'under_review', 'refused', 'changes_requested', 'approved', 'superseded')),
    add constraint submissions_reason check ((status = 'refused') = (reason is not null)),
    add constraint submissions_review check
      ((status = 'under_review') = (review_due_at is not null or review_left_ms is not null)),
    add constraint submissions_one_review check (review_due_at is null or review_left_ms is null)`,
];

const day = (column: string): string => `check (${column} ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')`;

const amendments = [
  // Two milestones change places in one transaction.
  `alter table milestones
    drop constraint milestones_agreement_id_position_key,
    add constraint milestones_place unique (agreement_id, position) deferrable initially deferred`,
  `create table amendments (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    proposed_by text not null ${oneOf('proposed_by', ['client', 'freelancer'])},
    terms_version integer not null check (terms_version > 1),
    terms_hash text not null check (terms_hash ~ '^[0-9a-f]{64}$'),
    changes jsonb not null check (jsonb_array_length(changes) between 1 and 50),
    proposed_at timestamptz not null,
    status text not null ${oneOf('status', ['proposed', 'waiting', 'applied', 'lapsed'])},
    reason text ${oneOf('reason', ['expired', 'declined', 'withdrawn', 'refused_by_escrow'])},
    due_at timestamptz,
    version integer not null,
    check ((status = 'proposed') = (due_at is not null)),
    check ((status = 'lapsed') = (reason is not null))
  )`,
  'create index amendments_due on amendments (due_at) where due_at is not null',
  'create index amendments_agreement on amendments (agreement_id)',
  `create unique index amendments_open on amendments (agreement_id) where status in ('proposed', 'waiting')`,
  `create table amendment_texts (
    id uuid primary key references amendments (id),
    texts bytea not null,
    version integer not null
  )`,
  `create table milestone_versions (
    id uuid primary key,
    milestone_id uuid not null references milestones (id),
    agreement_id uuid not null references agreements (id),
    terms_version integer not null check (terms_version > 0),
    price_minor bigint not null check (price_minor > 0),
    due_date text not null ${day('due_date')},
    amendment_id uuid references amendments (id),
    text_index integer not null check (text_index >= 0),
    agreed_at timestamptz not null,
    version integer not null,
    unique (milestone_id, terms_version)
  )`,
  'create index milestone_versions_agreement on milestone_versions (agreement_id)',
  `insert into milestone_versions
    (id, milestone_id, agreement_id, terms_version, price_minor, due_date, text_index, agreed_at, version)
    select gen_random_uuid(), m.id, m.agreement_id, m.terms_version, m.price_minor, m.due_date, m.position - 1,
      a.activated_at, 1
    from milestones m join agreements a on a.id = m.agreement_id`,
];

const matterStates = [
  ...['drawing', 'refunding', 'refunded', 'refund_failed', 'refused', 'reversed'],
  ...['warned', 'received', 'contested', 'accepted', 'won', 'lost'],
  ...['charged', 'charge_failed', 'released'],
  ...['client_asked', 'freelancer_asked', 'release_requested', 'cancelled'],
];
const matters = [
  `create table agreement_matters (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    kind text not null ${oneOf('kind', ['refund', 'chargeback', 'bonus', 'dormancy'])},
    status text not null ${oneOf('status', matterStates)},
    milestone_id uuid references milestones (id),
    amount_minor bigint check (amount_minor >= 0),
    due_at timestamptz,
    version integer not null
  )`,
  'create index agreement_matters_agreement on agreement_matters (agreement_id)',
];

const paymentRequests = [
  `create table payment_requests (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    milestone_ids jsonb not null check (jsonb_array_length(milestone_ids) between 1 and 200),
    requested_at timestamptz not null,
    version integer not null
  )`,
  'create index payment_requests_agreement on payment_requests (agreement_id)',
];
