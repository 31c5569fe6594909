import { z } from 'zod';

/** How the account with which a payer approves behaves each time it pays, for ever. */
export const Account = z.enum(['pays', 'declines', 'asks_payer', 'pends', 'pends_then_declined']);
export type Account = z.output<typeof Account>;
