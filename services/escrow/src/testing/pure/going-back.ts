import { type Money, usd } from '@holdfast/domain';
import type { Chargeback } from '../../domain/chargeback.ts';
import { isOpen } from '../../domain/chargeback.ts';
import { lostJournal, receivedJournal, wonJournal } from '../../domain/chargeback-journals.ts';
import { type ChargedPart, chargedParts, lossOf } from '../../domain/charged-parts.ts';
import { planDraw, returned } from '../../domain/drawn-refund.ts';
import { freeze, suspendReview } from '../../domain/freezes.ts';
import { cardCash } from '../../domain/journals.ts';
import { assertHeld, type Milestone } from '../../domain/milestone.ts';
import {
  amountOf,
  type Drawn,
  decidedEvent,
  fail,
  openRefundStatuses,
  pay,
  type Refund,
  retry,
} from '../../domain/refund.ts';
import { startAttempt } from '../../domain/refund-attempt.ts';
import { drawnJournal, refundJournal, refundPaidJournal } from '../../domain/refund-journals.ts';
import { type LotReturn, planRefunds } from '../../domain/refund-plan.ts';
import { type Act, among, nth, partOf, thaw } from './acts.ts';
import {
  agreementId,
  type Contract,
  changeLots,
  happened,
  idOf,
  milestoneOf,
  post,
  replaced,
} from './contract.ts';

/** What goes back to the client: refunds of held and of paid money, and what the client's bank takes. */

/** All that is held, or a part. */
export const giveBack: Act = (contract, chance) => {
  const milestone = among(contract, chance);
  assertHeld(milestone);
  const lots = contract.lots.filter(({ milestoneId }) => milestoneId === milestone.id);
  const amount = chance.other ? partOf(milestone.held, chance) : milestone.held;
  if (amount.amountMinor === 0n) return contract;
  let after = contract;
  for (const { fundingId, parts, lots: gone } of planRefunds([{ milestone, amount, lots }])) {
    const refund = refundOf(after, { fundingId, milestoneId: milestone.id, parts, cause: 'consent' });
    const now = milestoneOf(after, milestone.id);
    assertHeld(now);
    const balance = usd(now.held.amountMinor - parts.principal.amountMinor);
    after = changeLots(after, gone, (lot, share: LotReturn) => ({
      principalLeftMinor: lot.principalLeftMinor - share.principalMinor,
      clientFeeLeftMinor: lot.clientFeeLeftMinor - share.clientFeeMinor,
      principalRefundedMinor: lot.principalRefundedMinor + share.principalMinor,
      feeReturnedMinor: lot.feeReturnedMinor + share.clientFeeMinor + share.initiationFeeMinor,
      taxReturnedMinor: lot.taxReturnedMinor + share.taxMinor,
    }));
    const decided = happened(after, decidedEvent(refund, 'card', balance));
    after = post(
      { ...decided, refunds: [...after.refunds, refund], ids: after.ids + 1 },
      refundJournal(refund),
    );
  }
  return after;
};

const refundOf = (
  { ids, now }: Contract,
  more: Pick<Refund, 'fundingId' | 'milestoneId' | 'parts' | 'cause' | 'drawn'>,
): Refund => ({
  ...{ id: idOf('refund', ids), agreementId, clientId: 'client', freelancerId: 'freelancer' },
  ...more,
  ...{ attempt: 1, decidedAt: now, status: 'refunding' },
});

const isDisputed = ({ chargebacks }: Contract, fundingId: string): boolean =>
  chargebacks.some((each) => each.fundingId === fundingId && isOpen(each.status));

