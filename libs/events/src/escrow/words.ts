import { z } from 'zod';

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

/** Why a card waits no more for the amounts of its small charges, and is not verified (P-2). */
export const ConfirmationEnd = z.enum(['amounts_wrong', 'not_confirmed', 'disputed', 'removed']);
export type ConfirmationEnd = z.output<typeof ConfirmationEnd>;

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
export const CashAccount = z.enum(['operating', 'trust_card', 'trust_bank', 'trust_paypal']);

/** Why a client asks for escrow back; with a statement it is the way to open a case (E-13, D-21). */
export const RefundReason = z.enum(['not_delivered', 'not_as_agreed', 'no_longer_needed', 'other']);
export type RefundReason = z.output<typeof RefundReason>;
