import { Migration } from '@mikro-orm/migrations';

/** How long nothing has happened under an agreement (E-20); the agreements that are known count from here on. */
export class Migration017Dormancy extends Migration {
  override up(): void {
    for (const statement of [...settings, ...dormancies, ...proofs]) this.addSql(statement);
  }
}

/** Agreements from before the setting get what it was when it came. */
const settings = [
  `update agreements set settings = settings || '{"dormant.days": 90}', version = version + 1
    where settings ->> 'dormant.days' is null`,
];

const dormancies = [
  `create table dormancies (
    id uuid primary key references agreements (id),
    client_id text not null,
    freelancer_id text not null,
    status text not null check (status in
      ('idle', 'watching', 'announced', 'client_asked', 'freelancer_asked', 'release_requested')),
    activity_at timestamptz not null,
    due_dates jsonb not null,
    turn_at timestamptz,
    since timestamptz,
    due_at timestamptz,
    waits text check (waits in ('proof', 'operator')),
    balance_minor bigint not null check (balance_minor >= 0),
    milestone_ids jsonb not null,
    version integer not null,
    constraint dormancies_turn
      check ((status in ('watching', 'announced', 'client_asked')) = (turn_at is not null)),
    constraint dormancies_asked check
      ((status in ('freelancer_asked', 'release_requested')) = (since is not null)),
    constraint dormancies_due check (num_nonnulls(due_at, waits) = num_nonnulls(since)),
    constraint dormancies_balance check ((balance_minor > 0) = (since is not null))
  )`,
  'create index dormancies_turn_at on dormancies (turn_at) where turn_at is not null',
  'create index dormancies_due_at on dormancies (due_at) where due_at is not null',
  `insert into dormancies (id, client_id, freelancer_id, status, activity_at, due_dates, turn_at, balance_minor,
      milestone_ids, version)
    select id, client_id, freelancer_id, case when status = 'ended' then 'idle' else 'watching' end, now(), '{}',
      case when status <> 'ended' then now() + ((settings ->> 'dormant.days')::integer - 14) * interval '24 hours' end,
      0, '[]', 1
    from agreements`,
];

const proofs = [
  'alter table notice_proofs drop constraint notice_proofs_deadline_kind_check',
  `alter table notice_proofs add constraint notice_proofs_deadline_kind_check
    check (deadline_kind in ('refund.silence', 'dormancy.step'))`,
];
