import { halfUp, least, sum } from '../arithmetic.ts';
import { take } from '../lots.ts';
import { day, isOpenRefund, type Milestone, type Payment, type Refund, refuseIf } from '../state.ts';
import { Endings } from './endings.ts';

/** What providers say of refunds, and what goes back of paid money. */
export class Refunds extends Endings {
  /** The provider has taken it, and pays later. */
  sent(refundId: number): void {
    this.refunds[refundId]!.call = 'sent';
  }

  /**
   * Nothing is found of a call that was in doubt: it is kept back while its charge is disputed, else made; after the time of
   * its key a person looks (E-23, F7).
   */
  findNothing(refundId: number): void {
    const refund = this.refunds[refundId]!;
    if (this.now - refund.since >= day) refund.call = 'lost';
    else refund.call = this.isDisputed(refund.chargeId) ? 'kept' : 'due';
  }

  /** The provider has paid a refund, or could not (E-23). */
  refunded(refundId: number, isPaid: boolean): void {
    const refund = this.refunds[refundId]!;
    refund.status = isPaid ? 'refunded' : 'refund_failed';
    const milestone = this.goingBack(refund);
    if (isPaid) {
      this.post('payable', -refund.amount);
      this.post('cash', -refund.amount);
      const isDone = !this.others(refund).some(isOpenRefund);
      if (milestone?.status === 'refunding' && isDone) {
        milestone.status = milestone.released > 0n ? 'split' : 'refunded';
      }
    } else if (milestone) milestone.status = 'refund_failed';
    this.clear();
  }

  /** Two persons send it once more (E-23, S-11). */
  sendAgain(refundId: number): void {
    const refund = this.refunds[refundId]!;
    refuseIf(refund.status !== 'refund_failed');
    Object.assign(refund, this.refundOf(refund.chargeId, refund.amount));
    const milestone = this.goingBack(refund);
    const isFailed = this.others(refund).some(({ status }) => status === 'refund_failed');
    if (milestone && !isFailed) milestone.status = 'refunding';
  }

  /** The milestone whose last money went to the client, or was to; a refund after release leaves it alone (E-18). */
  protected goingBack({ milestone: index, isDrawn }: Refund): Milestone | undefined {
    if (index === undefined || isDrawn) return undefined;
    const milestone = this.milestones[index]!;
    return milestone.status === 'refunding' || milestone.status === 'refund_failed' ? milestone : undefined;
  }

  protected others(refund: Refund): Refund[] {
    return this.refunds.filter((each) => each.milestone === refund.milestone && !each.isDrawn);
  }

  /** Paid money goes back, the newest payments and lots first, with both fees on it (E-18, E-19, E-21). */
  draw(index: number, asked: bigint | undefined): void {
    const { paid, charges } = this.milestones[index]!;
    const payments = this.payments.filter(({ milestone }) => milestone === index).reverse();
    const left = (all: readonly Payment[]) => sum(all.map(({ gross, back }) => gross - back));
    const inTime = payments.filter(({ at }) => this.now < at + 180 * day);
    const amount = asked ?? left(inTime);
    refuseIf(left(payments) === 0n || amount > left(payments) || amount === 0n || amount > left(inTime));
    refuseIf([...charges].some((chargeId) => this.#isTaken(chargeId)));
    let open = amount;
    const back = new Map<number, bigint>();
    const draw = { net: 0n, fees: 0n, undo: [] as (() => void)[] };
    for (const payment of inTime) {
      const part = least(payment.gross - payment.back, open);
      if (part === 0n) continue;
      open -= part;
      const kept = payment.gross - payment.back;
      const going = (fee: bigint) =>
        halfUp(fee, kept, payment.gross) - halfUp(fee, kept - part, payment.gross);
      const freelancerFee = going(payment.freelancerFee);
      const taken = take(paid, part, going(payment.fee), 'newest');
      for (const { chargeId, held, fee } of taken) {
        back.set(chargeId, (back.get(chargeId) ?? 0n) + held + fee);
        draw.fees += fee;
        draw.undo.push(() => {
          const lot = paid.find((each) => each.chargeId === chargeId)!;
          lot.held += held;
          lot.fee += fee;
        });
      }
      payment.back += part;
      draw.net += part - freelancerFee;
      draw.fees += freelancerFee;
      draw.undo.push(() => {
        payment.back -= part;
      });
    }
    const refunds = [...back].map(([chargeId, each]) => {
      const drawn = { milestone: index, status: 'drawing', isDrawn: true } as const;
      return this.refunds.push(this.refundOf(chargeId, each, drawn)) - 1;
    });
    const undo = (): void => draw.undo.forEach((each) => void each());
    this.draws.push({ status: 'asked', refunds, net: draw.net, fees: draw.fees, undo });
  }

  /** The client's bank has the money, or may get it: nobody pays the client a second time (P-9, M-13). */
  #isTaken(chargeId: number): boolean {
    const over: readonly string[] = ['inquiry', 'won', 'closed'];
    return this.chargebacks.some((each) => each.chargeId === chargeId && !over.includes(each.status));
  }

  /** Payouts has taken the net of it, or refuses (E-25). */
  answerDraw(drawId: number, isTaken: boolean): void {
    const draw = this.draws[drawId]!;
    refuseIf(draw.status !== 'asked');
    draw.status = isTaken ? 'taken' : 'refused';
    for (const id of draw.refunds) {
      const refund = this.refunds[id]!;
      if (isTaken) {
        Object.assign(refund, this.refundOf(refund.chargeId, refund.amount));
        this.post('payable', refund.amount);
      } else refund.status = 'refused';
    }
    if (isTaken) {
      this.post('clearing', -draw.net);
      this.post('revenue', -draw.fees);
    } else {
      draw.undo();
      this.clear();
    }
  }
}
