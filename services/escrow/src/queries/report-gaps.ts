import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import type { ReportEnd } from '../commands/record-costs.ts';
import { type ReportLine, reportedBy } from '../domain/processing-cost.ts';
import {
  type CostReportRow,
  type ReportLineRow,
  ReportLineTable,
  UnreportedCaptureView,
  UnreportedMovementView,
} from '../tables/cost-report.table.ts';

/** More than a person looks at; the next reading takes those that are left. */
const gapsMax = 200;

const toldIn = ({ lineId, sourceId, category, ...row }: ReportLineRow): ReportLine => {
  const { marks, grossMinor, feeMinor, currency, createdAt } = row;
  return {
    id: lineId,
    category,
    sourceId: sourceId ?? null,
    marks,
    grossMinor,
    feeMinor,
    currency,
    createdAt,
  };
};

/** What reports and books do not tell of each other, for the readings that close it (P-8). */
@Injectable()
export class ReportGaps {
  constructor(private readonly orm: MikroORM) {}

  /** What is compared when a report is read to its end. */
  async at({ provider, requestedAt }: CostReportRow): Promise<ReportEnd> {
    const em = this.orm.em.fork();
    const breaks = await em.find(
      ReportLineTable,
      { provider, reason: { $ne: null } },
      // Those of the last days are told again by the report itself.
      { orderBy: { id: 'asc' }, limit: gapsMax },
    );
    const unreported = await em.find(
      UnreportedMovementView,
      { provider, bookedAt: { $lte: reportedBy(requestedAt) } },
      { orderBy: { bookedAt: 'asc' }, limit: gapsMax },
    );
    return {
      breaks: breaks.map(toldIn),
      unreported: unreported.map(({ id, bookedAt }) => ({ id, bookedAt })),
    };
  }

  /** Charges of PayPal that are booked, behind the one with that id. */
  captures(after: string | null, limit: number): Promise<{ id: string; orderId: string }[]> {
    return this.orm.em
      .fork()
      .find(UnreportedCaptureView, after ? { id: { $gt: after } } : {}, { orderBy: { id: 'asc' }, limit });
  }
}
