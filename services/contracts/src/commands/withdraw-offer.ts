import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { evolve, withdraw } from '../domain/offer.ts';
import { loadOffer, saveOffer } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';

export type WithdrawnOffer = { offerId: string; status: 'withdrawn' };

export class WithdrawOffer extends Command<WithdrawnOffer> {
  constructor(readonly input: { message: MessageRef; clientId: string; offerId: string }) {
    super();
  }
}

/**
 * The client takes back an offer that nobody has accepted.
 * @throws Rejection offer.not_open | offer.expired
 * @throws NotYet offer.unknown
 */
@CommandHandler(WithdrawOffer)
export class WithdrawOfferHandler implements ICommandHandler<WithdrawOffer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: WithdrawOffer): Promise<WithdrawnOffer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { clientId, offerId } = command.input;
      const offer = await loadOffer(tx, { id: offerId, clientId });
      if (!offer) throw new NotYet('offer.unknown');
      const withdrawn = withdraw(offer, tx.now);
      saveOffer(tx, evolve(offer, withdrawn));
      tx.publish(contractsEvents, [withdrawn]);
      await tell(tx, withdrawn, { causeId: offer.id, parties: offer });
      return { offerId, status: 'withdrawn' };
    });
  }
}
