import { Money, NotYet } from '@holdfast/domain';
import { contractsEvents } from '@holdfast/events';
import { type MessageRef, newId, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { activate, begun } from '../domain/agreement.ts';
import { assertMayContract } from '../domain/hold.ts';
import { milestonesOf } from '../domain/milestone.ts';
import { accept, evolve } from '../domain/offer.ts';
import { contractsSettings } from '../settings.ts';
import { loadParties, saveAccount } from '../tables/account.table.ts';
import { insertAgreement } from '../tables/agreement.table.ts';
import { insertFirstVersion } from '../tables/amendment.table.ts';
import { insertMilestone } from '../tables/milestone.table.ts';
import { loadOffer, OfferVersionTable, pricedMilestones, saveOffer } from '../tables/offer.table.ts';
import { tell } from './plan-notices.ts';

export type AcceptedOffer = {
  agreementId: string;
  milestones: { milestoneId: string; order: number; price: { amountMinor: string; currency: 'USD' } }[];
};

export class AcceptOffer extends Command<AcceptedOffer> {
  constructor(
    readonly input: { message: MessageRef; freelancerId: string; offerId: string; version: number },
  ) {
    super();
  }
}

/**
 * Makes the contract in one transaction: agreement, milestones and the settings in force, pinned.
 * @throws Rejection account.on_hold | offer.party_on_hold | offer.not_open | offer.expired |
 *   offer.changes_requested | offer.version_outdated
 * @throws NotYet offer.unknown
 */
@CommandHandler(AcceptOffer)
export class AcceptOfferHandler implements ICommandHandler<AcceptOffer> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: AcceptOffer): Promise<AcceptedOffer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, offerId, version } = command.input;
      const offer = await loadOffer(tx, { id: offerId, freelancerId });
      if (!offer) throw new NotYet('offer.unknown');
      const { client, freelancer } = await loadParties(tx, offer);
      assertMayContract('freelancer', { client, freelancer });
      const accepted = accept(offer, { version, now: tx.now });
      const terms = await tx.one(OfferVersionTable, { offerId, termsVersion: version });
      const milestones = pricedMilestones(terms!).map((milestone) => ({
        ...milestone,
        milestoneId: newId(),
      }));
      const settings = await currentSettings(tx, contractsSettings);
      const activated = activate(offer, {
        settings,
        fundingMode: terms!.fundingMode,
        now: tx.now,
        milestones,
      });
      saveOffer(tx, evolve(offer, accepted));
      insertAgreement(tx, begun(activated));
      // Their new versions: a hold that is being placed on either finds this contract, to pause it.
      for (const account of [client, freelancer]) saveAccount(tx, account);
      for (const milestone of milestonesOf(activated)) {
        insertMilestone(tx, milestone);
        insertFirstVersion(tx, milestone);
      }
      tx.publish(contractsEvents, [accepted, activated]);
      await tell(tx, accepted, { causeId: offerId, parties: offer });
      return {
        agreementId: activated.agreementId,
        milestones: activated.milestones.map(({ milestoneId, order, price }) => ({
          milestoneId,
          order,
          price: Money.encode(price),
        })),
      };
    });
  }
}
