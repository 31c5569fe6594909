import fc from 'fast-check';
import { Act } from './acts/act.ts';
import { openCase, withdrawCase } from './acts/cases.ts';
import { answerChargeback, answerClawBack, dispute, provider, restored } from './acts/chargebacks.ts';
import { addMilestone, bonus, changeTerms, charge, expire, fund } from './acts/charges.ts';
import { pass, quiet, sweep } from './acts/clock.ts';
import { activity, notices, refuseRelease, requestRelease } from './acts/dormancy.ts';
import {
  approve,
  ban,
  end,
  freelancerEnds,
  giveBack,
  hold,
  lift,
  prove,
  release,
  requestChanges,
  submit,
} from './acts/endings.ts';
import { ask, decline, draw, drawBySupport, reverse } from './acts/paid.ts';
import { answerDraw, comeBack, findNothing, refund, sendAgain } from './acts/refunds.ts';
import type { Mirror } from './mirror.ts';
import type { Reference } from './reference.ts';

/** The last command once more, under the same key (M-8). */
class Again implements fc.AsyncCommand<Reference, Mirror> {
  check = (): boolean => true;
  run = (model: Reference, mirror: Mirror): Promise<void> => mirror.again(model);
  toString = (): string => 'again()';
}

/** Its key once more, with another body (M-8). */
class Reuse implements fc.AsyncCommand<Reference, Mirror> {
  check = (): boolean => true;
  run = (model: Reference, mirror: Mirror): Promise<void> => mirror.reuse(model);
  toString = (): string => 'reuse()';
}

/** In the sequences as often as the others, and mostly without effect. */
const rarely = (act: fc.Arbitrary<Act>, oneIn: number): fc.Arbitrary<Act> =>
  fc
    .tuple(act, fc.nat(oneIn - 1))
    .map(([each, chance]) => (chance === 0 ? each : new Act('-', () => undefined)));

/** Money comes more often than it goes, and contracts end late, so that there is something to go wrong. */
export const acts = (maxCommands: number) => {
  const often = [charge, charge, fund, submit, release, pass, sweep, sweep, refund];
  const more = [
    addMilestone,
    rarely(bonus, 3),
    requestChanges,
    rarely(giveBack, 2),
    rarely(changeTerms, 2),
    approve,
    prove,
  ];
  const asked = [prove, prove, draw, answerDraw, sendAgain, rarely(hold, 3), lift, lift];
  const disputed = [
    ...[rarely(dispute, 2), provider, provider, provider, answerChargeback],
    ...[answerClawBack, answerClawBack, findNothing, findNothing, findNothing, rarely(restored, 2)],
  ];
  const forgotten = [
    rarely(quiet, 2),
    rarely(activity, 6),
    notices,
    requestRelease,
    refuseRelease,
    refuseRelease,
  ];
  const paid = [rarely(ask, 2), rarely(decline, 2), drawBySupport, drawBySupport, reverse, reverse];
  const rare = [rarely(ban, 4), rarely(comeBack, 2), rarely(expire, 2)];
  const last = [
    rarely(end, 6),
    rarely(freelancerEnds, 24),
    fc.constant(new Again()),
    fc.constant(new Reuse()),
  ];
  const claimed = [openCase, withdrawCase, withdrawCase];
  const all = [...often, ...more, ...asked, ...disputed, ...forgotten, ...claimed, ...paid, ...rare, ...last];
  const told = [quiet, notices, requestRelease, refuseRelease, refuseRelease];
  const repaid = [draw, answerDraw, refund, ask, decline, reverse, reverse, rarely(pass, 2)];
  // All of them in each sequence, and in each some more often: what takes many steps of one subject is reached too.
  const themes = [
    ...[often, often, [...often, ...disputed, ...disputed, bonus, charge]],
    [...told, ...told, ...told, ...told],
    [...often, ...repaid, ...repaid, ...repaid],
  ];
  return fc.oneof(...themes.map((theme) => fc.commands([...all, ...theme], { maxCommands, size: 'max' })));
};
