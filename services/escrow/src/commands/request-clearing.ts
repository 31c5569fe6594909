import { isLate, NotYet } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type Milestone, movable } from '../domain/milestone.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { loadMilestonesOf } from '../tables/milestone.table.ts';
import { balanceOf, clearIfSettled, type OpenItem, openItemsOf, publishCleared } from './clear-agreement.ts';
import { type Refunded, type Refunding, refundMilestones, type Standing } from './refund-milestones.ts';

/** As many as the answer names. */
const openItemsMax = 200;

export class RequestClearing extends Command<void> {
  constructor(
    readonly input: {
      message: MessageRef;
      agreementId: string;
      by: 'client' | 'freelancer';
      /** Milestones under review that the freelancer gives up by name (E-17). */
      waivedMilestoneIds: readonly string[];
      /** A waiver of a review that had ended by then is too late (M-16, M-20). */
      requestedAt: Date;
    },
  ) {
    super();
  }
}

/**
 * A party ends the contract in contracts. Where the freelancer ends, what is not under review goes back, and what
 * is by name (E-17); where the client does, escrow that is left waits for the amounts of E-13. Answered at once, by
 * `cleared` or by `clearing_refused` with what is open, which `cleared` follows when the last of it ends (A-19, M-15).
 */
@CommandHandler(RequestClearing)
export class RequestClearingHandler implements ICommandHandler<RequestClearing> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RequestClearing): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, by } = command.input;
      const agreement = await tx.one(AgreementTable, { id: agreementId });
      if (!agreement) throw new NotYet('agreement.unknown');
      if (agreement.clearedAt) return publishCleared(tx, agreement);
      const closing = { ...agreement, status: 'closing' } as const;
      tx.save(AgreementTable, closing);
      const begun: Standing = { agreement: closing, milestones: await loadMilestonesOf(tx, agreementId) };
      const going = by === 'freelancer' ? goingBack(begun.milestones, command.input) : [];
      await answer(
        tx,
        going.length > 0 ? await refundMilestones(tx, begun, going) : { ...begun, refundIds: [] },
      );
    });
  }
}

async function answer(tx: Tx, standing: Refunded): Promise<void> {
  const open = [...(await openItemsOf(tx, standing)), ...standing.refundIds.map(openRefund)];
  const left = open.length > 0 ? open : (await clearIfSettled(tx, standing)).map(openRefund);
  if (left.length === 0) return;
  const { agreement, milestones } = standing;
  tx.publish(escrowEvents, [
    {
      type: 'escrow.contract.clearing_refused',
      agreementId: agreement.id,
      balance: balanceOf(milestones),
      openItems: left.slice(0, openItemsMax),
    },
  ]);
}

/** What is decided here is open until the provider has paid it. */
const openRefund = (id: string): OpenItem => ({ kind: 'refund', id });

/**
 * Only unfrozen money goes; one that is under review needs the freelancer's waiver, in time, else its review runs on
 * (E-17).
 */
function goingBack(
  milestones: readonly Milestone[],
  { waivedMilestoneIds, requestedAt }: Pick<RequestClearing['input'], 'waivedMilestoneIds' | 'requestedAt'>,
): Refunding[] {
  return milestones.flatMap((milestone): Refunding[] => {
    if (!('held' in milestone) || milestone.status === 'refund_pending') return [];
    if (milestone.status === 'submitted') {
      const isOver = milestone.reviewDueAt !== undefined && isLate(requestedAt, milestone.reviewDueAt);
      if (isOver || !waivedMilestoneIds.includes(milestone.id)) return [];
    }
    const amount = movable(milestone);
    if (amount.amountMinor === 0n) return [];
    return [{ milestoneId: milestone.id, amount, cause: 'freelancer_ended' }];
  });
}

export class NoteAgreementEnded extends Command<void> {
  constructor(readonly input: { message: MessageRef; agreementId: string; endedAt: Date }) {
    super();
  }
}

/** Contracts has ended it: from here on the limits of bonuses count (A-19, E-10). */
@CommandHandler(NoteAgreementEnded)
export class NoteAgreementEndedHandler implements ICommandHandler<NoteAgreementEnded> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: NoteAgreementEnded): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { agreementId, endedAt } = command.input;
      const agreement = await tx.one(AgreementTable, { id: agreementId });
      if (!agreement) throw new NotYet('agreement.unknown');
      tx.save(AgreementTable, { ...agreement, status: 'ended', endedAt });
    });
  }
}
