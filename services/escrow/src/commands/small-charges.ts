import { randomInt } from 'node:crypto';
import { type Money, usd } from '@holdfast/domain';
import { currentCausality, currentTraceparent, newId, type Tx } from '@holdfast/messaging';
import { CONFIG, currentSettings } from '@holdfast/service';
import { Inject, Injectable } from '@nestjs/common';
import type { EscrowConfig } from '../config.ts';
import { startAttempt } from '../domain/refund-attempt.ts';
import { leastMinor, mostMinor, type SmallChargePlace, startSmallCharge } from '../domain/small-charge.ts';
import { smallChargeBytesOf } from '../providers/card.ts';
import { refundBodyOf } from '../providers/card-refund.ts';
import { escrowSettings } from '../settings.ts';
import { isKeptFromPaying } from '../tables/account-hold.table.ts';
import type { BillingMethod } from '../tables/billing-method.table.ts';
import {
  refundRow,
  type SmallChargeRow,
  SmallChargeTable,
  SmallRefundTable,
  toRow,
} from '../tables/small-charge.table.ts';
import { isDisputed, isTakenBack } from '../tables/small-dispute.table.ts';

/** Where the amounts come from that only the statement tells (P-2). */
@Injectable()
export class SmallAmounts {
  draw(): Money {
    return usd(BigInt(randomInt(leastMinor, mostMinor + 1)));
  }
}

/** Begins the charges that verify a card (P-2). */
@Injectable()
export class SmallCharges {
  constructor(
    private readonly amounts: SmallAmounts,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'PAYER_RETURN_URL'>,
  ) {}

  /**
   * Stored with its exact bytes; the worker takes it from there, as any charge whose payer is present (E-26).
   * @returns false where a hold forbids it (S-5)
   */
  async begin(
    tx: Tx,
    { id: methodId, accountId, customerId, providerMethod, token }: BillingMethod,
    place: SmallChargePlace,
  ): Promise<boolean> {
    if (await isKeptFromPaying(tx, accountId)) return false;
    const { 'funding.payer_minutes': payerMinutes } = await currentSettings(tx, escrowSettings);
    const [id, amount] = [newId(), this.amounts.draw()];
    const frame = {
      methodId,
      accountId,
      place,
      ...smallChargeBytesOf({
        id,
        billingMethodId: methodId,
        amount,
        customerId: customerId!,
        methodId: providerMethod ?? token!,
        returnUrl: this.config.PAYER_RETURN_URL,
      }),
      correlationId: currentCausality()?.correlationId ?? methodId,
      traceparent: currentTraceparent() ?? null,
    };
    tx.insert(SmallChargeTable, toRow(startSmallCharge({ id, amount, now: tx.now, payerMinutes }), frame));
    return true;
  }
}

/**
 * Whatever became of the method: what was charged for it goes back, each charge whole and once (P-2, E-23).
 * @param disputedId the charge that the holder's bank disputes by this very decision
 */
export async function giveBackSmallCharges(tx: Tx, methodId: string, disputedId?: string): Promise<void> {
  for (const charge of await tx.many(SmallChargeTable, { methodId, status: 'succeeded' })) {
    await giveBackSmallCharge(tx, charge, charge.id === disputedId);
  }
}

export async function giveBackSmallCharge(
  tx: Tx,
  charge: SmallChargeRow,
  isNewsDisputed = false,
): Promise<void> {
  const { id: smallChargeId } = charge;
  const sent = await tx.many(SmallRefundTable, { smallChargeId });
  if (sent.length > 0 || (await isTakenBack(tx, smallChargeId))) return;
  const isKept = isNewsDisputed || (await isDisputed(tx, smallChargeId));
  sendSmallRefund(tx, charge, { number: 1, isDisputed: isKept });
}

/** Stores the sending with its exact bytes; the worker makes the call, after the end of a dispute. */
export function sendSmallRefund(
  tx: Tx,
  charge: SmallChargeRow,
  { number, isDisputed: isKept }: Readonly<{ number: number; isDisputed: boolean }>,
): void {
  const [id, amount] = [newId(), usd(charge.amountMinor)];
  const { id: smallChargeId, accountId, intentId } = charge;
  const attempt = startAttempt({
    id,
    refundId: smallChargeId,
    number,
    amount,
    now: tx.now,
    isDisputed: isKept,
  });
  tx.insert(
    SmallRefundTable,
    refundRow(attempt, {
      smallChargeId,
      accountId,
      chargeReference: intentId!,
      createBody: refundBodyOf({ attemptId: id, refundId: smallChargeId, intentId: intentId!, amount }),
      retryBy: null,
      retryReason: null,
      retryApprovedBy: null,
      retryApprovedReason: null,
      correlationId: currentCausality()?.correlationId ?? smallChargeId,
      traceparent: currentTraceparent() ?? null,
    }),
  );
}
