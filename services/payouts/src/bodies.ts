import { MethodKind } from '@holdfast/events';
import { z } from 'zod';
import { nameWords } from './domain/person-name.ts';

/** For calls that say nothing but that they are made. */
export const NoBody = z.strictObject({}).nullish();

/** Why an operator does something; kept with the person (AD-21). */
export const Reason = z.string().trim().min(1).max(500);

/** A name that can be compared: it has a word (W-2). It goes on to a bank, which knows no line breaks. */
const PersonName = z
  .string()
  .trim()
  .min(1)
  .max(100)
  .refine((name) => nameWords(name).length > 0 && !/\p{Cc}/u.test(name), { message: 'is no name' });

/** A US bank account. Whether the routing number is one, the domain says (3.5 of the provider protocols). */
export const MethodBody = z.strictObject({
  kind: MethodKind,
  holderName: PersonName,
  routingNumber: z.string().regex(/^\d{9}$/),
  accountNumber: z.string().regex(/^\d{4,17}$/),
  accountType: z.enum(['checking', 'savings']),
});

export const IdentityBody = z
  .strictObject({
    status: z.enum(['requested', 'in_review', 'verified', 'failed']),
    verifiedName: PersonName.optional(),
    reason: Reason,
  })
  .refine(({ status, verifiedName }) => (status === 'verified') === (verifiedName !== undefined), {
    path: ['verifiedName'],
    message: 'is needed with verified, and only then',
  });

export const TaxFormBody = z.strictObject({
  type: z.enum(['W-9', 'W-8BEN']),
  status: z.enum(['on_file', 'rejected']),
  reason: Reason,
});

export const DecisionBody = z.strictObject({ decision: z.enum(['clear', 'blocked']), reason: Reason });
