import { feeOf, halfUp, least, sum } from '../arithmetic.ts';
import { type Dormancy, endOfDate, isAskedOf, watched } from '../dormancy.ts';
import { take } from '../lots.ts';
import {
  agreed,
  type Charge,
  type Chargeback,
  type Draw,
  type Freeze,
  feesOf,
  holding,
  isFrozen,
  isOpenChargeback,
  isOpenRefund,
  lotsFor,
  type Milestone,
  type PaidRequest,
  type Payment,
  type Refund,
  type Request,
  stopped,
  type Terms,
} from '../state.ts';

/** What is known of one contract, and what every subject does with it: freeze, pay, give back, clear. */
export class Contract {
  readonly books = new Map<string, bigint>();
  readonly charges: Charge[] = [];
  readonly refunds: Refund[] = [];
  readonly requests: Request[] = [];
  readonly payments: Payment[] = [];
  readonly draws: Draw[] = [];
  readonly paidRequests: PaidRequest[] = [];
  readonly chargebacks: Chargeback[] = [];
  /** Whether each that was placed on a party still stands (S-5). */
  readonly holds: boolean[] = [];
  /** The same of each by which the client pays nothing (S-5). */
  readonly bans: boolean[] = [];
  /** Whether each that was opened has not been withdrawn (D-15). */
  readonly cases: boolean[] = [];
  readonly milestones: Milestone[];
  status: 'active' | 'closing' = 'active';
  isCleared = false;
  initiation: 'due' | 'held' | 'earned' | 'returned' = 'due';
  now = 0;
  submissions = 0;
  dormancy: Dormancy;
  #dated: number | undefined;
  protected initiationCharge = -1;

  constructor(
    readonly terms: Terms,
    prices: readonly bigint[],
  ) {
    this.milestones = prices.map(agreed);
    const dueEnds = new Map(prices.map((_, index) => [index, endOfDate(0)]));
    this.dormancy = watched({ activityAt: 0, dueEnds });
  }

  /** What a timer does is dated at its own instant, however late it fires (M-21). */
  protected datedAt(at: number, act: () => void): void {
    this.#dated = at;
    act();
    this.#dated = undefined;
  }

  protected get at(): number {
    return this.#dated ?? this.now;
  }

  /** Contracts tells of an act, and perhaps of another due date, or of none for a milestone that is gone. */
  note(at: number, due?: { index: number; endsAt: number | undefined }): void {
    if (due?.endsAt !== undefined) this.dormancy.dueEnds.set(due.index, due.endsAt);
    else if (due) this.dormancy.dueEnds.delete(due.index);
    this.touch(at);
  }

  /** Somebody acts: the days of dormancy start again, unless silence has had the word by then (E-20, M-16). */
  protected touch(at = this.at): void {
    const { at: dueAt, activityAt } = this.dormancy;
    if (isAskedOf(this.dormancy) && dueAt !== undefined && at >= dueAt) return;
    this.dormancy = watched({ ...this.dormancy, activityAt: Math.max(activityAt, at) });
  }

  protected post(account: string, amount: bigint): void {
    this.books.set(account, (this.books.get(account) ?? 0n) + amount);
  }

  protected indices(which: (each: Milestone) => boolean): number[] {
    return this.milestones.flatMap((each, index) => (which(each) ? [index] : []));
  }

  protected askedBy(requestId: number): number[] {
    return this.indices((each) => each.status === 'refund_pending' && each.requestId === requestId);
  }

  protected isFrozenOf(requestId: number): boolean {
    return this.askedBy(requestId).some((index) => isFrozen(this.milestones[index]!));
  }

  /** What runs stands still, unless it has ended (E-16, M-16). */
  protected freeze(index: number, freeze: Omit<Freeze, 'since'>, since = this.now): void {
    const milestone = this.milestones[index]!;
    milestone.freezes.push({ ...freeze, since });
    if (milestone.dueAt !== undefined && since < milestone.dueAt) {
      Object.assign(milestone, { left: milestone.dueAt - since, dueAt: undefined });
    }
    const request = milestone.status === 'refund_pending' && this.requests[milestone.requestId!]!;
    if (request && request.status === 'running' && since < request.dueAt) {
      Object.assign(request, { status: 'suspended', left: request.dueAt - since });
    }
  }

  /** What stood still goes on with the time left when the last freeze has ended (E-16). */
  protected thaw(by: string): void {
    for (const milestone of this.milestones) {
      if (!milestone.freezes.some((each) => each.by === by)) continue;
      milestone.freezes = milestone.freezes.filter((each) => each.by !== by);
      if (isFrozen(milestone)) continue;
      if (milestone.left !== undefined) {
        Object.assign(milestone, { dueAt: this.now + milestone.left, left: undefined });
      }
      if (milestone.status === 'refund_pending') this.resume(milestone.requestId!);
    }
  }

  protected resume(requestId: number): void {
    const request = this.requests[requestId]!;
    if (request.status !== 'suspended' || this.isFrozenOf(requestId)) return;
    Object.assign(request, { status: 'running', dueAt: this.now + request.left! });
  }

  /** Whether the client's bank has taken it and has not decided: the client would be paid twice (P-9). */
  protected isDisputed(chargeId: number): boolean {
    return this.chargebacks.some((each) => each.chargeId === chargeId && isOpenChargeback(each));
  }

