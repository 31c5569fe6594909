import { credit, debit, type Journal, journal, type Money } from '@holdfast/domain';
import type { BillingMethodKind } from '@holdfast/events';
import type { BonusReleased } from './bonus.ts';
import type { ChargeParts, ChargeShare } from './charge-parts.ts';
import type { MilestoneReleased, MilestoneRolled } from './milestone-events.ts';
import { clearingAccount, type WithdrawalPaid, type WithdrawalReturned } from './withdrawal.ts';

/** Which accounts each fact debits and credits (golden cases of docs/golden-cases.md). */

/** Where customers' money lies, one sub-account per provider. */
export const cardCash = 'E.cash.trust:card';
export const bankCash = 'E.cash.trust:bank';

/** Where a charge of that kind arrives: a bank debit goes through the card provider. */
export type PayInPlace = 'card' | 'paypal';
export const placeOf = (kind: BillingMethodKind): PayInPlace => (kind === 'paypal' ? 'paypal' : 'card');
const arrivedAt = (kind: BillingMethodKind): string => `E.cash.trust:${placeOf(kind)}`;

/** Tax on the platform's fees, owed to the state (P-12). */
export const taxAccount = 'E.tax.payable';

/** G-1.1, G-4.1: the charge, gross, against what it pays. */
export function fundingJournal(
  { agreementId, fundingId }: { agreementId: string; fundingId: string },
  { initiationFee, tax, total }: ChargeParts,
  shares: readonly (Pick<ChargeShare, 'principal' | 'clientFee'> & { milestoneId: string })[],
  kind: BillingMethodKind,
): Journal {
  return journal({
    kind: 'fund',
    causeId: fundingId,
    agreementId,
    lines: [
      debit(arrivedAt(kind), total.amountMinor),
      ...shares.flatMap(({ milestoneId, principal, clientFee }) => [
        credit(`E.escrow.milestone:${milestoneId}`, principal.amountMinor),
        credit(`E.fee.client_held:${milestoneId}`, clientFee.amountMinor),
      ]),
      credit(`E.fee.initiation_held:${agreementId}`, initiationFee.amountMinor),
      credit(taxAccount, tax.amountMinor),
    ],
  });
}

/** G-5.4: a rest and its fee become a later milestone's. That one is funded once, so it is the cause. */
export function rollJournal({
  agreementId,
  milestoneId,
  toMilestoneId,
  amount,
  clientFee,
}: Pick<MilestoneRolled, 'agreementId' | 'milestoneId' | 'toMilestoneId' | 'amount' | 'clientFee'>): Journal {
  return journal({
    kind: 'roll',
    causeId: toMilestoneId,
    agreementId,
    lines: [
      debit(`E.escrow.milestone:${milestoneId}`, amount.amountMinor),
      debit(`E.fee.client_held:${milestoneId}`, clientFee.amountMinor),
      credit(`E.escrow.milestone:${toMilestoneId}`, amount.amountMinor),
      credit(`E.fee.client_held:${toMilestoneId}`, clientFee.amountMinor),
    ],
  });
}

/** G-2.1, G-6.4: held money and its fees become the freelancer's and the platform's. */
export function releaseJournal(released: MilestoneReleased | BonusReleased, initiationFee: Money): Journal {
  const { agreementId, transferId, gross, clientFee, freelancerFee, net } = released;
  const [account, id] =
    'bonusId' in released
      ? ['E.escrow.bonus', released.bonusId]
      : ['E.escrow.milestone', released.milestoneId];
  return journal({
    kind: 'release',
    causeId: transferId,
    agreementId,
    transferId,
    lines: [
      debit(`${account}:${id}`, gross.amountMinor),
      debit(`E.fee.client_held:${id}`, clientFee.amountMinor),
      debit(`E.fee.initiation_held:${agreementId}`, initiationFee.amountMinor),
      credit('E.revenue.freelancer_fee', freelancerFee.amountMinor),
      credit('E.revenue.client_fee', clientFee.amountMinor),
      credit('E.revenue.initiation_fee', initiationFee.amountMinor),
      credit(clearingAccount, net.amountMinor),
    ],
  });
}

