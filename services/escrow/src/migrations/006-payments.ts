import { Migration } from '@mikro-orm/migrations';

/** Parts, roll-over, charges for several milestones, bonuses and tax (E-2, E-8 to E-11, P-4, P-12). */
export class Migration006Payments extends Migration {
  override up(): void {
    for (const statement of [...milestones, ...fundings, ...lots, ...bonuses, ...accounts]) {
      this.addSql(statement);
    }
  }
}

const milestones = [
  'alter table milestones add column client_fee_held_minor bigint not null default 0',
  // Nothing had been released in part so far.
  'update milestones set client_fee_held_minor = client_fee_minor where held_minor > 0',
  `alter table milestones
    add constraint milestones_fee_held check (client_fee_held_minor between 0 and client_fee_minor)`,
  // The client reorders by one fact per milestone: two share a position in between.
  'alter table milestones drop constraint milestones_agreement_id_position_key',
];

const fundings = [
  `alter table fundings
    alter column milestone_id drop not null,
    add column bonus_id uuid,
    add column tax_minor bigint not null default 0 check (tax_minor >= 0),
    add column pays boolean not null default false,
    add column roll_from uuid references milestones (id),
    add column roll_minor bigint not null default 0 check (roll_minor >= 0)`,
  `do $$ declare found text; begin
    for found in select conname from pg_constraint where conrelid = 'fundings'::regclass and contype = 'c'
      and pg_get_constraintdef(oid) like '%total_minor = %'
    loop execute format('alter table fundings drop constraint %I', found); end loop;
  end $$`,
  `alter table fundings
    add constraint fundings_total check
      (total_minor = principal_minor + client_fee_minor + initiation_fee_minor + tax_minor),
    add constraint fundings_pays_for check ((milestone_id is null) <> (bonus_id is null)),
    add constraint fundings_pays check (not pays or milestone_id is not null),
    add constraint fundings_roll check ((roll_from is null) = (roll_minor = 0))`,
  // An agreement has one living charge for milestones, whatever its mode (E-2); bonuses stand beside it (E-10). Looked
  // at when the transaction ends: the next method may take the place of the one that was declined (P-1).
  `alter table fundings add constraint fundings_one_of_agreement exclude using btree (agreement_id with =)
    where (status in ('waiting', 'awaiting_payer') and bonus_id is null) deferrable initially deferred`,
  `create table funding_shares (
    id uuid primary key,
    funding_id uuid not null references fundings (id) deferrable initially deferred,
    milestone_id uuid not null references milestones (id) deferrable initially deferred,
    terms_version integer not null,
    principal_minor bigint not null check (principal_minor > 0),
    client_fee_minor bigint not null check (client_fee_minor >= 0),
    tax_minor bigint not null check (tax_minor >= 0),
    version integer not null,
    unique (funding_id, milestone_id)
  )`,
  'create index funding_shares_milestone on funding_shares (milestone_id)',
  `insert into funding_shares
    select gen_random_uuid(), id, milestone_id, terms_version, principal_minor, client_fee_minor, 0, 1
    from fundings`,
];

const lots = [
  `alter table lots
    alter column milestone_id drop not null,
    add column bonus_id uuid,
    drop constraint lots_principal_minor_check`,
  // What rolls over leaves its lot, with its fee and tax: nothing may be left of it.
  `alter table lots
    add constraint lots_principal check (principal_minor >= 0),
    add constraint lots_pays_for check ((milestone_id is null) <> (bonus_id is null))`,
  'create index lots_funding on lots (funding_id)',
];

const bonuses = [
  `create table bonuses (
    id uuid primary key,
    agreement_id uuid not null references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    funding_id uuid not null references fundings (id) deferrable initially deferred,
    amount_minor bigint not null check (amount_minor > 0),
    status text not null check (status in ('charging', 'released', 'failed')),
    transfer_id uuid references transfers (id) deferrable initially deferred,
    version integer not null,
    check ((status = 'released') = (transfer_id is not null))
  )`,
  'create index bonuses_agreement on bonuses (agreement_id)',
];

const accounts = [
  `create table accounts (
    id text primary key,
    region text not null check (region in ('US', 'other')),
    version integer not null
  )`,
];