  /** The client fee is earned in proportion (P-5, R-6), the freelancer's on the part (P-7, R-9). */
  protected pay(index: number, gross: bigint, { clears = true } = {}): void {
    this.touch();
    const milestone = this.milestones[index]!;
    const { held, principal, fee, feeHeld, requestId, status } = milestone;
    const lots = lotsFor(milestone, gross);
    const soFar = halfUp(fee, principal - held + gross, principal) - (fee - feeHeld);
    const earned = least(soFar > 0n ? soFar : 0n, feesOf(lots));
    for (const lot of take(lots, gross, earned, 'oldest')) {
      const before = milestone.paid.find(({ chargeId }) => chargeId === lot.chargeId);
      if (before) Object.assign(before, { held: before.held + lot.held, fee: before.fee + lot.fee });
      else milestone.paid.push(lot);
    }
    milestone.held -= gross;
    milestone.feeHeld -= earned;
    milestone.status = milestone.held === 0n ? 'released' : 'funded';
    Object.assign(milestone, stopped);
    if (milestone.held === 0n) milestone.freezes = [];
    this.post(`escrow:${index}`, -gross);
    this.post(`fee_held:${index}`, -earned);
    const freelancerFee = this.earn(gross, earned);
    this.payments.push({
      of: { milestone: index },
      gross,
      fee: earned,
      freelancerFee,
      back: 0n,
      at: this.at,
    });
    if (status === 'refund_pending') this.settle(requestId!);
    if (clears) this.clear();
  }

  /** Nothing is asked back by it any more (E-7). */
  protected settle(requestId: number): void {
    const request = this.requests[requestId]!;
    const isOpen = ['running', 'suspended', 'unproven'].includes(request.status);
    if (isOpen && this.askedBy(requestId).length === 0) request.status = 'settled';
  }

  /** @returns the freelancer's fee */
  protected earn(gross: bigint, clientFee: bigint): bigint {
    const freelancerFee = feeOf(gross, this.terms.freelancerBps);
    this.post('revenue', clientFee + freelancerFee);
    this.post('clearing', gross - freelancerFee);
    if (this.initiation === 'held') {
      this.initiation = 'earned';
      const held = this.books.get('initiation_held') ?? 0n;
      this.post('initiation_held', -held);
      this.post('revenue', held);
    }
    return freelancerFee;
  }

  /** Rolls over or goes back: held and whole alike become less. */
  protected leave(index: number, amount: bigint, fee: bigint): void {
    const milestone = this.milestones[index]!;
    milestone.held -= amount;
    milestone.principal -= amount;
    milestone.fee -= fee;
    milestone.feeHeld -= fee;
    this.post(`escrow:${index}`, -amount);
    this.post(`fee_held:${index}`, -fee);
  }

  /** To the sources, newest first, one refund for each charge (E-15, E-21); the fee goes along. */
  protected giveUp(going: readonly { index: number; amount: bigint }[]): void {
    const decided: Refund[] = [];
    for (const { index, amount } of going) {
      const milestone = this.milestones[index]!;
      const lots = lotsFor(milestone, amount);
      const fee = least(halfUp(milestone.feeHeld, amount, milestone.held), feesOf(lots));
      for (const lot of take(lots, amount, fee, 'newest')) {
        decided.push(this.refundOf(lot.chargeId, lot.held + lot.fee, { milestone: index }));
      }
      this.leave(index, amount, fee);
      if (milestone.held > 0n) continue;
      Object.assign(milestone, { status: 'refunding', released: milestone.principal, ...stopped });
      milestone.freezes = [];
    }
    this.#returnInitiation(decided);
    for (const refund of decided) this.post('payable', refund.amount);
    this.refunds.push(...decided);
  }

  /** While its charge is disputed it is not sent (E-23). */
  protected refundOf(chargeId: number, amount: bigint, more: Partial<Refund> = {}): Refund {
    this.touch();
    const call = this.isDisputed(chargeId) ? 'kept' : 'due';
    return { chargeId, amount, status: 'refunding', call, since: this.at, ...more };
  }

  /** Where the contract ends and nothing was ever released: with the last refund of its charge, or alone (P-6). */
  #returnInitiation(decided: Refund[]): void {
    const isOpen = (each: Milestone): boolean => each.status === 'funding_pending' || holding(each);
    if (this.initiation !== 'held' || this.status !== 'closing' || this.milestones.some(isOpen)) return;
    const fee = this.books.get('initiation_held') ?? 0n;
    if (fee === 0n) return;
    this.initiation = 'returned';
    this.post('initiation_held', -fee);
    const [first] = this.charges[this.initiationCharge]!.shares;
    const own = decided.findLast(
      ({ chargeId, milestone }) => chargeId === this.initiationCharge && milestone === first!.milestone,
    );
    if (own) own.amount += fee;
    else decided.push(this.refundOf(this.initiationCharge, fee));
  }

  /** A contract that is closing is cleared when nothing of it is open. */
  protected clear(): void {
    if (this.status !== 'closing' || this.isCleared) return;
    const isUnsettled = (each: Chargeback): boolean => isOpenChargeback(each) || each.status === 'recovering';
    const isOpen =
      this.milestones.some(holding) ||
      this.charges.some(({ status }) => status === 'pending') ||
      this.refunds.some(isOpenRefund) ||
      this.chargebacks.some(isUnsettled);
    if (isOpen) return;
    this.giveUp([]);
    this.isCleared = !this.refunds.some(isOpenRefund);
  }

  /** What a hold or a chargeback covers at most: all that is held, or what is left of one charge (E-22). */
  protected leftOf(index: number, chargeId?: number): bigint {
    const lots = this.milestones[index]!.lots.filter(
      (lot) => chargeId === undefined || lot.chargeId === chargeId,
    );
    return sum(lots.map(({ held }) => held));
  }
}
