/**
 * The tables of the unit of work, the relay and the consumer: the same in every service's database.
 * `outbox` has the columns that the Debezium outbox event router expects (AD-10), plus ours. Answers are `json`, not
 * `jsonb`, so that a repeat gets the first answer to the byte.
 */
export const messagingSchema = [
  `create table inbox (
    command text not null,
    message_id text not null,
    fingerprint text not null,
    answer json,
    refusal json,
    recorded_at timestamptz not null default clock_timestamp(),
    primary key (command, message_id)
  )`,
  `create table outbox (
    seq bigint generated always as identity primary key,
    id uuid not null unique,
    aggregatetype text not null,
    aggregateid text not null,
    type text not null,
    payload jsonb not null,
    headers jsonb not null,
    partition smallint not null,
    occurred_at timestamptz not null default clock_timestamp()
  )`,
  `create table event_sequences (
    subject text primary key,
    last_sequence bigint not null,
    message_key text not null,
    partition smallint not null,
    correlation_id text not null,
    traceparent text
  )`,
  `create table parked_messages (
    id bigint generated always as identity primary key,
    consumer_group text not null,
    topic text not null,
    message_key text not null,
    partition smallint not null,
    record_offset bigint not null,
    message_id text not null,
    kind text not null check (kind in ('waiting', 'failed')),
    cause text not null,
    headers jsonb not null,
    value bytea,
    attempts integer not null default 0,
    parked_at timestamptz not null default clock_timestamp(),
    next_attempt_at timestamptz not null default clock_timestamp(),
    unique (consumer_group, topic, partition, record_offset)
  )`,
  'create index parked_messages_key on parked_messages (consumer_group, topic, message_key, id)',
  `create table redrives (
    id uuid primary key,
    consumer_group text not null,
    topic text not null,
    message_key text not null,
    redriven_by text not null,
    reason text not null,
    applied integer not null,
    left_over integer not null,
    redriven_at timestamptz not null default clock_timestamp()
  )`,
  `create table watermarks (
    topic text not null,
    partition smallint not null,
    instant timestamptz not null,
    primary key (topic, partition)
  )`,
];

/** What the service's login role may do with them: nothing more (least privilege). */
export const messagingGrants: Readonly<Record<string, string>> = {
  inbox: 'select, insert, update (answer, refusal)',
  outbox: 'select, insert, delete',
  event_sequences: 'select, insert, update',
  parked_messages: 'select, insert, update, delete',
  redrives: 'select, insert',
  watermarks: 'select, insert, update',
};
