import { NotYet } from '@holdfast/domain';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  type CostProvider,
  type Known,
  lay,
  linesIn,
  processingJournal,
  type ReportLine,
} from '../domain/processing-cost.ts';
import {
  AdjustedMovementView,
  CostReadingTable,
  type CostReportRow,
  CostReportTable,
  KnownMovementView,
  MovementBreakTable,
  ProcessingCostTable,
  ReportLineTable,
} from '../tables/cost-report.table.ts';

/** What a report that is read to its end is compared with besides its lines. */
export type ReportEnd = Readonly<{
  /** Lines of earlier reports that are breaks: their movement may be known by now. */
  breaks: readonly ReportLine[];
  /** Booked in time to be told of, and in no report. */
  unreported: readonly { id: string; bookedAt: Date }[];
}>;

export class RecordCosts extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      reportId: string;
      /** Where the page began. */
      afterLine: string | null;
      lines: readonly ReportLine[];
      /** Where the next page begins, or the end. */
      next: string | ReportEnd;
    },
  ) {
    super();
  }
}

/**
 * Lays what a page of the report tells for the first time beside our movements, and posts what it cost: once for each
 * line, whatever report tells it (P-8, M-8). What has no partner is kept as a break.
 */
@CommandHandler(RecordCosts)
export class RecordCostsHandler implements ICommandHandler<RecordCosts> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordCosts): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { reportId, afterLine, lines, next } = command.input;
      const report = await tx.one(CostReportTable, { id: reportId });
      if (!report) throw new NotYet('cost_report.unknown');
      // Somebody else has recorded that page.
      if (report.status === 'read' || (report.afterLine ?? null) !== afterLine) return;
      const isLast = typeof next !== 'string';
      const page = new Page(tx, report);
      // Those that are told again are as they are told now.
      for (const line of linesIn(isLast ? [...next.breaks, ...lines] : lines)) await page.take(line);
      if (isLast) await page.end(next);
      tx.save(CostReportTable, {
        ...report,
        ...(isLast
          ? ({ status: 'read', endedAt: tx.now, nextCallAt: null } as const)
          : { afterLine: next, nextCallAt: tx.now }),
        costsCount: report.costsCount + page.costsCount,
        costsMinor: report.costsMinor + page.costsMinor,
      });
    });
  }
}

class Page {
  costsCount = 0;
  costsMinor = 0n;
  readonly #tx: Tx;
  readonly #report: CostReportRow;
  readonly #named = new Set<string>();

  constructor(tx: Tx, report: CostReportRow) {
    this.#tx = tx;
    this.#report = report;
  }

  async take(line: ReportLine): Promise<void> {
    const [tx, { provider, id: reportId }] = [this.#tx, this.#report];
    const { id: lineId, ...told } = line;
    const known = await tx.peek(ReportLineTable, { provider, lineId });
    if (known && known.reason === null) return;
    const { posts, ...laid } = lay(provider, line, await knownOf(tx, provider, line));
    if (laid.movementId) await this.#name(laid.movementId);
    const row = { ...told, ...laid, provider, lineId, reportId };
    if (!known) tx.insert(ReportLineTable, { ...row, id: newId(), foundAt: tx.now });
    else tx.save(ReportLineTable, { ...(await tx.one(ReportLineTable, { id: known.id }))!, ...row });
    if (posts) await this.#post(line);
  }

  /** What is in no report by now is a break, until one tells of it. */
  async end({ unreported }: ReportEnd): Promise<void> {
    const [tx, { provider, requestedAt: readTo }] = [this.#tx, this.#report];
    const reading = (await tx.one(CostReadingTable, { provider }))!;
    tx.save(CostReadingTable, { ...reading, readTo });
    for (const { id, bookedAt } of unreported) {
      if (this.#named.has(id) || (await tx.peek(MovementBreakTable, { id }))) continue;
      tx.insert(MovementBreakTable, { id, provider, bookedAt, foundAt: tx.now, endedAt: null });
    }
  }

  async #name(movementId: string): Promise<void> {
    if (this.#named.has(movementId)) return;
    this.#named.add(movementId);
    const broken = await this.#tx.peek(MovementBreakTable, { id: movementId });
    if (!broken || broken.endedAt) return;
    const row = (await this.#tx.one(MovementBreakTable, { id: movementId }))!;
    this.#tx.save(MovementBreakTable, { ...row, endedAt: this.#tx.now });
  }

  async #post({ id: lineId, feeMinor: amountMinor, createdAt: takenAt }: ReportLine): Promise<void> {
    const [tx, { provider, id: reportId }] = [this.#tx, this.#report];
    // Posted before lines were laid beside movements.
    if (await tx.peek(ProcessingCostTable, { provider, lineId })) return;
    const cost = { provider, lineId, amountMinor, takenAt };
    tx.insert(ProcessingCostTable, { id: newId(), reportId, ...cost });
    tx.post(processingJournal(cost));
    this.costsCount += 1;
    this.costsMinor += amountMinor;
  }
}

/** By the names of ours that the provider gives with it, or by its own where two persons have booked it (M-24). */
async function knownOf(
  tx: Tx,
  provider: CostProvider,
  { id: lineId, sourceId, marks, feeMinor }: ReportLine,
): Promise<Known> {
  const byHand = (reference: string) => tx.peek(AdjustedMovementView, { provider, reference });
  const costByHand = feeMinor === 0n ? undefined : await byHand(lineId);
  for (const id of marks) {
    const movement = await tx.peek(KnownMovementView, { provider, id });
    if (movement) return { movement, costByHand };
  }
  return { movement: sourceId === null ? undefined : await byHand(sourceId), costByHand };
}
