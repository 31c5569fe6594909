import { Money, usd } from '@holdfast/domain';
import { PolicyTable } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { surplusMinorOf } from '../domain/treasury.ts';
import { escrowSettings } from '../settings.ts';
import { TreasuryCoverView } from '../tables/treasury.table.ts';

const money = (amountMinor: bigint) => Money.encode(usd(amountMinor));
const { schema, defaults } = escrowSettings;

/** For operators: whether the customers' cash covers what it must, and what is short or over (M-14, M-23). */
@Injectable()
export class Treasury {
  constructor(private readonly orm: MikroORM) {}

  async now(): Promise<object> {
    const em = this.orm.em.fork();
    const cover = (await em.findOne(TreasuryCoverView, { id: 'trust' }))!;
    const [policy] = await em.findAll(PolicyTable, { limit: 1 });
    const settings = schema.parse({ ...defaults, ...(policy?.settings as object) });
    const floatMinor = BigInt(settings['treasury.bank_float']);
    const surplusMinor = surplusMinorOf(cover, floatMinor);
    return {
      // A provider may have taken more than it held.
      trustMinor: String(cover.trustMinor),
      bankMinor: String(cover.bankMinor),
      operatingMinor: String(cover.operatingMinor),
      required: money(cover.requiredMinor),
      debts: money(cover.debtsMinor),
      float: money(floatMinor),
      short: money(surplusMinor < 0n ? -surplusMinor : 0n),
      surplus: money(surplusMinor > 0n ? surplusMinor : 0n),
    };
  }
}
