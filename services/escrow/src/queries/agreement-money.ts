import { Money, Rejection, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { type InferEntity, MikroORM } from '@mikro-orm/postgresql';
import { Injectable } from '@nestjs/common';
import { AgreementTable } from '../tables/agreement.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { FreezeTable, MilestoneTable } from '../tables/milestone.table.ts';
import { TransferTable } from '../tables/transfer.table.ts';

type Row<E> = InferEntity<E>;
type Parts = {
  fundings: Row<typeof FundingTable>[];
  transfers: Row<typeof TransferTable>[];
  freezes: Row<typeof FreezeTable>[];
};

const money = (amountMinor: bigint) => Money.encode(usd(amountMinor));
const instant = (date: Date | null | undefined) => (date ? Instant.encode(date) : undefined);

/**
 * Where is this money, why, and what happens next: from escrow's own rows and the facts of payouts (C-10,
 * AD-24).
 */
@Injectable()
export class AgreementMoney {
  constructor(private readonly orm: MikroORM) {}

  /** @throws Rejection agreement.unknown, for a stranger as for an id that does not exist */
  async of(agreementId: string, accountId: string): Promise<object> {
    const em = this.orm.em.fork();
    const agreement = await em.findOne(AgreementTable, {
      id: agreementId,
      $or: [{ clientId: accountId }, { freelancerId: accountId }],
    });
    if (!agreement) throw new Rejection('agreement.unknown');
    const milestones = await em.find(MilestoneTable, { agreementId }, { orderBy: { position: 'asc' } });
    const [fundings, transfers, freezes] = await Promise.all([
      em.find(FundingTable, { agreementId }, { orderBy: { id: 'desc' } }),
      em.find(TransferTable, { agreementId }),
      em.find(FreezeTable, { milestoneId: { $in: milestones.map(({ id }) => id) }, ended: false }),
    ]);
    const isClient = agreement.clientId === accountId;
    return {
      agreementId,
      held: money(milestones.reduce((sum, milestone) => sum + milestone.heldMinor, 0n)),
      initiationFee: { state: agreement.initiationFee, amount: money(agreement.initiationFeeMinor) },
      milestones: milestones.map((milestone) =>
        describe(milestone, { fundings, transfers, freezes }, isClient),
      ),
    };
  }
}

function describe(milestone: Row<typeof MilestoneTable>, parts: Parts, isClient: boolean): object {
  const funding = parts.fundings.find((candidate) => candidate.milestoneId === milestone.id);
  const transfer = parts.transfers.find((candidate) => candidate.milestoneId === milestone.id);
  return {
    milestoneId: milestone.id,
    version: milestone.termsVersion,
    status: milestone.status,
    price: money(milestone.priceMinor),
    held: money(milestone.heldMinor),
    frozen: parts.freezes
      .filter((freeze) => freeze.milestoneId === milestone.id)
      .map(({ cause, amountMinor }) => ({ cause, amount: money(amountMinor) })),
    ...(funding
      ? {
          funding: {
            fundingId: funding.id,
            status: funding.status,
            total: money(funding.totalMinor),
            ...(funding.ending ? { reason: funding.ending } : {}),
            ...(isClient && funding.payerUrl ? { payerUrl: funding.payerUrl } : {}),
          },
        }
      : {}),
    ...(transfer
      ? {
          released: {
            transferId: transfer.id,
            net: money(transfer.netMinor),
            at: instant(transfer.releasedAt),
            balance: { sent: 'on its way', credited: 'pending', matured: 'available' }[transfer.status],
            availableAt: instant(transfer.availableAt),
          },
        }
      : {}),
    next: nextOf(milestone, funding, transfer),
  };
}

type Next = { what: string; who: string; at?: string };

function nextOfCharge(funding: Row<typeof FundingTable> | undefined): Next {
  switch (funding?.status) {
    case 'awaiting_payer':
      return { what: 'confirm the payment', who: 'client', at: instant(funding.expiresAt) };
    case 'in_review':
      return { what: 'look at the charge', who: 'operator' };
    default:
      return { what: 'answer the charge', who: 'provider', at: instant(funding?.expiresAt) };
  }
}

/** What happens next, by itself or by whom, and when. */
function nextOf(
  milestone: Row<typeof MilestoneTable>,
  funding: Row<typeof FundingTable> | undefined,
  transfer: Row<typeof TransferTable> | undefined,
): Next {
  switch (milestone.status) {
    case 'agreed':
      return { what: 'fund', who: 'client' };
    case 'funding_pending':
      return nextOfCharge(funding);
    case 'funded':
    case 'changes_requested':
      return { what: 'submit', who: 'freelancer' };
    case 'submitted':
      return {
        what: 'released unless the client answers',
        who: 'client',
        at: instant(milestone.reviewDueAt),
      };
    case 'refund_pending':
      return { what: 'approve the refund or dispute it', who: 'freelancer' };
    case 'refunding':
      return { what: 'pay the refund', who: 'provider' };
    case 'refund_failed':
      return { what: 'choose another way for the refund', who: 'operator' };
    case 'refunded':
    case 'charged_back':
    case 'cancelled':
      return { what: 'nothing', who: 'nobody' };
    case 'split':
    case 'released':
      return transfer?.status === 'matured'
        ? { what: 'withdraw', who: 'freelancer' }
        : { what: 'becomes available', who: 'nobody', at: instant(transfer?.availableAt) };
  }
}
