import { Migration } from '@mikro-orm/migrations';
import { staffTurnId } from '../tables/staff-decision.table.ts';

/** Decisions of the staff that two persons make above a limit (S-11). */
export class Migration021Staff extends Migration {
  override up(): void {
    this.addSql(`create table staff_decisions (
      id uuid primary key,
      kind text not null check (kind in ('top_up', 'sweep', 'settle_card', 'accept_chargeback')),
      chargeback_id uuid references chargebacks (id),
      amount_minor bigint not null check (amount_minor > 0),
      status text not null check (status in ('proposed', 'replaced', 'decided')),
      proposed_by text not null,
      proposed_reason bytea not null,
      proposed_at timestamptz not null,
      lapses_at timestamptz not null,
      approved_by text check (approved_by <> proposed_by),
      approved_reason bytea,
      decided_at timestamptz,
      alone_on text check (alone_on ~ '^\\d{4}-\\d\\d-\\d\\d$'),
      version integer not null,
      constraint staff_decisions_of check ((kind = 'accept_chargeback') = (chargeback_id is not null)),
      constraint staff_decisions_decided check ((status = 'decided') = (decided_at is not null)),
      constraint staff_decisions_approved check (num_nulls(approved_by, approved_reason) in (0, 2)),
      constraint staff_decisions_persons
        check (num_nonnulls(approved_by, alone_on) = case status when 'decided' then 1 else 0 end),
      constraint staff_decisions_one_open
        exclude ((coalesce(chargeback_id::text, kind)) with =) where (status = 'proposed')
        deferrable initially deferred
    )`);
    this.addSql('create index staff_decisions_alone on staff_decisions (alone_on)');
    this.addSql('create table staff_turns (id uuid primary key, version integer not null)');
    this.addSql(`insert into staff_turns values ('${staffTurnId}', 1)`);
  }
}
