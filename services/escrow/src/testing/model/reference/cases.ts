import { isAskedOf } from '../dormancy.ts';
import { day, holding, type Milestone } from '../state.ts';
import { Dormancies } from './dormancies.ts';

/** What escrow answers to a case of the freelancer's (D-1, D-15, D-19). */
export class Cases extends Dormancies {
  /** @returns what is frozen, or why nothing is */
  openCase(index: number, claim: bigint, isOwn: boolean, at: number): string {
    const number = this.cases.push(true) - 1;
    const milestone = this.milestones[index]!;
    if (!isOwn) return 'not_the_freelancer';
    if (claim === 0n) return 'nothing_claimed';
    if (!holding(milestone)) {
      this.touch(at);
      return ['agreed', 'funding_pending'].includes(milestone.status) ? 'nothing_held' : 'settled';
    }
    if (milestone.freezes.some(({ by }) => by.startsWith('case'))) return 'already_in_dispute';
    if (this.#isTooLate(index, milestone, at)) return 'too_late';
    const amount = claim < milestone.held ? claim : milestone.held;
    this.freeze(index, { by: `case ${number}`, amount }, at);
    this.touch(at);
    return String(amount);
  }

  /** All is as it was before, and the days of dormancy start again. */
  withdrawCase(number: number): void {
    this.cases[number] = false;
    this.touch();
    this.thaw(`case ${number}`);
  }

  /** Silence had the word by then, also where its timer has not fired (M-16). */
  #isTooLate(index: number, { status, dueAt, requestId }: Milestone, at: number): boolean {
    if (status === 'submitted') return dueAt !== undefined && at >= dueAt;
    if (status === 'refund_pending') {
      const request = this.requests[requestId!]!;
      const second = request.proofs[1];
      return (
        request.status === 'running' && second !== undefined && at >= Math.max(request.dueAt, second + day)
      );
    }
    const { at: end, milestones } = this.dormancy;
    const from = this.silenceFrom();
    const isSilent = end !== undefined && at >= end && from !== undefined && from <= end;
    return isAskedOf(this.dormancy) && milestones.includes(index) && isSilent;
  }
}
