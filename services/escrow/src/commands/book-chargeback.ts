import { type Money, usd } from '@holdfast/domain';
import { type EventOf, escrowEvents } from '@holdfast/events';
import { newId, type Tx } from '@holdfast/messaging';
import type { Chargeback } from '../domain/chargeback.ts';
import {
  clawedBackJournal,
  lostJournal,
  receivedJournal,
  reinstatedJournal,
  wonJournal,
} from '../domain/chargeback-journals.ts';
import { type ChargedPart, chargedParts, lossOf } from '../domain/charged-parts.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { LotReturn } from '../domain/refund-plan.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { ChargebackTable } from '../tables/chargeback.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { earnRest, type Lot, LotTable } from '../tables/lot.table.ts';
import { loadMilestone, saveMilestone, saveMilestoneWithFreezes } from '../tables/milestone.table.ts';
import { RefundTable } from '../tables/refund.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { cancelRefunds } from './cancel-refunds.ts';
import { clearIfSettled, loadStanding, withMilestone } from './clear-agreement.ts';
import { chargeOf, decideRefund } from './decide-refund.ts';
import { leaveRefundRequest } from './follow-refund-request.ts';
import { freezeMilestone, unfreezeMilestone } from './freeze-milestone.ts';
import { owedRefunds, resumeRefunds, suspendRefunds } from './hold-refunds.ts';
import { ordersOfHolds } from './record-account-hold.ts';

type EscrowEvent = EventOf<typeof escrowEvents>;

/** What the disputed charge paid, as it stands now (P-10, P-11). */
export async function partsNow(
  tx: Tx,
  { fundingId, agreementId, amount }: Pick<Chargeback, 'fundingId' | 'agreementId' | 'amount'>,
): Promise<ChargedPart[]> {
  const lots = await tx.many(LotTable, { fundingId });
  const transfers = await tx.many(TransferTable, { agreementId });
  const { initiationFee } = (await tx.one(AgreementTable, { id: agreementId }))!;
  const released = transfers.map(
    ({ milestoneId, bonusId, grossMinor, netMinor, freelancerFeeMinor, ...row }) => ({
      milestoneId,
      bonusId,
      grossMinor: grossMinor ?? netMinor,
      freelancerFeeMinor: freelancerFeeMinor ?? 0n,
      protected: row.protected,
    }),
  );
  const withFee = lots.find((lot) => lot.initiationFeeMinor > 0n);
  const initiationLotId = initiationFee === 'held' ? withFee?.id : undefined;
  const owed = await owedRefunds(tx, fundingId);
  return chargedParts(amount.amountMinor, lots, released, initiationLotId, owed);
}

/** What an event says of a chargeback. */
export const factOf = (chargeback: Chargeback) => {
  const { id: chargebackId, agreementId, fundingId, clientId, freelancerId, amount, dueAt } = chargeback;
  // What is owed to the client anyway, and the fee for the contract, concern neither freelancer nor milestone.
  const told = chargeback.parts.flatMap(({ state, ...part }) =>
    state === 'refunding' || !(part.milestoneId || part.bonusId) ? [] : [{ ...part, state }],
  );
  const parts = told.map((part) => ({
    ...(part.milestoneId ? { milestoneId: part.milestoneId } : {}),
    ...(part.bonusId ? { bonusId: part.bonusId } : {}),
    state: part.state,
    amount: usd(part.principalMinor),
    net: usd(part.netMinor),
    protected: part.protected,
  }));
  return { agreementId, chargebackId, fundingId, clientId, freelancerId, amount, parts, dueAt };
};

/**
 * G-24.1: the bank has taken amount and fee. What is left of the charge is frozen, and refunds of it wait (E-22, P-9).
 * The charge's row is written, so that whoever decides about the charge at the same time decides again.
 */
export async function receive(tx: Tx, chargeback: Chargeback): Promise<void> {
  const { id: causeId, fundingId } = chargeback;
  tx.post(receivedJournal(chargeback));
  tx.publish(escrowEvents, [
    { type: 'escrow.chargeback.received', ...factOf(chargeback), fee: chargeback.fee },
  ]);
  await touchCharge(tx, fundingId);
  const left = new Map<string, bigint>();
  for (const { milestoneId, principalLeftMinor } of await tx.many(LotTable, { fundingId })) {
    if (milestoneId) left.set(milestoneId, (left.get(milestoneId) ?? 0n) + principalLeftMinor);
  }
  for (const [milestoneId, leftMinor] of left) {
    if (leftMinor === 0n) continue;
    const order = { cause: 'chargeback', causeId, fundingId, amount: usd(leftMinor), at: tx.now } as const;
    await freezeMilestone(tx, await loadMilestone(tx, milestoneId, {}), [order]);
  }
  await suspendRefunds(tx, fundingId);
}

