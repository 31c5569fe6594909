import { z } from 'zod';
import { adjustmentPosted } from './adjustment.ts';
import { AccountId, catalogue, Id, Instant, ledgerSealed, WireMoney, watermark } from './catalogue.ts';

/** The ways out that exist (section 6 of docs/domain-rules.md). */
export const MethodKind = z.enum(['ach']);
export type MethodKind = z.output<typeof MethodKind>;

/** Who carries the money of a withdrawal. */
export const PayoutProviderName = z.enum(['bank']);
export type PayoutProviderName = z.output<typeof PayoutProviderName>;

/** Why a method cannot be used any more (W-2, W-13, W-17). */
export const MethodDisabledReason = z.enum(['name_mismatch', 'screening', 'bad_details', 'refused_by_bank']);
export type MethodDisabledReason = z.output<typeof MethodDisabledReason>;

/** Why a withdrawal is not sent yet (W-17, W-18, S-5, B-6). */
export const HoldCause = z.enum(['screening', 'account_hold', 'sending_stopped', 'debt']);
export type HoldCause = z.output<typeof HoldCause>;

/** Why a withdrawal ended unpaid, or came back; the provider's words stay with payouts. */
export const WithdrawalFailure = z.enum([
  'method_disabled',
  'refused',
  'denied',
  'cancelled_by_provider',
  'provider_failed',
]);
export type WithdrawalFailure = z.output<typeof WithdrawalFailure>;
export const ReturnReason = z.enum(['bad_details', 'refused_by_receiver', 'account_blocked', 'other']);
export type ReturnReason = z.output<typeof ReturnReason>;

const screening = z.object({ accountId: AccountId, screeningId: Id, methodId: Id });
const method = z.object({ accountId: AccountId, methodId: Id, kind: MethodKind });
const withdrawal = z.object({ accountId: AccountId, withdrawalId: Id });
/** An attempt's id is the key under which the provider knows it (W-15). */
const AttemptId = z
  .string()
  .regex(/^po_[A-Z0-9]{8,16}-\d{1,3}$/)
  .meta({
    title: 'AttemptId',
    description: 'The reference of the withdrawal and the number of the attempt.',
  });
const sending = withdrawal.extend({ attemptId: AttemptId, sent: WireMoney });
const stop = z.object({ stopId: Id, provider: z.enum([...PayoutProviderName.options, 'all']) });

const hold = z.object({
  agreementId: Id,
  accountId: AccountId,
  holdId: Id,
  cause: z.enum(['chargeback', 'case']),
  causeId: Id,
  amount: WireMoney,
});
/** `amount`: opened with, or settled now. */
const debt = z.object({ accountId: AccountId, debtId: Id, amount: WireMoney, left: WireMoney });

