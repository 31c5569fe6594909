import { BusinessClock, type MessageRef, newId, WallClock } from '@holdfast/messaging';
import { asWorkOf, Pauses, recorded } from '@holdfast/providers';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { RecordCosts } from '../commands/record-costs.ts';
import type { CostProvider } from '../domain/processing-cost.ts';
import { ReportGaps } from '../queries/report-gaps.ts';
import { type CostReportRow, CostReportTable } from '../tables/cost-report.table.ts';
import { BankStatement } from './bank-statement.ts';
import { CardReport } from './card-report.ts';
import { PaypalReport } from './paypal-report.ts';
import type { CostSource } from './report.ts';

/** Reads the providers' reports page by page; what a page brings is booked before the next one is read (P-8). */
@Injectable()
export class CostWorker {
  readonly #sources: Readonly<Record<CostProvider, CostSource>>;
  readonly #pauses: Pauses;

  constructor(
    card: CardReport,
    paypal: PaypalReport,
    bank: BankStatement,
    private readonly gaps: ReportGaps,
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
    private readonly businessClock: BusinessClock,
    wallClock: WallClock,
  ) {
    this.#sources = { card, paypal, bank };
    this.#pauses = new Pauses(wallClock);
  }

  /** One page of a report that is due; called by the sweep. */
  async advance({ id }: CostReportRow): Promise<void> {
    if (this.#pauses.resting(id)) return;
    const now = this.businessClock.now();
    // The sweep may have read the row before the last page was recorded.
    const row = await this.orm.em.fork().findOne(CostReportTable, { id, nextCallAt: { $lte: now } });
    if (!row) return;
    const afterLine = row.afterLine ?? null;
    await asWorkOf(row, async () => {
      const page = await this.#sources[row.provider].read({ since: row.since, after: afterLine });
      if (page.kind === 'not_sent') return this.#pauses.rest(id, page.retryAfterMs);
      this.#pauses.over(id);
      recorded();
      const message: MessageRef = { source: 'worker', id: newId() };
      const next = page.next ?? (await this.gaps.at(row));
      const { lines } = page;
      await this.commands.execute(new RecordCosts({ message, reportId: id, afterLine, lines, next }));
    });
  }
}
