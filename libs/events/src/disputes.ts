import { z } from 'zod';
import { AccountId, catalogue, Id, Instant, WireMoney, watermark } from './catalogue.ts';

/**
 * What escrow answers. The service that publishes it is not built: these are the facts that its first handshake with
 * escrow needs, on fixed-price work (D-19).
 */
export const disputesEvents = catalogue('disputes', {
  'disputes.case.opened': {
    version: 1,
    key: 'agreementId',
    subject: 'caseId',
    summary:
      'A case claims held money. Answered by `escrow.milestone.frozen` or `.freeze_refused` (D-1, D-19).',
    data: z.object({
      agreementId: Id,
      caseId: Id,
      milestoneId: Id,
      /** On fixed-price work the freelancer (D-3). */
      openedBy: AccountId,
      /** What of the held money is claimed, above zero (D-4). */
      claim: WireMoney,
      openedAt: Instant,
    }),
  },
  'disputes.case.withdrawn': {
    version: 1,
    key: 'agreementId',
    subject: 'caseId',
    summary: 'Its opener gave it up. Answered by `escrow.milestone.unfrozen` (D-15).',
    data: z.object({ agreementId: Id, caseId: Id, milestoneId: Id, withdrawnAt: Instant }),
  },
  'disputes.watermark.reached': watermark,
});
