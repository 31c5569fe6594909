import { NotYet } from '@holdfast/domain';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { isLive, nextCallAt, type Observation, observe } from '../domain/attempt.ts';
import { payoutsSettings } from '../settings.ts';
import { loadAttempt, saveAttempt } from '../tables/attempt.table.ts';
import { type LoadedWithdrawal, loadWithdrawal, saveWithdrawal } from '../tables/withdrawal.table.ts';
import { followAttempt } from './follow-attempt.ts';

export class RecordAttempt extends Command<void> {
  constructor(readonly input: { message: MessageRef; key: string; observation: Observation }) {
    super();
  }
}

/** Books what was observed of an attempt, and what that means for its withdrawal (W-16). */
@CommandHandler(RecordAttempt)
export class RecordAttemptHandler implements ICommandHandler<RecordAttempt> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RecordAttempt): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { key, observation } = command.input;
      const known = await loadAttempt(tx, key);
      if (!known) throw new NotYet('attempt.unknown');
      const { attempt: before, frame } = known;
      const after = observe(before, observation, tx.now);
      const loaded = await loadWithdrawal(tx, frame.withdrawalId);
      if (after !== before) saveAttempt(tx, after, frame);
      const nextAt = nextCallAt(after, observation, tx.now);
      if (after.state !== before.state) {
        const { 'payout.cutoff': cutOff } = await currentSettings(tx, payoutsSettings);
        await followAttempt(tx, loaded, { attempt: after, nextCallAt: nextAt, cutOff });
      } else if (isLive(after) && (after !== before || isDue(loaded, tx.now))) {
        saveWithdrawal(tx, loaded.withdrawal, { ...loaded.frame, nextCallAt: nextAt ?? null });
      } // Else nothing is new, and nobody waited for it: a notice that came twice, or late.
    });
  }
}

const isDue = ({ frame: { nextCallAt: at } }: LoadedWithdrawal, now: Date): boolean =>
  at instanceof Date && at <= now;
