import { defineEntity, type InferEntity, p } from '@mikro-orm/postgresql';
import type { StaffDecisionKind } from '../domain/staff-decision.ts';

/** Decisions of the staff that move money: who proposed them, who decided them, and why, encrypted (S-11, AD-21). */
export const StaffDecisionTable = defineEntity({
  name: 'StaffDecision',
  tableName: 'staff_decisions',
  properties: {
    /** Of a movement or a settlement also its own id. */
    id: p.uuid().primary(),
    kind: p.text().$type<StaffDecisionKind>(),
    chargebackId: p.uuid().nullable(),
    amountMinor: p.bigint(),
    /** `replaced` = another proposal of the same thing took its place. */
    status: p.text().$type<'proposed' | 'replaced' | 'decided'>(),
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
