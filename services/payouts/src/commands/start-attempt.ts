import { createHash } from 'node:crypto';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { CONFIG, currentSettings } from '@holdfast/service';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { PayoutsConfig } from '../config.ts';
import { callAgain, endUnsent, isCalling, isLive, newAttempt } from '../domain/attempt.ts';
import { undoneJournal } from '../domain/journals.ts';
import { evolve, failUnsent, isScreened, sentOf } from '../domain/withdrawal.ts';
import type { WithdrawalMethod } from '../domain/withdrawal-method.ts';
import { orderBodyOf } from '../providers/bank.ts';
import { payoutsSettings } from '../settings.ts';
import { insertAttempt, type LoadedAttempt, loadAttemptsOf, saveAttempt } from '../tables/attempt.table.ts';
import { loadPerson } from '../tables/person.table.ts';
import { loadStoppedProviders } from '../tables/sending-stop.table.ts';
import { type LoadedWithdrawal, loadWithdrawal, saveWithdrawal } from '../tables/withdrawal.table.ts';
import { loadMethod } from '../tables/withdrawal-method.table.ts';
import { followAttempt } from './follow-attempt.ts';
import { saveHeldBy } from './review-holds.ts';

/** What is to be done outside before the withdrawal goes on: ask about the person, or call the provider. */
export type SendingStep = { step: 'screen'; methodId: string } | { step: 'call'; key: string };

export class StartAttempt extends Command<SendingStep | undefined> {
  constructor(readonly input: { message: MessageRef; withdrawalId: string }) {
    super();
  }
}

/**
 * At the cut-off: what may be sent gets its attempt, with key and exact bytes, and the mark that its call
 * begins, all committed before the call (W-9, W-15). What was proven not executed is sent again as it is. What
 * may not be sent is held, or has failed (W-16).
 */
@CommandHandler(StartAttempt)
export class StartAttemptHandler implements ICommandHandler<StartAttempt> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<PayoutsConfig, 'BANK_ORIGINATING_ACCOUNT_ID'>,
  ) {}

  execute(command: StartAttempt): Promise<SendingStep | undefined> {
    return this.unitOfWork.once(command, async (tx) => {
      const loaded = await loadWithdrawal(tx, command.input.withdrawalId);
      const { withdrawal, frame } = loaded;
      const isDue = frame.nextCallAt && frame.nextCallAt <= tx.now;
      if (withdrawal.status !== 'requested' || !isDue) return undefined;
      const attempts = await loadAttemptsOf(tx, withdrawal.id);
      const live = attempts.find(({ attempt }) => isLive(attempt));
      if (isCalling(live?.attempt)) return undefined;
      if (attempts.some(({ attempt }) => attempt.review)) return leaveToPerson(tx, loaded);
      const { 'payout.cutoff': cutOff } = await currentSettings(tx, payoutsSettings);
      const method = await loadMethod(tx, withdrawal.methodId);
      if (method.status !== 'active') return failUnsendable(tx, loaded, live, cutOff);
      const person = await loadPerson(tx, withdrawal.accountId);
      const obstacles = { person, method, stoppedProviders: await loadStoppedProviders(tx) };
      if (saveHeldBy(tx, loaded, obstacles, cutOff)) return undefined;
      if (!isScreened(method, tx.now)) return { step: 'screen', methodId: method.id };
      // The version of the withdrawal tells everybody who decides about it that a call has begun.
      saveWithdrawal(tx, withdrawal, frame);
      return live ? again(tx, loaded, live) : this.#create(tx, loaded, attempts.length + 1, method);
    });
  }

  #create(tx: Tx, loaded: LoadedWithdrawal, number: number, method: WithdrawalMethod): SendingStep {
    const { withdrawal, frame } = loaded;
    const key = `po_${frame.reference}-${number}`;
    const sent = sentOf(withdrawal);
    const body = orderBodyOf({
      key,
      withdrawalId: withdrawal.id,
      sent,
      originatingAccountId: this.config.BANK_ORIGINATING_ACCOUNT_ID,
      receivingAccountId: method.receivingAccountId!,
      now: tx.now,
    });
    insertAttempt(tx, newAttempt({ key, number, sent, now: tx.now }), {
      id: newId(),
      withdrawalId: withdrawal.id,
      body,
      bodySha256: createHash('sha256').update(body).digest('hex'),
      resolvedBy: null,
      resolution: null,
    });
    return { step: 'call', key };
  }
}

/** The same attempt, the same key and bytes; after the key's window a person looks instead. */
function again(tx: Tx, loaded: LoadedWithdrawal, { attempt, frame }: LoadedAttempt): SendingStep | undefined {
  if (attempt.state !== 'created') return undefined;
  const after = callAgain(attempt, tx.now);
  saveAttempt(tx, after, frame);
  if (after.review) return leaveToPerson(tx, loaded);
  return { step: 'call', key: attempt.key };
}

/** Nothing is sent beside something that nobody understands yet. */
function leaveToPerson(tx: Tx, { withdrawal, frame }: LoadedWithdrawal): undefined {
  saveWithdrawal(tx, withdrawal, { ...frame, nextCallAt: null });
}

/** The method has ended meanwhile: the money goes back, unless an attempt was in doubt once. */
async function failUnsendable(
  tx: Tx,
  loaded: LoadedWithdrawal,
  live: LoadedAttempt | undefined,
  cutOff: string,
): Promise<undefined> {
  if (live?.attempt.state === 'created') {
    const attempt = endUnsent(live.attempt, 'method_disabled');
    saveAttempt(tx, attempt, live.frame);
    if (attempt.review) return leaveToPerson(tx, loaded);
    await followAttempt(tx, loaded, { attempt, nextCallAt: undefined, cutOff });
    return undefined;
  }
  const failed = failUnsent(loaded.withdrawal);
  saveWithdrawal(tx, evolve(loaded.withdrawal, failed), { ...loaded.frame, nextCallAt: null });
  tx.post(undoneJournal(failed));
  tx.publish(payoutsEvents, [failed]);
  return undefined;
}
