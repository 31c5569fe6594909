import { type Deadline, day, holding, isFrozen, live, movable, refuseIf, stopped } from '../state.ts';
import { Charges } from './charges.ts';

/** Reviews and releases, how a contract ends, what is asked back, and what stands still under a hold. */
export class Endings extends Charges {
  /** Answered either way: the review begins, or nothing changes (E-4, E-5, A-19). */
  submit(index: number): void {
    this.touch();
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
    this.touch();
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
    refuseIf(bonus !== undefined && (bonus < 100n || bonus > 1_000_000n || this.isBanned));
    this.pay(index, gross);
    if (bonus !== undefined) this.bonus(bonus);
  }

  /** The freelancer gives all of it back (E-12). */
  giveBack(index: number): void {
    const milestone = this.milestones[index]!;
    refuseIf(!live.includes(milestone.status) || movable(milestone) < milestone.held);
    this.giveUp([{ index, amount: milestone.held }]);
  }

  /** What is named is paid, the rest asked back (E-13). */
  end(pays: ReadonlyMap<number, bigint>): void {
    const open = this.indices(({ status }) => live.includes(status));
    refuseIf(this.status === 'closing' && open.length === 0);
    refuseIf(open.length !== pays.size || !open.every((index) => pays.has(index)));
    for (const [index, pay] of pays) {
      const milestone = this.milestones[index]!;
      refuseIf(milestone.reserved !== undefined || (pay > 0n && pay > movable(milestone)));
    }
    this.status = 'closing';
    for (const [index, pay] of pays) if (pay > 0n) this.pay(index, pay, { clears: false });
    const asked = open.filter((index) => this.milestones[index]!.held > 0n);
    if (asked.length > 0) {
      this.touch();
      const asksFrozen = asked.some((index) => isFrozen(this.milestones[index]!));
      const runs = { status: asksFrozen ? 'suspended' : 'running', left: 7 * day } as const;
      const requestId = this.requests.push({ ...runs, dueAt: this.now + 7 * day, proofs: [] }) - 1;
      for (const index of asked) {
        Object.assign(this.milestones[index]!, { status: 'refund_pending', requestId, ...stopped });
      }
    }
    this.clear();
  }

  approve(requestId: number): void {
    const request = this.requests[requestId]!;
    refuseIf(!['running', 'suspended', 'unproven'].includes(request.status));
    refuseIf(request.status === 'running' && this.now >= request.dueAt);
    refuseIf(this.isFrozenOf(requestId));
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
    const status = this.isFrozenOf(requestId) ? 'suspended' : 'running';
    Object.assign(this.requests[requestId]!, { status, dueAt, left });
  }

  /** A safety hold on a party freezes all that is held (S-5). */
  hold(): void {
    const by = `hold ${this.holds.push(true) - 1}`;
    for (const index of this.indices(holding))
      this.freeze(index, { by, amount: this.milestones[index]!.held });
  }

  lift(id: number): void {
    this.holds[id] = false;
    this.thaw(`hold ${id}`);
  }

  /** The freelancer ends: what is not under review goes back, and what is where it is waived (E-17). */
  freelancerEnds(waived: readonly number[]): void {
    this.status = 'closing';
    const going = this.indices((each) => live.includes(each.status) && movable(each) > 0n).filter(
      (index) => this.milestones[index]!.status !== 'submitted' || waived.includes(index),
    );
    if (going.length > 0)
      this.giveUp(going.map((index) => ({ index, amount: movable(this.milestones[index]!) })));
    this.clear();
  }

  /** The deadlines that have been reached, in their order (E-5, E-14). */
  due(): Deadline[] {
    return this.deadlines().filter(({ at }) => at <= this.now);
  }

  /** Whole days until one more deadline has been reached. */
  daysToDeadline(): number | undefined {
    const next = this.deadlines().find(({ at }) => at > this.now);
    return next && Math.ceil((next.at - this.now) / day);
  }

  /** Silence pays the freelancer (E-5), or the client, who must not gain by what nobody was told (E-14, C-8). */
  fallSilent(deadline: Deadline): void {
    if ('review' in deadline) {
      const { dueAt, held } = this.milestones[deadline.review]!;
      if (dueAt === deadline.at) this.datedAt(dueAt, () => this.pay(deadline.review, held));
      return;
    }
    if ('evidence' in deadline) {
      this.chargebacks[deadline.evidence]!.status = 'accepted';
      return;
    }
    if ('dormancy' in deadline) return;
    const request = this.requests[deadline.request]!;
    const second = request.proofs[1];
    if (second === undefined) request.status = 'unproven';
    else if (second + day > request.dueAt) {
      this.#move(deadline.request, second + day, second + day - request.dueAt);
    } else this.datedAt(deadline.at, () => this.#grant(deadline.request, 'silent'));
  }

  protected deadlines(): Deadline[] {
    const reviews = this.milestones.flatMap(({ status, dueAt }, review) =>
      status === 'submitted' && dueAt !== undefined ? [{ at: dueAt, review }] : [],
    );
    const requests = this.requests.flatMap(({ status, dueAt }, request) =>
      status === 'running' ? [{ at: dueAt, request }] : [],
    );
    const answers = this.chargebacks.flatMap(({ status, isAnswered, dueAt }, evidence) =>
      status === 'received' && !isAnswered ? [{ at: dueAt, evidence }] : [],
    );
    return [...reviews, ...requests, ...answers].sort((a, b) => a.at - b.at);
  }

  #grant(requestId: number, status: 'approved' | 'silent'): void {
    this.requests[requestId]!.status = status;
    this.giveUp(this.askedBy(requestId).map((index) => ({ index, amount: this.milestones[index]!.held })));
  }
}
