import type { Money } from '@holdfast/domain';
import { escrowEvents, type RefundCause } from '@holdfast/events';
import { currentCausality, currentTraceparent, newId, type Tx } from '@holdfast/messaging';
import { type PayInPlace, placeOf } from '../domain/journals.ts';
import type { RefundDecided } from '../domain/milestone-events.ts';
import { amountOf, decidedEvent, type PayInKind, type Refund, type RefundParts } from '../domain/refund.ts';
import { startAttempt } from '../domain/refund-attempt.ts';
import { refundJournal } from '../domain/refund-journals.ts';
import { type BankDestination, bankRefundBodyOf } from '../providers/bank-refund.ts';
import { refundBodyOf } from '../providers/card-refund.ts';
import { paypalRefundBodyOf } from '../providers/paypal-refund.ts';
import { type FundingRow, FundingTable } from '../tables/funding.table.ts';
import { insertRefund } from '../tables/refund.table.ts';
import { insertRefundAttempt } from '../tables/refund-attempt.table.ts';
import { isChargedBack } from './hold-refunds.ts';

/** A charge that succeeded, as far as a refund needs to know it. */
export type Charge = Readonly<{
  fundingId: string;
  agreementId: string;
  clientId: string;
  freelancerId: string;
  /** The provider's name of it. */
  reference: string;
  subAccount: PayInPlace;
  kind: PayInKind;
}>;

export type RefundOrder = Readonly<{
  refundId?: string;
  charge: Charge;
  cause: RefundCause;
  parts: RefundParts;
  milestoneId?: string;
  bonusId?: string;
  refundRequestId?: string;
  /** What the milestone holds afterwards. */
  balance?: Money;
  /** `escrow`: it is held for the milestone. `payable`: the caller's journal has made it owed already. */
  source: 'escrow' | 'payable';
  /** Whether a chargeback on the charge is open, where this decision has just changed that. */
  isDisputed?: boolean;
}>;

/**
 * Decides a refund to the source of one charge (E-15, E-23): the money is owed from here on, and a provider is asked
 * to pay it, by an intent that is stored first. A decision over the lots of two charges is two refunds (E-21). Lots,
 * milestone and freezes are the caller's.
 */
export async function decideRefund(tx: Tx, order: RefundOrder): Promise<RefundDecided> {
  const { refundId: id = newId(), charge, source, balance, isDisputed, ...facts } = order;
  const { fundingId, agreementId, clientId, freelancerId } = charge;
  const refund: Refund = {
    ...facts,
    id,
    agreementId,
    clientId,
    freelancerId,
    fundingId,
    attempt: 1,
    decidedAt: tx.now,
    status: 'refunding',
  };
  insertRefund(tx, refund);
  if (source === 'escrow') tx.post(refundJournal(refund));
  return sendRefund(tx, refund, charge, { balance, isDisputed });
}

/**
 * Stores the refund's current attempt with its exact bytes, and tells.
 * @param options `otherwise`: not to the source of its charge, but by the bank to this account of the client's (E-23)
 */
export async function sendRefund(
  tx: Tx,
  refund: Refund,
  charge: Charge,
  options: Readonly<{
    balance?: Money | undefined;
    isDisputed?: boolean | undefined;
    otherwise?: BankDestination;
  }> = {},
): Promise<RefundDecided> {
  const { balance, isDisputed, otherwise } = options;
  const amount = amountOf(refund.parts);
  const attemptId = newId();
  const attempt = startAttempt({
    id: attemptId,
    refundId: refund.id,
    number: refund.attempt,
    amount,
    now: tx.now,
    isDisputed: isDisputed ?? (await isChargedBack(tx, charge.fundingId)),
    ...(otherwise ? { isWatched: true } : {}),
  });
  const told = { attemptId, refundId: refund.id, amount };
  insertRefundAttempt(tx, attempt, {
    agreementId: refund.agreementId,
    fundingId: charge.fundingId,
    subAccount: otherwise ? 'bank' : charge.subAccount,
    chargeReference: charge.reference,
    createBody: otherwise ? bankRefundBodyOf(told, otherwise) : bodyOf(charge, told),
    correlationId: currentCausality()?.correlationId ?? refund.id,
    traceparent: currentTraceparent() ?? null,
  });
  const decided = decidedEvent(refund, otherwise ? 'bank' : charge.kind, balance);
  tx.publish(escrowEvents, [decided]);
  return decided;
}

/** In the words of the provider that was charged. */
function bodyOf(
  { subAccount, reference: intentId }: Charge,
  refund: { attemptId: string; refundId: string; amount: Money },
): string {
  return subAccount === 'paypal' ? paypalRefundBodyOf(refund) : refundBodyOf({ ...refund, intentId });
}

/** The charge of a funding; its version is checked at the commit, since a chargeback changes it. */
export async function loadCharge(tx: Tx, fundingId: string): Promise<Charge> {
  return chargeOf((await tx.one(FundingTable, { id: fundingId }))!);
}

export const chargeOf = (
  row: Pick<FundingRow, 'id' | 'agreementId' | 'clientId' | 'freelancerId' | 'intentId' | 'kind'>,
): Charge => ({
  fundingId: row.id,
  agreementId: row.agreementId,
  clientId: row.clientId,
  freelancerId: row.freelancerId,
  reference: row.intentId!,
  subAccount: placeOf(row.kind),
  kind: row.kind,
});
