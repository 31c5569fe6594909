import { z } from 'zod';
import { AccountId, type EventDefinition, Id, Instant, Sha256, Version, WireMoney } from '../catalogue.ts';
import {
  FreezeCause,
  FreezeRefusal,
  RefundCause,
  ReleaseCause,
  SubmissionRefusal,
  TermsRefusal,
} from './words.ts';

const Lot = z.object({ lotId: Id, amount: WireMoney });

const frozen = z.object({
  agreementId: Id,
  milestoneId: Id,
  cause: FreezeCause,
  /** Of the case, the chargeback or the hold. */
  causeId: Id,
});

/** What becomes of a milestone and its money while it is held, and when it is released. */
export const milestoneEvents = {
  'escrow.milestone.funded': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The money is held: work is protected up to it (E-1).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      version: Version,
      /** Absent where the rest of an earlier milestone covers it whole (E-9). */
      fundingId: Id.optional(),
      /** All that is held now, what rolled over included. */
      amount: WireMoney,
      clientFee: WireMoney,
      lots: z.array(Lot).min(1).max(200),
      fundedAt: Instant,
    }),
  },
  'escrow.milestone.rolled': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The rest of a milestone, or a part of it, now funds a later one (E-8, E-9).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      toMilestoneId: Id,
      amount: WireMoney,
      clientFee: WireMoney,
      /** What is left on the milestone that it came from. */
      balance: WireMoney,
      lots: z.array(Lot).min(1).max(200),
      rolledAt: Instant,
    }),
  },
  'escrow.milestone.terms_applied': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The changed terms hold from here on, or the milestone is gone (A-13).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      version: Version,
      price: WireMoney,
      deleted: z.boolean(),
    }),
  },
  'escrow.milestone.terms_refused': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The terms stay as they were: the milestone is being charged, or has been (A-13).',
    data: z.object({ agreementId: Id, milestoneId: Id, version: Version, reason: TermsRefusal }),
  },
  'escrow.review.started': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The submission is under review; silence releases the milestone at `dueAt` (E-5).',
    data: z.object({ agreementId: Id, milestoneId: Id, submissionId: Id, dueAt: Instant }),
  },
  'escrow.review.suspended': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The review stands still while its money is frozen or asked back; the time left is kept (E-16).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      submissionId: Id,
      leftMs: z.int().min(0).max(315_360_000_000),
      cause: z.enum([...FreezeCause.options, 'refund_pending']),
    }),
  },
  'escrow.review.resumed': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The review goes on with the time that was left (E-16).',
    data: z.object({ agreementId: Id, milestoneId: Id, submissionId: Id, dueAt: Instant }),
  },
  'escrow.submission.refused': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The submission starts no review, and why (E-4).',
    data: z.object({ agreementId: Id, milestoneId: Id, submissionId: Id, reason: SubmissionRefusal }),
  },
  'escrow.milestone.changes_requested': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The client asked for changes, which stops the review (E-6). The text stays with escrow.',
    data: z.object({ agreementId: Id, milestoneId: Id, submissionId: Id, reasonHash: Sha256 }),
  },
  'escrow.milestone.released': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'Held money became the freelancer’s, by exactly one cause (M-10). Payouts credits it (B-2).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      /** The submission that was judged; absent when released without one (E-7). */
      submissionId: Id.optional(),
      freelancerId: AccountId,
      gross: WireMoney,
      clientFee: WireMoney,
      freelancerFee: WireMoney,
      net: WireMoney,
      balance: WireMoney,
      cause: ReleaseCause,
      transferId: Id,
      releasedAt: Instant,
      availableNotBefore: Instant.optional(),
    }),
  },
  'escrow.milestone.frozen': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'A part of the held money, or all of it, waits for what froze it (E-22).',
    data: frozen.extend({
      amount: WireMoney,
      balance: WireMoney,
      /** The charge whose lots a chargeback freezes. */
      fundingId: Id.optional(),
      /** Of the fact that froze it: what fell due before is not stopped by it (M-16). */
      frozenAt: Instant,
    }),
  },
  'escrow.milestone.freeze_refused': {
    version: 1,
    key: 'agreementId',
    // The milestone named may be another contract's, whose facts have another key.
    subject: 'causeId',
    summary: 'Nothing is frozen, and why (E-22, D-19).',
    data: frozen.extend({ balance: WireMoney, reason: FreezeRefusal }),
  },
  'escrow.milestone.unfrozen': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'One freeze ended; others stay (E-22).',
    data: frozen.extend({ balance: WireMoney }),
  },
  'escrow.milestone.refunded': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The last refund of the milestone reached the client: nothing of it is open any more (E-23).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      refundId: Id,
      amount: WireMoney,
      balance: WireMoney,
      cause: RefundCause,
      /** `split`: a part was released before or with it. */
      outcome: z.enum(['refunded', 'split']),
    }),
  },
  'escrow.milestone.charged_back': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'Held money of a charge whose chargeback is lost left escrow; nobody is paid (E-24).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      chargebackId: Id,
      amount: WireMoney,
      clientFee: WireMoney,
      balance: WireMoney,
    }),
  },
} as const satisfies Record<string, EventDefinition>;
