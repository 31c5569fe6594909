import { NotYet, Rejection } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, decideAsStaff, PersonTexts, type Proposed } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { endByFinding, isResolvable } from '../domain/attempt.ts';
import { payoutsSettings } from '../settings.ts';
import { loadAttempt, saveAttempt } from '../tables/attempt.table.ts';
import { loadWithdrawal } from '../tables/withdrawal.table.ts';
import { followAttempt } from './follow-attempt.ts';

export type ResolvedAttempt = { attemptId: string; withdrawalId: string } & ({ status: 'failed' } | Proposed);

export class ResolveAttempt extends Command<ResolvedAttempt> {
  constructor(readonly input: { message: MessageRef; by: string; key: string; reason: string }) {
    super();
  }
}

/**
 * An operator has compared the bank's statements and found that an attempt was never executed, where we may
 * not ask by sending again (W-15): the withdrawal has failed, and its money goes back. Who and why is kept.
 * One that was executed needs no finding: the bank shows it, and it is followed by itself. Above `staff.dual_control` two
 * persons find it (S-11): money that the bank has paid would be paid again.
 * @throws Rejection attempt.not_resolvable | decision.second_person_needed
 */
@CommandHandler(ResolveAttempt)
export class ResolveAttemptHandler implements ICommandHandler<ResolveAttempt> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: ResolveAttempt): Promise<ResolvedAttempt> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, key, reason } = command.input;
      const known = await loadAttempt(tx, key);
      if (!known) throw new NotYet('attempt.unknown');
      if (!isResolvable(known.attempt)) throw new Rejection('attempt.not_resolvable');
      const { withdrawalId } = known.frame;
      const loaded = await loadWithdrawal(tx, withdrawalId);
      const { amount } = loaded.withdrawal;
      const word = { kind: 'resolve_attempt', subject: key, amount, by, reason };
      const { proposed } = await decideAsStaff(tx, this.texts, word);
      if (proposed) return { attemptId: key, withdrawalId, ...proposed };
      const attempt = endByFinding(known.attempt);
      saveAttempt(tx, attempt, { ...known.frame, resolvedBy: by, resolution: reason });
      const { 'payout.cutoff': cutOff } = await currentSettings(tx, payoutsSettings);
      await followAttempt(tx, loaded, { attempt, nextCallAt: undefined, cutOff });
      return { attemptId: key, withdrawalId, status: 'failed' };
    });
  }
}
