import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';

/** Decisions of the staff that move money: who proposed them, who decided them, and why, encrypted (S-11, AD-21). */
export const StaffDecisionTable = defineEntity({
  name: 'StaffDecision',
  tableName: 'staff_decisions',
  properties: {
    id: p.uuid().primary(),
    kind: p.text(),
    /** What it is about, of its kind: one proposal of it waits at a time. */
    subject: p.text(),
    amountMinor: p.bigint(),
    /** `dropped` = another proposal took its place, or it was answered otherwise. */
    status: p.text().$type<'proposed' | 'dropped' | 'decided'>(),
    proposedBy: p.text(),
    proposedReason: p.blob().$type<Buffer>(),
    proposedAt: p.datetime(),
    /** From then on nobody can decide it. */
    lapsesAt: p.datetime(),
    /** Another person than the first; nobody where one may decide alone. */
    approvedBy: p.text().nullable(),
    approvedReason: p.blob().$type<Buffer>().nullable(),
    decidedAt: p.datetime().nullable(),
    /** The day in UTC on which one person decided it alone. */
    aloneOn: p.text().nullable(),
    version: p.integer(),
  },
});
export type StaffDecision = Omit<InferEntity<typeof StaffDecisionTable>, 'version'>;

/** One row: whoever decides or proposes saves it, so that two at once do so one after the other. */
export const StaffTurnTable = defineEntity({
  name: 'StaffTurn',
  tableName: 'staff_turns',
  properties: { id: p.uuid().primary(), version: p.integer() },
});
export const staffTurnId = '00000000-0000-7000-8000-000000000001';

export const staffEntities = [StaffDecisionTable, StaffTurnTable];

export const staffSchema = (kinds: readonly string[]): string[] => [
  `create table staff_decisions (
    id uuid primary key,
    kind text not null check (kind in (${kinds.map((kind) => `'${kind}'`).join(', ')})),
    subject text not null check (subject ~ '^[A-Za-z0-9_-]{1,64}$'),
    amount_minor bigint not null check (amount_minor > 0),
    status text not null check (status in ('proposed', 'dropped', 'decided')),
    proposed_by text not null,
    proposed_reason bytea not null,
    proposed_at timestamptz not null,
    lapses_at timestamptz not null,
    approved_by text check (approved_by <> proposed_by),
    approved_reason bytea,
    decided_at timestamptz,
    alone_on text check (alone_on ~ '^\\d{4}-\\d\\d-\\d\\d$'),
    version integer not null,
    constraint staff_decisions_decided check ((status = 'decided') = (decided_at is not null)),
    constraint staff_decisions_approved check (num_nulls(approved_by, approved_reason) in (0, 2)),
    constraint staff_decisions_persons
      check (num_nonnulls(approved_by, alone_on) = case status when 'decided' then 1 else 0 end),
    constraint staff_decisions_one_open exclude using btree (kind with =, subject with =)
      where (status = 'proposed') deferrable initially deferred
  )`,
  'create index staff_decisions_alone on staff_decisions (alone_on)',
  'create table staff_turns (id uuid primary key, version integer not null)',
  `insert into staff_turns values ('${staffTurnId}', 1)`,
];
export const staffGrants = { staff_decisions: 'select, insert, update', staff_turns: 'select, update' };
