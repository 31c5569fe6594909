import { PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import {
  type BankDetails,
  detailsPlace,
  type WithdrawalMethodRow,
} from '../tables/withdrawal-method.table.ts';

/** Opens the encrypted details of a method for a call to the screening vendor or the bank (AD-18). */
@Injectable()
export class MethodDetails {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** Undefined where the person was erased (C-9). */
  async of({ id, accountId, detailsSealed }: SealedMethod): Promise<BankDetails | undefined> {
    const key = await this.orm.em.fork().findOne(PersonKeyTable, { id: accountId });
    return this.texts.open<BankDetails>(key ?? undefined, detailsPlace(id), detailsSealed);
  }
}

export type SealedMethod = Pick<WithdrawalMethodRow, 'id' | 'accountId' | 'detailsSealed'>;
