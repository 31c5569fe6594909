import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import {
  CostReportTable,
  MovementBreakTable,
  type ReportLineRow,
  ReportLineTable,
} from '../tables/cost-report.table.ts';

/** Enough to look at; what they have brought is in the ledger. */
const listedMax = 200;

/** Readings of the providers' reports, and what has no partner in the books or in the reports, for operators (P-8). */
@Injectable()
export class CostReports {
  constructor(private readonly orm: MikroORM) {}

  async list(): Promise<{ reports: object[]; breaks: { lines: object[]; movements: object[] } }> {
    const em = this.orm.em.fork();
    const rows = await em.find(CostReportTable, {}, { orderBy: { id: 'desc' }, limit: listedMax });
    const lines = await em.find(
      ReportLineTable,
      { reason: { $ne: null } },
      { orderBy: { id: 'desc' }, limit: listedMax },
    );
    const movements = await em.find(
      MovementBreakTable,
      { endedAt: null },
      { orderBy: { foundAt: 'desc', id: 'desc' }, limit: listedMax },
    );
    return {
      reports: rows.map((row) => ({
        reportId: row.id,
        provider: row.provider,
        status: row.status,
        since: Instant.encode(row.since),
        costs: row.costsCount,
        // A provider may give back more than it has taken.
        costsMinor: String(row.costsMinor),
        requestedBy: row.requestedBy,
        reason: row.reason,
        requestedAt: Instant.encode(row.requestedAt),
        ...(row.endedAt ? { endedAt: Instant.encode(row.endedAt) } : {}),
      })),
      breaks: {
        lines: lines.map(lineOf),
        movements: movements.map(({ id, provider, bookedAt, foundAt }) => ({
          movementId: id,
          provider,
          bookedAt: Instant.encode(bookedAt),
          foundAt: Instant.encode(foundAt),
        })),
      },
    };
  }
}

const lineOf = (line: Omit<ReportLineRow, 'id' | 'marks'>): object => ({
  lineId: line.lineId,
  provider: line.provider,
  reason: line.reason,
  category: line.category,
  grossMinor: String(line.grossMinor),
  feeMinor: String(line.feeMinor),
  currency: line.currency,
  ...(line.sourceId ? { sourceId: line.sourceId } : {}),
  createdAt: Instant.encode(line.createdAt),
  foundAt: Instant.encode(line.foundAt),
  ...(line.movementId ? { movementId: line.movementId } : {}),
});
