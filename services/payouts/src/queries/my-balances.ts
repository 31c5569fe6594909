import { Money, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { readBalance } from '@holdfast/ledger';
import { POOL } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';
import { CreditTable } from '../tables/credit.table.ts';

const kinds = ['pending', 'available', 'held', 'in_transit'] as const;

/** B-1: the freelancer's four balances, and when each pending payment becomes available. */
@Injectable()
export class MyBalances {
  constructor(
    @Inject(POOL) private readonly pool: Pool,
    private readonly orm: MikroORM,
  ) {}

  async of(accountId: string): Promise<object> {
    const balances = await Promise.all(
      kinds.map(async (kind) => {
        const amountMinor = await readBalance(this.pool, `P.freelancer.${kind}`, accountId);
        return [kind, Money.encode(usd(amountMinor))] as const;
      }),
    );
    const pending = await this.orm.em
      .fork()
      .find(
        CreditTable,
        { accountId, status: 'pending', pendingMinor: { $gt: 0n } },
        { orderBy: { maturesAt: 'asc' }, limit: 100 },
      );
    return {
      accountId,
      ...Object.fromEntries(balances),
      maturing: pending.map((credit) => ({
        transferId: credit.id,
        agreementId: credit.agreementId,
        amount: Money.encode(usd(credit.pendingMinor)),
        availableAt: Instant.encode(credit.maturesAt!),
      })),
    };
  }
}
