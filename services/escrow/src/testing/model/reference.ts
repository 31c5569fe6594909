import { feeOf, halfUp, least, share, sum } from './arithmetic.ts';
import { type Lot, take } from './lots.ts';
import {
  agreed,
  type Charge,
  type Deadline,
  type Draw,
  day,
  holding,
  isFrozen,
  isOpenRefund,
  isRest,
  live,
  type Milestone,
  movable,
  type Payment,
  type Refund,
  type Request,
  refuseIf,
  stopped,
  sums,
  type Terms,
} from './state.ts';

/**
 * Fixed price money as docs/domain-rules.md tells it, without storage, retries or services: what may happen to the
 * milestones of one contract, and where each cent is afterwards. The real commands are compared with it step by step.
 */
export class Reference {
  readonly books = new Map<string, bigint>();
  readonly charges: Charge[] = [];
  readonly refunds: Refund[] = [];
  readonly requests: Request[] = [];
  readonly payments: Payment[] = [];
  readonly draws: Draw[] = [];
  /** Whether each that was placed on a party still stands (S-5). */
  readonly holds: boolean[] = [];
  readonly milestones: Milestone[];
  status: 'active' | 'closing' = 'active';
  isCleared = false;
  initiation: 'due' | 'held' | 'earned' | 'returned' = 'due';
  now = 0;
  submissions = 0;
  #succeeded = 0;
  #initiationCharge = -1;

  constructor(
    readonly terms: Terms,
    prices: readonly bigint[],
  ) {
    this.milestones = prices.map(agreed);
    this.fund(0, 1);
  }

