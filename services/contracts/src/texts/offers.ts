import type { Facts, Template } from '../domain/notice.ts';
import { agreementPath, moment, needed, offerPath, type Text } from './format.ts';

const seeContract = ({ agreementId }: Facts) => ({
  label: 'See the contract',
  path: agreementPath(agreementId),
});
const readOffer = ({ offerId }: Facts) => ({ label: 'Read the offer', path: offerPath(offerId) });

export const offerTexts = {
  offer_sent: (facts) => ({
    subject: 'You have an offer',
    paragraphs: [
      'A client has sent you an offer with its terms, milestones and prices.',
      `It is open until ${moment(needed(facts.dueAt))}. After that it expires.`,
    ],
    action: readOffer(facts),
  }),
  offer_revised: (facts) => ({
    subject: 'An offer to you has changed',
    paragraphs: [
      'The client has sent a new version of the offer. Only the new version can be accepted.',
      `It is open until ${moment(needed(facts.dueAt))}.`,
    ],
    action: readOffer(facts),
  }),
  offer_expiring: (facts) => ({
    subject: 'An offer to you is about to expire',
    paragraphs: [`The offer expires at ${moment(needed(facts.dueAt))} unless you accept it before.`],
    action: readOffer(facts),
  }),
  offer_changes_requested: (facts) => ({
    subject: 'The freelancer asks for other terms',
    paragraphs: [
      'The freelancer has not accepted your offer yet and asks for changes. You may send a new version.',
    ],
    action: readOffer(facts),
  }),
  offer_declined: (facts) => ({
    subject: 'Your offer was declined',
    paragraphs: ['The freelancer has declined the offer.'],
    action: readOffer(facts),
  }),
  offer_accepted: ({ agreementId }) => ({
    subject: 'Your offer was accepted',
    paragraphs: [
      'The freelancer has accepted your offer and the contract has begun. The first milestone is being charged.',
    ],
    action: { label: 'See the contract', path: agreementPath(agreementId) },
  }),
  offer_withdrawn: (facts) => ({
    subject: 'An offer to you was withdrawn',
    paragraphs: ['The client has taken the offer back. There is nothing for you to do.'],
    action: readOffer(facts),
  }),
  offer_expired: (facts) => ({
    subject: 'Your offer has expired',
    paragraphs: ['The freelancer has not accepted the offer in time. You may send a new one.'],
    action: readOffer(facts),
  }),
  amendment_proposed: (facts) => ({
    subject: 'A change of your contract is proposed',
    paragraphs: [
      'The other party proposes other terms. Nothing changes unless you accept.',
      `Unanswered the proposal lapses at ${moment(needed(facts.dueAt))}.`,
    ],
    action: seeContract(facts),
  }),
  amendment_lapsing: (facts) => ({
    subject: 'A proposed change is about to lapse',
    paragraphs: [
      `Unanswered the proposal lapses at ${moment(needed(facts.dueAt))}. The terms then stay as they are.`,
    ],
    action: seeContract(facts),
  }),
  amendment_lapsed: (facts) => ({
    subject: 'A proposed change does not come about',
    paragraphs: ['The terms of your contract stay as they are.'],
    action: seeContract(facts),
  }),
  contract_amended: (facts) => ({
    subject: 'The terms of your contract have changed',
    paragraphs: ['Both parties have agreed to the change. Money that is held is untouched.'],
    action: seeContract(facts),
  }),
  milestones_reordered: (facts) => ({
    subject: 'The order of your milestones has changed',
    paragraphs: ['The client has put milestones that are not funded yet into another order.'],
    action: seeContract(facts),
  }),
  contract_paused: (facts) => ({
    subject: 'Your contract is paused',
    paragraphs: ['Nothing is funded while the contract is paused. Money that is held stays where it is.'],
    action: seeContract(facts),
  }),
  contract_resumed: (facts) => ({
    subject: 'Your contract goes on',
    paragraphs: ['The contract is no longer paused.'],
    action: seeContract(facts),
  }),
  end_requested: (facts) => ({
    subject: 'The other party ends your contract',
    paragraphs: ['The contract ends once nothing is held and nothing is open any more.'],
    action: seeContract(facts),
  }),
  contract_ended: (facts) => ({
    subject: 'Your contract has ended',
    paragraphs: ['Nothing is held for it and nothing is open any more.'],
    action: seeContract(facts),
  }),
  payment_requested: (facts) => ({
    subject: 'The freelancer asks for payment',
    paragraphs: [
      'Please look at the contract: you may fund, review or release what the freelancer asks for.',
    ],
    action: seeContract(facts),
  }),
} satisfies { [Name in Template]?: (facts: Facts) => Text };
