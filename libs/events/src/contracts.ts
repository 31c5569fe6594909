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
  'scam_signals',
  'reviewed',
  'appeal',
  'other',
]);
export type HoldReason = z.output<typeof HoldReason>;

const hold = z.object({ accountId: AccountId, holdId: Id, kind: HoldKind, reason: HoldReason });

const offer = z.object({
  agreementId: Id,
  offerId: Id,
  version: Version,
  termsHash: Sha256,
  dueAt: Instant,
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
  'contracts.watermark.reached': watermark,
});
