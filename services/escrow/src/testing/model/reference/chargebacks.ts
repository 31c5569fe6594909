import { halfUp, least, sum } from '../arithmetic.ts';
import {
  type Chargeback,
  day,
  isOpenChargeback,
  isOpenRefund,
  type Part,
  type Refund,
  refuseIf,
  stopped,
  sums,
} from '../state.ts';
import { Refunds } from './refunds.ts';

/** What the provider says of a dispute: an inquiry, its end, taken, evidence is there, lost, the money is back. */
export type Word = 'warned' | 'closed' | 'taken' | 'reviewed' | 'lost' | 'back';
/** A dispute of a charge; the fee that the bank takes besides, and what of that it gives back. */
export type Dispute = Readonly<{ chargeId: number; amount: bigint; fee: bigint }>;

/** What a client's bank takes back (P-9 to P-11, E-24). */
export class Chargebacks extends Refunds {
  /** The provider's word counts, however late it comes and however often (P-11). */
  tell(id: number, dispute: Dispute, word: Word, feeBack = 0n): void {
    const known = this.chargebacks[id];
    if (!known) {
      const fresh = { status: 'inquiry', dueAt: 0, isAnswered: false, parts: [] } as const;
      this.chargebacks.push({ ...dispute, ...fresh, parts: [] });
    }
    const chargeback = this.chargebacks[id]!;
    if (word === 'warned') return;
    if (chargeback.status === 'inquiry') {
      if (word === 'closed') chargeback.status = 'closed';
      else this.#receive(id);
    }
    if (word === 'reviewed' && chargeback.status === 'received') chargeback.status = 'contested';
    if (word === 'lost') {
      if (chargeback.status === 'received') chargeback.status = 'accepted';
      if (isOpenChargeback(chargeback) && !this.#isInDoubt(chargeback.chargeId)) this.#lose(id);
    }
    if (word === 'back') this.#win(id, feeBack);
  }

  /** The platform contests it, or accepts it, once and in time (P-11). */
  answer(id: number, answer: 'contest' | 'accept'): void {
    const chargeback = this.chargebacks[id]!;
    refuseIf(chargeback.isAnswered || chargeback.status !== 'received' || this.now >= chargeback.dueAt);
    chargeback.isAnswered = true;
    if (answer === 'accept') chargeback.status = 'accepted';
  }

  /** Payouts has taken the net back, or made a debt of it: only now the fees on it are not earned (P-11). */
  clawBack(id: number, isExact: boolean): void {
    const chargeback = this.chargebacks[id]!;
    refuseIf(chargeback.status !== 'recovering' || !isExact);
    chargeback.status = 'lost';
    this.#recover(chargeback, -1n);
    this.clear();
  }

  /** What is to be recovered of the freelancer. */
  netOf(id: number): bigint {
    return sum((this.chargebacks[id]?.parts ?? []).map((part) => (part.kind === 'bonus' ? part.net : 0n)));
  }

  /** What may still be disputed of a charge: what its bank has not taken already. */
  disputable(chargeId: number): bigint {
    const { total, fees } = sums(this.charges[chargeId]!);
    const taken = this.chargebacks.filter(
      (each) => each.chargeId === chargeId && each.status !== 'won' && each.status !== 'closed',
    );
    const whole = total + fees + this.charges[chargeId]!.initiation;
    return whole - sum(taken.map(({ amount }) => amount));
  }

  /** G-24.1: amount and fee are gone. What is left of the charge is frozen, and refunds of it wait (E-22, E-23). */
  #receive(id: number): void {
    const chargeback = this.chargebacks[id]!;
    const { chargeId, amount, fee } = chargeback;
    Object.assign(chargeback, { status: 'received', dueAt: this.now + 7 * day });
    this.post('cash', -amount - fee);
    this.post('disputed', amount);
    this.post('expense', fee);
    for (const index of this.milestones.keys()) {
      const left = this.leftOf(index, chargeId);
      if (left > 0n) this.freeze(index, { by: `chargeback ${id}`, amount: left, chargeId });
    }
    for (const refund of this.#refundsOf(chargeId)) if (refund.call === 'due') refund.call = 'doubt';
  }

  /** A refund of it may have been executed, or is being asked for: its loss waits for that (F7). */
  #isInDoubt(chargeId: number): boolean {
    const drawn = this.refunds.some((each) => each.chargeId === chargeId && each.status === 'drawing');
    return drawn || this.#refundsOf(chargeId).some(({ call }) => call === 'doubt');
  }

