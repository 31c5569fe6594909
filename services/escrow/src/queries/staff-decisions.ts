import { isLate, Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { BusinessClock } from '@holdfast/messaging';
import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { ChargebackTable } from '../tables/chargeback.table.ts';
import { type StaffDecision, StaffDecisionTable } from '../tables/staff-decision.table.ts';

const listedMax = 100;
const newest = { orderBy: { id: 'desc' }, limit: listedMax } as const;

/** For operators: what the staff decides about money, first what waits for a second person (S-11). */
@Injectable()
export class StaffDecisions {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
    private readonly clock: BusinessClock,
  ) {}

  async list(): Promise<object> {
    const em = this.orm.em.fork();
    const proposed = await em.find(StaffDecisionTable, { status: 'proposed' }, newest);
    const closed = await em.find(StaffDecisionTable, { status: { $ne: 'proposed' } }, newest);
    const ids = proposed.flatMap(({ chargebackId }) => chargebackId ?? []);
    const open = await em.find(ChargebackTable, { id: { $in: ids }, status: 'received', answer: null });
    const answerable = new Set(open.map(({ id }) => id));
    const now = this.clock.now();
    const statusOf = ({ status, lapsesAt, chargebackId }: StaffDecision): Status => {
      const isMoot = isLate(now, lapsesAt) || (!!chargebackId && !answerable.has(chargebackId));
      return status === 'proposed' && isMoot ? 'lapsed' : status;
    };
    const known: StaffDecision[] = [...proposed, ...closed].sort((one, other) =>
      one.id < other.id ? 1 : -1,
    );
    const waits = (row: StaffDecision): boolean => statusOf(row) === 'proposed';
    const rows = [...known.filter(waits), ...known.filter((row) => !waits(row))].slice(0, listedMax);
    const writers = rows.flatMap(({ proposedBy, approvedBy }) => [proposedBy, approvedBy ?? proposedBy]);
    const keys = await em.find(PersonKeyTable, { id: { $in: [...new Set(writers)] } });
    const wordsOf: Words = (writer, place, sealed) => {
      const key = keys.find(({ id }) => id === writer);
      return this.texts.open<{ reason: string }>(key, place, sealed)?.reason ?? null;
    };
    return { staffDecisions: rows.map((row) => shown(row, statusOf(row), wordsOf)) };
  }
}

type Words = (writer: string, place: string, sealed: Buffer) => string | null;
/** Lapsed: its time is over, or the chargeback was answered otherwise. */
type Status = StaffDecision['status'] | 'lapsed';

/** Words are null where their writer was erased (C-9). */
const shown = (row: StaffDecision, status: Status, wordsOf: Words): object => ({
  decisionId: row.id,
  kind: row.kind,
  ...(row.chargebackId ? { chargebackId: row.chargebackId } : {}),
  status,
  amount: Money.encode(usd(row.amountMinor)),
  proposedBy: row.proposedBy,
  reason: wordsOf(row.proposedBy, `staff_decisions/proposed_reason/${row.id}`, row.proposedReason),
  proposedAt: Instant.encode(row.proposedAt),
  lapsesAt: Instant.encode(row.lapsesAt),
  ...(row.approvedBy
    ? {
        approvedBy: row.approvedBy,
        approvedReason: wordsOf(
          row.approvedBy,
          `staff_decisions/approved_reason/${row.id}`,
          row.approvedReason!,
        ),
      }
    : {}),
  ...(row.decidedAt ? { decidedAt: Instant.encode(row.decidedAt) } : {}),
});
