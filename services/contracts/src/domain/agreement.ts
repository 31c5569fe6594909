import type { Money } from '@holdfast/domain';
import { type contractsEvents, type EventOf, PinnedSettings } from '@holdfast/events';
import type { Offer } from './offer.ts';

export type ContractActivated = Extract<
  EventOf<typeof contractsEvents>,
  { type: 'contracts.contract.activated' }
>;

/** What both parties agreed to; it begins when the offer is accepted. */
export type Agreement = Readonly<{
  id: string;
  clientId: string;
  freelancerId: string;
  contractType: 'fixed';
  termsVersion: number;
  /** Fixed for the contract's life. */
  settings: PinnedSettings;
  activatedAt: Date;
}>;

export type Acceptance = Readonly<{
  /** The settings in force now: the pinned ones among them are kept. */
  settings: PinnedSettings;
  now: Date;
  /** In the order of the offer, each with the id it gets. */
  milestones: readonly Readonly<{ milestoneId: string; price: Money; dueDate: string }>[];
}>;

/** Makes the contract of an accepted offer: parties, pinned settings and milestones (rules ). */
export function activate(offer: Offer, { settings, now, milestones }: Acceptance): ContractActivated {
  return {
    type: 'contracts.contract.activated',
    agreementId: offer.agreementId,
    version: 1,
    clientId: offer.clientId,
    freelancerId: offer.freelancerId,
    contractType: 'fixed',
    settings: PinnedSettings.parse(settings),
    activatedAt: now,
    milestones: milestones.map(({ milestoneId, price, dueDate }, index) => ({
      milestoneId,
      version: 1,
      order: index + 1,
      price,
      dueDate,
    })),
  };
}

/** The state after an event; an agreement begins with `contracts.contract.activated`. */
export function evolve(event: ContractActivated): Agreement {
  const {
    agreementId: id,
    clientId,
    freelancerId,
    contractType,
    version: termsVersion,
    settings,
    activatedAt,
  } = event;
  return { id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt };
}
