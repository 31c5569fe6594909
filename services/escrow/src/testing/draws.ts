import { usd } from '@holdfast/domain';
import type { EventOf, payoutsEvents } from '@holdfast/events';
import {
  AskPaidRefund,
  AskPaidRefundHandler,
  DeclinePaidRefund,
  DeclinePaidRefundHandler,
} from '../commands/ask-paid-refund.ts';
import type { PaidId } from '../commands/draw-paid.ts';
import {
  DecideDrawnRefund,
  DecideDrawnRefundHandler,
  RefuseDrawnRefund,
  RefuseDrawnRefundHandler,
} from '../commands/follow-draw.ts';
import { RefundBySupport, RefundBySupportHandler } from '../commands/refund-by-support.ts';
import {
  RefundReleased,
  type RefundReleasedAnswer,
  RefundReleasedHandler,
} from '../commands/refund-released.ts';
import { type Agreed, type Escrow, event, http, texts } from './escrow.ts';

type PayoutsEvent = EventOf<typeof payoutsEvents>;
type RefusalReason = Extract<PayoutsEvent, { type: 'payouts.refund.refused' }>['reason'];
type Parties = Pick<Agreed, 'agreementId' | 'freelancerId'>;

/** Refunds after release, and what payouts answers (E-25). */
export class Draws {
  constructor(private readonly escrow: Escrow) {}

  get #uow() {
    return this.escrow.database.unitOfWork;
  }

  /** A milestone that was released whole. */
  async released(principal: bigint): Promise<Agreed & { milestoneId: string }> {
    const agreed = await this.escrow.funded({ prices: [principal] });
    const milestoneId = agreed.milestoneIds[0]!;
    await this.escrow.release(agreed.clientId, milestoneId);
    return { ...agreed, milestoneId };
  }

  ask(freelancerId: string, milestoneId: string, amountMinor?: bigint, message = http()) {
    const amount = amountMinor === undefined ? undefined : usd(amountMinor);
    const command = new RefundReleased({ message, freelancerId, milestoneId, amount });
    return new RefundReleasedHandler(this.#uow).execute(command);
  }

  /** A bonus that was charged and released. */
  async paidBonus(principal: bigint): Promise<Agreed & { bonusId: string; fundingId: string }> {
    const agreed = await this.escrow.funded();
    const { bonusId, fundingId } = await this.escrow.bonus(agreed.clientId, agreed.agreementId, principal);
    await this.escrow.charge(fundingId);
    return { ...agreed, bonusId, fundingId };
  }

  askOfBonus(freelancerId: string, bonusId: string, amountMinor?: bigint, message = http()) {
    const amount = amountMinor === undefined ? undefined : usd(amountMinor);
    const command = new RefundReleased({ message, freelancerId, bonusId, amount });
    return new RefundReleasedHandler(this.#uow).execute(command);
  }

  /** The client asks for it (E-18). */
  request(clientId: string, paid: PaidId, amountMinor?: bigint, message = http()) {
    const amount = amountMinor === undefined ? undefined : usd(amountMinor);
    const command = new AskPaidRefund({ message, clientId, amount, ...paid });
    return new AskPaidRefundHandler(this.#uow).execute(command);
  }

  decline(freelancerId: string, paidRefundRequestId: string, message = http()) {
    const command = new DeclinePaidRefund({ message, freelancerId, paidRefundRequestId });
    return new DeclinePaidRefundHandler(this.#uow).execute(command);
  }

  bySupport(by: string, paid: PaidId, amountMinor?: bigint, message = http()) {
    const amount = amountMinor === undefined ? undefined : usd(amountMinor);
    const reason = 'The freelancer is gone';
    const command = new RefundBySupport({ message, by, reason, amount, ...paid });
    return new RefundBySupportHandler(this.#uow, texts).execute(command);
  }

  /** Payouts took so much, by default what it was asked for. */
  taken(
    { agreementId, freelancerId }: Parties,
    { transferId, refunds, net }: RefundReleasedAnswer,
    { netMinor = BigInt(net.amountMinor as string), message = event() } = {},
  ) {
    const command = new DecideDrawnRefund({
      message,
      agreementId,
      refundId: refunds[0]!.refundId,
      transferId,
      accountId: freelancerId,
      fromPending: usd(0n),
      fromAvailable: usd(netMinor),
      debt: usd(0n),
    });
    return new DecideDrawnRefundHandler(this.#uow).execute(command);
  }

  refused(
    { agreementId, freelancerId }: Parties,
    { refunds }: RefundReleasedAnswer,
    { reason = 'balance_too_low' as RefusalReason, message = event() } = {},
  ) {
    const refundId = refunds[0]!.refundId;
    const command = new RefuseDrawnRefund({
      message,
      agreementId,
      refundId,
      accountId: freelancerId,
      reason,
    });
    return new RefuseDrawnRefundHandler(this.#uow).execute(command);
  }
}
