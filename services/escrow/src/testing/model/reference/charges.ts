import { feeOf, halfUp, least, share, sum } from '../arithmetic.ts';
import { endOfDate } from '../dormancy.ts';
import { type Lot, take } from '../lots.ts';
import {
  agreed,
  type Charge,
  day,
  feesOf,
  holding,
  isRest,
  lotsFor,
  type Milestone,
  movable,
  refuseIf,
  sums,
} from '../state.ts';
import { Contract } from './contract.ts';

/** Terms, and money that comes: charges, late and orphaned ones, bonuses, what rolls over. */
export class Charges extends Contract {
  #succeeded = 0;
  #born = 0;

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
    refuseIf(this.isBanned);
    this.touch();
    const paid = upfront ? this.indices(({ status }) => status === 'agreed') : [index];
    const principals = paid.map((each) => this.milestones[each]!.price - amount);
    const chargeId = this.#charge(principals, { bonus: false, pays, named: index, rolling }, paid);
    for (const each of paid) Object.assign(this.milestones[each]!, { status: 'funding_pending', chargeId });
    if (rolling) this.milestones[from]!.reserved = { chargeId, amount };
  }

  /** Beside what is agreed, whatever becomes of the contract (E-10, E-11). */
  bonus(amount: bigint): void {
    refuseIf(amount < 100n || amount > 1_000_000n || this.isBanned);
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
    this.post('cash', total + fees + charge.initiation);
    this.post('initiation_held', charge.initiation);
    if (this.initiation === 'due' && (charge.initiation > 0n || this.terms.initiation === 0n)) {
      this.initiation = 'held';
      this.initiationCharge = chargeId;
    }
    if (charge.bonus) {
      this.touch();
      const freelancerFee = this.earn(total, fees);
      charge.freelancerFee = freelancerFee;
      charge.paid = [{ chargeId, age: this.#succeeded, born: this.#born++, held: total, fee: fees }];
      const payment = { gross: total, fee: fees, freelancerFee, back: 0n, at: this.at };
      this.payments.push({ of: { bonus: chargeId }, ...payment });
      this.clear();
      return;
    }
    const isWaiting = this.milestones[charge.named!]!.status === 'funding_pending';
    this.#book(charge.named!, { ...charge, chargeId, pays: charge.pays && isWaiting });
  }

  decline(chargeId: number): void {
    this.charges[chargeId]!.status = 'failed';
    this.#free(chargeId);
    this.clear();
  }

  /** Whether it may be charged is asked when it is. */
  addMilestone(price: bigint, days: number): void {
    this.note(this.now, {
      index: this.milestones.push(agreed(price)) - 1,
      endsAt: endOfDate(this.now + days * day),
    });
  }

  /** Terms of what is agreed only. */
  changeTerms(index: number, price: bigint, isDeleted: boolean): void {
    this.touch();
    const milestone = this.milestones[index]!;
    if (milestone.status !== 'agreed' || this.status !== 'active') return;
    milestone.version += 1;
    if (isDeleted) milestone.status = 'cancelled';
    else milestone.price = price;
  }

  /** A financial hold: the client pays nothing new, and what is held moves on (S-5). */
  protected get isBanned(): boolean {
    return this.bans.includes(true);
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
    return this.charges.push({ ...charge, status: 'pending', shares, initiation, paid: [] }) - 1;
  }

  /** What the charge is for still waits for it, or could be charged anew (E-26). */
  #takes(chargeId: number): boolean {
    const { shares, rolling } = this.charges[chargeId]!;
    if (this.status !== 'active') return false;
    if (rolling) {
      const rest = this.milestones[rolling.from]!;
      if (!isRest(rest) || rest.status !== 'funded' || movable(rest, chargeId) < rolling.amount) return false;
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
    this.post('cash', amount);
    this.post('payable', amount);
    this.refunds.push(this.refundOf(chargeId, amount));
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
    this.touch();
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
      const all = [...(index === named ? lots : []), ...(charged ? [charged] : [])];
      milestone.lots = all.map((lot) => ({ ...lot, born: this.#born++ }));
      for (const lot of all) milestone.charges.add(lot.chargeId);
      this.post(`escrow:${index}`, own?.principal ?? 0n);
      this.post(`fee_held:${index}`, own?.fee ?? 0n);
      const held = sum(milestone.lots.map((lot) => lot.held));
      const fee = feesOf(milestone.lots);
      Object.assign(milestone, { status: 'funded', held, principal: held, fee, feeHeld: fee });
    }
    const isOnHold = this.holds.includes(true);
    for (const index of targets) this.freezeByHolds(index);
    if (paid.pays && !isOnHold) this.pay(named, this.milestones[named]!.held);
  }

  /** What is funded while a safety hold stands on a party is frozen at once (E-22). */
  protected freezeByHolds(index: number): void {
    for (const [id, stands] of this.holds.entries()) {
      if (stands) this.freeze(index, { by: `hold ${id}`, amount: this.milestones[index]!.held });
    }
  }

  #roll(to: number, { from, amount }: { from: number; amount: bigint }): Lot[] {
    const rest = this.milestones[from]!;
    const free = lotsFor(rest, amount);
    const fee = least(halfUp(rest.feeHeld, amount, rest.held), feesOf(free));
    const lots = take(free, amount, fee, 'newest');
    this.leave(from, amount, fee);
    delete rest.reserved;
    this.post(`escrow:${to}`, amount);
    this.post(`fee_held:${to}`, fee);
    if (rest.held === 0n) rest.status = 'released';
    return lots;
  }
}
