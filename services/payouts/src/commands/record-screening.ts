import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, type Tx, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import {
  decided,
  type ScreeningAnswer,
  screened,
  screeningFact,
  type WithdrawalMethod,
} from '../domain/withdrawal-method.ts';
import { insertChange } from '../tables/account-change.table.ts';
import { loadPerson } from '../tables/person.table.ts';
import { loadMethod } from '../tables/withdrawal-method.table.ts';
import { reviewHolds } from './review-holds.ts';
import { saveSettled } from './settle-methods.ts';

export class RecordScreening extends Command<void> {
  constructor(readonly input: { message: MessageRef; methodId: string; answer: ScreeningAnswer }) {
    super();
  }
}

/** What the vendor answered about a method, when it was added or before a sending (W-17). */
@CommandHandler(RecordScreening)
export class RecordScreeningHandler implements ICommandHandler<RecordScreening> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RecordScreening): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { methodId, answer } = command.input;
      const method = await loadMethod(tx, methodId);
      const after = screened(method, answer, tx.now);
      if (after !== method) await record(tx, this.texts, method, after);
    });
  }
}

export type DecidedScreening = { methodId: string; screening: 'clear' | 'blocked' };

export class DecideScreening extends Command<DecidedScreening> {
  constructor(
    readonly input: {
      message: MessageRef;
      by: string;
      methodId: string;
      decision: 'clear' | 'blocked';
      reason: string;
    },
  ) {
    super();
  }
}

/** An operator has the last word, and only an operator ends a review (W-17); who and why is kept (AD-21). */
@CommandHandler(DecideScreening)
export class DecideScreeningHandler implements ICommandHandler<DecideScreening> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: DecideScreening): Promise<DecidedScreening> {
    return this.unitOfWork.once(command, async (tx) => {
      const { methodId, decision, by, reason } = command.input;
      const method = await loadMethod(tx, methodId);
      const key = await this.texts.keyOf(tx, method.accountId);
      insertChange(tx, this.texts, key, { what: 'screening', methodId, value: decision, by, reason });
      await record(tx, this.texts, method, decided(method, decision, tx.now));
      return { methodId, screening: decision };
    });
  }
}

/** The state, its fact, what the method becomes, and what that means for withdrawals by it. */
async function record(
  tx: Tx,
  texts: PersonTexts,
  before: WithdrawalMethod,
  after: WithdrawalMethod,
): Promise<void> {
  const fact = screeningFact(before, after);
  if (fact) tx.publish(payoutsEvents, [fact]);
  const person = await loadPerson(tx, after.accountId);
  const method = await saveSettled(tx, texts, { person, method: after });
  await reviewHolds(tx, after.accountId, { method });
}
