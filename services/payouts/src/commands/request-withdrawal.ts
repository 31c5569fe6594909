import { Money } from '@holdfast/domain';
import { Instant, payoutsEvents } from '@holdfast/events';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  UnitOfWork,
} from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { requestJournal } from '../domain/journals.ts';
import {
  applyCauses,
  evolve,
  holdCauses,
  requestWithdrawal,
  sentOf,
  startWithdrawal,
  type Withdrawal,
} from '../domain/withdrawal.ts';
import { payoutsSettings } from '../settings.ts';
import { loadPerson, touchPerson } from '../tables/person.table.ts';
import { loadStoppedProviders } from '../tables/sending-stop.table.ts';
import { insertWithdrawal } from '../tables/withdrawal.table.ts';
import { loadMethod } from '../tables/withdrawal-method.table.ts';

type WireMoney = z.input<typeof Money>;
export type RequestedWithdrawal = {
  withdrawalId: string;
  status: Withdrawal['status'];
  amount: WireMoney;
  fee: WireMoney;
  sent: WireMoney;
  cutOffAt: string;
  arrivesBy: string;
};

export class RequestWithdrawal extends Command<RequestedWithdrawal> {
  constructor(readonly input: { message: MessageRef; accountId: string; methodId: string; amount: Money }) {
    super();
  }
}

/**
 * A freelancer asks for a part of the available balance (W-4, W-5): its money is in transit from now on. It is
 * sent at the cut-off (W-9), or held from the start where something stands in the way.
 */
@CommandHandler(RequestWithdrawal)
export class RequestWithdrawalHandler implements ICommandHandler<RequestWithdrawal> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RequestWithdrawal): Promise<RequestedWithdrawal> {
    return this.unitOfWork.once(command, async (tx) => {
      const { accountId, methodId, amount } = command.input;
      const method = await loadMethod(tx, methodId, accountId);
      const person = await loadPerson(tx, accountId);
      // A hold that is decided meanwhile has not seen this withdrawal, and decides again (F63).
      await touchPerson(tx, accountId);
      const settings = await currentSettings(tx, payoutsSettings);
      const withdrawalId = newId();
      const now = tx.now;
      const requested = requestWithdrawal({ withdrawalId, person, method, amount, now }, settings);
      const started = startWithdrawal(requested);
      const obstacles = { person, method, stoppedProviders: await loadStoppedProviders(tx) };
      const causes = holdCauses(started, obstacles);
      const held = applyCauses(started, causes, { now, cutOff: settings['payout.cutoff'] });
      const withdrawal = held.reduce(evolve, started);
      insertWithdrawal(tx, withdrawal, {
        reference: referenceOf(withdrawalId),
        requestedAt: now,
        nextCallAt: withdrawal.status === 'held' ? null : withdrawal.cutOffAt,
        correlationId: currentCausality()?.correlationId ?? withdrawalId,
        traceparent: currentTraceparent() ?? null,
      });
      tx.post(requestJournal(requested));
      tx.publish(payoutsEvents, [requested, ...held]);
      return answerOf(withdrawal);
    });
  }
}

/** The random half of the id, in the letters and digits that every provider takes: 64 bits are 13 of them. */
const referenceOf = (withdrawalId: string): string =>
  BigInt(`0x${withdrawalId.replaceAll('-', '').slice(16)}`)
    .toString(36)
    .toUpperCase()
    .padStart(13, '0');

const answerOf = (withdrawal: Withdrawal): RequestedWithdrawal => ({
  withdrawalId: withdrawal.id,
  status: withdrawal.status,
  amount: Money.encode(withdrawal.amount),
  fee: Money.encode(withdrawal.fee),
  sent: Money.encode(sentOf(withdrawal)),
  cutOffAt: Instant.encode(withdrawal.cutOffAt),
  arrivesBy: Instant.encode(withdrawal.arrivesBy),
});
