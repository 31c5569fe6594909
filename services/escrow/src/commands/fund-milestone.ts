import { Rejection } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import {
  currentCausality,
  currentTraceparent,
  type MessageRef,
  newId,
  type Tx,
  UnitOfWork,
} from '@holdfast/messaging';
import { CONFIG, currentSettings } from '@holdfast/service';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { EscrowConfig } from '../config.ts';
import { nextOf } from '../domain/billing-method.ts';
import { assertFundable } from '../domain/charging.ts';
import { chargeParts, startFunding } from '../domain/funding.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { FundingFailed, FundingStarted } from '../domain/milestone-events.ts';
import { bytesOf } from '../providers/pay-in.ts';
import { escrowSettings } from '../settings.ts';
import { type Agreement, AgreementTable } from '../tables/agreement.table.ts';
import { type BillingMethod, BillingMethodTable } from '../tables/billing-method.table.ts';
import { type FundingFrame, FundingTable, insertFunding } from '../tables/funding.table.ts';
import { loadMilestone, loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';

export class FundMilestone extends Command<{ fundingId: string; status: 'funding_pending' }> {
  constructor(
    readonly input: {
      message: MessageRef;
      clientId: string;
      milestoneId: string;
      /** Of the terms that the client saw (E-26). */
      version: number;
      billingMethodId?: string;
    },
  ) {
    super();
  }
}

/**
 * The client, present, charges a milestone (E-2, E-26). The answer says that it has begun, not that it is
 * funded.
 */
@CommandHandler(FundMilestone)
export class FundMilestoneHandler implements ICommandHandler<FundMilestone> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'PAYER_RETURN_URL'>,
  ) {}

  execute(command: FundMilestone): Promise<{ fundingId: string; status: 'funding_pending' }> {
    return this.unitOfWork.once(command, async (tx) => {
      const { milestoneId, clientId, version, billingMethodId } = command.input;
      const { agreementId } = await loadMilestone(tx, milestoneId, { clientId });
      const milestones = await loadMilestonesOf(tx, agreementId);
      const milestone = milestones.find(({ id }) => id === milestoneId)!;
      const agreement = (await tx.one(AgreementTable, { id: agreementId }))!;
      assertFundable(milestone, milestones, version);
      const payer = { billingMethodId, returnUrl: this.config.PAYER_RETURN_URL };
      const pending = await beginFunding(tx, { agreement, milestone, payer });
      saveMilestone(tx, pending);
      return { fundingId: (pending as { fundingId: string }).fundingId, status: 'funding_pending' };
    });
  }
}

type Start = {
  agreement: Agreement;
  milestone: Milestone;
  payer?: { billingMethodId?: string; returnUrl: string };
  /** Methods that were declined before. */
  tried?: ReadonlySet<string>;
};

/**
 * Stores what is to be charged, with its exact bytes, and starts it (P-3). Without a payer nobody is present;
 * if there is no usable method either, the funding fails at once, for the client to act (E-3).
 * @returns the milestone after that
 * @throws Rejection billing_method.missing | billing_method.unknown, to a client who is present
 */
export async function beginFunding(tx: Tx, start: Start): Promise<Milestone> {
  const { agreement, milestone, payer } = start;
  const unattended = payer === undefined;
  const fundingId = newId();
  const common = {
    agreementId: agreement.id,
    fundingId,
    milestoneIds: [milestone.id],
    version: milestone.termsVersion,
  };
  const method = await methodFor(tx, start);
  if (!method) {
    if (payer)
      throw new Rejection(payer.billingMethodId ? 'billing_method.unknown' : 'billing_method.missing');
    const failed: FundingFailed = { type: 'escrow.funding.failed', ...common, reason: 'method_unusable' };
    tx.publish(escrowEvents, [failed]);
    return milestone;
  }
  const { 'funding.payer_minutes': payerMinutes } = await currentSettings(tx, escrowSettings);
  const { kind } = method;
  const parts = chargeParts(milestone.price, agreement.settings, agreement.initiationFee === 'due', kind);
  const funding = startFunding({ id: fundingId, kind, unattended, parts, now: tx.now, payerMinutes });
  insertFunding(tx, funding, {
    agreementId: agreement.id,
    milestoneId: milestone.id,
    clientId: agreement.clientId,
    freelancerId: agreement.freelancerId,
    methodId: method.id,
    termsVersion: milestone.termsVersion,
    ...bytesOf({
      fundingId,
      agreementId: agreement.id,
      total: parts.total,
      kind,
      customerId: method.customerId ?? null,
      methodId: method.providerMethod!,
      returnUrl: payer?.returnUrl,
    }),
    correlationId: currentCausality()?.correlationId ?? fundingId,
    traceparent: currentTraceparent() ?? null,
  });
  const started: FundingStarted = {
    type: 'escrow.funding.started',
    ...common,
    kind,
    amount: parts.total,
    ...('expiresAt' in funding && funding.expiresAt ? { dueAt: funding.expiresAt } : {}),
  };
  tx.publish(escrowEvents, [started]);
  return evolve(milestone, started);
}

/** The method named, else the first in the client's order that has not been tried (P-1). */
async function methodFor(
  tx: Tx,
  { agreement: { clientId: accountId }, payer, tried = new Set() }: Start,
): Promise<BillingMethod | undefined> {
  const id = payer?.billingMethodId;
  const methods = await tx.many(BillingMethodTable, { accountId, status: 'verified', ...(id ? { id } : {}) });
  return nextOf(methods, tried);
}

/**
 * The methods with which a charge of these terms was tried.
 * @returns undefined when there is no other that could be
 */
export async function backupsFor(
  tx: Tx,
  { milestoneId, termsVersion, clientId: accountId }: FundingFrame,
): Promise<Set<string> | undefined> {
  const fundings = await tx.many(FundingTable, { milestoneId, termsVersion });
  const tried = new Set(fundings.flatMap(({ methodId }) => methodId ?? []));
  const methods = await tx.many(BillingMethodTable, { accountId, status: 'verified' });
  return nextOf(methods, tried) && tried;
}
