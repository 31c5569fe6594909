import { type HoldKind, payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { isCalling } from '../domain/attempt.ts';
import { applyCauses, evolve, holdCauses, type Obstacles, withCauses } from '../domain/withdrawal.ts';
import type { WithdrawalMethod } from '../domain/withdrawal-method.ts';
import { payoutsSettings } from '../settings.ts';
import { loadLiveAttempt } from '../tables/attempt.table.ts';
import { loadPerson } from '../tables/person.table.ts';
import { loadStoppedProviders } from '../tables/sending-stop.table.ts';
import { type LoadedWithdrawal, loadUnsentOf, saveWithdrawal } from '../tables/withdrawal.table.ts';
import { loadMethod } from '../tables/withdrawal-method.table.ts';

/**
 * What the same transaction has just decided: rows are written at its end, so a read inside it gives the old
 * ones.
 */
export type JustDecided = Readonly<{
  /** The kinds of hold that stand on the account now. */
  holds?: readonly HoldKind[];
  /** Whether they owe something now (B-6). */
  isInDebt?: boolean;
  /** A method as it is now. */
  method?: WithdrawalMethod;
}>;

/**
 * Holds an account's withdrawals that are not sent yet while a cause stands, and lets them go on when none
 * does (S-5, W-17, W-18). One whose call is under way is looked at after its outcome.
 */
export async function reviewHolds(tx: Tx, accountId: string, justDecided: JustDecided = {}): Promise<void> {
  const unsent = await loadUnsentOf(tx, accountId);
  if (unsent.length === 0) return;
  const { 'payout.cutoff': cutOff } = await currentSettings(tx, payoutsSettings);
  const known = await loadPerson(tx, accountId);
  const { holds = known.holds, isInDebt = known.isInDebt } = justDecided;
  const stoppedProviders = await loadStoppedProviders(tx);
  for (const loaded of unsent) {
    const { id, methodId } = loaded.withdrawal;
    if (isCalling((await loadLiveAttempt(tx, id))?.attempt)) continue;
    const { method: decided } = justDecided;
    const method = decided?.id === methodId ? decided : await loadMethod(tx, methodId);
    saveHeldBy(tx, loaded, { person: { holds, isInDebt }, method, stoppedProviders }, cutOff);
  }
}

/** @returns whether something stands in the way of sending */
export function saveHeldBy(
  tx: Tx,
  { withdrawal, frame }: LoadedWithdrawal,
  obstacles: Obstacles,
  cutOff: string,
): boolean {
  const causes = holdCauses(withdrawal, obstacles);
  const events = applyCauses(withdrawal, causes, { now: tx.now, cutOff });
  const after = withCauses(events.reduce(evolve, withdrawal), causes);
  if (after !== withdrawal) {
    const nextCallAt = after.status === 'held' ? null : after.cutOffAt;
    saveWithdrawal(tx, after, { ...frame, nextCallAt });
    tx.publish(payoutsEvents, events);
  }
  return causes.length > 0;
}

export class ReviewHolds extends Command<void> {
  constructor(readonly input: { message: MessageRef; accountId: string }) {
    super();
  }
}

/** The same as a use case of its own: after a stop of sending, account by account (W-18). */
@CommandHandler(ReviewHolds)
export class ReviewHoldsHandler implements ICommandHandler<ReviewHolds> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ReviewHolds): Promise<void> {
    return this.unitOfWork.once(command, (tx) => reviewHolds(tx, command.input.accountId));
  }
}
