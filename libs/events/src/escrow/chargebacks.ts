import { z } from 'zod';
import { AccountId, type EventDefinition, Id, Instant, WireMoney } from '../catalogue.ts';

const chargeback = z.object({
  agreementId: Id,
  chargebackId: Id,
  /** The charge that is disputed. */
  fundingId: Id,
  clientId: AccountId,
  freelancerId: AccountId,
  amount: WireMoney,
  /** What the charge paid: still held, or released and then protected or not (P-10). */
  parts: z
    .array(
      z.object({
        milestoneId: Id.optional(),
        bonusId: Id.optional(),
        state: z.enum(['held', 'released']),
        /** Principal of this part. */
        amount: WireMoney,
        /** What the freelancer got of it; nothing while it is held. */
        net: WireMoney,
        protected: z.boolean(),
      }),
    )
    .max(200),
  /** Until when it can be contested. */
  dueAt: Instant,
});

const chargebackEnd = z.object({
  agreementId: Id,
  chargebackId: Id,
  accountId: AccountId,
  amount: WireMoney,
  /** To recover from the freelancer where it is lost, to restore where it is won later; may be nothing. */
  net: WireMoney,
  /** With a net: the transfer under which both ledgers post it (M-22). */
  transferId: Id.optional(),
});

/** What a client's bank takes back (P-9 to P-11). */
export const chargebackEvents = {
  'escrow.chargeback.warned': {
    version: 1,
    key: 'agreementId',
    subject: 'chargebackId',
    summary: 'The client’s bank asks about a charge; no money moves (P-11).',
    data: chargeback,
  },
  'escrow.chargeback.received': {
    version: 1,
    key: 'agreementId',
    subject: 'chargebackId',
    summary: 'The client’s bank took the money of a charge, with a fee (P-9, P-11).',
    data: chargeback.extend({ fee: WireMoney }),
  },
  'escrow.chargeback.contested': {
    version: 1,
    key: 'agreementId',
    subject: 'chargebackId',
    summary: 'The platform answered with the contract’s records (P-9).',
    data: z.object({ agreementId: Id, chargebackId: Id }),
  },
  'escrow.chargeback.accepted': {
    version: 1,
    key: 'agreementId',
    subject: 'chargebackId',
    summary: 'The chargeback is not contested: accepted, or unanswered in time (P-11).',
    data: z.object({ agreementId: Id, chargebackId: Id, reason: z.enum(['accepted', 'unanswered']) }),
  },
  'escrow.chargeback.won': {
    version: 1,
    key: 'agreementId',
    subject: 'chargebackId',
    summary: 'The bank gave the money back; holds and freezes end (P-11).',
    data: chargebackEnd,
  },
  'escrow.chargeback.lost': {
    version: 1,
    key: 'agreementId',
    subject: 'chargebackId',
    summary:
      'The money stays with the client’s bank. Payouts answers a net to recover with what it took (P-11).',
    data: chargebackEnd,
  },
} as const satisfies Record<string, EventDefinition>;
