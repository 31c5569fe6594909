import { z } from 'zod';
import {
  AccountId,
  catalogue,
  Id,
  Instant,
  ledgerSealed,
  Sha256,
  Version,
  WireMoney,
  watermark,
} from './catalogue.ts';

/** The closed list of causes of a release (rule M-10). */
export const ReleaseCause = z.enum([
  'approval',
  'auto',
  'partial',
  'end_paid',
  'late_payment',
  'advance',
  'bonus',
  'dormancy',
  'case_accepted',
  'case_silence',
  'settlement',
  'dispute_default',
  'arbitration',
  'case_decision',
  'correction',
]);
export type ReleaseCause = z.output<typeof ReleaseCause>;

/** Why a funding ended without money (E-3, E-26). */
export const FundingFailure = z.enum(['declined', 'payer_needed', 'expired', 'method_unusable']);
export type FundingFailure = z.output<typeof FundingFailure>;

/** Why a submission starts no review (E-4). */
export const SubmissionRefusal = z.enum(['not_funded', 'released', 'already_under_review']);
export type SubmissionRefusal = z.output<typeof SubmissionRefusal>;

/** Where the platform's and the customers' money lies (section 11). */
const CashAccount = z.enum(['operating', 'trust_card', 'trust_bank']);

const Lot = z.object({ lotId: Id, amount: WireMoney });

export const escrowEvents = catalogue('escrow', {
  'escrow.billing_method.verified': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: "The provider's set-up verified a billing method; it is the mandate as well (P-2, P-16).",
    data: z.object({ accountId: AccountId, methodId: Id, kind: z.enum(['card']) }),
  },
  'escrow.funding.started': {
    version: 1,
    key: 'agreementId',
    subject: 'fundingId',
    summary: 'A milestone is being charged (E-3, P-3). Not funded yet: do not start to work.',
    data: z.object({
      agreementId: Id,
      fundingId: Id,
      milestoneIds: z.array(Id).min(1).max(200),
      version: Version,
      kind: z.enum(['card']),
      amount: WireMoney,
      /** Absent where nobody is present and the provider's answer alone decides (E-26). */
      dueAt: Instant.optional(),
    }),
  },
  'escrow.funding.failed': {
    version: 1,
    key: 'agreementId',
    subject: 'fundingId',
    summary: 'Nothing was charged; the milestone is agreed again (E-26).',
    data: z.object({
      agreementId: Id,
      fundingId: Id,
      milestoneIds: z.array(Id).min(1).max(200),
      version: Version,
      reason: FundingFailure,
    }),
  },
  'escrow.funding.orphaned': {
    version: 1,
    key: 'agreementId',
    subject: 'fundingId',
    summary: 'A charge succeeded for a milestone that no longer takes it; it goes back whole (E-26).',
    data: z.object({
      agreementId: Id,
      fundingId: Id,
      milestoneIds: z.array(Id).min(1).max(200),
      amount: WireMoney,
      refundId: Id,
    }),
  },
  'escrow.milestone.funded': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The money is held: work is protected up to it (E-1).',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      version: Version,
      fundingId: Id,
      amount: WireMoney,
      clientFee: WireMoney,
      lots: z.array(Lot).min(1).max(200),
      fundedAt: Instant,
    }),
  },
  'escrow.review.started': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The submission is under review; silence releases the milestone at `dueAt` (E-5).',
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
  'escrow.treasury.moved': {
    version: 1,
    key: 'platform',
    subject: 'movementId',
    summary: 'The platform’s own money moved between its accounts (M-23).',
    data: z.object({
      movementId: Id,
      kind: z.enum(['opening', 'top_up', 'transfer']),
      /** Cash accounts; absent where the platform's capital came from outside. */
      from: CashAccount.optional(),
      to: CashAccount.optional(),
      amount: WireMoney,
      movedAt: Instant,
    }),
  },
  'escrow.clearing.applied': {
    version: 1,
    key: 'agreementOrAccount',
    subject: 'transferId',
    summary: 'Escrow posted its side of a transfer that payouts told of (M-22).',
    data: z.object({
      agreementId: Id.optional(),
      accountId: AccountId,
      transferId: Id,
      amount: WireMoney,
      kind: z.enum(['withdrawal_paid', 'withdrawal_returned']),
    }),
  },
  'escrow.ledger.sealed': ledgerSealed,
  'escrow.watermark.reached': watermark,
});
