import { z } from 'zod';
import { AccountId, type EventDefinition, Id, Instant, Version, WireMoney } from '../catalogue.ts';
import { BillingMethodKind, ConfirmationEnd, FundingFailure, ReleaseCause } from './words.ts';

/** Ways to pay, charges and bonuses. */
export const paymentEvents = {
  'escrow.billing_method.confirmable': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'Both small charges are paid: the client has to say what they took (P-2, C-8).',
    data: z.object({ accountId: AccountId, methodId: Id, kind: BillingMethodKind, dueAt: Instant }),
  },
  'escrow.billing_method.unconfirmed': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'The card waits no more for what the small charges took, and is not verified (P-2).',
    data: z.object({ accountId: AccountId, methodId: Id, kind: BillingMethodKind, reason: ConfirmationEnd }),
  },
  'escrow.billing_method.verified': {
    version: 1,
    key: 'accountId',
    subject: 'methodId',
    summary: 'A set-up or small charges verified a billing method; it is the mandate as well (P-2, P-16).',
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
} as const satisfies Record<string, EventDefinition>;
