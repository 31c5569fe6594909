import { NotYet } from '@holdfast/domain';
import { contractsEvents, type HoldKind, type HoldReason } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { Account } from '../domain/account.ts';
import { causeOf, evolve, holderOf, type PlacingFact, placeHold } from '../domain/hold.ts';
import { loadAccount, saveAccount } from '../tables/account.table.ts';
import { type Author, insertHold, loadStandingHolds } from '../tables/hold.table.ts';
import { pauseContracts } from './pause-contracts.ts';
import { tell } from './plan-notices.ts';

export type PlacedHold = { holdId: string };

export class PlaceHold extends Command<PlacedHold> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      kind: HoldKind;
      reason: HoldReason;
      by: string;
      note: string;
    },
  ) {
    super();
  }
}

/**
 * An operator places a hold; each call is a cause of its own (S-5, S-12). It pauses contracts by its kind. Author and words stay here (AD-21).
 * @throws NotYet account.unknown
 */
@CommandHandler(PlaceHold)
export class PlaceHoldHandler implements ICommandHandler<PlaceHold> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: PlaceHold): Promise<PlacedHold> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, kind, reason, by, note } = command.input;
      const account = await loadAccount(tx, accountId);
      if (!account) throw new NotYet('account.unknown');
      const holdId = newId();
      const key = await this.texts.keyOf(tx, accountId);
      const sealed = this.texts.seal(key, `account_holds/note/${holdId}`, { note });
      await place(tx, account, { holdId, kind, reason, causeId: holdId }, { by, note: sealed });
      return { holdId };
    });
  }
}

export class PlaceHoldByFact extends Command<void> {
  constructor(readonly input: { message: MessageRef; event: PlacingFact }) {
    super();
  }
}

/**
 * Another service's fact places a hold, once as long as it stands: contracts alone holds accounts (S-5, AD-2).
 * @throws NotYet account.unknown
 */
@CommandHandler(PlaceHoldByFact)
export class PlaceHoldByFactHandler implements ICommandHandler<PlaceHoldByFact> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: PlaceHoldByFact): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { event } = command.input;
      const [accountId, { kind, reason, causeId }] = [holderOf(event), causeOf(event)];
      const account = await loadAccount(tx, accountId);
      if (!account) throw new NotYet('account.unknown');
      const [standing] = await loadStandingHolds(tx, { accountId, kind, causeId });
      if (!standing) await place(tx, account, { holdId: newId(), kind, reason, causeId });
    });
  }
}

type Placed = Readonly<{ holdId: string; kind: HoldKind; reason: HoldReason; causeId: string }>;

async function place(
  tx: Tx,
  account: Account,
  { causeId, ...placing }: Placed,
  author?: Author,
): Promise<void> {
  const placed = placeHold({ accountId: account.id, ...placing });
  insertHold(tx, evolve({ causeId }, placed, tx.now), author);
  // Its new version: what is being decided about this account without the hold is decided again.
  saveAccount(tx, account);
  tx.publish(contractsEvents, [placed]);
  await tell(tx, placed, { causeId: placing.holdId });
  await pauseContracts(tx, placed);
}
