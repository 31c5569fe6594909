import { Migration } from '@mikro-orm/migrations';

/** Ways to pay in beside the card, in an order that the client chooses (P-1, P-2, P-16). */
export class Migration008Methods extends Migration {
  override up(): void {
    for (const statement of [...methods, ...fundings]) this.addSql(statement);
  }
}

/** Unnamed checks of earlier migrations, found by what they say. */
const dropChecks = (table: string, saying: string): string => `do $$ declare found text; begin
  for found in select conname from pg_constraint where conrelid = '${table}'::regclass and contype = 'c'
    and pg_get_constraintdef(oid) like '%${saying}%'
  loop execute format('alter table ${table} drop constraint %I', found); end loop;
end $$`;

const kinds = `('card', 'paypal', 'bank')`;

const methods = [
  dropChecks('billing_methods', 'kind'),
  dropChecks('billing_methods', 'status'),
  `alter table billing_methods
    alter column token drop not null,
    add column mandate_version text,
    add column mandate_scope text,
    add column rank integer,
    add column added_at timestamptz not null default now(),
    add column removed_at timestamptz`,
  'alter table billing_methods alter column added_at drop default',
  `update billing_methods m set mandate_version = '1', mandate_scope = 'agreed_charges', rank = r.place
    from (select id, row_number() over (partition by account_id order by id) as place from billing_methods
      where status = 'verified') r
    where r.id = m.id`,
  `alter table billing_methods
    add constraint billing_methods_kind check (kind in ${kinds}),
    add constraint billing_methods_status check (status in ('verifying', 'verified', 'refused', 'removed')),
    add constraint billing_methods_token check ((kind = 'paypal') = (token is null)),
    add constraint billing_methods_verified check (status <> 'verified' or (mandate_at is not null
      and rank is not null and provider_method is not null)),
    add constraint billing_methods_mandate check
      ((mandate_at is null) = (mandate_version is null) and (mandate_at is null) = (mandate_scope is null)),
    add constraint billing_methods_removed check ((status = 'removed') = (removed_at is not null)),
    add constraint billing_methods_due check (status = 'verifying' or next_call_at is null)`,
];

const fundings = [
  `alter table fundings add column kind text not null default 'card'
    constraint fundings_kind check (kind in ${kinds})`,
  'alter table fundings alter column kind drop default',
  // A milestone has one living funding (P-3). Looked at when the transaction ends: the next method may take the place
  // of the one that was declined.
  'drop index fundings_one_alive',
  `alter table fundings add constraint fundings_one_alive exclude using btree (milestone_id with =)
    where (status in ('waiting', 'awaiting_payer')) deferrable initially deferred`,
];
