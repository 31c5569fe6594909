import { type Money, plusBankingDays, usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import type { Rolling } from '../domain/charging.ts';
import type { Funding } from '../domain/funding.ts';
import { fundingJournal, placeOf, rollJournal } from '../domain/journals.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { MilestoneFunded, MilestoneRolled } from '../domain/milestone-events.ts';
import { releaseByClient, withRisk } from '../domain/release.ts';
import { roll } from '../domain/rolling.ts';
import { escrowSettings } from '../settings.ts';
import { type Agreement, AgreementTable, initiationFeeHeld } from '../tables/agreement.table.ts';
import type { FundingFrame } from '../tables/funding.table.ts';
import { freeClientFee, insertLot, type Lot, riskOf, rollLots } from '../tables/lot.table.ts';
import { saveMilestone } from '../tables/milestone.table.ts';
import { bookTransfer, decisionOf } from './book-release.ts';
import { freezeMilestone } from './freeze-milestone.ts';
import { ordersOfHolds } from './record-account-hold.ts';

/** What a charge pays of one milestone. */
export type Payment = Readonly<{
  milestone: Milestone;
  termsVersion: number;
  principal: Money;
  clientFee: Money;
  tax: Money;
}>;

export type Booking = Readonly<{
  agreement: Agreement;
  /** Takes over what rolls; is released at once where the client pays in one step. */
  milestone: Milestone;
  rolling?: Rolling;
  charge?: Readonly<{ funding: Funding; frame: FundingFrame }>;
  payments: readonly Payment[];
  pays: boolean;
}>;

/**
 * Money comes to milestones: by a charge, from the rest of an earlier one, or both, posted together (E-2, E-9, P-3).
 * Where the client pays in one step, it leaves in the same transaction (E-28), unless a hold freezes it (E-22).
 */
export async function bookFunding(tx: Tx, booking: Booking): Promise<void> {
  const { milestone, rolling, charge, payments, pays } = booking;
  const rolled = rolling && (await bookRolled(tx, rolling, milestone));
  const charged = charge ? await chargedLots(tx, payments, charge) : [];
  if (charge)
    tx.post(fundingJournal(chargeIds(charge), charge.funding.parts, sharesOf(payments), charge.funding.kind));
  const targets = payments.length > 0 ? payments.map((payment) => payment.milestone) : [milestone];
  const funded = targets.map((each) => {
    const lots = [...(rolled?.lots ?? []), ...charged].filter(({ milestoneId }) => milestoneId === each.id);
    const version = payments.find((payment) => payment.milestone === each)?.termsVersion ?? each.termsVersion;
    const fact = fundedFact(each, { version, lots, fundedAt: tx.now, fundingId: charge?.funding.id });
    return { after: evolve(each, fact), fact, lots };
  });
  tx.publish(escrowEvents, [...(rolled ? [rolled.fact] : []), ...funded.map(({ fact }) => fact)]);
  const agreement = afterCharge(booking.agreement, charge?.funding);
  const holds = await ordersOfHolds(tx, agreement);
  let earned = agreement;
  for (const { after, lots } of funded) {
    if (pays && after.id === milestone.id && holds.length === 0) {
      earned = bookPaid(tx, { milestone: after, agreement, lots });
    } else {
      for (const lot of lots) insertLot(tx, lot);
      await freezeMilestone(tx, after, holds);
    }
  }
  if (earned !== booking.agreement) tx.save(AgreementTable, earned);
}

/** What has just come leaves again, whole: its lots are used up before they are stored (E-28). */
function bookPaid(
  tx: Tx,
  { milestone, agreement, lots }: { milestone: Milestone; agreement: Agreement; lots: readonly Lot[] },
): Agreement {
  const released = releaseByClient(milestone, decisionOf(tx, agreement));
  for (const lot of lots) insertLot(tx, { ...lot, principalLeftMinor: 0n, clientFeeLeftMinor: 0n });
  saveMilestone(tx, evolve(milestone, released));
  bookTransfer(tx, withRisk(released, riskOf(lots)), initiationFeeHeld(agreement));
  return agreement.initiationFee === 'held' ? { ...agreement, initiationFee: 'earned' } : agreement;
}

/** The initiation fee is held from the first charge that has it (P-6). */
export function afterCharge(agreement: Agreement, funding: Funding | undefined): Agreement {
  if (!funding || agreement.initiationFee !== 'due') return agreement;
  const { amountMinor: initiationFeeMinor } = funding.parts.initiationFee;
  // A charge that began beside another one was to leave it to that one.
  if (initiationFeeMinor === 0n && agreement.settings['fee.initiation'] > 0) return agreement;
  return { ...agreement, initiationFee: 'held', initiationFeeMinor };
}

async function bookRolled(
  tx: Tx,
  rolling: Rolling,
  to: Milestone,
): Promise<{ fact: MilestoneRolled; lots: Lot[] }> {
  const { from } = rolling;
  const feeMinorMax = (await freeClientFee(tx, from))?.amountMinor;
  const decided = roll(rolling, { toMilestoneId: to.id, now: tx.now, feeMinorMax });
  const lots = await rollLots(tx, from, decided);
  const fact: MilestoneRolled = { ...decided, lots: lots.map(lotOf) };
  saveMilestone(tx, evolve(from, fact));
  tx.post(rollJournal(fact));
  return { fact, lots };
}

function fundedFact(
  milestone: Milestone,
  {
    version,
    lots,
    fundedAt,
    fundingId,
  }: { version: number; lots: readonly Lot[]; fundedAt: Date; fundingId?: string },
): MilestoneFunded {
  const sum = (part: 'principalMinor' | 'clientFeeMinor') =>
    usd(lots.reduce((total, lot) => total + lot[part], 0n));
  return {
    type: 'escrow.milestone.funded',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    version,
    ...(fundingId ? { fundingId } : {}),
    amount: sum('principalMinor'),
    clientFee: sum('clientFeeMinor'),
    lots: lots.map(lotOf),
    fundedAt,
  };
}

const lotOf = ({ id: lotId, principalMinor }: Lot) => ({ lotId, amount: usd(principalMinor) });

/** The initiation fee, and the tax on it, stand on the first lot of a charge. */
async function chargedLots(
  tx: Tx,
  payments: readonly Payment[],
  charge: NonNullable<Booking['charge']>,
): Promise<Lot[]> {
  const lot = await lotOfCharge(tx, charge);
  const { initiationFee } = charge.funding.parts;
  return payments.map(({ milestone, principal, clientFee, tax }, index) => ({
    ...lot,
    id: newId(),
    milestoneId: milestone.id,
    principalMinor: principal.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    initiationFeeMinor: index === 0 ? initiationFee.amountMinor : 0n,
    taxMinor: tax.amountMinor,
    principalLeftMinor: principal.amountMinor,
    clientFeeLeftMinor: clientFee.amountMinor,
  }));
}

/** What every lot of a charge has in common, and all of the charge on one. */
export async function lotOfCharge(tx: Tx, { funding, frame }: NonNullable<Booking['charge']>): Promise<Lot> {
  const { kind, parts } = funding;
  const { 'ach.risk_business_days': riskDays } = await currentSettings(tx, escrowSettings);
  return {
    id: newId(),
    agreementId: frame.agreementId,
    milestoneId: frame.milestoneId,
    bonusId: frame.bonusId,
    fundingId: funding.id,
    chargeReference: funding.intentId!,
    methodId: frame.methodId,
    subAccount: placeOf(kind),
    principalMinor: parts.principal.amountMinor,
    clientFeeMinor: parts.clientFee.amountMinor,
    initiationFeeMinor: parts.initiationFee.amountMinor,
    taxMinor: parts.tax.amountMinor,
    principalLeftMinor: parts.principal.amountMinor,
    clientFeeLeftMinor: parts.clientFee.amountMinor,
    chargedAt: tx.now,
    rolledFrom: null,
    feeReturnedMinor: 0n,
    taxReturnedMinor: 0n,
    principalRefundedMinor: 0n,
    chargedBackMinor: 0n,
    // A bank debit that succeeded may still come back (P-14).
    atRiskUntil: kind === 'bank' ? plusBankingDays(tx.now, riskDays) : null,
  };
}

const chargeIds = ({ funding, frame }: NonNullable<Booking['charge']>) => ({
  agreementId: frame.agreementId,
  fundingId: funding.id,
});

const sharesOf = (payments: readonly Payment[]) =>
  payments.map(({ milestone, principal, clientFee }) => ({
    milestoneId: milestone.id,
    principal,
    clientFee,
  }));
