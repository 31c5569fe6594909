import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Agreement, type PartyRole } from '../domain/agreement.ts';
import { assertRunning } from '../domain/agreement-end.ts';
import {
  type Amendment,
  type AskedChange,
  accept,
  changesOf,
  expire,
  refuse,
  withLapse,
} from '../domain/amendment.ts';
import { assertMayAmend } from '../domain/hold.ts';
import { proposeTerms } from '../domain/milestone-terms.ts';
import { loadParties } from '../tables/account.table.ts';
import { loadAsParty } from '../tables/agreement.table.ts';
import { loadAmendment, saveAmendment } from '../tables/amendment.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { finishAmendment } from './apply-terms.ts';
import { tell } from './plan-notices.ts';

type OfAParty = { message: MessageRef; accountId: string; agreementId: string; amendmentId: string };

async function loadMine(
  tx: Tx,
  { accountId, agreementId, amendmentId }: Omit<OfAParty, 'message'>,
): Promise<{ agreement: Agreement; caller: PartyRole; amendment: Amendment }> {
  const party = await loadAsParty(tx, agreementId, accountId);
  if (!party) throw new NotYet('agreement.unknown');
  const amendment = await loadAmendment(tx, { id: amendmentId, agreementId });
  if (!amendment) throw new NotYet('amendment.unknown');
  return { agreement: party.agreement, caller: party.by, amendment };
}

export type AcceptedAmendment = { amendmentId: string; status: 'waiting' | 'applied' };

export class AcceptAmendment extends Command<AcceptedAmendment> {
  constructor(readonly input: OfAParty) {
    super();
  }
}

/**
 * The other party accepts: each change of an agreed milestone is put to escrow, whose answer makes it hold; new
 * milestones are agreed once nothing of the set waits any more (A-11, A-13, M-15).
 * @throws Rejection account.on_hold | offer.party_on_hold | agreement.closing | agreement.ended | amendment.own |
 *   amendment.not_open | amendment.expired | milestone.funded | milestone.cancelled
 * @throws NotYet agreement.unknown | amendment.unknown
 */
@CommandHandler(AcceptAmendment)
export class AcceptAmendmentHandler implements ICommandHandler<AcceptAmendment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AcceptAmendment): Promise<AcceptedAmendment> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreement, caller, amendment } = await loadMine(tx, command.input);
      assertRunning(agreement);
      const accepted = accept(amendment, { caller, now: tx.now });
      assertMayAmend(caller, await loadParties(tx, agreement));
      const milestones = await loadMilestonesOf(tx, agreement.id);
      // What was charged meanwhile is refused here already, as far as it is known.
      const asked = amendment.changes.map((change): AskedChange => ({ ...change }));
      const newIds = amendment.changes.map(({ milestoneId }) => milestoneId);
      changesOf(agreement, { by: amendment.by, asked, milestones, newIds });
      const proposed = amendment.changes
        .filter(({ kind }) => kind !== 'add')
        .map((change) => {
          const milestone = milestones.find(({ id }) => id === change.milestoneId)!;
          return proposeTerms(milestone, change, amendment.id);
        });
      tx.publish(contractsEvents, proposed);
      await finishAmendment(tx, { agreement, amendment: accepted, milestones });
      return { amendmentId: amendment.id, status: accepted.status as AcceptedAmendment['status'] };
    });
  }
}

export type RefusedAmendment = { amendmentId: string; status: 'lapsed'; reason: 'declined' | 'withdrawn' };

export class RefuseAmendment extends Command<RefusedAmendment> {
  constructor(readonly input: OfAParty & { as: 'decline' | 'withdraw' }) {
    super();
  }
}

/**
 * The other party declines, or the proposer withdraws: the terms stay as they are. Possible under any hold.
 * @throws Rejection amendment.own | amendment.not_own | amendment.not_open | amendment.expired
 * @throws NotYet agreement.unknown | amendment.unknown
 */
@CommandHandler(RefuseAmendment)
export class RefuseAmendmentHandler implements ICommandHandler<RefuseAmendment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RefuseAmendment): Promise<RefusedAmendment> {
    return this.unitOfWork.once(command, async (tx) => {
      const { caller, amendment } = await loadMine(tx, command.input);
      const refused = refuse(amendment, { caller, as: command.input.as, now: tx.now });
      saveAmendment(tx, withLapse(amendment, refused));
      tx.publish(contractsEvents, [refused]);
      await tell(tx, refused, { causeId: amendment.id, parties: amendment });
      const reason = command.input.as === 'decline' ? 'declined' : 'withdrawn';
      return { amendmentId: amendment.id, status: 'lapsed', reason };
    });
  }
}

export class ExpireAmendment extends Command<void> {
  constructor(readonly input: { message: MessageRef; amendmentId: string }) {
    super();
  }
}

/** The timer of A-11: dated at the proposal's expiry, however late it runs (M-21). */
@CommandHandler(ExpireAmendment)
export class ExpireAmendmentHandler implements ICommandHandler<ExpireAmendment> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ExpireAmendment): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const amendment = await loadAmendment(tx, { id: command.input.amendmentId });
      if (!amendment) throw new NotYet('amendment.unknown');
      const expired = expire(amendment, tx.now);
      if (!expired) return;
      saveAmendment(tx, withLapse(amendment, expired));
      tx.publish(contractsEvents, [expired]);
      await tell(tx, expired, { causeId: amendment.id, parties: amendment });
    });
  }
}
