import { Rejection } from '@holdfast/domain';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  UnitOfWork,
} from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { readSince } from '../domain/processing-cost.ts';
import { CostReportTable, CostsReadView } from '../tables/cost-report.table.ts';
import { CashAccountTable } from '../tables/settlement.table.ts';

export type ReadCostsAnswer = { reportId: string; status: 'requested' };

export class ReadCosts extends Command<ReadCostsAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      /** The operator, recorded with the reason (AD-21). */
      by: string;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * Has the card provider's report read, from where what it took is posted: before its balance is settled, so that the
 * books say what it holds (P-8, M-23). The answer says that it has begun.
 * @throws Rejection treasury.costs_under_way
 */
@CommandHandler(ReadCosts)
export class ReadCostsHandler implements ICommandHandler<ReadCosts> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReadCosts): Promise<ReadCostsAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, reason } = command.input;
      // Saved at the end: of two who ask at once the second one meets the report of the first.
      const account = (await tx.one(CashAccountTable, { name: 'trust_card' }))!;
      tx.save(CashAccountTable, account);
      if (await tx.peek(CostReportTable, { status: 'requested' })) {
        throw new Rejection('treasury.costs_under_way');
      }
      const last = await tx.peek(CostsReadView, { id: 'card' });
      const reportId = newId();
      tx.insert(CostReportTable, {
        id: reportId,
        status: 'requested',
        since: readSince(last?.lastRequestedAt ?? undefined),
        afterLine: null,
        costsCount: 0,
        costsMinor: 0n,
        requestedBy: by,
        reason,
        requestedAt: tx.now,
        endedAt: null,
        nextCallAt: tx.now,
        correlationId: currentCausality()?.correlationId ?? reportId,
        traceparent: currentTraceparent() ?? null,
      });
      return { reportId, status: 'requested' };
    });
  }
}
