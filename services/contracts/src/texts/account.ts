import type { Facts, Template } from '../domain/notice.ts';
import { dollars, moment, needed, type Text } from './format.ts';

/** What a hold keeps its person from (S-5). */
const forbids: Readonly<Record<string, string>> = {
  identity: 'Until your identity is verified you can neither withdraw money nor enter into new contracts.',
  financial: 'Until it is settled you can neither hire nor withdraw money.',
  safety: 'Meanwhile you can neither enter into contracts nor submit work nor withdraw money.',
  closed: 'The account can no longer be used.',
};

/** The class of reason is all that a person learns (S-11). */
const because: Readonly<Record<string, string>> = {
  identity: 'The reason is the verification of your identity.',
  payment: 'The reason is a payment.',
  under_review: 'Your account is under review.',
  other: 'Our support can tell you more.',
};

const whyRefused: Readonly<Record<string, string>> = {
  cause_stands: 'What the hold was placed for is not settled yet.',
  proof_missing: 'What you wrote could not be verified. A proof may change that.',
  other: 'Our support can tell you more.',
};

/** Why a card was not verified by its small charges (P-2). */
const whyUnverified: Readonly<Record<string, string>> = {
  amounts_wrong: 'The amounts that you told us were wrong three times.',
  not_confirmed: 'You have not told us in time what the two small charges took.',
  disputed: 'The holder of the card disputes a small charge at the bank.',
};

const whyDisabled: Readonly<Record<string, string>> = {
  name_mismatch: 'Its name is not your verified name.',
  under_review: 'It is under review.',
  bad_details: 'A payment came back because its details are wrong.',
  refused_by_bank: 'The bank does not accept it.',
};

const whyReturned: Readonly<Record<string, string>> = {
  bad_details: 'The details of the account are wrong. Please add a method with the right ones.',
  refused_by_receiver: 'The receiving bank has refused it.',
  account_blocked: 'The receiving account is blocked.',
};

const secure = 'If this was not you, contact our support at once.';
const seeBalance = { label: 'See your balance', path: '/balance' };
const seeMethods = { label: 'See your withdrawal methods', path: '/withdrawal-methods' };
const confirmCard = { label: 'Confirm the card', path: '/billing-methods' };
const seeAccount = { label: 'See your account', path: '/account' };
const appeal = { label: 'Appeal', path: '/account/appeals' };

export const accountTexts = {
  hold_placed: (facts) => ({
    subject: 'A hold was placed on your account',
    paragraphs: [
      forbids[needed(facts.kind)] ?? 'Some acts are not possible at present.',
      because[needed(facts.reason)] ?? because.other!,
      'You may appeal: write what we should know, and a person who did not place the hold looks at it.',
    ],
    action: appeal,
  }),
  hold_lifted: () => ({
    subject: 'A hold on your account was lifted',
    paragraphs: ['What it kept you from is possible again, unless another hold stands.'],
    action: seeAccount,
  }),
  appeal_received: () => ({
    subject: 'We have your appeal',
    paragraphs: [
      'A person who did not place the hold looks at it, and you are told of the decision. Until then the hold stands.',
    ],
    action: seeAccount,
  }),
  appeal_refused: (facts) => ({
    subject: 'Your appeal was refused',
    paragraphs: [
      whyRefused[needed(facts.reason)] ?? whyRefused.other!,
      `The hold stands. You may appeal again from ${moment(needed(facts.dueAt))} on, or before that write to our support.`,
    ],
    action: seeAccount,
  }),
  account_closed: () => ({
    subject: 'Your account is closed',
    paragraphs: ['It takes part in nothing new. What is open is still settled.', secure],
  }),
  email_changed: () => ({
    subject: 'Your e-mail address was changed',
    paragraphs: ['Mails about your account go to another address from now on.', secure],
  }),
  card_to_confirm: (facts) => ({
    subject: 'Confirm your card',
    paragraphs: [
      'We have taken two small charges from your card. Look at its statement, and tell us what each of them took.',
      `Please do so until ${moment(needed(facts.dueAt))}. Whatever you do, both go back to your card.`,
      secure,
    ],
    action: confirmCard,
  }),
  card_reminder: (facts) => ({
    subject: 'Second notice: confirm your card',
    paragraphs: [
      `Tell us until ${moment(needed(facts.dueAt))} what the two small charges took: it stands in the statement of your card.`,
      'After that the card is not verified, and you would have to add it again.',
    ],
    action: confirmCard,
  }),
  card_not_verified: (facts) => ({
    subject: 'Your card was not verified',
    paragraphs: [
      whyUnverified[needed(facts.reason)] ?? 'It was not confirmed.',
      'We do not charge it. The small charges go back; you may add the card again.',
    ],
    action: { label: 'See your billing methods', path: '/billing-methods' },
  }),
  method_added: (facts) => ({
    subject: 'A withdrawal method was added',
    paragraphs: [
      `A bank account was added to your account. It can be used from ${moment(needed(facts.dueAt))} at the earliest.`,
      secure,
    ],
    action: seeMethods,
  }),
  method_disabled: (facts) => ({
    subject: 'A withdrawal method can no longer be used',
    paragraphs: [
      whyDisabled[needed(facts.reason)] ?? 'It cannot be used any more.',
      'You may add another one.',
    ],
    action: seeMethods,
  }),
  withdrawal_paid: (facts) => ({
    subject: `Your withdrawal of ${dollars(needed(facts.amountMinor))} is paid`,
    paragraphs: [`The bank confirms that it has paid ${dollars(needed(facts.amountMinor))} to you.`],
    action: seeBalance,
  }),
  withdrawal_failed: (facts) => ({
    subject: 'Your withdrawal could not be paid',
    paragraphs: [
      `Nothing was paid. ${dollars(needed(facts.amountMinor))} are on your balance again, without a fee.`,
    ],
    action: seeBalance,
  }),
  withdrawal_returned: (facts) => ({
    subject: 'Your withdrawal came back',
    paragraphs: [
      whyReturned[needed(facts.reason)] ?? 'The receiving bank has sent it back.',
      `${dollars(needed(facts.amountMinor))} are on your balance again.`,
    ],
    action: seeBalance,
  }),
} satisfies { [Name in Template]?: (facts: Facts) => Text };
