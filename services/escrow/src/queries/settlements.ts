import { Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { SettlementTable } from '../tables/settlement.table.ts';

/** Enough to look at; older ones are in the ledger. */
const listedMax = 200;

/** Settlements of the card provider's balance, for operators: what is under way, who asked for it and why. */
@Injectable()
export class Settlements {
  constructor(private readonly orm: MikroORM) {}

  async list(): Promise<{ settlements: object[] }> {
    const rows = await this.orm.em
      .fork()
      .find(SettlementTable, {}, { orderBy: { id: 'desc' }, limit: listedMax });
    return {
      settlements: rows.map((row) => ({
        settlementId: row.id,
        amount: Money.encode(usd(row.amountMinor)),
        status: row.status,
        requestedBy: row.requestedBy,
        reason: row.reason,
        requestedAt: Instant.encode(row.requestedAt),
        ...(row.payoutId ? { payoutId: row.payoutId } : {}),
        ...(row.failure ? { failure: row.failure } : {}),
        ...(row.endedAt ? { endedAt: Instant.encode(row.endedAt) } : {}),
        ...(row.nextCallAt ? { nextCallAt: Instant.encode(row.nextCallAt) } : {}),
      })),
    };
  }
}
