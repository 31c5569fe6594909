import { halfUp, least, share, sum } from '../arithmetic.ts';
import { take } from '../lots.ts';
import {
  day,
  isOpenRefund,
  type Milestone,
  nameOf,
  type Paid,
  type PaidRequest,
  type Payment,
  type Refund,
  refuseIf,
} from '../state.ts';
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

  /** What had arrived comes back: it is owed again (E-23). */
  comeBack(refundId: number): void {
    const refund = this.refunds[refundId]!;
    refund.status = 'refund_failed';
    this.post('payable', refund.amount);
    this.post('cash', refund.amount);
    if (refund.milestone === undefined || refund.drawn) return;
    const milestone = this.milestones[refund.milestone]!;
    // What was paid or charged back since is not undone.
    const isBack = ['refunding', 'refund_failed', 'refunded', 'split'].includes(milestone.status);
    if (isBack) milestone.status = 'refund_failed';
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
  protected goingBack({ milestone: index, drawn }: Refund): Milestone | undefined {
    if (index === undefined || drawn) return undefined;
    const milestone = this.milestones[index]!;
    return milestone.status === 'refunding' || milestone.status === 'refund_failed' ? milestone : undefined;
  }

  protected others(refund: Refund): Refund[] {
    return this.refunds.filter((each) => each.milestone === refund.milestone && !each.drawn);
  }

  /** Given up after 30 days by two persons: the net is the freelancer's again, and the fees are earned (E-25). */
  reverse(refundId: number): void {
    const refund = this.refunds[refundId]!;
    const { status, drawn, amount } = refund;
    refuseIf(status !== 'refund_failed' || !drawn || this.now < drawn.at + 30 * day);
    refund.status = 'reversed';
    drawn!.undo();
    this.post('payable', -amount);
    this.post('clearing', drawn!.net);
    this.post('revenue', drawn!.fees);
    this.clear();
  }

  /** The freelancer gives paid money back, within 180 days (E-18). */
  draw(of: Paid, asked: bigint | undefined): void {
    this.#draw(of, this.#givable(of, asked, { from: 0, to: 180 }));
  }

  /** Afterwards support alone does, to a year after the release (E-18). */
  drawBySupport(of: Paid, asked: bigint | undefined): void {
    this.#draw(of, this.#givable(of, asked, { from: 180, to: 365 }));
  }

  /** The client asks for as much as could be given now (E-18). */
  ask(of: Paid, asked: bigint | undefined): void {
    const { payments, amount } = this.#givable(of, asked, { from: 0, to: 180 });
    const open = this.#openRequest(of);
    refuseIf(open !== undefined && this.now < open.openUntil);
    if (open) open.status = 'lapsed';
    const instants: number[] = [];
    let left = amount;
    for (const { gross, back, at } of payments) {
      if (left > 0n && gross > back) instants.push(at);
      left -= gross - back;
    }
    this.touch();
    this.paidRequests.push({ of, status: 'open', openUntil: Math.min(...instants) + 180 * day });
  }

  declinePaid(requestId: number): void {
    const request = this.paidRequests[requestId]!;
    refuseIf(request.status !== 'open');
    request.status = 'declined';
  }

  #openRequest(of: Paid): PaidRequest | undefined {
    return this.paidRequests.find((each) => each.status === 'open' && nameOf(each.of) === nameOf(of));
  }

  /** Of payments in their time, the newest first. */
  #givable(of: Paid, asked: bigint | undefined, { from, to }: { from: number; to: number }) {
    const own = this.payments.filter((each) => nameOf(each.of) === nameOf(of)).reverse();
    const left = (all: readonly Payment[]) => sum(all.map(({ gross, back }) => gross - back));
    const payments = own.filter(({ at }) => this.now >= at + from * day && this.now < at + to * day);
    const amount = asked ?? left(payments);
    refuseIf(left(own) === 0n || amount > left(own) || amount === 0n || amount > left(payments));
    const charges = 'bonus' in of ? [of.bonus] : [...this.milestones[of.milestone]!.charges];
    refuseIf(charges.some((chargeId) => this.#isTaken(chargeId)));
    return { payments, amount };
  }

  /** The newest payments and lots first, with both fees on it (E-18, E-19, E-21). */
  #draw(of: Paid, { payments, amount }: { payments: readonly Payment[]; amount: bigint }): void {
    const paid = 'bonus' in of ? this.charges[of.bonus]!.paid : this.milestones[of.milestone]!.paid;
    let open = amount;
    const back = new Map<number, { amount: bigint; net: bigint; fees: bigint; undo: (() => void)[] }>();
    for (const payment of payments) {
      const part = least(payment.gross - payment.back, open);
      if (part === 0n) continue;
      open -= part;
      const kept = payment.gross - payment.back;
      const going = (fee: bigint) =>
        halfUp(fee, kept, payment.gross) - halfUp(fee, kept - part, payment.gross);
      const taken = take(paid, part, going(payment.fee), 'newest');
      const freelancerFees = share(
        going(payment.freelancerFee),
        taken.map(({ held }) => held),
      );
      for (const [at, { chargeId, held, fee }] of taken.entries()) {
        const each = back.get(chargeId) ?? { amount: 0n, net: 0n, fees: 0n, undo: [] };
        each.amount += held + fee;
        each.net += held - freelancerFees[at]!;
        each.fees += fee + freelancerFees[at]!;
        each.undo.push(() => {
          const lot = paid.find((one) => one.chargeId === chargeId)!;
          lot.held += held;
          lot.fee += fee;
          payment.back -= held;
        });
        back.set(chargeId, each);
      }
      payment.back += part;
    }
    const milestone = 'bonus' in of ? {} : { milestone: of.milestone };
    const refunds = [...back].map(([chargeId, { amount: whole, net, fees, undo }]) => {
      const drawn = { at: this.now, net, fees, undo: () => undo.forEach((each) => void each()) };
      const more = { ...milestone, status: 'drawing', drawn } as const;
      return this.refunds.push(this.refundOf(chargeId, whole, more)) - 1;
    });
    const request = this.#openRequest(of);
    if (request) request.status = 'given';
    this.draws.push({ status: 'asked', refunds, ...(request ? { request } : {}) });
  }

  /** The client's bank has the money, or may get it: nobody pays the client a second time (P-9, M-13). */
  #isTaken(chargeId: number): boolean {
    const over: readonly string[] = ['inquiry', 'won', 'closed'];
    return this.chargebacks.some((each) => each.chargeId === chargeId && !over.includes(each.status));
  }

  /** Payouts has taken the net of it, or refuses: what the client asked for waits again (E-18, E-25). */
  answerDraw(drawId: number, isTaken: boolean): void {
    const draw = this.draws[drawId]!;
    refuseIf(draw.status !== 'asked');
    draw.status = isTaken ? 'taken' : 'refused';
    for (const id of draw.refunds) {
      const refund = this.refunds[id]!;
      const { net, fees, undo } = refund.drawn!;
      if (isTaken) {
        Object.assign(refund, this.refundOf(refund.chargeId, refund.amount));
        this.post('payable', refund.amount);
        this.post('clearing', -net);
        this.post('revenue', -fees);
      } else {
        refund.status = 'refused';
        undo();
      }
    }
    if (isTaken) return;
    if (draw.request && !this.#openRequest(draw.request.of)) draw.request.status = 'open';
    this.clear();
  }
}
