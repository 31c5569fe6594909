import { usd } from '@holdfast/domain';
import { chargeParts } from '../../domain/charge-parts.ts';
import { assertFundable, planFunding, takesCharge } from '../../domain/charging.ts';
import { freeze, resumeReview, suspendReview, unfreeze } from '../../domain/freezes.ts';
import { orphanedJournal, releaseJournal } from '../../domain/journals.ts';
import { takeLots } from '../../domain/lots.ts';
import { assertHeld, type HeldMilestone, type Milestone } from '../../domain/milestone.ts';
import type { MilestoneReleased } from '../../domain/milestone-events.ts';
import { releaseByClient, releaseBySilence } from '../../domain/release.ts';
import { requestChanges, startReview } from '../../domain/review.ts';
import { frozenFundingIds } from '../../tables/lot.table.ts';
import { cardTerms, settings } from '../milestones.ts';
import {
  agreementId,
  type Contract,
  changeLots,
  daysLater,
  happened,
  idOf,
  type Paying,
  post,
  replaced,
} from './contract.ts';
import { book } from './funding.ts';

/** What chance says of one act. */
export type Chance = Readonly<{ at: number; wild: boolean; thousandths: number; other: boolean }>;
/** The next state; the same where it means nothing. @throws Rejection where the domain refuses */
export type Act = (contract: Contract, chance: Chance) => Contract;

export const nth = <T>(all: readonly T[], at: number): T | undefined => all[at % Math.max(1, all.length)];
const isHeld = (milestone: Milestone): boolean => 'held' in milestone;

/** A milestone that the act can be meant for, now and then any. */
export function among(
  { milestones }: Contract,
  { at, wild }: Chance,
  isMeant: (milestone: Milestone) => boolean = isHeld,
): Milestone {
  const meant = milestones.filter(isMeant);
  return nth(wild || meant.length === 0 ? milestones : meant, at)!;
}
export const partOf = ({ amountMinor }: { amountMinor: bigint }, { thousandths }: Chance) =>
  usd((amountMinor * BigInt(thousandths)) / 1_000n);

export const fund: Act = (contract, chance) => {
  const { milestones, mode, initiation, charges, ids } = contract;
  const milestone = among(contract, chance, ({ status }) => status === 'agreed');
  assertFundable(milestone, milestones, milestone.termsVersion, mode);
  const { payments, rolling } = planFunding(milestone, milestones, mode);
  if (payments.length === 0) return book(contract, { milestoneId: milestone.id, rolling });
  const fundingId = idOf('funding', ids);
  const isAsked = charges.some(
    ({ status, parts }) => status === 'pending' && parts.initiationFee.amountMinor > 0n,
  );
  const parts = chargeParts(
    payments.map(({ principal }) => principal),
    cardTerms(initiation === 'due' && !isAsked),
  );
  const paying: Paying = {
    fundingId,
    shares: payments.map(({ milestone: { id: milestoneId, termsVersion } }) => ({
      milestoneId,
      termsVersion,
    })),
    ...(rolling
      ? { rolling: { milestoneId: rolling.from.id, amountMinor: rolling.amount.amountMinor } }
      : {}),
    parts,
    status: 'pending',
  };
  return happened(
    { ...contract, ids: ids + 1, charges: [...charges, paying] },
    {
      ...{ type: 'escrow.funding.started', agreementId, fundingId, version: 1, kind: 'card' },
      milestoneIds: paying.shares.map(({ milestoneId }) => milestoneId),
      amount: parts.total,
      ...(rolling ? { reserved: { milestoneId: rolling.from.id, amount: rolling.amount } } : {}),
    },
  );
};

/** The provider's word on a charge; a failed one may have succeeded after all (E-26). */
export const confirm: Act = (contract, { at, other }) => {
  const { charges, milestones, mode } = contract;
  const paying = nth(
    charges.filter(({ status }) => status === (other ? 'failed' : 'pending')),
    at,
  );
  if (!paying) return contract;
  const { fundingId, parts, rolling, shares } = paying;
  const asks = parts.initiationFee.amountMinor > 0n;
  const isTaken =
    !(asks && contract.initiation !== 'due') && takesCharge(milestones, paying, { mode, status: 'active' });
  if (!isTaken) {
    const freed = other ? contract : failed(contract, paying);
    const orphaned = {
      ...freed,
      charges: replaced(charges, paying, { ...paying, status: 'orphaned' as const }),
    };
    return post(orphaned, orphanedJournal({ agreementId, fundingId }, parts.total, 'card'));
  }
  const from = milestones.find(({ id }) => id === rolling?.milestoneId) as HeldMilestone | undefined;
  return book(
    { ...contract, charges: replaced(charges, paying, { ...paying, status: 'succeeded' }) },
    {
      milestoneId: shares[0]!.milestoneId,
      charge: paying,
      rolling: from && { from, amount: usd(rolling!.amountMinor) },
    },
  );
};

export const decline: Act = (contract, { at }) => {
  const paying = nth(
    contract.charges.filter(({ status }) => status === 'pending'),
    at,
  );
  if (!paying) return contract;
  return failed(
    { ...contract, charges: replaced(contract.charges, paying, { ...paying, status: 'failed' }) },
    paying,
  );
};

const failed = (contract: Contract, { fundingId, shares }: Paying): Contract =>
  happened(contract, {
    ...{ type: 'escrow.funding.failed', agreementId, fundingId, version: 1, reason: 'declined' },
    milestoneIds: shares.map(({ milestoneId }) => milestoneId),
  });

