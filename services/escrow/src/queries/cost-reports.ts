import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CostReportTable } from '../tables/cost-report.table.ts';

/** Enough to look at; what they have brought is in the ledger. */
const listedMax = 200;

/** Readings of the card provider's report, for operators: who asked for them and what they have brought (P-8). */
@Injectable()
export class CostReports {
  constructor(private readonly orm: MikroORM) {}

  async list(): Promise<{ reports: object[] }> {
    const rows = await this.orm.em
      .fork()
      .find(CostReportTable, {}, { orderBy: { id: 'desc' }, limit: listedMax });
    return {
      reports: rows.map((row) => ({
        reportId: row.id,
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
    };
  }
}
