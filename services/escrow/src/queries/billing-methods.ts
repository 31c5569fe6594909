import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { BillingMethodTable } from '../tables/billing-method.table.ts';

/** A client's billing methods: state and what the client must do, no tokens. */
@Injectable()
export class BillingMethods {
  constructor(private readonly orm: MikroORM) {}

  async of(accountId: string): Promise<object> {
    const rows = await this.orm.em
      .fork()
      .find(BillingMethodTable, { accountId }, { orderBy: { id: 'asc' }, limit: 100 });
    return {
      methods: rows.map(({ id, kind, status, refusal, payerUrl }) => ({
        methodId: id,
        kind,
        status,
        ...(refusal ? { refusal } : {}),
        ...(payerUrl ? { payerUrl } : {}),
      })),
    };
  }
}
