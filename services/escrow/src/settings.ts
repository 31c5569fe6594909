import { staffSettings } from '@holdfast/service';
import { z } from 'zod';
import { taxRatesForm } from './domain/tax.ts';

/** The settings that escrow owns: current ones, read at the moment of the act (docs/domain-rules.md). */
export const escrowSettings = {
  schema: z.object({
    'funding.payer_minutes': z.int().min(1).max(1_440),
    'ach.risk_business_days': z.int().min(0).max(90),
    /** Basis points on the platform's fees, and by region where it differs: `US=0,other=2000` (P-12). */
    'tax.default_rate': z.int().min(0).max(10_000),
    'tax.rates': z.string().regex(taxRatesForm),
    'chargeback.evidence_days': z.int().min(1).max(60),
    'treasury.opening_capital': z.int().min(0).max(1_000_000_000_000),
    'treasury.bank_float': z.int().min(0).max(1_000_000_000_000),
    /** Days after the release in which support gives paid money back (E-18). */
    'refund.support_days': z.int().min(0).max(3_650),
    ...staffSettings.shape,
  }),
  defaults: {
    'funding.payer_minutes': 15,
    'ach.risk_business_days': 5,
    'tax.default_rate': 0,
    'tax.rates': '',
    'chargeback.evidence_days': 7,
    'treasury.opening_capital': 10_000_000,
    'treasury.bank_float': 1_000_000,
    'refund.support_days': 365,
    ...staffSettings.defaults,
  },
};
