import { z } from 'zod';

/** The settings that escrow owns: current ones, read at the moment of the act (docs/domain-rules.md). */
export const escrowSettings = {
  schema: z.object({
    'funding.payer_minutes': z.int().min(1).max(1_440),
    'ach.risk_business_days': z.int().min(0).max(90),
    'treasury.opening_capital': z.int().min(0).max(1_000_000_000_000),
    'treasury.bank_float': z.int().min(0).max(1_000_000_000_000),
  }),
  defaults: {
    'funding.payer_minutes': 15,
    'ach.risk_business_days': 5,
    'treasury.opening_capital': 10_000_000,
    'treasury.bank_float': 1_000_000,
  },
};
