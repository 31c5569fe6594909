import type { Money } from '@holdfast/domain';
import { type contractsEvents, type EventOf, type escrowEvents, PinnedSettings } from '@holdfast/events';
import type { Offer } from './offer.ts';

export type ContractActivated = Extract<
  EventOf<typeof contractsEvents>,
  { type: 'contracts.contract.activated' }
>;

type ClearingRefused = Extract<EventOf<typeof escrowEvents>, { type: 'escrow.contract.clearing_refused' }>;

/** Who of the two acts. */
export type PartyRole = 'client' | 'freelancer';

/** What escrow still holds of a contract that is to end, or what else is open. */
export type Left = Readonly<{ balance: Money; openItems: ClearingRefused['openItems'] }>;

type Closing = Readonly<{ closingBy: PartyRole; closingAt: Date }>;

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
  /** What escrow was asked for and has not answered: the first funding, the end of the contract (M-15). */
  unanswered?: readonly ('funding' | 'end')[];
}> &
  (
    | { status: 'active' }
    | { status: 'paused'; pausedAt: Date }
    /** `left` where escrow has refused to clear it so far. */
    | (Closing & { status: 'closing'; left?: Left })
    | (Closing & { status: 'ended'; endedAt: Date })
  );

export type Acceptance = Readonly<{
  /** The settings in force now: the pinned ones among them are kept. */
  settings: PinnedSettings;
  /** A term of the offer, which stands above the setting. */
  fundingMode: PinnedSettings['funding.mode'];
  now: Date;
  /** In the order of the offer, each with the id it gets. */
  milestones: readonly Readonly<{ milestoneId: string; price: Money; dueDate: string }>[];
}>;

/** Makes the contract of an accepted offer: parties, pinned settings and milestones (rules ). */
export function activate(
  offer: Offer,
  { settings, fundingMode, now, milestones }: Acceptance,
): ContractActivated {
  return {
    type: 'contracts.contract.activated',
    agreementId: offer.agreementId,
    version: 1,
    clientId: offer.clientId,
    freelancerId: offer.freelancerId,
    contractType: 'fixed',
    settings: PinnedSettings.parse({ ...settings, 'funding.mode': fundingMode }),
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

/** An agreement begins with `contracts.contract.activated`, which asks escrow for the first funding (E-3). */
export function begun(event: ContractActivated): Agreement {
  const {
    agreementId: id,
    clientId,
    freelancerId,
    contractType,
    version: termsVersion,
    settings,
    activatedAt,
  } = event;
  const terms = { id, clientId, freelancerId, contractType, termsVersion, settings, activatedAt };
  return { ...terms, unanswered: ['funding'], status: 'active' };
}
