import { isGuarded, naturalBalance, Rejection } from '@holdfast/domain';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { frozenFundingIds } from '../tables/lot.table.ts';
import { modelRuns } from '../testing/model/runs.ts';
import * as acts from '../testing/pure/acts.ts';
import { beginContract, type Contract } from '../testing/pure/contract.ts';
import * as goingBack from '../testing/pure/going-back.ts';
import type { ChargedLot } from './charged-parts.ts';
import { type HeldMilestone, type Milestone, movable } from './milestone.ts';
import { amountOf } from './refund.ts';

const { fund, confirm, decline, submit, change, release, silence, hold, lift, wait } = acts;
const { giveBack, draw, seeRefund, sendAgain, chargeback, endChargeback } = goingBack;
const all: Readonly<Record<string, acts.Act>> = {
  ...{ fund, confirm, decline, submit, change, release, silence, hold, lift, wait },
  ...{ giveBack, draw, seeRefund, sendAgain, chargeback, endChargeback },
};

const held = ['funded', 'submitted', 'changes_requested'];
const from = (before: readonly string[], after: readonly string[]) =>
  before.flatMap((status) => after.map((next) => `${status} > ${next}`));
/** The edges of section 2 of docs/domain-rules.md, whoever takes them. */
const edges = new Set([
  ...from(['agreed'], ['funding_pending', 'funded']),
  ...from(['funding_pending'], ['agreed', 'funded']),
  ...from(['funded', 'changes_requested'], ['submitted']),
  ...from(['submitted'], ['changes_requested']),
  ...from(held, ['funded', 'released', 'refunding', 'charged_back']),
  ...from(['refunding', 'refund_failed'], ['refunding', 'refund_failed', 'refunded', 'split']),
]);

/** In the ledger, in the lots and in the state the same money is held (M-4), and none of it is below zero (I3). */
function assertSound({ accounts, milestones, lots, refunds, charges }: Contract): void {
  const balance = (account: string): bigint => -(accounts.get(account) ?? 0n);
  must(sum([...accounts.values()], (minor) => minor) === 0n, 'M-1: the books do not sum to zero');
  for (const [account, minor] of accounts) {
    must(!isGuarded(account) || naturalBalance(account, minor) >= 0n, `I3: ${account} is below zero`);
  }
  const owed = refunds.filter(({ status }) => status === 'refunding' || status === 'refund_failed');
  const orphaned = charges.filter(({ status }) => status === 'orphaned');
  const owedMinor =
    sum(owed, ({ parts }) => amountOf(parts).amountMinor) +
    sum(orphaned, ({ parts }) => parts.total.amountMinor);
  must(balance('E.refund.payable') === owedMinor, 'E-23: what is owed is not that of the open refunds');
  for (const milestone of milestones) {
    const own = lots.filter(({ milestoneId }) => milestoneId === milestone.id);
    const [held, fee] =
      'held' in milestone ? [milestone.held.amountMinor, milestone.clientFeeHeld.amountMinor] : [0n, 0n];
    must(balance(`E.escrow.milestone:${milestone.id}`) === held, 'M-4: the ledger holds something else');
    must(balance(`E.fee.client_held:${milestone.id}`) === fee, 'M-6: the ledger holds another fee');
    must(sum(own, (lot) => lot.principalLeftMinor) === held, 'E-21: the lots hold something else');
    must(sum(own, (lot) => lot.clientFeeLeftMinor) === fee, 'E-21: the lots hold another fee');
    for (const lot of own) {
      must(lot.principalLeftMinor >= 0n && lot.clientFeeLeftMinor >= 0n, 'E-21: a lot is below zero');
    }
  }
}

const sum = <T>(all: readonly T[], of: (one: T) => bigint): bigint =>
  all.reduce((total, one) => total + of(one), 0n);

/** Some hundred thousand times: `expect` would take longer than all that it looks at. */
function must(condition: boolean, broken: string): void {
  if (!condition) throw new Error(broken);
}

/** No refund goes to a source that did not give it (M-13). */
function assertCovered({ charges, refunds }: Contract): void {
  for (const { fundingId, parts } of charges) {
    const back = refunds.filter((refund) => refund.fundingId === fundingId);
    const backMinor = sum(back, (refund) => amountOf(refund.parts).amountMinor);
    must(backMinor <= parts.total.amountMinor, 'M-13: more goes back than was charged');
  }
}

/** Frozen money stays, and so do the lots of a charge that is disputed (M-12, E-22). */
function assertFrozenStays(before: Contract, after: Contract, act: string): void {
  // The one ends a freeze with what it covered, the other was due before it (M-16).
  if (act === 'endChargeback' || act === 'silence') return;
  for (const milestone of before.milestones.filter(isFrozen)) {
    const now = after.milestones.find(({ id }) => id === milestone.id)!;
    const left = 'held' in now ? now.held.amountMinor : 0n;
    const gone = milestone.held.amountMinor - left;
    // What waits beside it for a charge rolls over when that charge succeeds (E-9).
    const waitingMinor = act === 'confirm' ? (milestone.reserved?.amount.amountMinor ?? 0n) : 0n;
    must(gone <= movable(milestone).amountMinor + waitingMinor, 'M-12: frozen money has moved');
    const disputed = frozenFundingIds(milestone.freezes);
    for (const lot of before.lots) {
      const isDisputed = lot.milestoneId === milestone.id && disputed.has(lot.fundingId);
      must(!isDisputed || after.lots.includes(lot), 'E-22: a lot of a disputed charge has changed');
    }
  }
}

