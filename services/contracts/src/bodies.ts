import { PositiveMoney } from '@holdfast/domain';
import { AccountId, AccountRole, HoldKind, HoldReason, Sha256, Version } from '@holdfast/events';
import { z } from 'zod';

/** Something written, not only spaces, up to a length. */
const text = (max: number): z.ZodString => z.string().trim().min(1).max(max);

/** For calls that say nothing but that they are made. */
export const NoBody = z.strictObject({}).nullish();

/** ASCII only, as every mail server takes it; 254 signs are the most that SMTP carries (RFC 5321). */
const Email = z.email().max(254);

export const ChangeEmailBody = z.strictObject({ email: Email });

export const OpenAccountBody = z.strictObject({
  roles: z
    .array(AccountRole)
    .min(1)
    .max(2)
    .refine((roles) => new Set(roles).size === roles.length, { message: 'names a role twice' }),
  region: z.enum(['US', 'other']),
  /** Where notices go (C-7). */
  email: Email.optional(),
});

const Milestone = z
  .strictObject({
    title: text(200),
    price: PositiveMoney.optional(),
    /** Of the budget, in hundredths of a percent: 33.33 % is 3333. */
    percentHundredths: z.int().min(1).max(10_000).optional(),
    dueDate: z.iso.date(),
  })
  .refine(({ price, percentHundredths }) => (price === undefined) !== (percentHundredths === undefined), {
    message: 'needs either price or percentHundredths',
  });

/** The required fields of A-1; a milestone by percent needs the budget. */
const termsFields = {
  title: text(200),
  scope: text(10_000),
  deliverables: text(10_000),
  startDate: z.iso.date(),
  type: z.literal('fixed'),
  budget: PositiveMoney.optional(),
  milestones: z.array(Milestone).min(1).max(50),
};

type HasShares = { budget?: unknown; milestones: { percentHundredths?: number }[] };
const budgetIsKnown = ({ budget, milestones }: HasShares): boolean =>
  budget !== undefined || milestones.every(({ percentHundredths }) => percentHundredths === undefined);
const budgetNeeded = { path: ['budget'], message: 'is needed for milestones by percent' };

export const TermsBody = z.strictObject(termsFields).refine(budgetIsKnown, budgetNeeded);

export const SendOfferBody = z
  .strictObject({ freelancerId: AccountId, ...termsFields })
  .refine(budgetIsKnown, budgetNeeded);

export const AcceptOfferBody = z.strictObject({ version: Version });

/** E-4: the message is required, files are not. */
export const SubmitWorkBody = z.strictObject({
  message: text(5_000),
  files: z
    .array(z.strictObject({ name: text(255), sha256: Sha256 }))
    .max(100)
    .default([]),
});

/** What an operator finds; the other reasons are facts of other services (S-12). */
export const PlaceHoldBody = z.strictObject({
  kind: HoldKind,
  reason: HoldReason.extract(['failed_charge', 'chargeback', 'scam_signals', 'other']),
  note: text(2_000),
});

export const LiftHoldBody = z.strictObject({
  reason: HoldReason.extract(['reviewed', 'appeal', 'other']),
  note: text(2_000),
});
