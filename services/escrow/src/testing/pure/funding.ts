import { usd } from '@holdfast/domain';
import type { Rolling } from '../../domain/charging.ts';
import { freeze } from '../../domain/freezes.ts';
import { fundingJournal, rollJournal } from '../../domain/journals.ts';
import { takeLots } from '../../domain/lots.ts';
import { roll, rollingTax } from '../../domain/rolling.ts';
import { frozenFundingIds } from '../../tables/lot.table.ts';
import {
  agreementId,
  type Contract,
  changeLots,
  happened,
  idOf,
  milestoneOf,
  type Paying,
  post,
} from './contract.ts';

type Lots = Contract['lots'];

/** Money comes by a charge, from the rest of an earlier milestone, or both (E-2, E-9). */
export function book(
  contract: Contract,
  { milestoneId, charge, rolling }: { milestoneId: string; charge?: Paying; rolling?: Rolling },
): Contract {
  const [after, rolled] = rolling ? rollOver(contract, rolling, milestoneId) : [contract, []];
  const lots = [...rolled, ...(charge ? lotsOf(contract, charge) : [])];
  const paid: Contract = { ...after, lots: [...after.lots, ...lots], ids: after.ids + 1 };
  const targets = charge ? charge.shares.map((share) => share.milestoneId) : [milestoneId];
  const funded = targets.reduce((now, target) => fundedOf(now, target, charge), paid);
  if (!charge) return funded;
  const asks = charge.parts.initiationFee.amountMinor > 0n;
  const shares = charge.parts.shares.map((share, index) => ({ ...share, milestoneId: targets[index]! }));
  return post(
    { ...funded, initiation: asks ? 'held' : funded.initiation },
    fundingJournal({ agreementId, fundingId: charge.fundingId }, charge.parts, shares, 'card'),
  );
}

/** What is funded while a hold stands is frozen at once (E-22). */
function fundedOf(contract: Contract, milestoneId: string, charge: Paying | undefined): Contract {
  const own = contract.lots.filter((lot) => lot.milestoneId === milestoneId);
  const sum = (of: (lot: Lots[number]) => bigint) => usd(own.reduce((total, lot) => total + of(lot), 0n));
  const funded = happened(contract, {
    type: 'escrow.milestone.funded',
    ...{ agreementId, milestoneId, version: milestoneOf(contract, milestoneId).termsVersion },
    ...(charge ? { fundingId: charge.fundingId } : {}),
    amount: sum((lot) => lot.principalLeftMinor),
    clientFee: sum((lot) => lot.clientFeeLeftMinor),
    lots: own.map(({ id: lotId, principalLeftMinor }) => ({ lotId, amount: usd(principalLeftMinor) })),
    fundedAt: contract.now,
  });
  return funded.holds.reduce((now, causeId) => {
    const order = { cause: 'safety_hold', causeId, at: contract.now } as const;
    const frozen = freeze(milestoneOf(now, milestoneId), order);
    return frozen.type === 'escrow.milestone.frozen' ? happened(now, frozen) : now;
  }, funded);
}

function rollOver(contract: Contract, rolling: Rolling, to: string): [Contract, Lots] {
  const { from } = rolling;
  const frozen = frozenFundingIds(from.freezes);
  const own = contract.lots.filter((lot) => lot.milestoneId === from.id);
  const free = own.filter(({ fundingId }) => !frozen.has(fundingId));
  const feeMinorMax = free.reduce((sum, lot) => sum + lot.clientFeeLeftMinor, 0n);
  const fact = roll(rolling, { toMilestoneId: to, now: contract.now, feeMinorMax });
  const shares = takeLots(own, {
    principalMinor: fact.amount.amountMinor,
    clientFeeMinor: fact.clientFee.amountMinor,
    order: 'newest_first',
    frozenFundingIds: frozen,
  });
  type Share = (typeof shares)[number];
  const left = changeLots(contract, shares, (lot, { principalMinor, clientFeeMinor }: Share) => ({
    principalMinor: lot.principalMinor - principalMinor,
    clientFeeMinor: lot.clientFeeMinor - clientFeeMinor,
    taxMinor: lot.taxMinor - rollingTax(lot, clientFeeMinor),
    principalLeftMinor: lot.principalLeftMinor - principalMinor,
    clientFeeLeftMinor: lot.clientFeeLeftMinor - clientFeeMinor,
  }));
  const moved = shares.map(({ lotId, principalMinor, clientFeeMinor }) => {
    const lot = own.find(({ id }) => id === lotId)!;
    return {
      ...lot,
      ...{ id: `${lotId}/${to}`, milestoneId: to, principalMinor, clientFeeMinor },
      ...{ principalLeftMinor: principalMinor, clientFeeLeftMinor: clientFeeMinor },
      ...{ taxMinor: rollingTax(lot, clientFeeMinor), initiationFeeMinor: 0n },
      ...nothingBack,
    };
  });
  return [post(happened(left, { ...fact, lots: [] }), rollJournal(fact)), moved];
}

/** The initiation fee, and the tax on it, stand on the first lot of a charge. */
const lotsOf = ({ now }: Contract, { fundingId, parts, shares }: Paying): Lots =>
  parts.shares.map(({ principal, clientFee, initiationFee, tax }, index) => ({
    id: idOf(`${fundingId}/lot`, index),
    ...{ fundingId, milestoneId: shares[index]!.milestoneId, chargedAt: now },
    principalMinor: principal.amountMinor,
    clientFeeMinor: clientFee.amountMinor,
    initiationFeeMinor: initiationFee.amountMinor,
    taxMinor: tax.amountMinor,
    principalLeftMinor: principal.amountMinor,
    clientFeeLeftMinor: clientFee.amountMinor,
    ...nothingBack,
  }));

const nothingBack = {
  feeReturnedMinor: 0n,
  taxReturnedMinor: 0n,
  principalRefundedMinor: 0n,
  chargedBackMinor: 0n,
};
