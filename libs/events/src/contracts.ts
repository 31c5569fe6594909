import { z } from 'zod';
import { AccountId, catalogue, Id, Instant, Sha256, Version, WireMoney, watermark } from './catalogue.ts';
import { PinnedSettings } from './settings.ts';

export const AccountRole = z.enum(['client', 'freelancer']);

/** What a hold forbids (S-5). */
export const HoldKind = z.enum(['identity', 'financial', 'safety', 'closed']);
export type HoldKind = z.output<typeof HoldKind>;

/** Why a hold was placed or lifted: a closed list, the words stay with contracts (S-11, S-12). */
export const HoldReason = z.enum([
  'identity_failed',
  'identity_verified',
  'screening_blocked',
  'screening_cleared',
  'failed_charge',
  'chargeback',
  'chargeback_won',
  'scam_signals',
  'account_closed',
  'reviewed',
  'appeal',
  'other',
]);
export type HoldReason = z.output<typeof HoldReason>;

/** Why an appeal against a hold is refused: a class, the words stay with contracts (S-11). */
export const AppealRefusal = z.enum(['cause_stands', 'proof_missing', 'other']);
export type AppealRefusal = z.output<typeof AppealRefusal>;

const hold = z.object({ accountId: AccountId, holdId: Id, kind: HoldKind, reason: HoldReason });

const offer = z.object({
  agreementId: Id,
  offerId: Id,
  version: Version,
  termsHash: Sha256,
  dueAt: Instant,
});

/** Who of the two acted. */
const Party = z.enum(['client', 'freelancer']);

/** Why the platform stops a contract for a while (A-17, S-5, P-9). */
export const PauseReason = z.enum(['safety_hold', 'financial_hold']);
export type PauseReason = z.output<typeof PauseReason>;

const amendment = z.object({ agreementId: Id, amendmentId: Id, version: Version });

const milestoneTerms = z.object({
  agreementId: Id,
  milestoneId: Id,
  version: Version,
  price: WireMoney,
  dueDate: z.iso.date(),
  order: z.int().min(1).max(200),
});

/** A template of a notice; the closed list stays with contracts, which alone writes its texts (C-7). */
export const NoticeTemplate = z
  .string()
  .regex(/^[a-z]{1,20}(?:_[a-z]{1,20}){0,4}$/)
  .meta({ title: 'NoticeTemplate', description: 'Which text a person was told.' });

/** The deadline that a notice announces, as its owner names it (C-7, C-8). */
export const NoticeDeadline = z.object({
  service: z.enum(['contracts', 'escrow', 'timetracking', 'disputes', 'payouts']),
  kind: z
    .string()
    .regex(/^[a-z_]{1,30}\.[a-z_]{1,30}$/)
    .meta({ title: 'DeadlineKind', description: 'As `GET /v1/deadlines` of its owner lists it.' }),
  id: Id,
});

const notice = z.object({
  accountId: AccountId,
  noticeId: Id,
  template: NoticeTemplate,
  deadline: NoticeDeadline.optional(),
  provenAt: Instant,
});

