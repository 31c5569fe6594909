import type { Facts, Template } from '../domain/notice.ts';
import { agreementPath, dollars, moment, needed, type Text } from './format.ts';

const seeContract = ({ agreementId }: Facts) => ({
  label: 'See the contract',
  path: agreementPath(agreementId),
});
const seeBalance = { label: 'See your balance', path: '/balance' };
const amount = ({ amountMinor }: Facts): string => dollars(needed(amountMinor));

/** Who is silent when a step of dormancy falls due, and what that means (E-20). */
const dormancySteps: Readonly<Record<string, string>> = {
  announced: 'Nothing has happened for a long time. If it stays so we ask what shall become of the money.',
  client_asked: 'Nothing has happened for a long time. Please say what shall become of the money.',
  freelancer_asked:
    'Nothing has happened for a long time, and the client has not answered. Please answer instead.',
  release_requested: 'The freelancer asks for the money that is held. Without an answer it is released.',
};

export const refundTexts = {
  refund_requested: (facts) => ({
    subject: 'The client asks for money back: please answer',
    paragraphs: [
      `The client has ended the contract and asks for ${amount(facts)} back.`,
      `Agree or object. Without an answer the money goes back at ${moment(needed(facts.dueAt))}.`,
    ],
    action: { label: 'Answer the request', path: agreementPath(facts.agreementId) },
  }),
  refund_reminder: (facts) => ({
    subject: 'Second notice: the client asks for money back',
    paragraphs: [
      `You have not answered yet. Without an answer ${amount(facts)} go back at ${moment(needed(facts.dueAt))}.`,
    ],
    action: { label: 'Answer the request', path: agreementPath(facts.agreementId) },
  }),
  refund_decided: (facts) => ({
    subject: `You get ${amount(facts)} back`,
    paragraphs: ['The refund is on its way, by the same way that you paid. We tell you when it has arrived.'],
    action: seeContract(facts),
  }),
  refund_given: (facts) => ({
    subject: 'Held money goes back to the client',
    paragraphs: [`${amount(facts)} that were held for your contract go back to the client.`],
    action: seeContract(facts),
  }),
  refund_drawn: (facts) => ({
    subject: 'Paid money goes back to the client',
    paragraphs: [`${amount(facts)} that you were paid go back to the client, with our fee on it.`],
    action: seeContract(facts),
  }),
  refund_asked: (facts) => ({
    subject: 'The client asks for paid money',
    paragraphs: [
      `The client asks you to give ${amount(facts)} back that you were paid.`,
      `You may give all or a part of it until ${moment(needed(facts.dueAt))}, or decline. Nothing happens by itself.`,
    ],
    action: { label: 'Answer the request', path: agreementPath(facts.agreementId) },
  }),
  refund_declined: (facts) => ({
    subject: 'The freelancer does not give the money back',
    paragraphs: [`You asked for ${amount(facts)} that were paid. The freelancer has declined.`],
    action: seeContract(facts),
  }),
  refund_paid: (facts) => ({
    subject: `Your refund of ${amount(facts)} is paid`,
    paragraphs: ['The payment provider confirms it. Your bank may take some days to show it.'],
    action: seeContract(facts),
  }),
  refund_failed: (facts) => ({
    subject: 'Your refund did not arrive',
    paragraphs: [
      `${amount(facts)} could not be sent back by the way that you paid. The money is safe, and we find another way.`,
    ],
    action: seeContract(facts),
  }),
  refund_refused: (facts) => ({
    subject: 'A refund to the client was not made',
    paragraphs: ['Your balance does not cover it, or is held. Nothing was taken.'],
    action: seeContract(facts),
  }),
  refund_reversed: (facts) => ({
    subject: 'A refund has come back to you',
    paragraphs: [`The client could not be reached. ${amount(facts)} are on your balance again.`],
    action: seeContract(facts),
  }),
  chargeback_received: (facts) => ({
    subject: 'A payment of your contract is disputed at the bank',
    paragraphs: [
      `The bank has taken back a charge of ${amount(facts)}. What it paid for waits until that is decided.`,
    ],
    action: seeContract(facts),
  }),
  chargeback_won: (facts) => ({
    subject: 'A disputed payment stands',
    paragraphs: [`The bank has given ${amount(facts)} back. What waited for it goes on.`],
    action: seeContract(facts),
  }),
  chargeback_lost: (facts) => ({
    subject: 'A disputed payment was taken back for good',
    paragraphs: [`${amount(facts)} stay with the bank. The contract shows what that means for you.`],
    action: seeContract(facts),
  }),
  deadline_moved: (facts) => ({
    subject: 'A deadline of your contract has moved',
    paragraphs: [`You have more time: until ${moment(needed(facts.dueAt))}.`],
    action: seeContract(facts),
  }),
  dormancy_step: (facts) => ({
    subject: 'Money of your contract waits for an answer',
    paragraphs: [
      dormancySteps[needed(facts.step)] ?? 'Please answer.',
      `It is about ${amount(facts)}, until ${moment(needed(facts.dueAt))}.`,
    ],
    action: seeContract(facts),
  }),
  dormancy_reminder: (facts) => ({
    subject: 'Second notice: money of your contract waits for an answer',
    paragraphs: [
      dormancySteps[needed(facts.step)] ?? 'Please answer.',
      `It is about ${amount(facts)}, until ${moment(needed(facts.dueAt))}.`,
    ],
    action: seeContract(facts),
  }),
  clearing_refused: (facts) => ({
    subject: 'Your contract cannot end yet',
    paragraphs: [`${amount(facts)} are still held. Please say what shall become of it.`],
    action: seeContract(facts),
  }),
  funds_held: (facts) => ({
    subject: 'A part of your balance waits',
    paragraphs: [`${amount(facts)} wait until a disputed payment is decided.`],
    action: seeBalance,
  }),
  funds_unheld: (facts) => ({
    subject: 'A part of your balance is free again',
    paragraphs: [`${amount(facts)} no longer wait.`],
    action: seeBalance,
  }),
  debt_opened: (facts) => ({
    subject: 'Your balance owes us money',
    paragraphs: [`${amount(facts)} could not be taken from your balance. What you earn next pays it first.`],
    action: seeBalance,
  }),
} satisfies { [Name in Template]?: (facts: Facts) => Text };
