import { z } from 'zod';
import { adjustmentPosted } from './adjustment.ts';
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
export const FundingFailure = z.enum([
  'declined',
  'payer_needed',
  'expired',
  'method_unusable',
  'given_up',
  'cancelled',
]);
export type FundingFailure = z.output<typeof FundingFailure>;

/** Why a submission starts no review (E-4). */
export const SubmissionRefusal = z.enum([
  'not_funded',
  'released',
  'already_under_review',
  'reserved',
  'refund_pending',
  'refunded',
  'charged_back',
  'cancelled',
  'contract_closing',
]);
export type SubmissionRefusal = z.output<typeof SubmissionRefusal>;

/** The closed list of causes of a refund (rule M-10). */
export const RefundCause = z.enum([
  'consent',
  'silence',
  'freelancer_ended',
  'after_release',
  'orphaned_charge',
  'overpaid',
  'share_returned',
  'dormancy',
  'case_accepted',
  'case_silence',
  'settlement',
  'dispute_default',
  'arbitration',
  'case_decision',
  'correction',
]);
export type RefundCause = z.output<typeof RefundCause>;

/** How a client pays (P-1): `bank` is a debit of a US bank account. */
export const BillingMethodKind = z.enum(['card', 'paypal', 'bank']);
export type BillingMethodKind = z.output<typeof BillingMethodKind>;

/** What freezes held money (E-22). */
export const FreezeCause = z.enum(['case', 'chargeback', 'safety_hold']);
export type FreezeCause = z.output<typeof FreezeCause>;

/** Why nothing is frozen (D-19). */
export const FreezeRefusal = z.enum([
  'nothing_held',
  'settled',
  'nothing_claimed',
  'other_contract',
  'not_the_freelancer',
  'already_in_dispute',
  'too_late',
]);
export type FreezeRefusal = z.output<typeof FreezeRefusal>;

/** Why a refund did not reach the client (E-23). */
export const RefundFailure = z.enum(['refused', 'failed', 'method_closed', 'window_over']);
export type RefundFailure = z.output<typeof RefundFailure>;

/** Why a change of terms is not applied. */
export const TermsRefusal = z.enum(['funding_pending', 'funded', 'settled', 'outdated', 'contract_closing']);
export type TermsRefusal = z.output<typeof TermsRefusal>;

/** What keeps a contract from being cleared. */
export const OpenItemKind = z.enum(['milestone', 'funding', 'refund', 'chargeback', 'freeze', 'bonus']);
export type OpenItemKind = z.output<typeof OpenItemKind>;

/** Where the platform's and the customers' money lies (section 11). */
const CashAccount = z.enum(['operating', 'trust_card', 'trust_bank', 'trust_paypal']);

/** Why a client asks for escrow back; with a statement it is the way to open a case (E-13, D-21). */
export const RefundReason = z.enum(['not_delivered', 'not_as_agreed', 'no_longer_needed', 'other']);
export type RefundReason = z.output<typeof RefundReason>;

const Lot = z.object({ lotId: Id, amount: WireMoney });

const frozen = z.object({
  agreementId: Id,
  milestoneId: Id,
  cause: FreezeCause,
  /** Of the case, the chargeback or the hold. */
  causeId: Id,
});

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

const dormancy = z.object({
  agreementId: Id,
  step: z.enum(['client_asked', 'freelancer_asked', 'release_requested']),
  balance: WireMoney,
  dueAt: Instant,
});