/**
 * G-32.3, G-24.3: held money of the charge leaves escrow and nobody is paid (E-24), protected pay is the platform's
 * loss; for what the freelancer must give back payouts is asked (P-11).
 * @returns the chargeback, `recovering` where payouts must answer
 */
export async function lose(tx: Tx, before: Chargeback): Promise<Chargeback> {
  const parts = await partsNow(tx, before);
  const { refunding, held, recoverable } = lossOf(before.amount.amountMinor, parts);
  const net = usd(recoverable.netMinor);
  const lost: Chargeback =
    recoverable.netMinor > 0n
      ? { ...before, parts, status: 'recovering', transferId: newId() }
      : { ...before, parts, status: 'lost' };
  const journal = lostJournal(lost, await earnRests(tx, held));
  if (journal) tx.post(journal);
  tx.publish(escrowEvents, [{ type: 'escrow.chargeback.lost', ...endOf(lost, net, lost.transferId) }]);
  const agreement = await writeDown(tx, lost, held);
  const changed = await endFreezes(tx, lost, held, refunding);
  const { refundIds, hasRest, milestones } = await cancelRefunds(tx, lost, refunding, changed);
  if (lost.status === 'lost' && !hasRest) await clearAfter(tx, lost, { agreement, milestones, refundIds });
  return lost;
}

/** G-25.4: payouts has answered, and the fees on what it took back are no longer earned (P-11). */
export async function applyClawBack(tx: Tx, before: Chargeback, transferId: string): Promise<Chargeback> {
  const { agreementId, freelancerId: accountId } = before;
  const amount = usd(lossOf(before.amount.amountMinor, before.parts).recoverable.netMinor);
  tx.post(clawedBackJournal(before, transferId));
  tx.publish(escrowEvents, [
    { type: 'escrow.clearing.applied', agreementId, accountId, transferId, amount, kind: 'clawed_back' },
  ]);
  await clearAfter(tx, before, { milestones: [] });
  return { ...before, status: 'lost' };
}

/** The bank gave the money back before anything was lost: freezes end, and refunds go on (P-11). */
export async function win(tx: Tx, won: Chargeback): Promise<void> {
  tx.post(wonJournal(won));
  tx.publish(escrowEvents, [{ type: 'escrow.chargeback.won', ...endOf(won, usd(0n)) }]);
  await clearAfter(tx, won, { milestones: await endFreezes(tx, won, [], []) });
}

/** The chargeback is over: if it was the last that was open of a contract that is closing, it is cleared. */
async function clearAfter(
  tx: Tx,
  { id: chargebackId, agreementId }: Chargeback,
  after: Readonly<{
    agreement?: Agreement | undefined;
    milestones: readonly Milestone[];
    refundIds?: readonly string[];
  }>,
): Promise<void> {
  const before = await loadStanding(tx, agreementId);
  const standing = { ...before, agreement: after.agreement ?? before.agreement };
  const ending = { chargebackId, refundIds: after.refundIds ?? [] };
  await clearIfSettled(tx, after.milestones.reduce(withMilestone, standing), ending);
}

/**
 * G-35.1: won after it was lost. The freelancer's net goes back to payouts; a milestone that was written down whole is
 * funded again where its contract goes on, else the client is refunded (P-11).
 */
export async function winLater(tx: Tx, before: Chargeback): Promise<Chargeback> {
  const { refunding, held, recoverable } = lossOf(before.amount.amountMinor, before.parts);
  const net = usd(recoverable.netMinor);
  const won: Chargeback =
    recoverable.netMinor > 0n
      ? { ...before, status: 'won', restoreTransferId: newId() }
      : { ...before, status: 'won' };
  const agreement = (await tx.one(AgreementTable, { id: before.agreementId }))!;
  const refilled: ChargedPart[] = [];
  for (const part of held) if (await isRefillable(tx, agreement, part)) refilled.push(part);
  tx.post(reinstatedJournal(won, refilled));
  tx.publish(escrowEvents, [{ type: 'escrow.chargeback.won', ...endOf(won, net, won.restoreTransferId) }]);
  for (const part of held) {
    if (refilled.includes(part)) await refill(tx, won, part);
    else await giveBack(tx, won, part);
  }
  for (const part of refunding) await refundAgain(tx, won, part, held);
  const initiation = refilled.some(({ lots }) => lots.some((lot) => lot.initiationFeeMinor > 0n));
  tx.save(AgreementTable, initiation ? { ...agreement, initiationFee: 'held' } : agreement);
  await touchCharge(tx, won.fundingId);
  return won;
}

