import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { HoldAppealTable } from '../tables/appeal.table.ts';
import { AccountHoldTable } from '../tables/hold.table.ts';
import { shownAppeal, shownHold } from './shown-hold.ts';

const listedMax = 100;

/** Appeals that nobody has decided, for operators: the oldest first, each with the hold that it is about (S-11). */
@Injectable()
export class Appeals {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  async open(): Promise<object> {
    const em = this.orm.em.fork();
    const open = { orderBy: { id: 'asc' }, limit: listedMax } as const;
    const rows = await em.find(HoldAppealTable, { status: 'open' }, open);
    const holds = await em.find(AccountHoldTable, { id: { $in: rows.map(({ holdId }) => holdId) } });
    const keys = await em.find(PersonKeyTable, { id: { $in: rows.map(({ accountId }) => accountId) } });
    return {
      appeals: rows.map((row) => {
        const key = keys.find(({ id }) => id === row.accountId);
        const hold = holds.find(({ id }) => id === row.holdId)!;
        const { accountId } = row;
        return { ...shownAppeal(this.texts, key, row), accountId, hold: shownHold(this.texts, key, hold) };
      }),
    };
  }
}