  #refundsOf(chargeId: number): Refund[] {
    return this.refunds.filter((each) => each.chargeId === chargeId && each.status === 'refunding');
  }

  /** First what is owed anyway, then what is held, then what may be taken back (P-10); the rest is the platform's. */
  #parts({ chargeId, amount }: Chargeback): Part[] {
    let open = amount;
    const parts: Part[] = [];
    for (const [refundId, refund] of this.refunds.entries()) {
      if (refund.chargeId !== chargeId || !this.#isOwed(refund)) continue;
      const taken = least(refund.amount, open);
      if (taken > 0n) parts.push({ kind: 'owed', refundId, amount: taken });
      open -= taken;
    }
    const initiation =
      this.initiation === 'held' && this.initiationCharge === chargeId
        ? (this.books.get('initiation_held') ?? 0n)
        : 0n;
    const first = this.charges[chargeId]!.shares[0]!.milestone;
    const isAlone = first < 0 || this.leftOf(first, chargeId) === 0n;
    for (const { milestone, lot } of this.#lotsOf(chargeId)) {
      const along = milestone === first ? initiation : 0n;
      const whole = lot.held + lot.fee + along;
      const cut = (minor: bigint): bigint => (open >= whole ? minor : (minor * open) / whole);
      const [principal, fee] = [cut(lot.held), cut(lot.fee)];
      if (principal === 0n) continue;
      parts.push({ kind: 'held', milestone, principal, fee, initiation: open >= whole ? along : 0n });
      open -= open >= whole ? whole : principal + fee;
    }
    if (isAlone && initiation > 0n && open >= initiation) {
      parts.push({ kind: 'initiation', amount: initiation });
      open -= initiation;
    }
    return [...parts, ...this.#bonusPart(chargeId, open)];
  }

  /** Not sent, or failed. */
  #isOwed({ status, call }: Refund): boolean {
    return (
      status === 'refund_failed' ||
      (status === 'refunding' && (call === 'due' || call === 'kept' || call === 'doubt'))
    );
  }

  #lotsOf(chargeId: number) {
    return this.milestones
      .flatMap(({ lots }, milestone) => lots.map((lot) => ({ milestone, lot })))
      .filter(({ lot }) => lot.chargeId === chargeId && lot.held > 0n)
      .sort((a, b) => a.lot.born - b.lot.born);
  }

  /** A bonus has no protection (E-10, P-10). */
  #bonusPart(chargeId: number, open: bigint): Part[] {
    const charge = this.charges[chargeId]!;
    if (!charge.bonus || charge.status !== 'succeeded') return [];
    const { held, fee } = charge.paid[0]!;
    const cut = (minor: bigint): bigint => (open >= held + fee ? minor : (minor * open) / (held + fee));
    const principal = cut(held);
    if (principal === 0n) return [];
    const whole = halfUp(charge.freelancerFee!, held, sums(charge).total);
    const freelancerFee = halfUp(whole, principal, held);
    return [{ kind: 'bonus', net: principal - freelancerFee, fees: freelancerFee + cut(fee) }];
  }

  /** Held money leaves, nobody is paid; what was owed is owed no more (E-24). */
  #lose(id: number): void {
    const chargeback = this.chargebacks[id]!;
    const parts = this.#parts(chargeback);
    Object.assign(chargeback, { parts, status: this.#recovers(parts) ? 'recovering' : 'lost' });
    this.post('disputed', -chargeback.amount + this.#recoverable(parts));
    this.post('expense', this.#borne(chargeback));
    for (const part of parts) {
      if (part.kind === 'held') this.#writeDown(id, part);
      if (part.kind === 'initiation') this.#loseInitiation(part.amount);
    }
    this.thaw(`chargeback ${id}`);
    for (const requestId of this.requests.keys()) {
      this.settle(requestId);
      if (this.askedBy(requestId).length > 0) this.resume(requestId);
    }
    this.#cancel(id);
    if (chargeback.status === 'lost') this.clear();
  }

  #writeDown(id: number, { milestone: index, principal, fee, initiation }: Part & { kind: 'held' }): void {
    const milestone = this.milestones[index]!;
    const lot = milestone.lots.find(({ chargeId }) => chargeId === this.chargebacks[id]!.chargeId)!;
    lot.held -= principal;
    lot.fee -= fee;
    this.leave(index, principal, fee);
    this.#loseInitiation(initiation);
    if (milestone.reserved) milestone.reserved.amount = least(milestone.reserved.amount, milestone.held);
    if (milestone.held > 0n) return;
    // A cent that rounding left of what was released is earned with it.
    this.post('revenue', milestone.feeHeld);
    this.leave(index, 0n, milestone.feeHeld);
    for (const each of milestone.lots) each.fee = 0n;
    Object.assign(milestone, { status: 'charged_back', freezes: [], ...stopped });
    delete milestone.reserved;
  }

  #loseInitiation(amount: bigint): void {
    if (amount === 0n) return;
    this.initiation = 'returned';
    this.post('initiation_held', -amount);
  }

  /** What was not sent is not sent any more, and what the dispute leaves of it is a refund of its own (E-24). */
  #cancel(id: number): void {
    const { chargeId, parts } = this.chargebacks[id]!;
    const owed = parts.filter((part) => part.kind === 'owed');
    const isKept = this.isDisputed(chargeId);
    for (const { refundId } of owed) this.refunds[refundId]!.status = 'cancelled';
    if (!isKept) this.#resume(chargeId);
    for (const { refundId, amount } of owed) {
      const { amount: whole, milestone, drawn } = this.refunds[refundId]!;
      this.post('payable', -amount);
      if (whole > amount)
        this.refunds.push(this.refundOf(chargeId, whole - amount, drawn ? {} : { milestone }));
    }
    for (const { refundId } of owed) {
      const refund = this.refunds[refundId]!;
      const milestone = this.goingBack(refund);
      const others = this.others(refund);
      if (!milestone || others.some(({ status }) => status === 'refund_failed')) continue;
      milestone.status = others.some(isOpenRefund) ? 'refunding' : 'charged_back';
    }
  }

  #resume(chargeId: number): void {
    for (const refund of this.#refundsOf(chargeId)) {
      if (refund.call === 'kept') Object.assign(refund, { call: 'due', since: this.now });
    }
  }

  /** The money is back, before or after it was lost; the fee as the provider says. */
  #win(id: number, feeBack: bigint): void {
    const chargeback = this.chargebacks[id]!;
    const wasLost = chargeback.status === 'lost';
    if (!wasLost && !isOpenChargeback(chargeback)) return;
    chargeback.status = 'won';
    this.post('cash', chargeback.amount + feeBack);
    this.post('expense', -feeBack);
    if (wasLost) {
      this.#restore(chargeback);
      return;
    }
    this.post('disputed', -chargeback.amount);
    this.thaw(`chargeback ${id}`);
    if (!this.isDisputed(chargeback.chargeId)) this.#resume(chargeback.chargeId);
    this.clear();
  }

  /** G-35: the freelancer has the net again; a milestone is funded again while its contract goes on, else it goes back. */
  #restore(chargeback: Chargeback): void {
    const { chargeId, parts } = chargeback;
    this.post('expense', -this.#borne(chargeback));
    this.#recover(chargeback, 1n);
    for (const part of parts) {
      if (part.kind === 'initiation') this.#restoreInitiation(chargeId, part.amount);
      if (part.kind !== 'held') continue;
      const { milestone: index, principal, fee, initiation } = part;
      const milestone = this.milestones[index]!;
      const isGone = milestone.status === 'charged_back';
      if (isGone && this.status === 'active') this.#refill(chargeId, part);
      else this.#owe(chargeId, principal + fee + initiation, isGone ? index : undefined);
    }
    for (const part of parts) {
      if (part.kind !== 'owed') continue;
      const { milestone, drawn } = this.refunds[part.refundId]!;
      const isHeldToo = parts.some((other) => other.kind === 'held' && other.milestone === milestone);
      const gone = milestone !== undefined && !drawn && !isHeldToo ? milestone : -1;
      const goes = this.milestones[gone]?.status === 'charged_back' || this.#again.has(gone);
      if (goes) this.#again.add(gone);
      this.#owe(chargeId, part.amount, goes ? gone : undefined);
    }
    this.#again.clear();
  }

  /** Milestones that are on their way to the client again by this very decision. */
  readonly #again = new Set<number>();

  #refill(chargeId: number, { milestone: index, principal, fee, initiation }: Part & { kind: 'held' }): void {
    const milestone = this.milestones[index]!;
    const lot = milestone.lots.find((each) => each.chargeId === chargeId)!;
    Object.assign(lot, { held: principal, fee });
    const held = { held: principal, principal, fee, feeHeld: fee };
    this.touch();
    Object.assign(milestone, { status: 'funded', ...held, freezes: [], ...stopped });
    this.post(`escrow:${index}`, principal);
    this.post(`fee_held:${index}`, fee);
    this.#holdInitiation(initiation);
    this.freezeByHolds(index);
  }

  #restoreInitiation(chargeId: number, amount: bigint): void {
    if (this.status === 'active') this.#holdInitiation(amount);
    else this.#owe(chargeId, amount, undefined);
  }

  #holdInitiation(amount: bigint): void {
    if (amount === 0n) return;
    this.initiation = 'held';
    this.post('initiation_held', amount);
  }

  #owe(chargeId: number, amount: bigint, milestone: number | undefined): void {
    this.post('payable', amount);
    this.refunds.push(this.refundOf(chargeId, amount, milestone === undefined ? {} : { milestone }));
    if (milestone !== undefined) {
      Object.assign(this.milestones[milestone]!, { status: 'refunding', released: 0n });
    }
  }

  /** Between the freelancer, the fees on it, and what the bank has. */
  #recover({ parts }: Chargeback, sign: 1n | -1n): void {
    for (const part of parts) {
      if (part.kind !== 'bonus') continue;
      this.post('clearing', sign * part.net);
      this.post('revenue', sign * part.fees);
    }
    if (sign < 0n) this.post('disputed', -this.#recoverable(parts));
  }

  #recovers = (parts: readonly Part[]): boolean =>
    parts.some((part) => part.kind === 'bonus' && part.net > 0n);
  #recoverable = (parts: readonly Part[]): bigint =>
    sum(parts.map((part) => (part.kind === 'bonus' ? part.net + part.fees : 0n)));

  /** What of the dispute stands for nothing that could be taken back. */
  #borne({ amount, parts }: Chargeback): bigint {
    const worth = parts.map((part) => {
      if (part.kind === 'held') return part.principal + part.fee + part.initiation;
      return part.kind === 'bonus' ? part.net + part.fees : part.amount;
    });
    return amount - sum(worth);
  }
}