export const escrowEvents = catalogue('escrow', {
  'escrow.billing_method.verified': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: "The provider's set-up verified a billing method; it is the mandate as well (P-2, P-16).",
    data: z.object({ accountId: AccountId, methodId: Id, kind: BillingMethodKind }),
  },
  'escrow.billing_method.removed': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'The client can no longer pay by this method (A-7).',
    data: z.object({ accountId: AccountId, methodId: Id, kind: BillingMethodKind }),
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
      /** Of the first of them. */
      version: Version,
      kind: BillingMethodKind,
      amount: WireMoney,
      /** Absent where nobody is present and the provider's answer alone decides (E-26). */
      dueAt: Instant.optional(),
      /** The rest of an earlier milestone that rolls over when the charge succeeds (E-9). */
      reserved: z.object({ milestoneId: Id, amount: WireMoney }).optional(),
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
    summary:
      'A charge succeeded for a milestone or bonus that no longer takes it; it goes back whole (E-26).',
    data: z.object({
      agreementId: Id,
      fundingId: Id,
      /** Empty where it was a bonus. */
      milestoneIds: z.array(Id).max(200),
      bonusId: Id.optional(),
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
  'escrow.bonus.charged': {
    version: 1,
    key: 'agreementId',
    subject: 'bonusId',
    summary: 'The charge of a bonus succeeded; it is released by itself (E-10).',
    data: z.object({ agreementId: Id, bonusId: Id, fundingId: Id, amount: WireMoney, clientFee: WireMoney }),
  },
  'escrow.bonus.charge_failed': {
    version: 1,
    key: 'agreementId',
    subject: 'bonusId',
    summary: 'The bonus was not charged; no release depends on it (E-10).',
    data: z.object({ agreementId: Id, bonusId: Id, fundingId: Id, reason: FundingFailure }),
  },
  'escrow.bonus.released': {
    version: 1,
    key: 'agreementId',
    subject: 'bonusId',
    summary: 'The bonus became the freelancer’s. Payouts credits it (E-10, B-2).',
    data: z.object({
      agreementId: Id,
      bonusId: Id,
      freelancerId: AccountId,
      gross: WireMoney,
      clientFee: WireMoney,
      freelancerFee: WireMoney,
      net: WireMoney,
      cause: ReleaseCause,
      transferId: Id,
      releasedAt: Instant,
      availableNotBefore: Instant.optional(),
    }),
  },
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
  'escrow.deadline.moved': {
    version: 1,
    key: 'agreementId',
    subject: 'deadlineId',
    summary:
      'A deadline that takes money by silence falls due later: its second notice was late, or it stood still ' +
      '(C-8, E-16).',
    data: z.object({
      agreementId: Id,
      deadlineKind: z.enum(['refund.silence', 'dormancy.step']),
      deadlineId: Id,
      dueAt: Instant,
      /** `unfrozen`: it stood still while money of it was frozen (E-16). */
      reason: z.enum(['notice_not_proven', 'unfrozen']),
    }),
  },
  'escrow.dormancy.announced': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary:
      'Nothing has happened for long: unless somebody acts the money is dormant from `dueAt` on (E-20).',
    data: dormancy.omit({ step: true }),
  },
  'escrow.dormancy.started': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary:
      'Nothing happened for `dormant.days`: the client is asked what shall become of the money (E-20).',
    data: dormancy,
  },
  'escrow.dormancy.release_requested': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'The freelancer asks for the dormant money; silence grants it at `dueAt` (E-20).',
    data: dormancy,
  },
  'escrow.dormancy.cancelled': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Something happened again, or nothing is held any more: the days start anew (E-20).',
    data: z.object({ agreementId: Id, reason: z.enum(['activity', 'refused', 'settled']) }),
  },
  'escrow.contract.cleared': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Nothing is held or open any more: the contract may end (A-19).',
    data: z.object({ agreementId: Id, clearedAt: Instant }),
  },
  'escrow.contract.clearing_refused': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Money is left or something is open: the client is asked to end by naming amounts (A-19, E-13).',
    data: z.object({
      agreementId: Id,
      balance: WireMoney,
      openItems: z.array(z.object({ kind: OpenItemKind, id: Id })).max(200),
    }),
  },
  'escrow.adjustment.posted': adjustmentPosted,
  'escrow.treasury.moved': {
    version: 1,
    key: 'platform',
    subject: 'movementId',
    summary: 'The platform’s own money moved between its accounts (M-23).',
    data: z.object({
      movementId: Id,
      kind: z.enum(['opening', 'top_up', 'sweep', 'transfer']),
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
      kind: z.enum(['withdrawal_paid', 'withdrawal_returned', 'refund_taken', 'clawed_back']),
    }),
  },
  'escrow.ledger.sealed': ledgerSealed,
  'escrow.watermark.reached': watermark,
});
