import { PositiveMoney } from '@holdfast/domain';
import {
  AccountId,
  AccountRole,
  AppealRefusal,
  HoldKind,
  HoldReason,
  Sha256,
  Version,
} from '@holdfast/events';
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
  /** Without it, as the platform has it at present. */
  fundingMode: z.enum(['one_at_a_time', 'project_upfront']).optional(),
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

/** what the freelancer wishes to be changed about the version that was shown. */
export const RequestOfferChangesBody = z.strictObject({ version: Version, reason: text(5_000) });

/** E-17: what is under review is given up by name, and by the freelancer alone. */
export const EndAgreementBody = z.strictObject({
  waivedMilestoneIds: z.array(z.uuid()).max(200).default([]),
});

const milestoneTexts = { title: text(200).optional(), scope: text(10_000).optional() };
const AskedChange = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('change'),
    milestoneId: z.uuid(),
    ...milestoneTexts,
    price: PositiveMoney.optional(),
    dueDate: z.iso.date().optional(),
  }),
  z.strictObject({
    kind: z.literal('add'),
    title: text(200),
    scope: text(10_000).optional(),
    price: PositiveMoney,
    dueDate: z.iso.date(),
  }),
  z.strictObject({ kind: z.literal('delete'), milestoneId: z.uuid() }),
]);
type Asked = z.output<typeof AskedChange>;

const saysSomething = ({ kind, ...change }: Asked): boolean =>
  kind !== 'change' || Object.values(change).filter((value) => value !== undefined).length > 1;
const namesOnce = (changes: Asked[]): boolean => {
  const named = changes.flatMap((change) => ('milestoneId' in change ? [change.milestoneId] : []));
  return new Set(named).size === named.length;
};

/** what both are to agree to, in one set. */
export const ProposeAmendmentBody = z.strictObject({
  changes: z
    .array(AskedChange.refine(saysSomething, { message: 'changes nothing' }))
    .min(1)
    .max(50)
    .refine(namesOnce, { message: 'names a milestone twice' }),
});

const isUnique = (ids: string[]): boolean => new Set(ids).size === ids.length;

/** E-27: without milestones the whole project. */
export const RequestPaymentBody = z.strictObject({
  milestoneIds: z
    .array(z.uuid())
    .min(1)
    .max(200)
    .refine(isUnique, { message: 'names a milestone twice' })
    .optional(),
});

export const OrderMilestonesBody = z.strictObject({ milestoneIds: z.array(z.uuid()).min(1).max(200) });

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

export const CloseAccountBody = z.strictObject({ note: text(2_000) });

export const LiftHoldBody = z.strictObject({
  reason: HoldReason.extract(['reviewed', 'appeal', 'other']),
  note: text(2_000),
});

export const AppealBody = z.strictObject({ note: text(2_000) });
export const UpholdAppealBody = AppealBody;
export const RefuseAppealBody = AppealBody.extend({ reason: AppealRefusal });
