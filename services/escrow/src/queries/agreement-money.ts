import { Money, Rejection, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { type Rows, UnitOfWork } from '@holdfast/messaging';
import type { InferEntity } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AgreementTable } from '../tables/agreement.table.ts';
import { BonusTable } from '../tables/bonus.table.ts';
import { DormancyTable } from '../tables/dormancy.table.ts';
import { FundingShareTable, FundingTable } from '../tables/funding.table.ts';
import { LotTable } from '../tables/lot.table.ts';
import { FreezeTable, MilestoneTable } from '../tables/milestone.table.ts';
import { PaidRefundRequestTable } from '../tables/paid-refund-request.table.ts';
import { RefundTable } from '../tables/refund.table.ts';
import { RefundRequestTable } from '../tables/refund-request.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';
import { nextOf, nextOfCharge, nextOfReleases } from './next-step.ts';

type Row<E> = InferEntity<E>;
type Parts = {
  /** The newest first. */
  fundings: Row<typeof FundingTable>[];
  shares: Row<typeof FundingShareTable>[];
  lots: Row<typeof LotTable>[];
  transfers: Row<typeof TransferTable>[];
  freezes: Row<typeof FreezeTable>[];
  refunds: Row<typeof RefundTable>[];
};

const money = (amountMinor: bigint) => Money.encode(usd(amountMinor));
const instant = (date: Date | null | undefined) => (date ? Instant.encode(date) : undefined);

/**
 * Where is this money, why, and what happens next: from escrow's own rows and the facts of payouts (C-10,
 * AD-24).
 */
@Injectable()
export class AgreementMoney {
  constructor(private readonly unitOfWork: UnitOfWork) {}

  /** @throws Rejection agreement.unknown, for a stranger as for an id that does not exist */
  of(agreementId: string, accountId: string): Promise<object> {
    return this.unitOfWork.read((rows) => read(rows, agreementId, accountId));
  }
}

async function read(rows: Rows, agreementId: string, accountId: string): Promise<object> {
  const id = agreementId;
  const asClient = await rows.one(AgreementTable, { id, clientId: accountId });
  const agreement = asClient ?? (await rows.one(AgreementTable, { id, freelancerId: accountId }));
  if (!agreement) throw new Rejection('agreement.unknown');
  const milestones = await rows.many(MilestoneTable, { agreementId });
  const bonuses = await rows.many(BonusTable, { agreementId });
  const fundings = await rows.many(FundingTable, { agreementId });
  const transfers = await rows.many(TransferTable, { agreementId });
  const parts: Parts = {
    fundings: fundings.reverse(),
    shares: await ofEach(fundings, ({ id: fundingId }) => rows.many(FundingShareTable, { fundingId })),
    lots: await rows.many(LotTable, { agreementId }),
    transfers: transfers.sort((a, b) => a.releasedAt.getTime() - b.releasedAt.getTime()),
    freezes: await ofEach(milestones, ({ id: milestoneId }) =>
      rows.many(FreezeTable, { milestoneId, ended: false }),
    ),
    refunds: await rows.many(RefundTable, { agreementId }),
  };
  const requests = await rows.many(RefundRequestTable, { agreementId });
  const asked = await rows.many(PaidRefundRequestTable, { agreementId, status: 'open' });
  const dormancy = await rows.one(DormancyTable, { id });
  const isClient = asClient !== undefined;
  return {
    agreementId,
    status: agreement.status,
    held: money(milestones.reduce((sum, milestone) => sum + milestone.heldMinor, 0n)),
    initiationFee: { state: agreement.initiationFee, amount: money(agreement.initiationFeeMinor) },
    milestones: milestones
      .sort((a, b) => a.position - b.position)
      .map((milestone) => describe(milestone, parts, isClient)),
    bonuses: bonuses.map((bonus) => describeBonus(bonus, parts, isClient)),
    refundRequests: requests.filter(({ endedAt }) => !endedAt).map(requestView),
    paidRefundRequests: asked.map(paidRequestView),
    refunds: parts.refunds.map(describeRefund),
    ...(dormancy ? dormancyView(dormancy) : {}),
  };
}

/** One after another: a transaction has one connection. */
async function ofEach<Item, Found>(items: readonly Item[], find: (item: Item) => Promise<Found[]>) {
  const all: Found[] = [];
  for (const item of items) all.push(...(await find(item)));
  return all;
}

