import { Rejection } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { type PersonKey, PersonKeyTable, PersonTexts } from '@holdfast/service';
import { MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AccountTable } from '../tables/account.table.ts';
import { AccountHoldTable, type HoldRow } from '../tables/hold.table.ts';
import { accountStatus } from './account-status.ts';

/** All holds of an account for operators, lifted ones too: who placed and lifted them, and why (S-5, AD-21). */
@Injectable()
export class AccountHolds {
  constructor(
    private readonly orm: MikroORM,
    private readonly texts: PersonTexts,
  ) {}

  /** @throws Rejection account.unknown */
  async of(accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const account = await em.findOne(AccountTable, { id: accountId });
    if (!account) throw new Rejection('account.unknown');
    const key = (await em.findOne(PersonKeyTable, { id: accountId })) ?? undefined;
    const holds = await em.find(AccountHoldTable, { accountId }, { orderBy: { id: 'asc' }, limit: 1_000 });
    const standing = holds.filter(({ status }) => status === 'standing');
    const status = await accountStatus(em, account, standing);
    return { accountId, status, holds: holds.map((hold) => this.#shown(hold, key)) };
  }

  #shown(hold: HoldRow, key: PersonKey | undefined): object {
    const { id, kind, reason, causeId, status, placedAt, placedBy, note } = hold;
    const { liftReason, liftedAt, liftedBy, liftNote } = hold;
    return {
      holdId: id,
      kind,
      reason,
      causeId,
      status,
      placedAt: Instant.encode(placedAt),
      ...(placedBy ? { placedBy, note: this.#words(key, `note/${id}`, note) } : {}),
      ...(liftedAt ? { liftReason, liftedAt: Instant.encode(liftedAt) } : {}),
      ...(liftedBy ? { liftedBy, liftNote: this.#words(key, `lift_note/${id}`, liftNote) } : {}),
    };
  }

  /** Null where the person was erased (C-9). */
  #words(key: PersonKey | undefined, place: string, sealed: Buffer | null | undefined): string | null {
    const words = sealed && this.texts.open<{ note: string }>(key, `account_holds/${place}`, sealed);
    return words ? words.note : null;
  }
}
