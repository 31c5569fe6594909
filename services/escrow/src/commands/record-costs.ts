import { NotYet } from '@holdfast/domain';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { costsIn, processingJournal, type ReportLine } from '../domain/processing-cost.ts';
import { CostReportTable, ProcessingCostTable } from '../tables/cost-report.table.ts';

export class RecordCosts extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      reportId: string;
      /** Where the page began. */
      afterLine: string | null;
      lines: readonly ReportLine[];
      hasMore: boolean;
    },
  ) {
    super();
  }
}

/** Posts what a page of the report tells for the first time: once for each line, whatever report tells it (P-8, M-8). */
@CommandHandler(RecordCosts)
export class RecordCostsHandler implements ICommandHandler<RecordCosts> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordCosts): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { reportId, afterLine, lines, hasMore } = command.input;
      const report = await tx.one(CostReportTable, { id: reportId });
      if (!report) throw new NotYet('cost_report.unknown');
      // Somebody else has recorded that page.
      if (report.status === 'read' || (report.afterLine ?? null) !== afterLine) return;
      let [costsCount, costsMinor] = [report.costsCount, report.costsMinor];
      for (const cost of costsIn(lines)) {
        if (await tx.peek(ProcessingCostTable, { lineId: cost.lineId })) continue;
        tx.insert(ProcessingCostTable, { id: newId(), reportId, ...cost });
        tx.post(processingJournal(cost));
        costsCount += 1;
        costsMinor += cost.amountMinor;
      }
      tx.save(CostReportTable, {
        ...report,
        ...(hasMore
          ? { nextCallAt: tx.now }
          : ({ status: 'read', endedAt: tx.now, nextCallAt: null } as const)),
        afterLine: lines.at(-1)?.id ?? afterLine,
        costsCount,
        costsMinor,
      });
    });
  }
}