/** G-6.1: as a milestone's charge; it is released in the same transaction (E-10). */
export function bonusJournal(
  { agreementId, bonusId, fundingId }: { agreementId: string; bonusId: string; fundingId: string },
  { principal, clientFee, initiationFee, tax, total }: ChargeParts,
  kind: BillingMethodKind,
): Journal {
  return journal({
    kind: 'bonus',
    causeId: fundingId,
    agreementId,
    lines: [
      debit(arrivedAt(kind), total.amountMinor),
      credit(`E.escrow.bonus:${bonusId}`, principal.amountMinor),
      credit(`E.fee.client_held:${bonusId}`, clientFee.amountMinor),
      credit(`E.fee.initiation_held:${agreementId}`, initiationFee.amountMinor),
      credit(taxAccount, tax.amountMinor),
    ],
  });
}

/** A charge that nothing takes any more is owed to the client, whole (E-26). */
export function orphanedJournal(
  { agreementId, fundingId }: { agreementId: string; fundingId: string },
  total: Money,
  kind: BillingMethodKind,
): Journal {
  return journal({
    kind: 'orphaned_charge',
    causeId: fundingId,
    agreementId,
    lines: [debit(arrivedAt(kind), total.amountMinor), credit('E.refund.payable', total.amountMinor)],
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
        debit(bankCash, amounts.float.amountMinor),
        credit('E.cash.operating', amounts.float.amountMinor),
      ],
    }),
  };
}

/** G-30.4: the card provider paid its balance out, and the bank has it (M-23). */
export const settlementJournal = (settlementId: string, { amountMinor }: Money): Journal =>
  journal({
    kind: 'treasury',
    causeId: settlementId,
    lines: [debit(bankCash, amountMinor), credit(cardCash, amountMinor)],
  });

/** The bank sent it back: a fact of its own, since the first one was true when it was booked. */
export const settlementReturnJournal = (settlementId: string, { amountMinor }: Money): Journal =>
  journal({
    kind: 'treasury_return',
    causeId: settlementId,
    lines: [debit(cardCash, amountMinor), credit(bankCash, amountMinor)],
  });

/** G-21.3: the money left the place where it lay. A withdrawal is paid once, so it is the cause (I5). */
export function withdrawalPaidJournal(paid: WithdrawalPaid): Journal {
  const { withdrawalId, accountId, transferId, sent, subAccount, paidAt } = paid;
  return journal({
    kind: 'withdrawal_paid',
    causeId: withdrawalId,
    accountId,
    transferId,
    valueDate: paidAt,
    lines: [debit(clearingAccount, sent.amountMinor), credit(cashAt(subAccount), sent.amountMinor)],
  });
}

/**
 * G-38.5: what came back after it was paid is payouts' again. What the bank kept is the freelancer's loss where
 * the details were wrong, else the platform's (W-12).
 * @returns undefined where nothing of it stands in escrow's books: never paid, and free of charge (G-29)
 */
export function withdrawalReturnedJournal(returned: WithdrawalReturned): Journal | undefined {
  const { withdrawalId, accountId, transferId, afterPaid, amountBack, bankCharge, feeKept } = returned;
  const borneMinor = feeKept ? 0n : bankCharge.amountMinor;
  // Before it was paid the cash never left the books: all that is missing now is the charge.
  const cashMinor = afterPaid ? amountBack.amountMinor : -bankCharge.amountMinor;
  if (cashMinor === 0n && borneMinor === 0n) return undefined;
  return journal({
    kind: 'withdrawal_returned',
    causeId: withdrawalId,
    accountId,
    transferId,
    valueDate: returned.returnedAt,
    lines: [
      debit(cashAt(returned.subAccount), cashMinor),
      debit('E.expense.processing', borneMinor),
      credit(clearingAccount, cashMinor + borneMinor),
    ],
  });
}

const cashAt = (subAccount: WithdrawalPaid['subAccount']): string => `E.cash.trust:${subAccount}`;
