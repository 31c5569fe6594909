import { Money, Rejection, usd } from '@holdfast/domain';
import { Instant } from '@holdfast/events';
import { BusinessClock, type Rows, UnitOfWork } from '@holdfast/messaging';
import { currentSettings } from '@holdfast/service';
import { Injectable } from '@nestjs/common';
import { inOrder } from '../domain/billing-method.ts';
import { assertBonus } from '../domain/bonus.ts';
import { assertFundable, planFunding } from '../domain/charging.ts';
import { quotesFor } from '../domain/quote.ts';
import { taxBpsOf } from '../domain/tax.ts';
import { escrowSettings } from '../settings.ts';
import { isKeptFromPaying } from '../tables/account-hold.table.ts';
import { type Agreement, AgreementTable, assertActive, isInitiationDue } from '../tables/agreement.table.ts';
import { BillingMethodTable } from '../tables/billing-method.table.ts';
import { FundingTable } from '../tables/funding.table.ts';
import { loadMilestonesOf, MilestoneTable } from '../tables/milestone.table.ts';

export type Asked = { milestoneId: string } | { agreementId: string; bonusMinor: bigint };

/**
 * What the client would pay now, by each way to pay, before one is chosen (P-17): by the functions that charge, and
 * refused where they would refuse.
 */
@Injectable()
export class Quotes {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: BusinessClock,
  ) {}

  of(asked: Asked, clientId: string): Promise<object> {
    const now = this.clock.now();
    return this.unitOfWork.read((rows) =>
      'milestoneId' in asked
        ? forMilestone(rows, asked.milestoneId, clientId, now)
        : forBonus(rows, asked, clientId, now),
    );
  }
}

/** @throws Rejection milestone.unknown, or as `fund` */
async function forMilestone(rows: Rows, id: string, clientId: string, now: Date): Promise<object> {
  const named = await rows.one(MilestoneTable, { id, clientId });
  if (!named) throw new Rejection('milestone.unknown');
  const agreement = (await rows.one(AgreementTable, { id: named.agreementId }))!;
  const milestones = await loadMilestonesOf(rows, agreement.id);
  const milestone = milestones.find((each) => each.id === id)!;
  const mode = agreement.settings['funding.mode'];
  assertActive(agreement);
  assertFundable(milestone, milestones, milestone.termsVersion, mode);
  const { payments, rolling } = planFunding(milestone, milestones, mode);
  return {
    agreementId: agreement.id,
    milestoneId: id,
    version: milestone.termsVersion,
    pays: payments.map((payment) => ({
      milestoneId: payment.milestone.id,
      amount: Money.encode(payment.principal),
    })),
    ...(rolling ? { rolls: { fromMilestoneId: rolling.from.id, amount: Money.encode(rolling.amount) } } : {}),
    // Nothing is charged where a rest covers it whole (E-9).
    methods:
      payments.length === 0
        ? []
        : await methodsFor(
            rows,
            agreement,
            payments.map(({ principal }) => principal),
            now,
          ),
  };
}

/** @throws Rejection agreement.unknown, or as `bonus` */
async function forBonus(
  rows: Rows,
  { agreementId: id, bonusMinor }: { agreementId: string; bonusMinor: bigint },
  clientId: string,
  now: Date,
): Promise<object> {
  const agreement = await rows.one(AgreementTable, { id, clientId });
  if (!agreement) throw new Rejection('agreement.unknown');
  const amount = usd(bonusMinor);
  assertBonus(amount, agreement, now);
  const methods = await methodsFor(rows, agreement, [amount], now);
  return { agreementId: id, bonus: Money.encode(amount), methods };
}

async function methodsFor(
  rows: Rows,
  agreement: Agreement,
  principals: readonly Money[],
  now: Date,
): Promise<object[]> {
  const isKept = await isKeptFromPaying(rows, agreement.clientId);
  if (isKept) throw new Rejection('account.on_hold', { kind: 'financial' });
  const settings = await currentSettings(rows, escrowSettings);
  const fundings = await rows.many(FundingTable, { agreementId: agreement.id });
  const own = inOrder(
    await rows.many(BillingMethodTable, { accountId: agreement.clientId, status: 'verified' }),
  );
  const terms = {
    settings: agreement.settings,
    initiationDue: isInitiationDue(agreement, fundings),
    taxBps: taxBpsOf(settings, agreement.clientRegion),
  };
  return quotesFor(principals, terms, now).map(({ kind, parts, fundedBy }) => ({
    kind,
    // The client's own of that kind; none has to be there for a quote.
    billingMethodIds: own.filter((method) => method.kind === kind).map(({ id }) => id),
    principal: Money.encode(parts.principal),
    clientFee: Money.encode(parts.clientFee),
    initiationFee: Money.encode(parts.initiationFee),
    tax: Money.encode(parts.tax),
    total: Money.encode(parts.total),
    fundedBy: Instant.encode(fundedBy),
  }));
}
