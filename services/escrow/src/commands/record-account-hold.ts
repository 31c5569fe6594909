import type { HoldKind } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { FreezeOrder } from '../domain/freezes.ts';
import {
  type AccountHold,
  AccountHoldTable,
  forbidsPaying,
  freezesMoney,
  freezingHolds,
} from '../tables/account-hold.table.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { freezeMilestone, unfreezeMilestone } from './freeze-milestone.ts';

export class RecordAccountHold extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      accountId: string;
      holdId: string;
      kind: HoldKind;
      isStanding: boolean;
      /** When contracts placed or lifted it: a review that ended before is not stopped (M-16). */
      at: Date;
    },
  ) {
    super();
  }
}

/**
 * A hold of contracts was placed or lifted. A safety hold, and the closing of an account, freeze everything that is
 * held of the account's agreements, which stops the reviews on it (E-16, S-5, 0.1).
 */
@CommandHandler(RecordAccountHold)
export class RecordAccountHoldHandler implements ICommandHandler<RecordAccountHold> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordAccountHold): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, holdId: id, kind, isStanding: standing, at } = command.input;
      const known = await tx.one(AccountHoldTable, { id });
      if (known) tx.save(AccountHoldTable, { ...known, standing });
      else tx.insert(AccountHoldTable, { id, accountId, kind, standing, placedAt: at });
      if (!freezesMoney({ kind }) && !forbidsPaying({ kind })) return;
      const agreementIds = await openAgreementsOf(tx, accountId);
      if (!freezesMoney({ kind })) return;
      for (const agreementId of agreementIds) {
        for (const milestone of await loadMilestonesOf(tx, agreementId)) {
          if (!('held' in milestone)) continue;
          if (standing) await freezeMilestone(tx, milestone, [orderOf(command.input)]);
          else await unfreezeMilestone(tx, milestone, { cause: 'safety_hold', causeId: id });
        }
      }
    });
  }
}

/** Their rows guard the holds: a charge that begins or succeeds meanwhile decides again, and meets the hold. */
async function openAgreementsOf(tx: Tx, accountId: string): Promise<string[]> {
  const asClient = await tx.many(AgreementTable, { clientId: accountId });
  const asFreelancer = await tx.many(AgreementTable, { freelancerId: accountId });
  const open = [...asClient, ...asFreelancer].filter(({ status }) => status !== 'ended');
  for (const agreement of open) tx.save(AgreementTable, agreement);
  return open.map(({ id }) => id);
}

/** What is funded while a safety hold stands on a party is frozen at once (E-22). */
export async function ordersOfHolds(
  tx: Tx,
  parties: { clientId: string; freelancerId: string },
): Promise<FreezeOrder[]> {
  const holds = await freezingHolds(tx, parties);
  return holds.map(({ id }: AccountHold) => orderOf({ holdId: id, at: tx.now }));
}

const orderOf = ({ holdId: causeId, at }: { holdId: string; at: Date }): FreezeOrder => {
  return { cause: 'safety_hold', causeId, at };
};