/** A refund after release, which payouts grants at once (E-18, E-25). */
export const draw: Act = (contract, chance) => {
  const { releases, now } = contract;
  const isPaid = ({ id }: Milestone): boolean => releases.some((each) => each.milestoneId === id);
  const { id: milestoneId } = among(contract, chance, isPaid);
  const lots = contract.lots.filter((lot) => lot.milestoneId === milestoneId);
  if (lots.some(({ fundingId }) => isDisputed(contract, fundingId))) return contract;
  const payments = releases.filter((each) => each.milestoneId === milestoneId);
  const kept = payments.reduce((sum, each) => sum + each.grossMinor - each.refundedMinor, 0n);
  const amountMinor = chance.other ? undefined : partOf(usd(kept), chance).amountMinor;
  const planned = planDraw({ payments, lots }, { amountMinor, now, days: 180 });
  return planned.reduce((before, { fundingId, parts, freelancerFeeMinor, netMinor, shares }) => {
    const transferId = idOf('transfer', before.ids);
    const drawn: Drawn = { transferId, net: usd(netMinor), freelancerFee: usd(freelancerFeeMinor), shares };
    const refund = refundOf(before, { fundingId, milestoneId, parts, cause: 'after_release', drawn });
    const changed = changeLots(before, shares, (lot, share: Drawn['shares'][number]) => returned(lot, share));
    const paid = changed.releases.map((each) => ({
      ...each,
      refundedMinor: shares
        .filter(({ releaseId }) => releaseId === each.id)
        .reduce((sum, { principalMinor }) => sum + principalMinor, each.refundedMinor),
    }));
    const refunds = [...before.refunds, refund];
    return post({ ...changed, releases: paid, refunds, ids: before.ids + 1 }, drawnJournal(refund, drawn));
  }, contract);
};

/** The provider paid a refund, or could not (E-23). */
export const seeRefund: Act = (contract, { at, other }) => {
  const open = contract.refunds.filter(
    ({ status, fundingId }) => status === 'refunding' && !isDisputed(contract, fundingId),
  );
  const before = nth(open, at);
  if (!before) return contract;
  const { milestoneId, drawn } = before;
  const milestone = drawn ? undefined : milestoneOf(contract, milestoneId!);
  if (other) {
    const [refund, event] = fail(before, 'card', 'failed');
    const after = { ...contract, refunds: replaced(contract.refunds, before, refund) };
    return milestone && !('held' in milestone) ? happened(after, event) : after;
  }
  const [refund] = pay(before, 'card', contract.now);
  const refunds = replaced(contract.refunds, before, refund);
  const paid = post(
    { ...contract, refunds },
    refundPaidJournal(refund, attemptOf(contract, refund), cardCash),
  );
  const own = refunds.filter((each) => each.milestoneId === milestoneId && !each.drawn);
  if (milestone?.status !== 'refunding' || own.some(({ status }) => openRefundStatuses.includes(status)))
    return paid;
  return happened(paid, {
    type: 'escrow.milestone.refunded',
    ...{ agreementId, milestoneId: milestone.id, refundId: refund.id, balance: usd(0n), cause: refund.cause },
    amount: own.map(({ parts }) => amountOf(parts)).reduce(sumOf),
    outcome: milestone.released.amountMinor > 0n ? 'split' : 'refunded',
  });
};

const sumOf = (a: Money, b: Money): Money => usd(a.amountMinor + b.amountMinor);
const attemptOf = ({ now }: Contract, { id: refundId, attempt, parts }: Refund) =>
  startAttempt({
    id: `${refundId}/${attempt}`,
    ...{ refundId, number: attempt, amount: amountOf(parts), now, isDisputed: false },
  });

export const sendAgain: Act = (contract, { at }) => {
  const before = nth(contract.refunds, at);
  if (!before) return contract;
  const refunds = replaced(contract.refunds, before, retry(before));
  const own = refunds.filter((each) => each.milestoneId === before.milestoneId && !each.drawn);
  const isStuck = before.drawn || own.some(({ status }) => status === 'refund_failed');
  const milestones = contract.milestones.map((each) =>
    !isStuck && each.id === before.milestoneId && each.status === 'refund_failed'
      ? { ...each, status: 'refunding' as const }
      : each,
  );
  return { ...contract, refunds, milestones };
};

/** What a charge paid of milestones, as it stands; pay of milestones that was released is protected (P-10). */
function partsNow(contract: Contract, fundingId: string, amountMinor: bigint): ChargedPart[] {
  const lots = contract.lots.filter((lot) => lot.fundingId === fundingId);
  const released = contract.releases.map((each) => ({ ...each, protected: true }));
  const withFee = lots.find((lot) => lot.initiationFeeMinor > 0n && lot.principalLeftMinor > 0n);
  return chargedParts(amountMinor, lots, released, contract.initiation === 'held' ? withFee?.id : undefined);
}

