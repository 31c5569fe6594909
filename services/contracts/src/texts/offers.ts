import type { Facts, Template } from '../domain/notice.ts';
import { agreementPath, moment, needed, offerPath, type Text } from './format.ts';

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
} satisfies { [Name in Template]?: (facts: Facts) => Text };
