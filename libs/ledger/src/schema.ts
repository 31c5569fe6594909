/**
 * The ledger's tables: append-only journals and entries, and stored balances for the accounts that may never be on the
 * wrong side of zero. The database itself refuses an unbalanced journal (M-1),
 * a change or a deletion (M-9, AD-17).
 */
export const journalsSchema: readonly string[] = [
  `create table journals (
    id uuid primary key,
    position bigint generated always as identity unique,
    kind text not null,
    cause_id text not null,
    currency text not null,
    agreement_id uuid,
    account_id text,
    transfer_id uuid,
    reverses uuid references journals (id),
    value_date timestamptz not null,
    posted_at timestamptz not null,
    recorded_at timestamptz not null default clock_timestamp(),
    unique (cause_id, kind)
  )`,
  'create index journals_agreement on journals (agreement_id, position)',
  'create index journals_account on journals (account_id, position)',
  'create index journals_transfer on journals (transfer_id) where transfer_id is not null',
  `create table entries (
    journal_id uuid not null references journals (id),
    line smallint not null,
    account text not null,
    sub_account text not null default '',
    amount_minor bigint not null check (amount_minor <> 0),
    primary key (journal_id, line)
  )`,
  'create index entries_account on entries (account, sub_account)',
  `create table balances (
    account text not null,
    sub_account text not null,
    amount_minor bigint not null check (amount_minor >= 0),
    primary key (account, sub_account)
  )`,
  `create function refuse_change() returns trigger language plpgsql as $$
  begin
    raise exception 'ledger rows are never changed or deleted (M-9)' using errcode = 'restrict_violation';
  end $$`,
  `create trigger journals_append_only before update or delete on journals
    for each row execute function refuse_change()`,
  `create trigger entries_append_only before update or delete on entries
    for each row execute function refuse_change()`,
  'create trigger journals_no_truncate before truncate on journals execute function refuse_change()',
  'create trigger entries_no_truncate before truncate on entries execute function refuse_change()',
  // Only this transaction's own journals take entries: a balanced pair slipped under an old journal is refused too.
  `create function check_journal() returns trigger language plpgsql as $$
  begin
    if (select sum(amount_minor) from entries where journal_id = new.journal_id) <> 0 then
      raise exception 'journal % does not sum to zero (M-1)', new.journal_id using errcode = 'check_violation';
    end if;
    if not exists (select 1 from journals where id = new.journal_id and xmin = pg_current_xact_id()::xid) then
      raise exception 'journal % is closed (M-9)', new.journal_id using errcode = 'restrict_violation';
    end if;
    return null;
  end $$`,
  `create constraint trigger entries_sum_to_zero after insert on entries deferrable initially deferred
    for each row execute function check_journal()`,
];

/** The chain of seals over the journals (AD-17), and the way to the journals of one kind. */
export const sealsSchema: readonly string[] = [
  // `below`: every journal whose position is below it was sealed by then, or will never be there (its number went lost).
  `create table seals (
    number bigint primary key check (number > 0),
    journal_id uuid not null unique references journals (id),
    hash bytea not null check (length(hash) = 32),
    below bigint not null,
    sealed_at timestamptz not null default clock_timestamp()
  )`,
  `create trigger seals_append_only before update or delete on seals
    for each row execute function refuse_change()`,
  'create trigger seals_no_truncate before truncate on seals execute function refuse_change()',
  'create index journals_kind on journals (kind, position)',
];

export const ledgerSchema: readonly string[] = [...journalsSchema, ...sealsSchema];

export const ledgerGrants: Readonly<Record<string, string>> = {
  journals: 'select, insert',
  entries: 'select, insert',
  balances: 'select, insert, update (amount_minor)',
  seals: 'select, insert',
};
