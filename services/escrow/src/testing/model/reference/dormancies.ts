import { isAskedOf, loserOf, type Person, watched } from '../dormancy.ts';
import { type Deadline, day, holding, movable, refuseIf } from '../state.ts';
import { Chargebacks } from './chargebacks.ts';

/** What becomes of money about which nobody does anything any more (E-20). */
export class Dormancies extends Chargebacks {
  readonly #proofs: { person: Person; at: number }[] = [];

  /** The freelancer asks for the money, before silence gives it back. */
  requestRelease(): void {
    this.#refuseUnless('freelancer_asked');
    const dueAt = this.now + 14 * day;
    this.#become({ status: 'release_requested', since: this.now, at: dueAt, waits: undefined });
  }

  /** The client says no: the days start again. */
  refuseRelease(): void {
    this.#refuseUnless('release_requested');
    this.dormancy = watched({ ...this.dormancy, activityAt: this.now });
  }

  /** One who may lose by silence was told of the step, with proof, or could not be (C-8). */
  notice(person: Person, isProven: boolean): void {
    if (!isAskedOf(this.dormancy) || loserOf(this.dormancy) !== person) return;
    if (!isProven) {
      this.#become({ at: undefined, waits: 'operator' });
      return;
    }
    this.#proofs.push({ person, at: this.now });
    const from = this.silenceFrom();
    const { at, waits } = this.dormancy;
    const isMoved = from !== undefined && (waits === 'proof' || (at !== undefined && from > at));
    if (isMoved) this.#become({ at: from, waits: undefined });
  }

  protected override deadlines(): Deadline[] {
    const { at } = this.dormancy;
    const own: Deadline[] = at === undefined ? [] : [{ at, dormancy: true }];
    return [...super.deadlines(), ...own].sort((a, b) => a.at - b.at);
  }

  /** Dated at its own instant (M-21). */
  override fallSilent(deadline: Deadline): void {
    if (!('dormancy' in deadline)) super.fallSilent(deadline);
    else if (this.dormancy.at !== deadline.at) return;
    else if (isAskedOf(this.dormancy)) this.#endStep(deadline.at);
    else this.#takeTurn(deadline.at);
  }

  /** Both are told, the client is asked, then the freelancer. */
  #takeTurn(at: number): void {
    const dormant = this.indices(
      (each) => (each.status === 'funded' || each.status === 'changes_requested') && movable(each) > 0n,
    );
    const { status } = this.dormancy;
    if (dormant.length === 0) this.#settle(at);
    else if (status === 'watching') this.#become({ status: 'announced', at: at + 14 * day });
    else if (status === 'announced') this.#become({ status: 'client_asked', at: at + 7 * day });
    else {
      const balance = dormant.reduce((total, index) => total + movable(this.milestones[index]!), 0n);
      const asked = { status: 'freelancer_asked', since: at, milestones: dormant, balance } as const;
      this.#become({ ...asked, at: at + 7 * day });
    }
  }

  /** Without two proofs, the second of them a day before, nobody loses anything (C-8). */
  #endStep(at: number): void {
    const from = this.silenceFrom();
    if (from === undefined) this.#become({ at: undefined, waits: 'proof' });
    else if (from > at) this.#become({ at: from });
    else {
      const asked = this.dormancy;
      this.datedAt(at, () => this.#giveAway(at));
      this.dormancy = asked;
      this.#settle(at);
    }
  }

  /** What nothing covered in time; a disputed charge's lots stay in any case (E-22). */
  #giveAway(at: number): void {
    const { status, milestones } = this.dormancy;
    const going = milestones.flatMap((index) => {
      const milestone = this.milestones[index]!;
      if (!holding(milestone) || milestone.status === 'refund_pending') return [];
      const freezes = milestone.freezes.filter(({ since, chargeId }) => since < at || chargeId !== undefined);
      const amount = movable({ ...milestone, freezes });
      return amount > 0n ? [{ index, amount }] : [];
    });
    if (going.length === 0) return;
    if (status === 'freelancer_asked') this.giveUp(going);
    else {
      for (const { index, amount } of going) this.pay(index, amount, { clears: false });
      this.clear();
    }
  }

  #settle(at: number): void {
    const activityAt = Math.max(this.dormancy.activityAt, at);
    const again = watched({ ...this.dormancy, activityAt });
    this.dormancy = this.milestones.some(holding) ? again : { ...again, status: 'idle', at: undefined };
  }

  protected silenceFrom(): number | undefined {
    const person = loserOf(this.dormancy);
    const own = this.#proofs.filter((each) => each.person === person && each.at >= this.dormancy.since);
    return own[1] && own[1].at + day;
  }

  #refuseUnless(status: 'freelancer_asked' | 'release_requested'): void {
    const { at } = this.dormancy;
    refuseIf(this.dormancy.status !== status || (at !== undefined && this.now >= at));
  }

  #become(change: Partial<typeof this.dormancy>): void {
    this.dormancy = { ...this.dormancy, ...change };
  }
}
