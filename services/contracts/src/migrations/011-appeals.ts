import { Migration } from '@mikro-orm/migrations';

/** Appeals against holds (S-11). */
export class Migration011Appeals extends Migration {
  override up(): void {
    this.addSql(`create table hold_appeals (
      id uuid primary key,
      hold_id uuid not null references account_holds (id),
      account_id text not null references accounts (id),
      status text not null check (status in ('open', 'upheld', 'refused', 'moot')),
      note bytea not null,
      opened_at timestamptz not null,
      decided_by text check (decided_by <> account_id),
      decision_note bytea,
      refusal text check (refusal in ('cause_stands', 'proof_missing', 'other')),
      again_at timestamptz,
      ended_at timestamptz,
      version integer not null,
      check ((status = 'open') = (ended_at is null)),
      check ((status in ('upheld', 'refused')) = (decided_by is not null)),
      check ((decided_by is null) = (decision_note is null)),
      check ((status = 'refused') = (refusal is not null)),
      check ((status = 'refused') = (again_at is not null))
    )`);
    this.addSql('create index hold_appeals_hold on hold_appeals (hold_id)');
    this.addSql(`create unique index hold_appeals_open on hold_appeals (hold_id) where status = 'open'`);
  }
}
