import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertMayContract } from '../domain/hold.ts';
import { decline, evolve, requestChanges } from '../domain/offer.ts';
import { loadParties } from '../tables/account.table.ts';
import { loadOffer, OfferChangeRequestTable, saveOffer } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';

export type RequestedOfferChanges = { offerId: string; status: 'changes_requested'; dueAt: string };

export class RequestOfferChanges extends Command<RequestedOfferChanges> {
  constructor(
    readonly input: {
      message: MessageRef;
      freelancerId: string;
      offerId: string;
      version: number;
      reason: string;
    },
  ) {
    super();
  }
}

/**
 * The freelancer asks for other terms; the words stay here, encrypted, and the expiry as it is (A-6, S-5).
 * @throws Rejection account.on_hold | offer.party_on_hold | offer.not_open | offer.expired |
 *   offer.changes_requested | offer.version_outdated
 * @throws NotYet offer.unknown
 */
@CommandHandler(RequestOfferChanges)
export class RequestOfferChangesHandler implements ICommandHandler<RequestOfferChanges> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: RequestOfferChanges): Promise<RequestedOfferChanges> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, offerId, version, reason } = command.input;
      const offer = await loadOffer(tx, { id: offerId, freelancerId });
      if (!offer) throw new NotYet('offer.unknown');
      assertMayContract('freelancer', await loadParties(tx, offer));
      const id = newId();
      // The id keeps equal words of two persons apart: nobody learns them from their hash.
      const reasonHash = sha256(JSON.stringify({ id, reason }));
      const requested = requestChanges(offer, { version, reasonHash, now: tx.now });
      const key = await this.texts.keyOf(tx, freelancerId);
      saveOffer(tx, evolve(offer, requested));
      tx.insert(OfferChangeRequestTable, {
        id,
        offerId,
        termsVersion: version,
        reasonHash,
        reason: this.texts.seal(key, `offer_change_requests/reason/${id}`, { reason }),
        requestedAt: tx.now,
      });
      tx.publish(contractsEvents, [requested]);
      await tell(tx, requested, { causeId: id, parties: offer });
      return { offerId, status: 'changes_requested', dueAt: requested.dueAt.toISOString() };
    });
  }
}

export type DeclinedOffer = { offerId: string; status: 'declined' };

export class DeclineOffer extends Command<DeclinedOffer> {
  constructor(readonly input: { message: MessageRef; freelancerId: string; offerId: string }) {
    super();
  }
}

/**
 * The freelancer declines; nothing comes of the offer any more. No hold stands in the way of a no.
 * @throws Rejection offer.not_open | offer.expired
 * @throws NotYet offer.unknown
 */
@CommandHandler(DeclineOffer)
export class DeclineOfferHandler implements ICommandHandler<DeclineOffer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: DeclineOffer): Promise<DeclinedOffer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, offerId } = command.input;
      const offer = await loadOffer(tx, { id: offerId, freelancerId });
      if (!offer) throw new NotYet('offer.unknown');
      const declined = decline(offer, tx.now);
      saveOffer(tx, evolve(offer, declined));
      tx.publish(contractsEvents, [declined]);
      await tell(tx, declined, { causeId: offerId, parties: offer });
      return { offerId, status: 'declined' };
    });
  }
}
