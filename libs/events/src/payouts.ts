import { z } from 'zod';
import { AccountId, catalogue, Id, Instant, WireMoney, watermark } from './catalogue.ts';

export const payoutsEvents = catalogue('payouts', {
  'payouts.funds.credited': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary:
      'The net of a release is pending and becomes available at `dueAt` (B-2, B-3). The answer of M-22.',
    data: z.object({
      agreementId: Id,
      transferId: Id,
      accountId: AccountId,
      net: WireMoney,
      toDebt: WireMoney,
      toPending: WireMoney,
      dueAt: Instant,
    }),
  },
  'payouts.funds.matured': {
    version: 1,
    key: 'agreementId',
    subject: 'transferId',
    summary: 'The hold ended: pending became available (B-3).',
    data: z.object({
      agreementId: Id,
      transferId: Id,
      accountId: AccountId,
      amount: WireMoney,
      maturedAt: Instant,
    }),
  },
  'payouts.watermark.reached': watermark,
});
