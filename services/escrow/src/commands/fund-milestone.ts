import { Rejection } from '@holdfast/domain';
import { escrowEvents } from '@holdfast/events';
import { type MessageRef, newId, type Tx, UnitOfWork } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { Inject } from '@nestjs/common';
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import type { EscrowConfig } from '../config.ts';
import { assertFundable, type FundingPlan, planFunding } from '../domain/charging.ts';
import { evolve, type Milestone } from '../domain/milestone.ts';
import type { FundingFailed, FundingStarted } from '../domain/milestone-events.ts';
import { type Agreement, AgreementTable, assertActive } from '../tables/agreement.table.ts';
import { FundingShareTable } from '../tables/funding.table.ts';
import { loadMilestone, loadMilestonesOf, saveMilestone } from '../tables/milestone.table.ts';
import { beginCharge, type Instead, type Payer } from './begin-charge.ts';
import { bookFunding } from './book-funding.ts';

export type FundAnswer = { fundingId?: string; status: 'funding_pending' | 'funded' | 'released' };

export type FundInput = Readonly<{
  message: MessageRef;
  clientId: string;
  milestoneId: string;
  /** Of the terms that the client saw (E-26). */
  version: number;
  billingMethodId?: string;
}>;

export class FundMilestone extends Command<FundAnswer> {
  constructor(readonly input: FundInput) {
    super();
  }
}

/**
 * The client, present, charges a milestone (E-2, E-26). The answer says that it has begun, not that it is funded,
 * unless the rest of an earlier milestone covers it whole (E-9).
 */
@CommandHandler(FundMilestone)
export class FundMilestoneHandler implements ICommandHandler<FundMilestone> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'PAYER_RETURN_URL'>,
  ) {}

  execute(command: FundMilestone): Promise<FundAnswer> {
    return this.unitOfWork.once(command, (tx) =>
      fundMilestone(tx, command.input, { returnUrl: this.config.PAYER_RETURN_URL, pays: false }),
    );
  }
}

export class PayMilestone extends Command<FundAnswer> {
  constructor(readonly input: FundInput) {
    super();
  }
}

/**
 * Pays a milestone that was never funded in one step (E-28): it is released in the transaction in which its charge
 * succeeds. A charge that is declined leaves it agreed.
 */
@CommandHandler(PayMilestone)
export class PayMilestoneHandler implements ICommandHandler<PayMilestone> {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    @Inject(CONFIG) private readonly config: Pick<EscrowConfig, 'PAYER_RETURN_URL'>,
  ) {}

  execute(command: PayMilestone): Promise<FundAnswer> {
    return this.unitOfWork.once(command, (tx) =>
      fundMilestone(tx, command.input, { returnUrl: this.config.PAYER_RETURN_URL, pays: true }),
    );
  }
}

async function fundMilestone(
  tx: Tx,
  { milestoneId, clientId, version, billingMethodId }: FundInput,
  { returnUrl, pays }: { returnUrl: string; pays: boolean },
): Promise<FundAnswer> {
  const { agreementId } = await loadMilestone(tx, milestoneId, { clientId });
  const milestones = await loadMilestonesOf(tx, agreementId);
  const milestone = milestones.find(({ id }) => id === milestoneId)!;
  const agreement = (await tx.one(AgreementTable, { id: agreementId }))!;
  const mode = agreement.settings['funding.mode'];
  assertActive(agreement);
  assertFundable(milestone, milestones, version, mode);
  const plan = planFunding(milestone, milestones, mode);
  if (plan.payments.length === 0) {
    await bookFunding(tx, { agreement, milestone, rolling: plan.rolling!, payments: [], pays });
    return { status: pays ? 'released' : 'funded' };
  }
  const payer = { billingMethodId, returnUrl };
  const { event } = await beginFunding(tx, { agreement, milestone, plan, payer, pays });
  for (const each of milestones) {
    const after = evolve(each, event);
    if (after !== each) saveMilestone(tx, after);
  }
  return { fundingId: event.fundingId, status: 'funding_pending' };
}

/**
 * Stores what is to be charged, with its exact bytes, and starts it (P-3). Without a payer nobody is present;
 * if there is no usable method either, the funding fails at once, for the client to act (E-3).
 * @returns what happens to the milestones by that; the caller saves them
 * @throws Rejection billing_method.missing | billing_method.unknown, to a client who is present
 */
export async function beginFunding(
  tx: Tx,
  start: {
    agreement: Agreement;
    /** The one that was named: its version stands for what the client saw. */
    milestone: Milestone;
    plan: FundingPlan;
    payer?: Payer;
    pays?: boolean;
    instead?: Instead;
  },
): Promise<{ event: FundingStarted | FundingFailed }> {
  const { agreement, milestone, plan, payer, instead, pays = false } = start;
  const { payments, rolling } = plan;
  const others = payments.map((payment) => payment.milestone.id).filter((id) => id !== milestone.id);
  const common = {
    agreementId: agreement.id,
    milestoneIds: [milestone.id, ...others],
    version: milestone.termsVersion,
  };
  const charge = await beginCharge(tx, {
    agreement,
    payer,
    instead,
    principals: payments.map(({ principal }) => principal),
    pays: {
      milestoneId: milestone.id,
      bonusId: null,
      termsVersion: milestone.termsVersion,
      pays,
      rollFrom: rolling?.from.id ?? null,
      rollMinor: rolling?.amount.amountMinor ?? 0n,
    },
  });
  const { fundingId } = charge;
  if (charge.status === 'no_method') {
    if (payer)
      throw new Rejection(payer.billingMethodId ? 'billing_method.unknown' : 'billing_method.missing');
    const failed: FundingFailed = {
      type: 'escrow.funding.failed',
      ...common,
      fundingId,
      reason: 'method_unusable',
    };
    tx.publish(escrowEvents, [failed]);
    return { event: failed };
  }
  payments.forEach((payment, index) => {
    const { principal, clientFee, tax } = charge.shares[index]!;
    tx.insert(FundingShareTable, {
      id: newId(),
      fundingId,
      milestoneId: payment.milestone.id,
      termsVersion: payment.milestone.termsVersion,
      principalMinor: principal.amountMinor,
      clientFeeMinor: clientFee.amountMinor,
      taxMinor: tax.amountMinor,
    });
  });
  const started: FundingStarted = {
    type: 'escrow.funding.started',
    ...common,
    fundingId,
    kind: charge.kind,
    amount: charge.total,
    ...(charge.expiresAt ? { dueAt: charge.expiresAt } : {}),
    ...(rolling ? { reserved: { milestoneId: rolling.from.id, amount: rolling.amount } } : {}),
  };
  tx.publish(escrowEvents, [started]);
  return { event: started };
}