  /** Charges a milestone less what rolls over, or all of them (E-2, E-9, E-26); or pays it in one step (E-28). */
  fund(index: number, version: number, pays = false): void {
    const milestone = this.milestones[index]!;
    refuseIf(this.status !== 'active' || milestone.status !== 'agreed' || milestone.version !== version);
    refuseIf(this.#isOpenBeside(index));
    const upfront = this.terms.mode === 'project_upfront';
    const from = upfront ? -1 : this.#restBefore(index);
    const amount = from < 0 ? 0n : least(movable(this.milestones[from]!), milestone.price);
    const rolling = from < 0 ? undefined : { from, amount };
    if (amount === milestone.price) {
      this.#book(index, { shares: [], rolling, pays });
      return;
    }
    const paid = upfront ? this.#indices(({ status }) => status === 'agreed') : [index];
    const principals = paid.map((each) => this.milestones[each]!.price - amount);
    const chargeId = this.#charge(principals, { bonus: false, pays, named: index, rolling }, paid);
    for (const each of paid) Object.assign(this.milestones[each]!, { status: 'funding_pending', chargeId });
    if (rolling) this.milestones[from]!.reserved = { chargeId, amount };
  }

  /** Beside what is agreed, whatever becomes of the contract (E-10, E-11). */
  bonus(amount: bigint): void {
    refuseIf(amount < 100n || amount > 1_000_000n);
    this.#charge([amount], { bonus: true, pays: false });
  }

  /** All or nothing, and only when the provider confirms (P-3); late where something still takes it (E-26). */
  succeed(chargeId: number): void {
    const charge = this.charges[chargeId]!;
    const isLate = charge.status === 'failed';
    const secondFee = charge.initiation > 0n && this.initiation !== 'due';
    const takesBonus = !isLate && !this.holds.includes(true);
    if (secondFee || !(charge.bonus ? takesBonus : this.#takes(chargeId))) {
      this.#orphan(chargeId);
      return;
    }
    charge.status = 'succeeded';
    this.#succeeded += 1;
    const { fees, total } = sums(charge);
    this.#post('cash', total + fees + charge.initiation);
    this.#post('initiation_held', charge.initiation);
    if (this.initiation === 'due' && (charge.initiation > 0n || this.terms.initiation === 0n)) {
      this.initiation = 'held';
      this.#initiationCharge = chargeId;
    }
    if (charge.bonus) {
      this.#earn(total, fees);
      this.#clear();
      return;
    }
    const isWaiting = this.milestones[charge.named!]!.status === 'funding_pending';
    this.#book(charge.named!, { ...charge, chargeId, pays: charge.pays && isWaiting });
  }

  decline(chargeId: number): void {
    this.charges[chargeId]!.status = 'failed';
    this.#free(chargeId);
    this.#clear();
  }

  /** Whether it may be charged is asked when it is. */
  addMilestone(price: bigint): void {
    this.milestones.push(agreed(price));
  }

  /** Terms of what is agreed only. */
  changeTerms(index: number, price: bigint, isDeleted: boolean): void {
    const milestone = this.milestones[index]!;
    if (milestone.status !== 'agreed' || this.status !== 'active') return;
    milestone.version += 1;
    if (isDeleted) milestone.status = 'cancelled';
    else milestone.price = price;
  }

  /** Answered either way: the review begins, or nothing changes (E-4, E-5, A-19). */
  submit(index: number): void {
    const milestone = this.milestones[index]!;
    const submission = this.submissions++;
    const takes =
      milestone.status === 'changes_requested' || (milestone.status === 'funded' && this.status === 'active');
    if (!takes || milestone.reserved) return;
    const review = isFrozen(milestone) ? { left: 14 * day } : { dueAt: this.now + 14 * day };
    Object.assign(milestone, { status: 'submitted', submission, ...stopped, ...review });
  }

  requestChanges(index: number, submission: number): void {
    const milestone = this.milestones[index]!;
    refuseIf(milestone.status !== 'submitted' || milestone.submission !== submission);
    refuseIf(milestone.dueAt !== undefined && this.now >= milestone.dueAt);
    Object.assign(milestone, { status: 'changes_requested', ...stopped });
  }

  /** All that is held or a part, by a submission or unasked (E-7 to E-9), with a bonus beside it (E-10). */
  release(index: number, amount: bigint | undefined, submission: number | undefined, bonus?: bigint): void {
    const milestone = this.milestones[index]!;
    refuseIf(!holding(milestone));
    const isJudged = milestone.status === 'submitted' && milestone.submission === submission;
    refuseIf(submission !== undefined && !isJudged);
    const gross = amount ?? milestone.held;
    refuseIf(gross === 0n || gross > movable(milestone));
    refuseIf(milestone.status === 'refund_pending' && gross < milestone.held);
    refuseIf(bonus !== undefined && (bonus < 100n || bonus > 1_000_000n));
    this.#release(index, gross);
    if (bonus !== undefined) this.bonus(bonus);
  }

  /** The freelancer gives all of it back (E-12). */
  giveBack(index: number): void {
    const milestone = this.milestones[index]!;
    refuseIf(!live.includes(milestone.status) || movable(milestone) < milestone.held);
    this.#refund([{ index, amount: milestone.held }]);
  }

  /** What is named is paid, the rest asked back (E-13). */
  end(pays: ReadonlyMap<number, bigint>): void {
    const open = this.#indices(({ status }) => live.includes(status));
    refuseIf(this.status === 'closing' && open.length === 0);
    refuseIf(open.length !== pays.size || !open.every((index) => pays.has(index)));
    for (const [index, pay] of pays) {
      const milestone = this.milestones[index]!;
      refuseIf(milestone.reserved !== undefined || (pay > 0n && pay > movable(milestone)));
    }
    this.status = 'closing';
    for (const [index, pay] of pays) if (pay > 0n) this.#release(index, pay, { clears: false });
    const asked = open.filter((index) => this.milestones[index]!.held > 0n);
    if (asked.length > 0) {
      const asksFrozen = asked.some((index) => isFrozen(this.milestones[index]!));
      const runs = { status: asksFrozen ? 'suspended' : 'running', left: 7 * day } as const;
      const requestId = this.requests.push({ ...runs, dueAt: this.now + 7 * day, proofs: [] }) - 1;
      for (const index of asked) {
        Object.assign(this.milestones[index]!, { status: 'refund_pending', requestId, ...stopped });
      }
    }
    this.#clear();
  }

  approve(requestId: number): void {
    const request = this.requests[requestId]!;
    refuseIf(!['running', 'suspended', 'unproven'].includes(request.status));
    refuseIf(request.status === 'running' && this.now >= request.dueAt);
    refuseIf(this.#isFrozenOf(requestId));
    this.#grant(requestId, 'approved');
  }

  /** The freelancer was told, with proof: silence counts 24 h after the second proof at the earliest (C-8). */
  prove(requestId: number): void {
    const request = this.requests[requestId]!;
    request.proofs.push(this.now);
    const from = request.proofs.length > 1 ? request.proofs[1]! + day : undefined;
    if (from === undefined) return;
    const isMoved = request.status === 'running' && from > request.dueAt;
    if (request.status === 'unproven' || isMoved) this.#move(requestId, from, day);
  }

  /** To a later instant; where money of it is frozen it stands still before that (E-16, M-16). */
  #move(requestId: number, dueAt: number, left: number): void {
    const status = this.#isFrozenOf(requestId) ? 'suspended' : 'running';
    Object.assign(this.requests[requestId]!, { status, dueAt, left });
  }

  #isFrozenOf(requestId: number): boolean {
    return this.#askedBy(requestId).some((index) => isFrozen(this.milestones[index]!));
  }

  /** A safety hold on a party freezes all that is held; what runs stands still, unless it has ended (E-16, M-16). */
  hold(): void {
    const id = this.holds.push(true) - 1;
    for (const index of this.#indices(holding)) this.#freeze(index, id);
  }

  #freeze(index: number, id: number): void {
    const milestone = this.milestones[index]!;
    milestone.holds.push(id);
    if (milestone.dueAt !== undefined && this.now < milestone.dueAt) {
      Object.assign(milestone, { left: milestone.dueAt - this.now, dueAt: undefined });
    }
    const request = milestone.status === 'refund_pending' && this.requests[milestone.requestId!]!;
    if (request && request.status === 'running' && this.now < request.dueAt) {
      Object.assign(request, { status: 'suspended', left: request.dueAt - this.now });
    }
  }

  /** What stood still goes on with the time left when the last one has ended (E-16). */
  lift(id: number): void {
    this.holds[id] = false;
    for (const milestone of this.milestones) {
      if (!milestone.holds.includes(id)) continue;
      milestone.holds = milestone.holds.filter((each) => each !== id);
      if (isFrozen(milestone)) continue;
      if (milestone.left !== undefined) {
        Object.assign(milestone, { dueAt: this.now + milestone.left, left: undefined });
      }
      if (milestone.status !== 'refund_pending' || this.#isFrozenOf(milestone.requestId!)) continue;
      const request = this.requests[milestone.requestId!]!;
      if (request.status !== 'suspended') continue;
      Object.assign(request, { status: 'running', dueAt: this.now + request.left! });
    }
  }

  /** The freelancer ends: what is not under review goes back, and what is where it is waived (E-17). */
  freelancerEnds(waived: readonly number[]): void {
    this.status = 'closing';
    const going = this.#indices((each) => live.includes(each.status) && movable(each) > 0n).filter(
      (index) => this.milestones[index]!.status !== 'submitted' || waived.includes(index),
    );
    if (going.length > 0)
      this.#refund(going.map((index) => ({ index, amount: movable(this.milestones[index]!) })));
    this.#clear();
  }

  /** The provider has paid a refund, or could not (E-23). */
  refunded(refundId: number, isPaid: boolean): void {
    const refund = this.refunds[refundId]!;
    refund.status = isPaid ? 'refunded' : 'refund_failed';
    const milestone = this.#goingBack(refund);
    if (isPaid) {
      this.#post('payable', -refund.amount);
      this.#post('cash', -refund.amount);
      const isDone = this.#others(refund).every(({ status }) => status === 'refunded');
      if (milestone?.status === 'refunding' && isDone) {
        milestone.status = milestone.released > 0n ? 'split' : 'refunded';
      }
    } else if (milestone) milestone.status = 'refund_failed';
    this.#clear();
  }

  /** Two persons send it once more (E-23, S-11). */
  sendAgain(refundId: number): void {
    const refund = this.refunds[refundId]!;
    refuseIf(refund.status !== 'refund_failed');
    refund.status = 'refunding';
    const milestone = this.#goingBack(refund);
    const isFailed = this.#others(refund).some(({ status }) => status === 'refund_failed');
    if (milestone && !isFailed) milestone.status = 'refunding';
  }

  /** The milestone whose last money went to the client, or was to; a refund after release leaves it alone (E-18). */
  #goingBack({ milestone: index, isDrawn }: Refund): Milestone | undefined {
    if (index === undefined || isDrawn) return undefined;
    const milestone = this.milestones[index]!;
    return milestone.status === 'refunding' || milestone.status === 'refund_failed' ? milestone : undefined;
  }