function describe(milestone: Row<typeof MilestoneTable>, parts: Parts, isClient: boolean): object {
  const paidFor = parts.shares.filter(({ milestoneId }) => milestoneId === milestone.id);
  const funding = parts.fundings.find(({ id }) => paidFor.some(({ fundingId }) => fundingId === id));
  const transfers = parts.transfers.filter(({ milestoneId }) => milestoneId === milestone.id);
  return {
    milestoneId: milestone.id,
    version: milestone.termsVersion,
    status: milestone.status,
    price: money(milestone.priceMinor),
    held: money(milestone.heldMinor),
    // Which charges paid what is still here, and whether it came from an earlier milestone (E-9, E-21).
    lots: parts.lots
      .filter((lot) => lot.milestoneId === milestone.id && lot.principalLeftMinor > 0n)
      .map(({ fundingId, principalLeftMinor, rolledFrom }) => ({
        fundingId,
        amount: money(principalLeftMinor),
        ...(rolledFrom ? { rolledOver: true } : {}),
      })),
    ...(milestone.reservedFor
      ? { reserved: { fundingId: milestone.reservedFor, amount: money(milestone.reservedMinor) } }
      : {}),
    frozen: parts.freezes
      .filter((freeze) => freeze.milestoneId === milestone.id)
      .map(({ cause, amountMinor }) => ({ cause, amount: money(amountMinor) })),
    ...(funding ? { funding: describeFunding(funding, isClient) } : {}),
    releases: transfers.map(describeRelease),
    next: nextOf(milestone, funding, transfers),
  };
}

/** A bonus is charged and released in one: it is never held (E-10). */
function describeBonus(bonus: Row<typeof BonusTable>, parts: Parts, isClient: boolean): object {
  const funding = parts.fundings.find(({ id }) => id === bonus.fundingId);
  const transfers = parts.transfers.filter(({ bonusId }) => bonusId === bonus.id);
  return {
    bonusId: bonus.id,
    status: bonus.status,
    amount: money(bonus.amountMinor),
    ...(funding ? { funding: describeFunding(funding, isClient) } : {}),
    releases: transfers.map(describeRelease),
    next: {
      charging: nextOfCharge(funding),
      released: nextOfReleases(transfers),
      failed: { what: 'nothing', who: 'nobody' },
    }[bonus.status],
  };
}

const describeFunding = (funding: Row<typeof FundingTable>, isClient: boolean) => ({
  fundingId: funding.id,
  status: funding.status,
  total: money(funding.totalMinor),
  ...(funding.ending ? { reason: funding.ending } : {}),
  ...(isClient && funding.payerUrl ? { payerUrl: funding.payerUrl } : {}),
});

const describeRelease = (transfer: Row<typeof TransferTable>) => ({
  transferId: transfer.id,
  net: money(transfer.netMinor),
  at: instant(transfer.releasedAt),
  balance: { sent: 'on its way', credited: 'pending', matured: 'available' }[transfer.status],
  availableAt: instant(transfer.availableAt),
});

/** What is asked back and not answered yet (E-13, E-14). */
const requestView = ({ id, status, amountMinor, reason, dueAt }: Row<typeof RefundRequestTable>): object => ({
  refundRequestId: id,
  status,
  amount: money(amountMinor),
  ...(reason ? { reason } : {}),
  ...(dueAt ? { dueAt: instant(dueAt) } : {}),
});

/** What the freelancer is asked for of paid money, and until when it can be given; silence does nothing (E-18). */
const paidRequestView = (request: Row<typeof PaidRefundRequestTable>): object => ({
  paidRefundRequestId: request.id,
  ...(request.milestoneId ? { milestoneId: request.milestoneId } : { bonusId: request.bonusId }),
  amount: money(request.amountMinor),
  askedAt: instant(request.askedAt),
  openUntil: instant(request.openUntil),
});

/** Whose turn it is about money that nobody does anything about, and until when; nothing before both are told (E-20). */
function dormancyView({ status, turnAt, dueAt, waits }: Row<typeof DormancyTable>): object {
  if (status === 'idle' || status === 'watching') return {};
  return { dormancy: { status, ...(waits ? { waits } : { dueAt: instant(dueAt ?? turnAt) }) } };
}

const describeRefund = (refund: Row<typeof RefundTable>) => ({
  refundId: refund.id,
  ...(refund.milestoneId ? { milestoneId: refund.milestoneId } : {}),
  ...(refund.bonusId ? { bonusId: refund.bonusId } : {}),
  cause: refund.cause,
  status: refund.status,
  amount: money(refund.amountMinor),
  ...(refund.netMinor ? { drawnOnBalance: money(refund.netMinor) } : {}),
  ...(refund.failure ? { failure: refund.failure } : {}),
  decidedAt: instant(refund.decidedAt),
});
