import { z } from 'zod';
import { AccountId, type EventDefinition, Id, Instant, Sha256, WireMoney } from '../catalogue.ts';
import { BillingMethodKind, RefundCause, RefundFailure, RefundReason } from './words.ts';

/** What goes back to the client. */
export const refundEvents = {
  'escrow.refund.requested': {
    version: 1,
    key: 'agreementId',
    subject: 'refundRequestId',
    summary:
      'The client ended the contract and asks for escrow back; silence grants it at `dueAt` (E-13, E-14).',
    data: z.object({
      agreementId: Id,
      refundRequestId: Id,
      clientId: AccountId,
      freelancerId: AccountId,
      milestones: z
        .array(z.object({ milestoneId: Id, amount: WireMoney }))
        .min(1)
        .max(200),
      reason: RefundReason.optional(),
      statementHash: Sha256.optional(),
      requestedAt: Instant,
      dueAt: Instant,
    }),
  },
  'escrow.refund.decided': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'Money is owed to the client and on its way, to the source of one charge (E-15, E-23).',
    data: z.object({
      agreementId: Id,
      refundId: Id,
      /** The charge that is refunded. */
      fundingId: Id,
      milestoneId: Id.optional(),
      bonusId: Id.optional(),
      refundRequestId: Id.optional(),
      /** Of the milestone or bonus. */
      principal: WireMoney,
      clientFee: WireMoney,
      /** All that goes back: with the initiation fee, where it does too, and the tax on the fees. */
      amount: WireMoney,
      cause: RefundCause,
      attempt: z.int().min(1).max(100),
      kind: BillingMethodKind,
      /** What the milestone holds afterwards. */
      balance: WireMoney.optional(),
    }),
  },
  'escrow.refund.drawn_on_balance': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'Paid money is to go back: payouts takes the net from the balance, all or nothing (E-25).',
    data: z.object({
      agreementId: Id,
      refundId: Id,
      accountId: AccountId,
      net: WireMoney,
      transferId: Id,
      debtAllowed: z.boolean(),
    }),
  },
  'escrow.refund.asked': {
    version: 1,
    key: 'agreementId',
    subject: 'paidRefundRequestId',
    summary:
      'The client asks for paid money; until `openUntil` the freelancer can give it, or declines (E-18).',
    data: z.object({
      agreementId: Id,
      paidRefundRequestId: Id,
      milestoneId: Id.optional(),
      bonusId: Id.optional(),
      clientId: AccountId,
      freelancerId: AccountId,
      amount: WireMoney,
      openUntil: Instant,
    }),
  },
  'escrow.refund.declined': {
    version: 1,
    key: 'agreementId',
    subject: 'paidRefundRequestId',
    summary: 'The freelancer gives nothing of what the client asked of paid money (E-18).',
    data: z.object({
      agreementId: Id,
      paidRefundRequestId: Id,
      milestoneId: Id.optional(),
      bonusId: Id.optional(),
      amount: WireMoney,
    }),
  },
  'escrow.refund.reversed': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'The client could not be reached by any method: the net is the freelancer’s again (E-25).',
    data: z.object({
      agreementId: Id,
      refundId: Id,
      accountId: AccountId,
      net: WireMoney,
      transferId: Id,
    }),
  },
  'escrow.refund.cancelled': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'A refund that was not sent is owed no more: the client’s bank took the money for good (E-24).',
    data: z.object({ agreementId: Id, refundId: Id, amount: WireMoney, chargebackId: Id }),
  },
  'escrow.refund.paid': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'The provider confirmed the refund (E-23).',
    data: z.object({ agreementId: Id, refundId: Id, amount: WireMoney, kind: BillingMethodKind }),
  },
  'escrow.refund.failed': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'The client did not get it, also after it passed for paid; another way is chosen by two (E-23).',
    data: z.object({
      agreementId: Id,
      refundId: Id,
      milestoneId: Id.optional(),
      amount: WireMoney,
      kind: BillingMethodKind,
      reason: RefundFailure,
    }),
  },
  'escrow.refund.refused': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'The balance does not cover a refund after release: nothing moves (E-25).',
    data: z.object({ agreementId: Id, refundId: Id, reason: z.enum(['balance_too_low', 'account_held']) }),
  },
} as const satisfies Record<string, EventDefinition>;