export const submit: Act = (contract, chance) => {
  const { now, ids } = contract;
  const submission = { submissionId: idOf('work', ids), submittedAt: now, receivedAt: now };
  const answer = startReview(among(contract, chance), submission, settings);
  if (answer.type === 'escrow.submission.refused') return contract;
  return suspended({ ...happened(contract, answer), ids: ids + 1 }, answer.milestoneId, now);
};

/** Under a freeze it is reviewed from then on (E-16). */
function suspended(contract: Contract, milestoneId: string, at: Date): Contract {
  const milestone = contract.milestones.find(({ id }) => id === milestoneId)!;
  if (!('held' in milestone) || milestone.freezes.length === 0) return contract;
  const event = suspendReview(milestone, { cause: milestone.freezes[0]!.cause, at });
  return event ? happened(contract, event) : contract;
}

const isSubmitted = ({ status }: Milestone): boolean => status === 'submitted';
export const change: Act = (contract, chance) => {
  const milestone = among(contract, chance, isSubmitted);
  const submissionId = milestone.status === 'submitted' ? milestone.submissionId : 'older';
  return happened(
    contract,
    requestChanges(milestone, { submissionId, reasonHash: 'c'.repeat(64), now: contract.now }),
  );
};

const decisionOf = ({ ids, now }: Contract) => ({
  transferId: idOf('transfer', ids),
  now,
  freelancerFeeBps: 1_000n,
});

/** All that is held, or a part; above 1,000 thousandths it is too much. */
export const release: Act = (contract, chance) => {
  const milestone = among(contract, chance);
  assertHeld(milestone);
  const amount = chance.other ? undefined : partOf(milestone.held, chance);
  const frozen = frozenFundingIds(milestone.freezes);
  const free = contract.lots.filter((lot) => lot.milestoneId === milestone.id && !frozen.has(lot.fundingId));
  const freeMinor = free.reduce((sum, lot) => sum + lot.clientFeeLeftMinor, 0n);
  const decision = {
    ...decisionOf(contract),
    amount,
    ...(frozen.size > 0 ? { freeClientFee: usd(freeMinor) } : {}),
  };
  return released(contract, milestone, releaseByClient(milestone, decision));
};

export const silence: Act = (contract, chance) => {
  const milestone = among(contract, chance, isSubmitted);
  const event = releaseBySilence(milestone, decisionOf(contract));
  return event ? released(contract, milestone, event) : contract;
};

function released(contract: Contract, milestone: Milestone, event: MilestoneReleased): Contract {
  const { lots, initiation, accounts, releases, ids } = contract;
  const { milestoneId, gross, clientFee, freelancerFee, balance, releasedAt, transferId: id } = event;
  const isWhole = balance.amountMinor === 0n;
  const shares = takeLots(
    lots.filter((lot) => lot.milestoneId === milestoneId),
    {
      principalMinor: gross.amountMinor,
      clientFeeMinor: clientFee.amountMinor,
      order: 'oldest_first',
      frozenFundingIds:
        isWhole || !('freezes' in milestone) ? undefined : frozenFundingIds(milestone.freezes),
    },
  );
  const taken = changeLots(contract, shares, (lot, share: (typeof shares)[number]) => ({
    principalLeftMinor: lot.principalLeftMinor - share.principalMinor,
    clientFeeLeftMinor: lot.clientFeeLeftMinor - share.clientFeeMinor,
  }));
  const held = initiation === 'held' ? -(accounts.get(`E.fee.initiation_held:${agreementId}`) ?? 0n) : 0n;
  const payment = {
    ...{ id, milestoneId, releasedAt, refundedMinor: 0n, grossMinor: gross.amountMinor },
    ...{ clientFeeMinor: clientFee.amountMinor, freelancerFeeMinor: freelancerFee.amountMinor },
  };
  const after: Contract = {
    ...happened(taken, event),
    initiation: initiation === 'held' ? 'earned' : initiation,
    releases: [...releases, payment],
    ids: ids + 1,
  };
  return post(after, releaseJournal(event, usd(held)));
}

/** A safety hold on a party freezes all that is held (E-22). */
export const hold: Act = (contract) => {
  const causeId = idOf('hold', contract.ids);
  const { now: at } = contract;
  return contract.milestones.reduce<Contract>(
    (after, milestone) => {
      if (!('held' in milestone)) return after;
      const frozen = freeze(milestone, { cause: 'safety_hold', causeId, at });
      if (frozen.type === 'escrow.milestone.freeze_refused') return after;
      return suspended(happened(after, frozen), milestone.id, at);
    },
    { ...contract, ids: contract.ids + 1, holds: [...contract.holds, causeId] },
  );
};

export const lift: Act = (contract, { at }) => {
  const causeId = nth(contract.holds, at);
  if (!causeId) return contract;
  const holds = contract.holds.filter((each) => each !== causeId);
  return contract.milestones.reduce<Contract>(
    (after, { id }) => thaw(after, id, { cause: 'safety_hold', causeId }),
    {
      ...contract,
      holds,
    },
  );
};

/** One freeze ends; when it was the last one the review goes on (E-16). */
export function thaw(
  contract: Contract,
  milestoneId: string,
  which: Parameters<typeof unfreeze>[1],
): Contract {
  const find = ({ milestones }: Contract) => milestones.find(({ id }) => id === milestoneId)!;
  const unfrozen = unfreeze(find(contract), which);
  if (!unfrozen) return contract;
  const after = happened(contract, unfrozen);
  const resumed = resumeReview(find(after), contract.now);
  return resumed ? happened(after, resumed) : after;
}

export const wait: Act = (contract, { at }) => daysLater(contract, 3 * at);