const endOf = (chargeback: Chargeback, net: Money, transferId?: string) => {
  const { id: chargebackId, agreementId, freelancerId: accountId, amount } = chargeback;
  return { agreementId, chargebackId, accountId, amount, net, ...(transferId ? { transferId } : {}) };
};

/** @returns the agreement, where its initiation fee is lost too */
async function writeDown(
  tx: Tx,
  { agreementId }: Chargeback,
  held: readonly ChargedPart[],
): Promise<Agreement | undefined> {
  const lost = held.flatMap(({ lots }) => lots);
  for (const each of lost) saveLot(tx, (await tx.one(LotTable, { id: each.lotId }))!, each, 1n);
  if (!lost.some(({ initiationFeeMinor }) => initiationFeeMinor > 0n)) return undefined;
  const agreement = (await tx.one(AgreementTable, { id: agreementId }))!;
  const after: Agreement = { ...agreement, initiationFee: 'returned' };
  tx.save(AgreementTable, after);
  return after;
}

/** Where nothing is left of a milestone: the cents that rounding left on lots that were released before. */
async function earnRests(tx: Tx, held: readonly ChargedPart[]): Promise<Map<string, bigint>> {
  const rests = new Map<string, bigint>();
  for (const { milestoneId, principalMinor } of held) {
    if (!milestoneId) continue;
    const milestone = await loadMilestone(tx, milestoneId, {});
    const isGone = 'held' in milestone && milestone.held.amountMinor === principalMinor;
    if (isGone) rests.set(milestoneId, await earnRest(tx, milestoneId));
  }
  return rests;
}

/** Out of the lot, or back into it (`sign` -1). */
function saveLot(tx: Tx, lot: Lot, part: LotReturn, sign: 1n | -1n): void {
  const fees = part.clientFeeMinor + part.initiationFeeMinor;
  tx.save(LotTable, {
    ...lot,
    principalLeftMinor: lot.principalLeftMinor - sign * part.principalMinor,
    clientFeeLeftMinor: lot.clientFeeLeftMinor - sign * part.clientFeeMinor,
    chargedBackMinor: lot.chargedBackMinor + sign * part.principalMinor,
    feeReturnedMinor: lot.feeReturnedMinor + sign * fees,
    taxReturnedMinor: lot.taxReturnedMinor + sign * part.taxMinor,
  });
}

/** Every freeze of the chargeback ends; what was lost has left its milestone before. */
async function endFreezes(
  tx: Tx,
  chargeback: Chargeback,
  lost: readonly ChargedPart[],
  refunding: readonly ChargedPart[],
): Promise<Milestone[]> {
  const { id: causeId, fundingId } = chargeback;
  const changed: Milestone[] = [];
  const lots = await tx.many(LotTable, { fundingId });
  const gone: Milestone[] = [];
  for (const milestoneId of new Set(lots.flatMap((lot) => lot.milestoneId ?? []))) {
    const part = lost.find((one) => one.milestoneId === milestoneId);
    const before = await loadMilestone(tx, milestoneId, {});
    let milestone = part ? chargeBack(tx, before, chargeback, part) : before;
    const isFrozen =
      'held' in milestone &&
      milestone.freezes.some((one) => one.cause === 'chargeback' && one.causeId === causeId);
    if (isFrozen) milestone = await unfreezeMilestone(tx, milestone, { cause: 'chargeback', causeId });
    else if (part) await saveMilestoneWithFreezes(tx, milestone);
    if (milestone.status === 'charged_back') gone.push(before);
    changed.push(milestone);
  }
  const goneIds = new Set(gone.map(({ id }) => id));
  for (const before of gone) await leaveRefundRequest(tx, before, { endedCauseId: causeId, goneIds });
  await touchCharge(tx, fundingId);
  const open = await tx.many(ChargebackTable, { fundingId, open: true });
  if (open.every(({ id }) => id === causeId))
    await resumeRefunds(
      tx,
      fundingId,
      refunding.map(({ refund }) => refund?.id),
    );
  return changed;
}

function chargeBack(
  tx: Tx,
  milestone: Milestone,
  { id: chargebackId }: Chargeback,
  part: ChargedPart,
): Milestone {
  const heldMinor = 'held' in milestone ? milestone.held.amountMinor : 0n;
  const chargedBack: Extract<EscrowEvent, { type: 'escrow.milestone.charged_back' }> = {
    type: 'escrow.milestone.charged_back',
    agreementId: milestone.agreementId,
    milestoneId: milestone.id,
    chargebackId,
    amount: usd(part.principalMinor),
    clientFee: usd(part.clientFeeMinor),
    balance: usd(heldMinor - part.principalMinor),
  };
  tx.publish(escrowEvents, [chargedBack]);
  return evolve(milestone, chargedBack);
}

