import { Instant } from '@holdfast/events';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { inOrder } from '../domain/billing-method.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';

/** A client's billing methods: in the order in which they are charged, then the others; no tokens. */
@Injectable()
export class BillingMethods {
  constructor(private readonly orm: MikroORM) {}

  async of(accountId: string): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(
        BillingMethodTable,
        { accountId, status: { $ne: 'removed' } },
        { orderBy: { id: 'asc' }, limit: 100 },
      );
    const verified = inOrder(rows.filter(({ status }) => status === 'verified'));
    const others = rows.filter(({ status }) => status !== 'verified');
    return {
      methods: [...verified, ...others].map(
        ({ id, kind, status, refusal, payerUrl, confirmBy, triesLeft }) => ({
          methodId: id,
          kind,
          status,
          ...(id === verified[0]?.id ? { primary: true } : {}),
          ...(refusal ? { refusal } : {}),
          ...(payerUrl ? { payerUrl } : {}),
          ...(status === 'confirming' ? { confirmBy: Instant.encode(confirmBy!), triesLeft } : {}),
        }),
      ),
    };
  }
}
