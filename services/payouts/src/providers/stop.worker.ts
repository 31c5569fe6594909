import { type MessageRef, newId } from '@holdfast/messaging';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ReviewHolds } from '../commands/review-holds.ts';
import { FinishStop } from '../commands/stop-sending.ts';
import type { SendingStop } from '../tables/sending-stop.table.ts';
import { WithdrawalTable } from '../tables/withdrawal.table.ts';

/** Withdrawals read at once. */
const pageRows = 200;

/** After a stop, and after its end: every account's unsent withdrawals, one short commit each (W-18). */
@Injectable()
export class StopWorker {
  constructor(
    private readonly commands: CommandBus,
    private readonly orm: MikroORM,
  ) {}

  async work({ id: stopId, standing }: SendingStop): Promise<void> {
    const reviewed = new Set<string>();
    let after: string | undefined;
    do {
      const rows = await this.#unsent(after);
      for (const { accountId } of rows) {
        if (reviewed.has(accountId)) continue;
        reviewed.add(accountId);
        await this.commands.execute(new ReviewHolds({ message: worker(), accountId }));
      }
      after = rows[pageRows - 1]?.id;
    } while (after);
    await this.commands.execute(new FinishStop({ message: worker(), stopId, standing }));
  }

  #unsent(after: string | undefined) {
    return this.orm.em
      .fork()
      .find(
        WithdrawalTable,
        { status: { $in: ['requested', 'held'] }, ...(after ? { id: { $gt: after } } : {}) },
        { orderBy: { id: 'asc' }, limit: pageRows, fields: ['id', 'accountId'] },
      );
  }
}

const worker = (): MessageRef => ({ source: 'worker', id: newId() });
