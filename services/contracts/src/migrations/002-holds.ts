import { Migration } from '@mikro-orm/migrations';

const words = (column: string, values: string[]): string =>
  `check (${column} in (${values.map((value) => `'${value}'`).join(', ')}))`;

const placed = [
  'identity_failed',
  'screening_blocked',
  'failed_charge',
  'chargeback',
  'scam_signals',
  'other',
];
const lifted = ['identity_verified', 'screening_cleared', 'reviewed', 'appeal', 'other'];

/** Holds on accounts, a row per cause, with who placed and lifted them and why (S-5, S-12). */
export class Migration002Holds extends Migration {
  override up(): void {
    this.addSql(`create table account_holds (
      id uuid primary key,
      account_id text not null references accounts (id),
      kind text not null ${words('kind', ['identity', 'financial', 'safety', 'closed'])},
      reason text not null ${words('reason', placed)},
      cause_id text not null check (cause_id ~ '^[A-Za-z0-9_-]{1,64}$'),
      status text not null ${words('status', ['standing', 'lifted'])},
      placed_at timestamptz not null,
      placed_by text,
      note bytea,
      lift_reason text ${words('lift_reason', lifted)},
      lifted_at timestamptz,
      lifted_by text,
      lift_note bytea,
      version integer not null,
      check ((placed_by is null) = (note is null)),
      check ((status = 'lifted') = (lifted_at is not null)),
      check ((status = 'lifted') = (lift_reason is not null)),
      check (status = 'lifted' or lifted_by is null),
      check ((lifted_by is null) = (lift_note is null))
    )`);
    this.addSql('create index account_holds_account on account_holds (account_id)');
    // One cause holds an account once at a time.
    this.addSql(`create unique index account_holds_standing on account_holds (account_id, kind, cause_id)
      where status = 'standing'`);
  }
}