/** A contract that is paused goes on; its pause may be for this very chargeback (P-9). */
async function isRefillable(tx: Tx, { status }: Agreement, { milestoneId }: ChargedPart): Promise<boolean> {
  if (status !== 'active' && status !== 'paused') return false;
  // The fee for the contract alone.
  if (!milestoneId) return true;
  return (await loadMilestone(tx, milestoneId, {})).status === 'charged_back';
}

async function refill(tx: Tx, { fundingId }: Chargeback, part: ChargedPart): Promise<void> {
  for (const each of part.lots) saveLot(tx, (await tx.one(LotTable, { id: each.lotId }))!, each, -1n);
  if (!part.milestoneId) return;
  const milestone = await loadMilestone(tx, part.milestoneId, {});
  const { agreementId, id: milestoneId, termsVersion: version } = milestone;
  const funded: Extract<EscrowEvent, { type: 'escrow.milestone.funded' }> = {
    type: 'escrow.milestone.funded',
    agreementId,
    milestoneId,
    version,
    fundingId,
    amount: usd(part.principalMinor),
    clientFee: usd(part.clientFeeMinor),
    lots: part.lots.map(({ lotId, principalMinor }) => ({ lotId, amount: usd(principalMinor) })),
    fundedAt: tx.now,
  };
  tx.publish(escrowEvents, [funded]);
  await freezeMilestone(tx, evolve(milestone, funded), await ordersOfHolds(tx, milestone));
}

async function giveBack(tx: Tx, { fundingId }: Chargeback, part: ChargedPart): Promise<void> {
  for (const { lotId, principalMinor } of part.lots) {
    const lot = (await tx.one(LotTable, { id: lotId }))!;
    tx.save(LotTable, {
      ...lot,
      chargedBackMinor: lot.chargedBackMinor - principalMinor,
      principalRefundedMinor: lot.principalRefundedMinor + principalMinor,
    });
  }
  const milestone = part.milestoneId ? await loadMilestone(tx, part.milestoneId, {}) : undefined;
  const gone = milestone?.status === 'charged_back' ? milestone : undefined;
  const sum = (of: (lot: LotReturn) => bigint): Money =>
    usd(part.lots.reduce((all, lot) => all + of(lot), 0n));
  const decided = await decideRefund(tx, {
    charge: chargeOf((await tx.one(FundingTable, { id: fundingId }))!),
    cause: 'orphaned_charge',
    parts: {
      principal: usd(part.principalMinor),
      clientFee: usd(part.clientFeeMinor),
      initiationFee: sum(({ initiationFeeMinor }) => initiationFeeMinor),
      tax: sum(({ taxMinor }) => taxMinor),
    },
    ...(gone ? { milestoneId: gone.id, balance: usd(0n) } : {}),
    source: 'payable',
  });
  if (gone) saveMilestone(tx, evolve(gone, decided));
}

/** What was owed when the chargeback was lost is owed again, and sent anew. */
async function refundAgain(
  tx: Tx,
  { fundingId }: Chargeback,
  part: ChargedPart,
  held: readonly ChargedPart[],
): Promise<void> {
  const { id, initiationFeeMinor, taxMinor } = part.refund!;
  const { cause, bonusId, transferId, milestoneId } = (await tx.one(RefundTable, { id }))!;
  // Where the loss took held money of it as well, that decides what the milestone is.
  const isItsOwn = !transferId && !held.some((other) => other.milestoneId === milestoneId);
  const milestone = milestoneId && isItsOwn ? await loadMilestone(tx, milestoneId, {}) : undefined;
  const gone = milestone?.status === 'charged_back' ? milestone : undefined;
  const decided = await decideRefund(tx, {
    charge: chargeOf((await tx.one(FundingTable, { id: fundingId }))!),
    cause,
    parts: {
      principal: usd(part.principalMinor),
      clientFee: usd(part.clientFeeMinor),
      initiationFee: usd(initiationFeeMinor),
      tax: usd(taxMinor),
    },
    ...(gone ? { milestoneId: gone.id, balance: usd(0n) } : {}),
    ...(bonusId ? { bonusId } : {}),
    source: 'payable',
  });
  if (gone) saveMilestone(tx, evolve(gone, decided));
}

/** Who decides about the charge at the same time decides again (E-23). */
async function touchCharge(tx: Tx, fundingId: string): Promise<void> {
  tx.save(FundingTable, (await tx.one(FundingTable, { id: fundingId }))!);
}
