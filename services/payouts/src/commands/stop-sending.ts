import { NotYet, Rejection } from '@holdfast/domain';
import { payoutsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { type SendingStop, SendingStopTable } from '../tables/sending-stop.table.ts';

export type StoppedSending = { stopId: string; provider: SendingStop['provider']; standing: boolean };

export class StopSending extends Command<StoppedSending> {
  constructor(
    readonly input: { message: MessageRef; by: string; provider: SendingStop['provider']; reason: string },
  ) {
    super();
  }
}

/**
 * Operators stop sending by one provider or by all (W-18): what is requested waits, what was sent is followed.
 * From the commit on nothing new is sent; the withdrawals are held one account after another.
 */
@CommandHandler(StopSending)
export class StopSendingHandler implements ICommandHandler<StopSending> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: StopSending): Promise<StoppedSending> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, provider, reason } = command.input;
      const standing = await tx.one(SendingStopTable, { provider, standing: true });
      if (standing) throw new Rejection('sending.stopped_already', { stopId: standing.id });
      const stopId = newId();
      tx.insert(SendingStopTable, {
        id: stopId,
        provider,
        standing: true,
        reason,
        stoppedBy: by,
        stoppedAt: tx.now,
        resumedBy: null,
        resumedAt: null,
        resumeReason: null,
        nextCallAt: tx.now,
      });
      tx.publish(payoutsEvents, [{ type: 'payouts.sending.stopped', stopId, provider }]);
      return { stopId, provider, standing: true };
    });
  }
}

export class ResumeSending extends Command<StoppedSending> {
  constructor(readonly input: { message: MessageRef; by: string; stopId: string; reason: string }) {
    super();
  }
}

/** Sending goes on, and with it what the stop alone had held (W-18). */
@CommandHandler(ResumeSending)
export class ResumeSendingHandler implements ICommandHandler<ResumeSending> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ResumeSending): Promise<StoppedSending> {
    return this.unitOfWork.once(command, async (tx) => {
      const { by, stopId, reason } = command.input;
      const stop = await tx.one(SendingStopTable, { id: stopId });
      if (!stop) throw new NotYet('sending.stop_unknown');
      if (!stop.standing) throw new Rejection('sending.resumed_already');
      const { provider } = stop;
      tx.save(SendingStopTable, {
        ...stop,
        standing: false,
        resumedBy: by,
        resumedAt: tx.now,
        resumeReason: reason,
        nextCallAt: tx.now,
      });
      tx.publish(payoutsEvents, [{ type: 'payouts.sending.resumed', stopId, provider }]);
      return { stopId, provider, standing: false };
    });
  }
}

export class FinishStop extends Command<void> {
  constructor(readonly input: { message: MessageRef; stopId: string; standing: boolean }) {
    super();
  }
}

/** All withdrawals have been looked at since it was placed or lifted. */
@CommandHandler(FinishStop)
export class FinishStopHandler implements ICommandHandler<FinishStop> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: FinishStop): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const { stopId, standing } = command.input;
      const stop = await tx.one(SendingStopTable, { id: stopId });
      // Lifted meanwhile: they are looked at once more.
      if (stop?.standing !== standing) return;
      tx.save(SendingStopTable, { ...stop, nextCallAt: null });
    });
  }
}
