import { catalogue, watermark } from './catalogue.ts';
import { bookEvents } from './escrow/books.ts';
import { chargebackEvents } from './escrow/chargebacks.ts';
import { contractEvents } from './escrow/contracts.ts';
import { milestoneEvents } from './escrow/milestones.ts';
import { paymentEvents } from './escrow/payments.ts';
import { refundEvents } from './escrow/refunds.ts';

export * from './escrow/words.ts';

export const escrowEvents = catalogue('escrow', {
  ...milestoneEvents,
  ...paymentEvents,
  ...refundEvents,
  ...chargebackEvents,
  ...contractEvents,
  ...bookEvents,
  'escrow.watermark.reached': watermark,
});
