import { Rejection } from '@holdfast/domain';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  type Tx,
  UnitOfWork,
} from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type CostProvider, nextReadingAt, readSince } from '../domain/processing-cost.ts';
import { type CostReadingRow, CostReadingTable, CostReportTable } from '../tables/cost-report.table.ts';

export type ReadCostsAnswer = { reportId: string; status: 'requested' };

export class ReadCosts extends Command<ReadCostsAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      provider: CostProvider;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

export class ReadCostsDaily extends Command<void> {
  constructor(readonly input: { message: MessageRef; readingId: string }) {
    super();
  }
}

/**
 * Has a provider's report read at once, from where what it took is posted: before its balance is settled, so that the
 * books say what it holds (P-8, M-23). The answer says that it has begun.
 * @throws Rejection treasury.costs_under_way
 */
@CommandHandler(ReadCosts)
export class ReadCostsHandler implements ICommandHandler<ReadCosts> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReadCosts): Promise<ReadCostsAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { provider, by, reason } = command.input;
      // Saved at the end: of two who ask at once the second one meets the report of the first.
      const reading = (await tx.one(CostReadingTable, { provider }))!;
      tx.save(CostReadingTable, reading);
      if (await isUnderWay(tx, provider)) throw new Rejection('treasury.costs_under_way');
      return { reportId: begin(tx, reading, { by, reason }), status: 'requested' };
    });
  }
}

/** Each day, without being asked (P-8). A report that is still under way is read on instead. */
@CommandHandler(ReadCostsDaily)
export class ReadCostsDailyHandler implements ICommandHandler<ReadCostsDaily> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReadCostsDaily): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const reading = (await tx.one(CostReadingTable, { id: command.input.readingId }))!;
      // Another process was quicker.
      if (reading.nextReadAt > tx.now) return;
      tx.save(CostReadingTable, { ...reading, nextReadAt: nextReadingAt(reading.nextReadAt, tx.now) });
      if (await isUnderWay(tx, reading.provider)) return;
      begin(tx, reading, { by: 'platform', reason: 'daily' });
    });
  }
}

const isUnderWay = async (tx: Tx, provider: CostProvider): Promise<boolean> =>
  (await tx.peek(CostReportTable, { provider, status: 'requested' })) !== undefined;

function begin(
  tx: Tx,
  { provider, readTo }: CostReadingRow,
  { by, reason }: { by: string; reason: string },
): string {
  const id = newId();
  tx.insert(CostReportTable, {
    id,
    provider,
    status: 'requested',
    since: readSince(readTo ?? undefined),
    afterLine: null,
    costsCount: 0,
    costsMinor: 0n,
    requestedBy: by,
    reason,
    requestedAt: tx.now,
    endedAt: null,
    nextCallAt: tx.now,
    correlationId: currentCausality()?.correlationId ?? id,
    traceparent: currentTraceparent() ?? null,
  });
  return id;
}
