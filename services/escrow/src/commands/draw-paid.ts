import { Money, NotYet, Rejection, usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import type { z } from 'zod';
import type { PaidLot, Payment, PlannedDraw } from '../domain/drawn-refund.ts';
import { give } from '../domain/paid-refund-request.ts';
import { amountOf } from '../domain/refund.ts';
import { BonusTable } from '../tables/bonus.table.ts';
import { isTakenByBank } from '../tables/chargeback.table.ts';
import { LotTable } from '../tables/lot.table.ts';
import { loadMilestone } from '../tables/milestone.table.ts';
import { openRequestOf, savePaidRequest } from '../tables/paid-refund-request.table.ts';
import { insertRefund } from '../tables/refund.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { saveShares } from './follow-draw.ts';

type Amount = z.input<typeof Money>;

/** What was paid: a milestone, or a bonus. */
export type PaidId = Readonly<
  { milestoneId: string; bonusId?: undefined } | { bonusId: string; milestoneId?: undefined }
>;

export type DrawAnswer = PaidId & {
  status: 'drawing';
  transferId: string;
  /** To one charge each; all or none of them (E-25). */
  refunds: { refundId: string; amount: Amount }[];
  /** What leaves the balance. */
  net: Amount;
};

export type PaidOwner = Readonly<{
  paid: PaidId;
  agreementId: string;
  clientId: string;
  freelancerId: string;
}>;

/**
 * Checked at the commit: whoever else takes money of it decides before or after. A foreign id is an unknown id.
 * @param party none where an operator acts
 * @throws NotYet milestone.unknown | bonus.unknown
 */
export async function loadPaidOwner(
  tx: Tx,
  party: Readonly<{ clientId?: string; freelancerId?: string }>,
  paid: PaidId,
): Promise<PaidOwner> {
  if (paid.milestoneId !== undefined) {
    const { agreementId, clientId, freelancerId } = await loadMilestone(tx, paid.milestoneId, party);
    return { paid: { milestoneId: paid.milestoneId }, agreementId, clientId, freelancerId };
  }
  const bonus = await tx.one(BonusTable, { id: paid.bonusId, ...party });
  if (!bonus) throw new NotYet('bonus.unknown');
  const { agreementId, clientId, freelancerId } = bonus;
  return { paid: { bonusId: paid.bonusId }, agreementId, clientId, freelancerId };
}

/**
 * What was released of a milestone or bonus, and the charges that paid it.
 * @throws Rejection refund.charge_disputed
 */
export async function loadPaid(
  tx: Tx,
  paid: PaidId,
): Promise<{ payments: readonly Payment[]; lots: readonly PaidLot[] }> {
  const lots = await tx.many(LotTable, paid);
  for (const fundingId of new Set(lots.map((lot) => lot.fundingId))) {
    // The client would be paid twice, by the bank and by us (P-9, M-13).
    if (await isTakenByBank(tx, fundingId)) throw new Rejection('refund.charge_disputed');
  }
  const transfers = await tx.many(TransferTable, paid);
  const payments = transfers.map(({ grossMinor, clientFeeMinor, freelancerFeeMinor, ...transfer }) => ({
    ...transfer,
    grossMinor: grossMinor!,
    clientFeeMinor: clientFeeMinor!,
    freelancerFeeMinor: freelancerFeeMinor!,
  }));
  return { payments, lots };
}

/** Payouts is asked for the net, and what the client asked of it is answered (E-18, E-25). */
export async function draw(
  tx: Tx,
  { paid, agreementId, clientId, freelancerId }: PaidOwner,
  planned: readonly PlannedDraw[],
): Promise<DrawAnswer> {
  const transferId = newId();
  const refunds = planned.map(({ fundingId, parts, freelancerFeeMinor, netMinor, shares }) => ({
    ...{ id: newId(), agreementId, clientId, freelancerId, fundingId, parts, ...paid },
    cause: 'after_release' as const,
    drawn: { transferId, net: usd(netMinor), freelancerFee: usd(freelancerFeeMinor), shares },
    attempt: 0,
    decidedAt: tx.now,
    status: 'drawing' as const,
  }));
  for (const refund of refunds) insertRefund(tx, refund);
  await saveShares(
    tx,
    refunds.flatMap(({ drawn }) => drawn.shares),
  );
  const request = await openRequestOf(tx, paid);
  if (request) savePaidRequest(tx, give(request, transferId, tx.now));
  const net = usd(refunds.reduce((sum, { drawn }) => sum + drawn.net.amountMinor, 0n));
  tx.publish(escrowEvents, [
    {
      type: 'escrow.refund.drawn_on_balance',
      agreementId,
      refundId: refunds[0]!.id,
      accountId: freelancerId,
      net,
      transferId,
      debtAllowed: false,
    },
  ]);
  const answered = refunds.map(({ id: refundId, parts }) => {
    return { refundId, amount: Money.encode(amountOf(parts)) };
  });
  return { ...paid, status: 'drawing', transferId, refunds: answered, net: Money.encode(net) };
}