export const contractsEvents = catalogue('contracts', {
  'contracts.account.opened': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'A person opened the one account that holds all their roles (S-1, S-12).',
    data: z.object({
      accountId: AccountId,
      roles: z.array(AccountRole).min(1).max(2),
      region: z.enum(['US', 'other']),
    }),
  },
  'contracts.account.hold_placed': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'A hold stands on an account until it is lifted; several may, one per cause (S-5, S-12).',
    data: hold,
  },
  'contracts.account.hold_lifted': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'The hold no longer stands (S-5).',
    data: hold,
  },
  'contracts.account.hold_appealed': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'A person appealed against a hold; it stands until somebody has looked at it (S-11).',
    data: z.object({ accountId: AccountId, holdId: Id, appealId: Id }),
  },
  'contracts.account.appeal_refused': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'The appeal was refused and the hold stands; one that is upheld lifts it (S-11).',
    data: z.object({
      accountId: AccountId,
      holdId: Id,
      appealId: Id,
      reason: AppealRefusal,
      againAt: Instant,
    }),
  },
  'contracts.offer.sent': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'A client sent an offer; unanswered it expires at `dueAt` (A-4).',
    data: offer,
  },
  'contracts.offer.revised': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'The client sent a new version, which restarts the expiry (A-5).',
    data: offer,
  },
  'contracts.offer.withdrawn': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'The client withdrew the offer before it was accepted (A-5).',
    data: offer.pick({ agreementId: true, offerId: true, version: true }),
  },
  'contracts.offer.accepted': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'The freelancer accepted the version shown.',
    data: offer.pick({ agreementId: true, offerId: true, version: true, termsHash: true }),
  },
  'contracts.offer.expired': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'Nobody accepted in time (A-4).',
    data: offer.pick({ agreementId: true, offerId: true, version: true }),
  },
  'contracts.offer.changes_requested': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'The freelancer asks for other terms; the client may answer with a new version (A-6).',
    data: offer.pick({ agreementId: true, offerId: true, version: true, dueAt: true }).extend({
      reasonHash: Sha256,
    }),
  },
  'contracts.offer.declined': {
    version: 1,
    key: 'agreementId',
    subject: 'offerId',
    summary: 'The freelancer declined the offer (A-6).',
    data: offer.pick({ agreementId: true, offerId: true, version: true }),
  },
  'contracts.contract.activated': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Both parties agreed: terms, pinned settings and the milestones of the offer (A-8, A-9).',
    data: z.object({
      agreementId: Id,
      version: Version,
      clientId: AccountId,
      freelancerId: AccountId,
      contractType: z.enum(['fixed']),
      settings: PinnedSettings,
      activatedAt: Instant,
      milestones: z
        .array(
          z.object({
            milestoneId: Id,
            version: Version,
            order: z.int().min(1).max(200),
            price: WireMoney,
            dueDate: z.iso.date(),
          }),
        )
        .min(1)
        .max(200),
    }),
  },
  'contracts.milestone.submitted': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The freelancer submitted work: the request for payment (E-4). Escrow answers it.',
    data: z.object({
      agreementId: Id,
      milestoneId: Id,
      submissionId: Id,
      contentHash: Sha256,
      submittedAt: Instant,
    }),
  },
  'contracts.payment.requested': {
    version: 1,
    key: 'agreementId',
    subject: 'paymentRequestId',
    summary: 'The freelancer asks the client to pay a milestone or the whole project (E-27).',
    data: z.object({
      agreementId: Id,
      paymentRequestId: Id,
      clientId: AccountId,
      freelancerId: AccountId,
      milestoneIds: z.array(Id).min(1).max(200),
      requestedAt: Instant,
    }),
  },
  'contracts.amendment.proposed': {
    version: 1,
    key: 'agreementId',
    subject: 'amendmentId',
    summary: 'One party proposes other terms; unanswered they lapse at `dueAt` (A-11).',
    data: amendment.extend({ by: Party, termsHash: Sha256, dueAt: Instant }),
  },
  'contracts.amendment.lapsed': {
    version: 1,
    key: 'agreementId',
    subject: 'amendmentId',
    summary:
      'The terms stay as they are: nobody accepted in time, or a party or escrow said no (A-11, A-13).',
    data: amendment.extend({ reason: z.enum(['expired', 'declined', 'withdrawn', 'refused_by_escrow']) }),
  },
  'contracts.contract.amended': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Both parties agreed to other terms; money that is funded is untouched (A-11).',
    data: amendment.extend({ amendedAt: Instant }),
  },
  'contracts.contract.paused': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'The platform stopped the contract for a while: nothing is funded (A-17, S-5).',
    data: z.object({ agreementId: Id, reason: PauseReason, holdId: Id, pausedAt: Instant }),
  },
  'contracts.contract.resumed': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'The last cause of the pause is gone (A-17).',
    data: z.object({ agreementId: Id, resumedAt: Instant }),
  },
  'contracts.contract.end_requested': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'A party ends the contract. Escrow answers `cleared` or `clearing_refused` (A-16, A-19).',
    data: z.object({
      agreementId: Id,
      by: Party,
      /** Milestones under review that the freelancer gives up by name (E-17). */
      waivedMilestoneIds: z.array(Id).max(200),
      requestedAt: Instant,
    }),
  },
  'contracts.contract.ended': {
    version: 1,
    key: 'agreementId',
    subject: 'agreementId',
    summary: 'Escrow holds nothing of it and nothing is open: the contract has ended (A-19).',
    data: z.object({ agreementId: Id, endedAt: Instant }),
  },
  'contracts.milestone.agreed': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'A milestone that was agreed later than the offer (A-9, A-13).',
    data: milestoneTerms,
  },
  'contracts.milestone.terms_proposed': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary:
      'Both parties agreed to change or delete an agreed milestone; it holds once escrow says so (A-13).',
    data: milestoneTerms.extend({ amendmentId: Id, delete: z.boolean() }),
  },
  'contracts.milestone.changed': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'Escrow applied the changed terms, or the client reordered the milestones (A-13).',
    data: milestoneTerms,
  },
  'contracts.milestone.cancelled': {
    version: 1,
    key: 'agreementId',
    subject: 'milestoneId',
    summary: 'The milestone is gone: nothing was funded for it (A-13).',
    data: z.object({ agreementId: Id, milestoneId: Id, version: Version }),
  },
  'contracts.account.closed': {
    version: 1,
    key: 'accountId',
    subject: 'accountId',
    summary: 'The account takes part in nothing new (S-12).',
    data: z.object({ accountId: AccountId, reason: z.enum(['by_owner', 'by_operator']) }),
  },
  'contracts.notice.sent': {
    version: 1,
    key: 'accountId',
    subject: 'noticeId',
    summary:
      'A person was told, with proof: the receiving mail server took the mail, or it was shown after login (C-7).',
    data: notice,
  },
  'contracts.notice.bounced': {
    version: 1,
    key: 'accountId',
    subject: 'noticeId',
    summary: 'The mail was refused for good, and nothing else proves that the person was told (C-7, C-8).',
    data: notice,
  },
  'contracts.watermark.reached': watermark,
});
