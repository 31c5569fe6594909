import type { Facts, Template } from '../domain/notice.ts';
import { agreementPath, dollars, moment, needed, type Text } from './format.ts';

const seeContract = ({ agreementId }: Facts) => ({
  label: 'See the contract',
  path: agreementPath(agreementId),
});

const whyNoCharge: Readonly<Record<string, string>> = {
  declined: 'Your bank has declined the charge.',
  expired: 'The payment was not confirmed in time.',
  method_unusable: 'Your billing method cannot be used any more.',
  given_up: 'Your bank did not answer in time.',
  cancelled: 'The payment was cancelled.',
};

const whyNoReview: Readonly<Record<string, string>> = {
  not_funded: 'The milestone is not funded yet.',
  released: 'The milestone is paid already.',
  already_under_review: 'Another submission of the milestone is under review.',
  reserved: 'What is left of the milestone’s money is on its way to the next milestone.',
  refund_pending: 'The client has asked for the money back, and that is not decided yet.',
  refunded: 'The money of the milestone went back to the client.',
  charged_back: 'The money of the milestone was taken back by the client’s bank.',
  cancelled: 'The milestone was cancelled.',
  contract_closing: 'The contract is about to end.',
};

export const workTexts = {
  milestone_funded: (facts) => ({
    subject: 'A milestone is funded',
    paragraphs: [
      `${dollars(needed(facts.amountMinor))} are held for a milestone of your contract. Work on it is protected.`,
    ],
    action: seeContract(facts),
  }),
  charge_receipt: (facts) => ({
    subject: 'Your milestone is funded',
    paragraphs: [
      `${dollars(needed(facts.amountMinor))} are held for the milestone, until you release them or both agree otherwise.`,
      `Our fee of ${dollars(needed(facts.feeMinor))} was charged with it.`,
    ],
    action: seeContract(facts),
  }),
  funding_payer_needed: (facts) => ({
    subject: 'Your bank wants you to confirm a payment',
    paragraphs: [
      'The milestone could not be charged without you, so nothing was charged and it is not funded.',
      'Please fund it again and confirm the payment.',
    ],
    action: { label: 'Fund the milestone', path: agreementPath(facts.agreementId) },
  }),
  funding_failed: (facts) => ({
    subject: 'A milestone could not be funded',
    paragraphs: [
      whyNoCharge[needed(facts.reason)] ?? 'The payment did not succeed.',
      'Nothing was charged. Work is not protected until the milestone is funded.',
    ],
    action: { label: 'Fund the milestone', path: agreementPath(facts.agreementId) },
  }),
  review_started: (facts) => ({
    subject: 'Work was submitted: please review it',
    paragraphs: [
      'The freelancer has submitted work and asks for payment. Approve it, or ask for changes.',
      `Without an answer the whole milestone is released at ${moment(needed(facts.dueAt))}.`,
    ],
    action: { label: 'Review the work', path: agreementPath(facts.agreementId) },
  }),
  review_reminder: (facts) => ({
    subject: 'Submitted work still waits for your review',
    paragraphs: [
      `Without an answer the whole milestone is released at ${moment(needed(facts.dueAt))}.`,
      'Approve the work, or ask for changes, before then.',
    ],
    action: { label: 'Review the work', path: agreementPath(facts.agreementId) },
  }),
  review_suspended: (facts) => ({
    subject: 'A review stands still',
    paragraphs: ['Silence releases nothing meanwhile. When the review goes on you are told the new date.'],
    action: seeContract(facts),
  }),
  review_resumed: (facts) => ({
    subject: 'A review goes on: please decide',
    paragraphs: [`Without an answer the whole milestone is released at ${moment(needed(facts.dueAt))}.`],
    action: { label: 'Review the work', path: agreementPath(facts.agreementId) },
  }),
  charge_returned: (facts) => ({
    subject: 'A charge goes back to you',
    paragraphs: [
      `${dollars(needed(facts.amountMinor))} were charged for a milestone that no longer takes them. All of it goes back.`,
    ],
    action: seeContract(facts),
  }),
  bonus_receipt: (facts) => ({
    subject: 'Your bonus was charged',
    paragraphs: [
      `${dollars(needed(facts.amountMinor))} go to the freelancer. Our fee of ${dollars(needed(facts.feeMinor))} was charged with it.`,
    ],
    action: seeContract(facts),
  }),
  bonus_failed: (facts) => ({
    subject: 'Your bonus could not be charged',
    paragraphs: [whyNoCharge[needed(facts.reason)] ?? 'The payment did not succeed.', 'Nothing was charged.'],
    action: seeContract(facts),
  }),
  bonus_released: (facts) => ({
    subject: `You have got a bonus of ${dollars(needed(facts.netMinor))}`,
    paragraphs: [
      `${dollars(needed(facts.amountMinor))} less our fee of ${dollars(needed(facts.feeMinor))} are on your balance.`,
    ],
    action: seeContract(facts),
  }),
  submission_refused: (facts) => ({
    subject: 'Your submission is not under review',
    paragraphs: [
      whyNoReview[needed(facts.reason)] ?? 'The milestone cannot be reviewed at present.',
      'No review has started, and silence releases nothing.',
    ],
    action: seeContract(facts),
  }),
  changes_requested: (facts) => ({
    subject: 'Changes were requested',
    paragraphs: [
      'The client asks for changes to your work, which has stopped the review.',
      'Read what is missing, and submit again. The money stays held.',
    ],
    action: seeContract(facts),
  }),
  milestone_released: (facts) => ({
    subject: `You have been paid ${dollars(needed(facts.netMinor))}`,
    paragraphs: [
      `${dollars(needed(facts.amountMinor))} of a milestone were released to you.`,
      `Less our fee of ${dollars(needed(facts.feeMinor))}, ${dollars(needed(facts.netMinor))} are on your balance.`,
    ],
    action: seeContract(facts),
  }),
} satisfies { [Name in Template]?: (facts: Facts) => Text };