  #others(refund: Refund): Refund[] {
    return this.refunds.filter((each) => each.milestone === refund.milestone && !each.isDrawn);
  }

  /** Paid money goes back, the newest payments and lots first, with both fees on it (E-18, E-19, E-21). */
  draw(index: number, asked: bigint | undefined): void {
    const { paid } = this.milestones[index]!;
    const payments = this.payments.filter(({ milestone }) => milestone === index).reverse();
    const left = (all: readonly Payment[]) => sum(all.map(({ gross, back }) => gross - back));
    const inTime = payments.filter(({ at }) => this.now < at + 180 * day);
    const amount = asked ?? left(inTime);
    refuseIf(left(payments) === 0n || amount > left(payments) || amount === 0n || amount > left(inTime));
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
      const refund: Refund = {
        chargeId,
        milestone: index,
        amount: each,
        status: 'drawing',
        isDrawn: true,
      };
      return this.refunds.push(refund) - 1;
    });
    const undo = (): void => draw.undo.forEach((each) => void each());
    this.draws.push({ status: 'asked', refunds, net: draw.net, fees: draw.fees, undo });
  }

  /** Payouts has taken the net of it, or refuses (E-25). */
  answerDraw(drawId: number, isTaken: boolean): void {
    const draw = this.draws[drawId]!;
    refuseIf(draw.status !== 'asked');
    draw.status = isTaken ? 'taken' : 'refused';
    for (const id of draw.refunds) {
      const refund = this.refunds[id]!;
      refund.status = isTaken ? 'refunding' : 'refused';
      if (isTaken) this.#post('payable', refund.amount);
    }
    if (isTaken) {
      this.#post('clearing', -draw.net);
      this.#post('revenue', -draw.fees);
    } else {
      draw.undo();
      this.#clear();
    }
  }

  /** The deadlines that have been reached, in their order (E-5, E-14). */
  due(): Deadline[] {
    return this.#deadlines().filter(({ at }) => at <= this.now);
  }

  /** Whole days until one more deadline has been reached. */
  daysToDeadline(): number | undefined {
    const next = this.#deadlines().find(({ at }) => at > this.now);
    return next && Math.ceil((next.at - this.now) / day);
  }

  /** Silence pays the freelancer (E-5), or the client, who must not gain by what nobody was told (E-14, C-8). */
  fallSilent(deadline: Deadline): void {
    if ('review' in deadline) {
      this.#release(deadline.review, this.milestones[deadline.review]!.held, { at: deadline.at });
      return;
    }
    const request = this.requests[deadline.request]!;
    const second = request.proofs[1];
    if (second === undefined) request.status = 'unproven';
    else if (second + day > request.dueAt) {
      this.#move(deadline.request, second + day, second + day - request.dueAt);
    } else this.#grant(deadline.request, 'silent');
  }

  #deadlines(): Deadline[] {
    const reviews = this.milestones.flatMap(({ status, dueAt }, review) =>
      status === 'submitted' && dueAt !== undefined ? [{ at: dueAt, review }] : [],
    );
    const requests = this.requests.flatMap(({ status, dueAt }, request) =>
      status === 'running' ? [{ at: dueAt, request }] : [],
    );
    return [...reviews, ...requests].sort((a, b) => a.at - b.at);
  }

  #indices(which: (each: Milestone) => boolean): number[] {
    return this.milestones.flatMap((each, index) => (which(each) ? [index] : []));
  }

  #isOpenBeside(index: number): boolean {
    const isOpen = (each: Milestone): boolean =>
      each.status === 'funding_pending' ||
      (this.terms.mode === 'one_at_a_time' && holding(each) && !isRest(each));
    return this.milestones.some((each, other) => other !== index && isOpen(each));
  }

  /** The nearest earlier one with a rest that may move and is not being judged (E-9); -1 without one. */
  #restBefore(index: number): number {
    return this.milestones
      .slice(0, index)
      .findLastIndex((each) => isRest(each) && each.status === 'funded' && movable(each) > 0n);
  }

  #charge(
    principals: readonly bigint[],
    charge: Pick<Charge, 'bonus' | 'pays' | 'named' | 'rolling'>,
    paid: readonly number[] = [],
  ): number {
    const fees = share(feeOf(sum(principals), this.terms.clientBps), principals);
    const shares = principals.map((principal, at) => {
      const milestone = paid[at] ?? -1;
      return { milestone, version: this.milestones[milestone]?.version ?? 0, principal, fee: fees[at]! };
    });
    const isAsked = this.charges.some(({ status, initiation }) => status === 'pending' && initiation > 0n);
    const initiation = this.initiation === 'due' && !isAsked ? this.terms.initiation : 0n;
    return this.charges.push({ ...charge, status: 'pending', shares, initiation }) - 1;
  }

  /** What the charge is for still waits for it, or could be charged anew (E-26). */
  #takes(chargeId: number): boolean {
    const { shares, rolling } = this.charges[chargeId]!;
    if (this.status !== 'active') return false;
    if (rolling) {
      const rest = this.milestones[rolling.from]!;
      const own = rest.reserved?.chargeId === chargeId ? rest.reserved.amount : 0n;
      if (!isRest(rest) || rest.status !== 'funded' || isFrozen(rest)) return false;
      if (movable(rest) + own < rolling.amount) return false;
    }
    const paid = shares.map((each) => ({ ...this.milestones[each.milestone]!, ...each }));
    if (paid.every((each) => each.status === 'funding_pending' && each.chargeId === chargeId)) return true;
    return shares.every(({ milestone, version }) => {
      const { status, version: current } = this.milestones[milestone]!;
      return status === 'agreed' && current === version && !this.#isOpenBeside(milestone);
    });
  }

  /** Nothing takes it: it goes back whole (E-26). */
  #orphan(chargeId: number): void {
    const charge = this.charges[chargeId]!;
    const { fees, total } = sums(charge);
    const amount = total + fees + charge.initiation;
    charge.status = 'orphaned';
    this.#free(chargeId);
    this.#post('cash', amount);
    this.#post('payable', amount);
    this.refunds.push({ chargeId, amount, status: 'refunding' });
  }

  /** Whoever waited for the charge waits no more. */
  #free(chargeId: number): void {
    for (const each of this.milestones) {
      if (each.status === 'funding_pending' && each.chargeId === chargeId) each.status = 'agreed';
      if (each.reserved?.chargeId === chargeId) delete each.reserved;
    }
  }

  /** Roll-over and charge come together (E-9); what is paid in one step leaves at once (E-28). */
  #book(
    named: number,
    paid: Pick<Charge, 'shares' | 'rolling'> & { chargeId?: number; pays: boolean },
  ): void {
    const lots = paid.rolling ? this.#roll(named, paid.rolling) : [];
    const targets = paid.shares.length > 0 ? paid.shares.map(({ milestone }) => milestone) : [named];
    for (const index of targets) {
      const milestone = this.milestones[index]!;
      const own = paid.shares.find((each) => each.milestone === index);
      const charged = own && {
        chargeId: paid.chargeId!,
        age: this.#succeeded,
        held: own.principal,
        fee: own.fee,
      };
      milestone.lots = [...(index === named ? lots : []), ...(charged ? [charged] : [])];
      this.#post(`escrow:${index}`, own?.principal ?? 0n);
      this.#post(`fee_held:${index}`, own?.fee ?? 0n);
      const held = sum(milestone.lots.map((lot) => lot.held));
      const fee = sum(milestone.lots.map((lot) => lot.fee));
      Object.assign(milestone, { status: 'funded', held, principal: held, fee, feeHeld: fee });
    }
    const standing = this.holds.flatMap((stands, id) => (stands ? [id] : []));
    for (const index of targets) for (const id of standing) this.#freeze(index, id);
    if (paid.pays && standing.length === 0) this.#release(named, this.milestones[named]!.held);
  }

  #roll(to: number, { from, amount }: { from: number; amount: bigint }): Lot[] {
    const rest = this.milestones[from]!;
    const fee = halfUp(rest.feeHeld, amount, rest.held);
    const lots = take(rest.lots, amount, fee, 'newest');
    this.#leave(from, amount, fee);
    delete rest.reserved;
    this.#post(`escrow:${to}`, amount);
    this.#post(`fee_held:${to}`, fee);
    if (rest.held === 0n) rest.status = 'released';
    return lots;
  }

  /** Rolls over or goes back: held and whole alike become less. */
  #leave(index: number, amount: bigint, fee: bigint): void {
    const milestone = this.milestones[index]!;
    milestone.held -= amount;
    milestone.principal -= amount;
    milestone.fee -= fee;
    milestone.feeHeld -= fee;
    this.#post(`escrow:${index}`, -amount);
    this.#post(`fee_held:${index}`, -fee);
  }

  /** The client fee is earned in proportion (P-5, R-6), the freelancer's on the part (P-7, R-9). */
  #release(index: number, gross: bigint, { clears = true, at = this.now } = {}): void {
    const milestone = this.milestones[index]!;
    const { held, principal, fee, feeHeld, requestId, status } = milestone;
    const soFar = halfUp(fee, principal - held + gross, principal) - (fee - feeHeld);
    const earned = soFar > 0n ? soFar : 0n;
    for (const lot of take(milestone.lots, gross, earned, 'oldest')) {
      const before = milestone.paid.find(({ chargeId }) => chargeId === lot.chargeId);
      if (before) Object.assign(before, { held: before.held + lot.held, fee: before.fee + lot.fee });
      else milestone.paid.push(lot);
    }
    milestone.held -= gross;
    milestone.feeHeld -= earned;
    milestone.status = milestone.held === 0n ? 'released' : 'funded';
    Object.assign(milestone, stopped);
    if (milestone.held === 0n) milestone.holds = [];
    this.#post(`escrow:${index}`, -gross);
    this.#post(`fee_held:${index}`, -earned);
    const freelancerFee = this.#earn(gross, earned);
    this.payments.push({ milestone: index, gross, fee: earned, freelancerFee, back: 0n, at });
    if (status === 'refund_pending' && this.#askedBy(requestId!).length === 0) {
      this.requests[requestId!]!.status = 'settled';
    }
    if (clears) this.#clear();
  }

  #earn(gross: bigint, clientFee: bigint): bigint {
    const freelancerFee = feeOf(gross, this.terms.freelancerBps);
    this.#post('revenue', clientFee + freelancerFee);
    this.#post('clearing', gross - freelancerFee);
    if (this.initiation === 'held') {
      this.initiation = 'earned';
      const held = this.books.get('initiation_held') ?? 0n;
      this.#post('initiation_held', -held);
      this.#post('revenue', held);
    }
    return freelancerFee;
  }

  #askedBy(requestId: number): number[] {
    return this.#indices((each) => each.status === 'refund_pending' && each.requestId === requestId);
  }

  #grant(requestId: number, status: 'approved' | 'silent'): void {
    this.requests[requestId]!.status = status;
    this.#refund(this.#askedBy(requestId).map((index) => ({ index, amount: this.milestones[index]!.held })));
  }

  /** To the sources, newest first, one refund for each charge (E-15, E-21); the fee goes along. */
  #refund(going: readonly { index: number; amount: bigint }[]): void {
    const decided: Refund[] = [];
    for (const { index, amount } of going) {
      const milestone = this.milestones[index]!;
      const fee = halfUp(milestone.feeHeld, amount, milestone.held);
      for (const lot of take(milestone.lots, amount, fee, 'newest')) {
        decided.push({
          chargeId: lot.chargeId,
          milestone: index,
          amount: lot.held + lot.fee,
          status: 'refunding',
        });
      }
      this.#leave(index, amount, fee);
      if (milestone.held > 0n) continue;
      Object.assign(milestone, { status: 'refunding', released: milestone.principal, ...stopped });
      milestone.holds = [];
    }
    this.#returnInitiation(decided);
    for (const refund of decided) this.#post('payable', refund.amount);
    this.refunds.push(...decided);
  }

  /** Where the contract ends and nothing was ever released: with the last refund of its charge, or alone (P-6). */
  #returnInitiation(decided: Refund[]): void {
    const isOpen = (each: Milestone): boolean => each.status === 'funding_pending' || holding(each);
    if (this.initiation !== 'held' || this.status !== 'closing' || this.milestones.some(isOpen)) return;
    const fee = this.books.get('initiation_held') ?? 0n;
    if (fee === 0n) return;
    this.initiation = 'returned';
    this.#post('initiation_held', -fee);
    const [first] = this.charges[this.#initiationCharge]!.shares;
    const own = decided.findLast(
      ({ chargeId, milestone }) => chargeId === this.#initiationCharge && milestone === first!.milestone,
    );
    if (own) own.amount += fee;
    else decided.push({ chargeId: this.#initiationCharge, amount: fee, status: 'refunding' });
  }

  /** A contract that is closing is cleared when nothing of it is open. */
  #clear(): void {
    if (this.status !== 'closing' || this.isCleared) return;
    const isOpen =
      this.milestones.some(holding) ||
      this.charges.some(({ status }) => status === 'pending') ||
      this.refunds.some(isOpenRefund);
    if (isOpen) return;
    this.#refund([]);
    this.isCleared = !this.refunds.some(isOpenRefund);
  }

  #post(account: string, amount: bigint): void {
    this.books.set(account, (this.books.get(account) ?? 0n) + amount);
  }
}