/** The client's bank takes the whole charge, and a fee: what is left of it is frozen (P-9, E-22). */
export const chargeback: Act = (contract, { at }) => {
  const { charges, chargebacks, ids, now } = contract;
  const paying = nth(
    charges.filter(({ status }) => status === 'succeeded'),
    at,
  );
  if (!paying || chargebacks.some(({ fundingId }) => fundingId === paying.fundingId)) return contract;
  const { fundingId, parts } = paying;
  const causeId = idOf('chargeback', ids);
  const received: Chargeback = {
    ...{
      id: causeId,
      disputeId: causeId,
      fundingId,
      agreementId,
      clientId: 'client',
      freelancerId: 'freelancer',
    },
    ...{ amount: parts.total, fee: usd(1_500n), feeReturned: usd(0n), dueAt: now, status: 'received' },
    parts: partsNow(contract, fundingId, parts.total.amountMinor),
  };
  let after = post(
    { ...contract, ids: ids + 1, chargebacks: [...chargebacks, received] },
    receivedJournal(received),
  );
  const left = after.lots.filter((lot) => lot.fundingId === fundingId && lot.principalLeftMinor > 0n);
  for (const [milestoneId, lots] of Map.groupBy(left, (lot) => lot.milestoneId)) {
    const amount = usd(lots.reduce((sum, lot) => sum + lot.principalLeftMinor, 0n));
    const order = { cause: 'chargeback', causeId, fundingId, amount, at: now } as const;
    const frozen = freeze(milestoneOf(after, milestoneId), order);
    if (frozen.type === 'escrow.milestone.freeze_refused') throw new Error('held money could not be frozen');
    after = happened(after, frozen);
    const suspended = suspendReview(milestoneOf(after, milestoneId), order);
    if (suspended) after = happened(after, suspended);
  }
  return after;
};

/** It is lost, and what is held of it leaves; or won, and all goes on (P-11, E-24). */
export const endChargeback: Act = (contract, { at, other }) => {
  const before = nth(
    contract.chargebacks.filter(({ status }) => isOpen(status)),
    at,
  );
  if (!before) return contract;
  const { id: causeId, fundingId, amount } = before;
  const owners = new Set(
    contract.lots.flatMap((lot) => (lot.fundingId === fundingId ? [lot.milestoneId] : [])),
  );
  const won = { ...before, status: 'won' } as const;
  const lost = {
    ...before,
    status: 'lost',
    parts: partsNow(contract, fundingId, amount.amountMinor),
  } as const;
  const ended = replaced(contract.chargebacks, before, other ? won : lost);
  const journal = other ? wonJournal(won) : lostJournal(lost);
  let after: Contract = { ...contract, chargebacks: ended };
  if (journal) after = post(after, journal);
  if (!other) after = writeDown(after, causeId, lossOf(amount.amountMinor, lost.parts).held);
  for (const milestoneId of owners) after = thaw(after, milestoneId, { cause: 'chargeback', causeId });
  return after;
};

function writeDown(contract: Contract, chargebackId: string, held: readonly ChargedPart[]): Contract {
  return held.reduce((before, { milestoneId, principalMinor, clientFeeMinor, lots }) => {
    const milestone = milestoneOf(before, milestoneId!);
    assertHeld(milestone);
    const changed = changeLots(before, lots, (lot, share: LotReturn) => ({
      principalLeftMinor: lot.principalLeftMinor - share.principalMinor,
      clientFeeLeftMinor: lot.clientFeeLeftMinor - share.clientFeeMinor,
      chargedBackMinor: lot.chargedBackMinor + share.principalMinor,
      feeReturnedMinor: lot.feeReturnedMinor + share.clientFeeMinor + share.initiationFeeMinor,
      taxReturnedMinor: lot.taxReturnedMinor + share.taxMinor,
    }));
    const isFeeLost = lots.some(({ initiationFeeMinor }) => initiationFeeMinor > 0n);
    return happened(
      { ...changed, initiation: isFeeLost ? 'returned' : changed.initiation },
      {
        type: 'escrow.milestone.charged_back',
        ...{ agreementId, milestoneId: milestone.id, chargebackId, amount: usd(principalMinor) },
        clientFee: usd(clientFeeMinor),
        balance: usd(milestone.held.amountMinor - principalMinor),
      },
    );
  }, contract);
}
