import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type AccountClosed, closeAccount, type Engagements } from '../domain/account.ts';
import { evolve, placeHold } from '../domain/hold.ts';
import { loadAccount, saveAccount } from '../tables/account.table.ts';
import { loadLive } from '../tables/agreement.table.ts';
import { type Author, insertHold } from '../tables/hold.table.ts';
import { UnsettledView } from '../tables/matter.table.ts';
import { OfferTable } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';

export type ClosedAccount = { accountId: string; status: 'closed'; closedAt: string };

export class CloseAccount extends Command<ClosedAccount> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      /** Absent where its owner closes it. */
      operator?: Readonly<{ by: string; note: string }>;
    },
  ) {
    super();
  }
}

/**
 * Closes an account on which nothing runs any more. A hold of the kind `closed` comes with it, from which the other
 * services hear: what is left of a balance waits for an operator, who lifts it (S-5, S-12, AD-2).
 * @throws Rejection account.closed | account.on_hold | account.agreements_live | account.offers_open |
 *   account.money_unsettled
 * @throws NotYet account.unknown
 */
@CommandHandler(CloseAccount)
export class CloseAccountHandler implements ICommandHandler<CloseAccount> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: CloseAccount): Promise<ClosedAccount> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, operator } = command.input;
      const account = await loadAccount(tx, accountId);
      if (!account) throw new NotYet('account.unknown');
      const reason: AccountClosed['reason'] = operator ? 'by_operator' : 'by_owner';
      const closed = closeAccount(account, await engagementsOf(tx, accountId), reason);
      // Its new version: an offer that is being accepted at this moment is decided again, and meets a closed account.
      saveAccount(tx, { ...account, closedAt: tx.now });
      const holdId = newId();
      const placed = placeHold({ holdId, accountId, kind: 'closed', reason: 'account_closed' });
      const author = operator && (await this.#authorOf(tx, accountId, holdId, operator));
      insertHold(tx, evolve({ causeId: accountId }, placed, tx.now), author);
      tx.publish(contractsEvents, [closed, placed]);
      await tell(tx, closed, { causeId: accountId });
      return { accountId, status: 'closed', closedAt: tx.now.toISOString() };
    });
  }

  async #authorOf(
    tx: Tx,
    accountId: string,
    holdId: string,
    { by, note }: Readonly<{ by: string; note: string }>,
  ): Promise<Author> {
    const key = await this.texts.keyOf(tx, accountId);
    return { by, note: this.texts.seal(key, `account_holds/note/${holdId}`, { note }) };
  }
}

/** In both roles. What is not settled is looked for last, since it may come up at any time after the closing as well. */
async function engagementsOf(tx: Tx, accountId: string): Promise<Engagements> {
  const roles = [{ clientId: accountId }, { freelancerId: accountId }] as const;
  const agreementIds: string[] = [];
  const offerIds: string[] = [];
  const unsettledIds: string[] = [];
  for (const role of roles) {
    agreementIds.push(...(await loadLive(tx, role)).map(({ id }) => id));
    for (const status of ['sent', 'changes_requested'] as const) {
      offerIds.push(...(await tx.many(OfferTable, { ...role, status })).map(({ id }) => id));
    }
    const unsettled = await tx.peek(UnsettledView, role);
    if (unsettled) unsettledIds.push(unsettled.id);
  }
  return { agreementIds, offerIds, unsettledIds };
}
