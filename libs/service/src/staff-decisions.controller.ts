import { isLate, Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { BusinessClock } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import { Controller, Get } from '@nestjs/common';
import { RolesAllowed } from './authentication.ts';
import { Summary } from './openapi.ts';
import { PersonKeyTable, PersonTexts } from './person-texts.ts';
import { type StaffDecision, StaffDecisionTable } from './staff-decision.table.ts';

const listedMax = 100;
const newest = { orderBy: { id: 'desc' }, limit: listedMax } as const;

/** IN: what of the staff's decisions waits for a second person (S-11). Only where staff moves money. */
@Controller('v1/staff-decisions')
@RolesAllowed('operator')
export class StaffDecisionsController {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
    private readonly clock: BusinessClock,
  ) {}

  @Summary('Decisions of the staff about money: first what waits for a second person, and until when (S-11).')
  @Get()
  async list(): Promise<object> {
    const em = this.orm.em.fork();
    const waits = { status: 'proposed', lapsesAt: { $gt: this.clock.now() } } as const;
    const waiting = await em.find(StaffDecisionTable, waits, newest);
    const others = await em.find(StaffDecisionTable, { $not: waits }, newest);
    const rows = [...waiting, ...others].slice(0, listedMax);
    const writers = rows.flatMap(({ proposedBy, approvedBy }) => [proposedBy, approvedBy ?? proposedBy]);
    const keys = await em.find(PersonKeyTable, { id: { $in: [...new Set(writers)] } });
    const wordsOf: Words = (writer, place, sealed) => {
      const key = keys.find(({ id }) => id === writer);
      return this.texts.open<{ reason: string }>(key, `staff_decisions/${place}`, sealed)?.reason ?? null;
    };
    return { staffDecisions: rows.map((row) => shown(row, this.clock.now(), wordsOf)) };
  }
}

type Words = (writer: string, place: string, sealed: Buffer) => string | null;

/** Words are null where their writer was erased (C-9). */
const shown = (row: StaffDecision, now: Date, wordsOf: Words): object => ({
  decisionId: row.id,
  kind: row.kind,
  subject: row.subject,
  status: row.status === 'proposed' && isLate(now, row.lapsesAt) ? 'lapsed' : row.status,
  amount: Money.encode(usd(row.amountMinor)),
  proposedBy: row.proposedBy,
  reason: wordsOf(row.proposedBy, `proposed_reason/${row.id}`, row.proposedReason),
  proposedAt: Instant.encode(row.proposedAt),
  lapsesAt: Instant.encode(row.lapsesAt),
  ...(row.approvedBy
    ? {
        approvedBy: row.approvedBy,
        approvedReason: wordsOf(row.approvedBy, `approved_reason/${row.id}`, row.approvedReason!),
      }
    : {}),
  ...(row.decidedAt ? { decidedAt: Instant.encode(row.decidedAt) } : {}),
});
