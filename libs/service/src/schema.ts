import { journalsSchema, sealsSchema } from '@holdfast/ledger';
import { messagingSchema } from '@holdfast/messaging';
import { policySchema } from './policy.ts';

/** The tables that every service has in its first migration, and those of the ledger. */
export const commonSchema: readonly string[] = [...messagingSchema, ...policySchema];
export { journalsSchema, sealsSchema };
