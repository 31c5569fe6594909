import { Money, NotYet, Rejection, usd } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { z } from 'zod';
import { type PaidLot, type Payment, type PlannedDraw, planDraw } from '../domain/drawn-refund.ts';
import { amountOf } from '../domain/refund.ts';
import { AgreementTable } from '../tables/agreement.table.ts';
import { BonusTable } from '../tables/bonus.table.ts';
import { LotTable } from '../tables/lot.table.ts';
import { loadMilestone } from '../tables/milestone.table.ts';
import { insertRefund } from '../tables/refund.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { saveShares } from './follow-draw.ts';
import { isChargedBack } from './hold-refunds.ts';

type Amount = z.input<typeof Money>;

/** What was paid: a milestone, or a bonus. */
type PaidId = Readonly<
  { milestoneId: string; bonusId?: undefined } | { bonusId: string; milestoneId?: undefined }
>;

export type RefundReleasedAnswer = PaidId & {
  status: 'drawing';
  transferId: string;
  /** To one charge each; all or none of them (E-25). */
  refunds: { refundId: string; amount: Amount }[];
  /** What leaves the balance. */
  net: Amount;
};

export class RefundReleased extends Command<RefundReleasedAnswer> {
  constructor(
    readonly input: {
      message: MessageRef;
      freelancerId: string;
      /** Of what was released; without one, all of it. */
      amount?: Money;
    } & PaidId,
  ) {
    super();
  }
}

/**
 * The freelancer gives paid money back to the client (E-18), of a milestone or of a bonus. Payouts is asked for the net first, and the refund is
 * decided only on its word (E-25); until then nobody else can give the same money back.
 * @throws Rejection refund.exceeds_paid | refund.too_late | refund.charge_disputed
 */
@CommandHandler(RefundReleased)
export class RefundReleasedHandler implements ICommandHandler<RefundReleased> {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  execute(command: RefundReleased): Promise<RefundReleasedAnswer> {
    return this.unitOfWork.once(command, async (tx) => {
      const { freelancerId, amount } = command.input;
      const of = await loadOwner(tx, freelancerId, command.input);
      const { settings } = (await tx.one(AgreementTable, { id: of.agreementId }))!;
      const paid = await loadPaid(tx, of.paid);
      const planned = planDraw(paid, {
        amountMinor: amount?.amountMinor,
        now: tx.now,
        days: settings['refund.days'],
      });
      return draw(tx, of, planned);
    });
  }
}

type Owner = Readonly<{ paid: PaidId; agreementId: string; clientId: string; freelancerId: string }>;

/** Checked at the commit: whoever else takes money of it decides before or after. */
async function loadOwner(tx: Tx, freelancerId: string, paid: PaidId): Promise<Owner> {
  if (paid.milestoneId !== undefined) {
    const { agreementId, clientId } = await loadMilestone(tx, paid.milestoneId, { freelancerId });
    return { paid: { milestoneId: paid.milestoneId }, agreementId, clientId, freelancerId };
  }
  const bonus = await tx.one(BonusTable, { id: paid.bonusId, freelancerId });
  if (!bonus) throw new NotYet('bonus.unknown');
  const { agreementId, clientId } = bonus;
  return { paid: { bonusId: paid.bonusId }, agreementId, clientId, freelancerId };
}

/** What was released of a milestone or bonus, and the charges that paid it. */
async function loadPaid(
  tx: Tx,
  paid: PaidId,
): Promise<{ payments: readonly Payment[]; lots: readonly PaidLot[] }> {
  const lots = await tx.many(LotTable, paid);
  for (const fundingId of new Set(lots.map((lot) => lot.fundingId))) {
    // The client would be paid twice, by the bank and by us (P-9).
    if (await isChargedBack(tx, fundingId)) throw new Rejection('refund.charge_disputed');
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

async function draw(
  tx: Tx,
  { paid, agreementId, clientId, freelancerId }: Owner,
  planned: readonly PlannedDraw[],
): Promise<RefundReleasedAnswer> {
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