/** Money is paid from the oldest charge, and goes back or rolls over from the newest (E-21). */
function assertOrder(before: Contract, after: Contract, act: string): void {
  const isNewestFirst = act === 'giveBack' || act === 'fund' || act === 'confirm';
  if (!isNewestFirst && act !== 'release') return;
  for (const { id, ...milestone } of before.milestones) {
    const disputed = 'held' in milestone ? frozenFundingIds(milestone.freezes) : new Set();
    const lots = before.lots.filter((lot) => lot.milestoneId === id && !disputed.has(lot.fundingId));
    const leftOf = (lot: ChargedLot): bigint =>
      after.lots.find((each) => each.id === lot.id)!.principalLeftMinor;
    for (const given of lots.filter((lot) => leftOf(lot) < lot.principalLeftMinor)) {
      const first = lots.filter(({ chargedAt }) =>
        isNewestFirst ? chargedAt > given.chargedAt : chargedAt < given.chargedAt,
      );
      must(
        first.every((lot) => leftOf(lot) === 0n),
        'E-21: another lot had to give first',
      );
    }
  }
}

/** The part of the fee that is held is that of the money, but for a cent or two that rounding leaves. */
function assertProportion({ milestones, chargebacks }: Contract): void {
  // A chargeback takes the fee of its own lots along, whatever it is.
  if (chargebacks.length > 0) return;
  for (const milestone of milestones) {
    if (!('held' in milestone)) continue;
    const { held, principal, clientFee, clientFeeHeld } = milestone;
    const off = clientFeeHeld.amountMinor * principal.amountMinor - clientFee.amountMinor * held.amountMinor;
    must((off < 0n ? -off : off) <= 2n * principal.amountMinor, 'R-6: another part of the fee is held');
  }
}

const isFrozen = (milestone: Milestone): milestone is HeldMilestone =>
  'held' in milestone && milestone.freezes.length > 0;

/** Money must come before it can go, and what ends a contract's milestones is rare. */
const weights: Readonly<Record<string, number>> = {
  ...{
    fund: 8,
    confirm: 10,
    decline: 1,
    submit: 4,
    change: 2,
    release: 8,
    silence: 3,
    wait: 4,
    hold: 1,
    lift: 8,
  },
  ...{ giveBack: 1, draw: 3, seeRefund: 4, sendAgain: 2, chargeback: 1, endChargeback: 3 },
};
const chance = fc.record({
  act: fc.oneof(...Object.entries(weights).map(([act, weight]) => ({ arbitrary: fc.constant(act), weight }))),
  at: fc.nat(7),
  wild: fc.nat(4).map((fifth) => fifth === 0),
  thousandths: fc.oneof(
    fc.integer({ min: 1, max: 999 }),
    fc.integer({ min: 400, max: 600 }),
    fc.constantFrom(0, 1, 999, 1_000, 1_050),
  ),
  other: fc.nat(2).map((third) => third === 0),
});
const sequence = fc.array(chance, { minLength: 60, maxLength: 60 });
const mode = fc.constantFrom('one_at_a_time' as const, 'one_at_a_time' as const, 'project_upfront' as const);
const prices = fc.array(fc.bigInt({ min: 1n, max: 50_000n }), { minLength: 4, maxLength: 8 });

const [runs] = modelRuns([], { known: 0, fresh: 2_000 });

test('M-1, M-4, M-12, M-13: whatever is decided in whatever order, each cent is where the rules say', () => {
  const taken = new Map<string, number>();
  const property = fc.property(mode, prices, sequence, (how, agreed, steps) => {
    let contract = beginContract(how, agreed);
    for (const { act, ...step } of steps) {
      const before = contract;
      contract = after(before, () => all[act]!(before, step));
      if (contract === before) continue;
      taken.set(act, (taken.get(act) ?? 0) + 1);
      for (const [index, { status }] of contract.milestones.entries()) {
        const edge = `${before.milestones[index]!.status} > ${status}`;
        must(status === before.milestones[index]!.status || edges.has(edge), `no edge: ${edge}`);
      }
      assertSound(contract);
      assertCovered(contract);
      assertFrozenStays(before, contract, act);
      assertOrder(before, contract, act);
      assertProportion(contract);
    }
  });
  fc.assert(property, runs);
  // Few sequences do not try everything.
  if (runs!.numRuns >= 200) expect([...taken.keys()].sort()).toEqual(Object.keys(all).sort());
});

/** What is refused changes nothing; anything but a rejection is an error of ours. */
function after(before: Contract, act: () => Contract): Contract {
  try {
    return act();
  } catch (refusal) {
    if (refusal instanceof Rejection) return before;
    throw refusal;
  }
}
