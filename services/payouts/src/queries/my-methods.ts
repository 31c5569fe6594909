import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { WithdrawalMethodTable } from '../tables/withdrawal-method.table.ts';

/** Enough to choose from; the newest come first. */
const listedMax = 100;

/**
 * A freelancer's withdrawal methods: four digits of the number, and whether screening is done. What it said
 * stays secret, also where it ended a method (W-17).
 */
@Injectable()
export class MyMethods {
  constructor(private readonly orm: MikroORM) {}

  async of(accountId: string): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(WithdrawalMethodTable, { accountId }, { orderBy: { id: 'desc' }, limit: listedMax });
    return {
      methods: rows.map(
        ({ id, kind, status, lastFour, coolingUntil, screening, disabledReason: reason }) => ({
          methodId: id,
          kind,
          status,
          lastFour,
          usableAt: Instant.encode(coolingUntil),
          underReview: screening !== 'clear',
          ...(reason && reason !== 'screening' ? { reason } : {}),
        }),
      ),
    };
  }
}
