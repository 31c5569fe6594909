import { z } from 'zod';
import { adjustmentPosted } from '../adjustment.ts';
import { AccountId, type EventDefinition, Id, Instant, ledgerSealed, WireMoney } from '../catalogue.ts';
import { CashAccount } from './words.ts';

/** The platform's own money and books. */
export const bookEvents = {
  'escrow.adjustment.posted': adjustmentPosted,
  'escrow.treasury.moved': {
    version: 1,
    key: 'platform',
    subject: 'movementId',
    summary: 'The platform’s own money moved between its accounts (M-23).',
    data: z.object({
      movementId: Id,
      kind: z.enum(['opening', 'top_up', 'sweep', 'transfer']),
      /** Cash accounts; absent where the platform's capital came from outside. */
      from: CashAccount.optional(),
      to: CashAccount.optional(),
      amount: WireMoney,
      movedAt: Instant,
    }),
  },
  'escrow.clearing.applied': {
    version: 1,
    key: 'agreementOrAccount',
    subject: 'transferId',
    summary: 'Escrow posted its side of a transfer that payouts told of (M-22).',
    data: z.object({
      agreementId: Id.optional(),
      accountId: AccountId,
      transferId: Id,
      amount: WireMoney,
      kind: z.enum(['withdrawal_paid', 'withdrawal_returned', 'refund_taken', 'clawed_back']),
    }),
  },
  'escrow.ledger.sealed': ledgerSealed,
} as const satisfies Record<string, EventDefinition>;