export const payoutsEvents = catalogue('payouts', {
  'payouts.identity.verified': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'The person is who they say; payouts alone keeps the verified name (S-3).',
    data: z.object({ accountId: AccountId }),
  },
  'payouts.identity.failed': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'Identity was refused, or the request stayed unanswered: contracts places a hold (S-3, S-12).',
    data: z.object({ accountId: AccountId, reason: z.enum(['refused', 'unanswered']) }),
  },
  'payouts.screening.cleared': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'Nothing speaks against paying this person by this method (W-17).',
    data: screening,
  },
  'payouts.screening.review_started': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'A person looks at it; withdrawals are held, and why stays secret (W-17).',
    data: screening,
  },
  'payouts.screening.blocked': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'Nothing may be paid: contracts places a safety hold (W-17).',
    data: screening,
  },
  'payouts.method.added': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'A withdrawal method was added; it can be used at `dueAt` at the earliest (W-1).',
    data: method.extend({ dueAt: Instant }),
  },
  'payouts.method.activated': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'Cooled off, name compared and screened: it can be used (W-1, W-2, W-17).',
    data: method,
  },
  'payouts.method.removed': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'Its owner removed it (W-3).',
    data: method,
  },
  'payouts.method.disabled': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'It cannot be used any more (W-2, W-13, W-17).',
    data: method.extend({ reason: MethodDisabledReason }),
  },
  'payouts.funds.credited': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary:
      'The net of a release is pending and becomes available at `dueAt` (B-2, B-3). The answer of M-22.',
    data: z.object({
      agreementId: Id,
      transferId: Id,
      accountId: AccountId,
      net: WireMoney,
      toDebt: WireMoney,
      toPending: WireMoney,
      dueAt: Instant,
    }),
  },
  'payouts.funds.matured': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary: 'The hold ended: pending became available (B-3).',
    data: z.object({
      agreementId: Id,
      transferId: Id,
      accountId: AccountId,
      amount: WireMoney,
      maturedAt: Instant,
    }),
  },
  'payouts.funds.held': {
    version: 1,
    key: 'agreementId',
    subject: 'holdId',
    summary: 'Paid money waits for a chargeback or a case; what is there, at most the net (B-5).',
    data: hold,
  },
  'payouts.funds.unheld': {
    version: 1,
    key: 'agreementId',
    subject: 'holdId',
    summary: 'What was held is back where it came from (B-5).',
    data: hold,
  },
  'payouts.funds.clawed_back': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary: 'Unprotected pay was taken back; what was not there is a debt. Never refused (B-6, P-11).',
    data: z.object({
      agreementId: Id,
      chargebackId: Id,
      transferId: Id,
      accountId: AccountId,
      taken: WireMoney,
      debt: WireMoney,
    }),
  },
  'payouts.funds.restored': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary: 'A chargeback was won later, or a refund reversed: the net is back, debts first (E-25, P-11).',
    data: z.object({
      agreementId: Id,
      cause: z.enum(['chargeback', 'refund']),
      causeId: Id,
      transferId: Id,
      accountId: AccountId,
      toDebt: WireMoney,
      toAvailable: WireMoney,
    }),
  },
  'payouts.refund.taken': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary: 'The net of a refund after release left the balance: pending first, then available (E-25).',
    data: z.object({
      agreementId: Id,
      refundId: Id,
      transferId: Id,
      accountId: AccountId,
      fromPending: WireMoney,
      fromAvailable: WireMoney,
      debt: WireMoney,
    }),
  },
  'payouts.refund.refused': {
    version: 1,
    key: 'agreementId',
    subject: 'refundId',
    summary: 'The balance does not cover the refund: nothing was taken (E-25).',
    data: z.object({
      agreementId: Id,
      refundId: Id,
      accountId: AccountId,
      reason: z.enum(['balance_too_low', 'account_held']),
    }),
  },
  'payouts.debt.opened': {
    version: 1,
    key: 'accountId',
    subject: 'debtId',
    summary: 'The freelancer owes the platform; later releases pay it first (B-6).',
    data: debt,
  },
  'payouts.debt.settled': {
    version: 1,
    key: 'accountId',
    subject: 'debtId',
    summary: 'A debt was paid, or a part of it; `left` is what remains (B-6).',
    data: debt,
  },
  'payouts.withdrawal.requested': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'The money left the available balance; it is sent at `dueAt`, the cut-off (W-4, W-5, W-9).',
    data: withdrawal.extend({ methodId: Id, amount: WireMoney, fee: WireMoney, dueAt: Instant }),
  },
  'payouts.withdrawal.held': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'It is not sent while the cause lasts; it may still be cancelled (W-10).',
    data: withdrawal.extend({ reason: HoldCause }),
  },
  'payouts.withdrawal.resumed': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'It is to be sent again, at `dueAt`: its holds are gone, or nothing was executed (W-13, W-16).',
    data: withdrawal.extend({
      reason: z.enum(['hold_gone', 'not_executed', 'second_attempt']),
      dueAt: Instant,
    }),
  },
  'payouts.withdrawal.cancelled': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'The freelancer took it back before it was sent; the money is available again (W-10).',
    data: withdrawal.extend({ amount: WireMoney }),
  },
  'payouts.withdrawal.sent': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'The provider acknowledged the attempt.',
    data: sending.extend({ arrivesBy: Instant }),
  },
  'payouts.withdrawal.unconfirmed': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'The attempt may have been executed and may not: it is asked about, never sent anew (W-15).',
    data: sending,
  },
  'payouts.withdrawal.failed': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'Nothing was paid: the whole amount is available again, without a fee (W-12).',
    data: withdrawal.extend({
      attemptId: AttemptId.optional(),
      amount: WireMoney,
      reason: WithdrawalFailure,
    }),
  },
  'payouts.withdrawal.paid': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary: 'The provider confirms it. Escrow answers with `escrow.clearing.applied` (M-22).',
    data: sending.extend({
      fee: WireMoney,
      subAccount: PayoutProviderName,
      transferId: Id,
      paidAt: Instant,
    }),
  },
  'payouts.withdrawal.returned': {
    version: 1,
    key: 'accountId',
    subject: 'withdrawalId',
    summary:
      'The money came back. After `paid` escrow answers with `escrow.clearing.applied`; before, clearing is ' +
      'untouched (W-12, W-16).',
    data: withdrawal.extend({
      attemptId: AttemptId,
      afterPaid: z.boolean(),
      amountBack: WireMoney,
      /** What the bank kept of it: the freelancer's loss where the details were wrong, else the platform's. */
      bankCharge: WireMoney,
      feeKept: z.boolean(),
      reason: ReturnReason,
      subAccount: PayoutProviderName,
      /** Absent where no cash moves: never paid, and no bank charge. Escrow posts its side under it. */
      transferId: Id.optional(),
      returnedAt: Instant,
    }),
  },
  'payouts.sending.stopped': {
    version: 1,
    key: 'platform',
    subject: 'stopId',
    summary: 'Operators stopped sending; requested withdrawals wait, sent ones are followed (W-18).',
    data: stop,
  },
  'payouts.sending.resumed': {
    version: 1,
    key: 'platform',
    subject: 'stopId',
    summary: 'Sending goes on (W-18).',
    data: stop,
  },
  'payouts.adjustment.posted': adjustmentPosted,
  'payouts.ledger.sealed': ledgerSealed,
  'payouts.watermark.reached': watermark,
});
