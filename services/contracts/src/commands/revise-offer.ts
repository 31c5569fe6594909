import { NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, UnitOfWork } from '@holdfast/messaging';
import { currentSettings, PersonTexts, sha256 } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { assertMayContract } from '../domain/hold.ts';
import { evolve, revise } from '../domain/offer.ts';
import { canonicalTerms, type ProposedTerms, priceTerms } from '../domain/terms.ts';
import { contractsSettings } from '../settings.ts';
import { loadParties } from '../tables/account.table.ts';
import { loadOffer, saveOffer } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';
import { answerOf, insertVersion, offerCause, type SentOffer } from './send-offer.ts';

export class ReviseOffer extends Command<SentOffer> {
  constructor(
    readonly input: { message: MessageRef; clientId: string; offerId: string; terms: ProposedTerms },
  ) {
    super();
  }
}

/**
 * Sends a new version of an open offer and restarts its expiry; the earlier ones stay readable (A-5, A-6, S-5).
 * @throws Rejection account.on_hold | offer.party_on_hold | offer.not_open | offer.expired |
 *   milestones.percent_total | milestones.over_budget | milestone.below_minimum
 * @throws NotYet offer.unknown
 */
@CommandHandler(ReviseOffer)
export class ReviseOfferHandler implements ICommandHandler<ReviseOffer> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly texts: PersonTexts,
  ) {}

  execute(command: ReviseOffer): Promise<SentOffer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { clientId, offerId, terms: proposed } = command.input;
      const offer = await loadOffer(tx, { id: offerId, clientId });
      if (!offer) throw new NotYet('offer.unknown');
      assertMayContract('client', await loadParties(tx, offer));
      const settings = await currentSettings(tx, contractsSettings);
      const terms = priceTerms(proposed, settings);
      const termsHash = sha256(canonicalTerms(terms, offer));
      const revised = revise(offer, { termsHash, now: tx.now, expiryDays: settings['offer.expiry_days'] });
      saveOffer(tx, evolve(offer, revised));
      await insertVersion(tx, this.texts, { clientId, terms, event: revised });
      tx.publish(contractsEvents, [revised]);
      await tell(tx, revised, { causeId: offerCause(revised), parties: offer });
      return answerOf(revised);
    });
  }
}
