import { credit, debit, type Journal, journal, type Money } from '@holdfast/domain';
import type { ChargeParts } from './funding.ts';
import type { MilestoneReleased } from './milestone.ts';

/** Which accounts each fact debits and credits (golden cases of docs/golden-cases.md). */

/** Where customers' money lies, one sub-account per provider. */
export const cardCash = 'E.cash.trust:card';

/** G-1.1: the charge, gross, against what it pays. */
export function fundingJournal(
  { agreementId, milestoneId, fundingId }: { agreementId: string; milestoneId: string; fundingId: string },
  { principal, clientFee, initiationFee, total }: ChargeParts,
): Journal {
  return journal({
    kind: 'fund',
    causeId: fundingId,
    agreementId,
    lines: [
      debit(cardCash, total.amountMinor),
      credit(`E.escrow.milestone:${milestoneId}`, principal.amountMinor),
      credit(`E.fee.client_held:${milestoneId}`, clientFee.amountMinor),
      credit(`E.fee.initiation_held:${agreementId}`, initiationFee.amountMinor),
    ],
  });
}

/** G-2.1: held money and its fees become the freelancer's and the platform's. */
export function releaseJournal(released: MilestoneReleased, initiationFee: Money): Journal {
  const { agreementId, milestoneId, transferId, gross, clientFee, freelancerFee, net } = released;
  return journal({
    kind: 'release',
    causeId: transferId,
    agreementId,
    transferId,
    lines: [
      debit(`E.escrow.milestone:${milestoneId}`, gross.amountMinor),
      debit(`E.fee.client_held:${milestoneId}`, clientFee.amountMinor),
      debit(`E.fee.initiation_held:${agreementId}`, initiationFee.amountMinor),
      credit('E.revenue.freelancer_fee', freelancerFee.amountMinor),
      credit('E.revenue.client_fee', clientFee.amountMinor),
      credit('E.revenue.initiation_fee', initiationFee.amountMinor),
      credit('E.clearing.payouts', net.amountMinor),
    ],
  });
}

/** A charge that nothing takes any more is owed to the client, whole (E-26). */
export function orphanedJournal(
  { agreementId, fundingId }: { agreementId: string; fundingId: string },
  total: Money,
): Journal {
  return journal({
    kind: 'orphaned_charge',
    causeId: fundingId,
    agreementId,
    lines: [debit(cardCash, total.amountMinor), credit('E.refund.payable', total.amountMinor)],
  });
}

/** The platform's own money at the start, and the float it lends to the bank account (section 11, M-23). */
export function openingJournals(
  amounts: { capital: Money; float: Money },
  ids: { capital: string; float: string },
): {
  capital: Journal;
  float: Journal;
} {
  return {
    capital: journal({
      kind: 'treasury',
      causeId: ids.capital,
      lines: [
        debit('E.cash.operating', amounts.capital.amountMinor),
        credit('E.equity.capital', amounts.capital.amountMinor),
      ],
    }),
    float: journal({
      kind: 'treasury',
      causeId: ids.float,
      lines: [
        debit('E.cash.trust:bank', amounts.float.amountMinor),
        credit('E.cash.operating', amounts.float.amountMinor),
      ],
    }),
  };
}
