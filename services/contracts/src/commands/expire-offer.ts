import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolve, expire } from '../domain/offer.ts';
import { loadOffer, saveOffer } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';

export class ExpireOffer extends Command<void> {
  constructor(readonly input: { message: MessageRef; offerId: string }) {
    super();
  }
}

/** The timer of A-4: dated at the offer's expiry, however late it runs (M-21). */
@CommandHandler(ExpireOffer)
export class ExpireOfferHandler implements ICommandHandler<ExpireOffer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: ExpireOffer): Promise<void> {
    return this.unitOfWork.once(command, async (tx) => {
      const offer = await loadOffer(tx, { id: command.input.offerId });
      if (!offer) throw new NotYet('offer.unknown');
      const expired = expire(offer, tx.now);
      if (!expired) return;
      saveOffer(tx, evolve(offer, expired));
      tx.publish(contractsEvents, [expired]);
      await tell(tx, expired, { causeId: offer.id, parties: offer });
    });
  }
}
