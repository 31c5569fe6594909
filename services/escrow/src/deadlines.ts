import { type AnyDeadline, type Deadline, nextCall } from '@holdfast/messaging';
import { noticeDeadline } from '@holdfast/providers';
import { CONFIG, deployedTopics } from '@holdfast/service';
import type { INestApplicationContext } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ExpireEvidence } from './commands/answer-chargeback.ts';
import { ExpireConfirmation } from './commands/confirm-billing-method.ts';
import { EndDormancy, TakeDormancyTurn } from './commands/end-dormancy.ts';
import { ExpireFunding } from './commands/expire-funding.ts';
import { GrantBySilence } from './commands/grant-refund-request.ts';
import { ReadCostsDaily } from './commands/read-costs.ts';
import { ExpireSmallCharge } from './commands/record-small-charge.ts';
import { ReleaseBySilence } from './commands/release-milestone.ts';
import type { EscrowConfig } from './config.ts';
import { ChargeWorker } from './providers/charge.worker.ts';
import { CostWorker } from './providers/cost.worker.ts';
import { DisputeWorker } from './providers/dispute.worker.ts';
import { DisputeSearchWorker } from './providers/dispute-search.worker.ts';
import { NoticeWorker } from './providers/notice.worker.ts';
import { RefundWorker } from './providers/refund.worker.ts';
import { SettlementWorker } from './providers/settlement.worker.ts';
import { SetupWorker } from './providers/setup.worker.ts';
import { BillingMethodTable } from './tables/billing-method.table.ts';
import { ChargebackTable } from './tables/chargeback.table.ts';
import { CostReadingTable, CostReportTable } from './tables/cost-report.table.ts';
import { DisputeSearchTable } from './tables/dispute-search.table.ts';
import { DormancyTable } from './tables/dormancy.table.ts';
import { FundingTable } from './tables/funding.table.ts';
import { MilestoneTable } from './tables/milestone.table.ts';
import { RefundAttemptTable } from './tables/refund-attempt.table.ts';
import { RefundRequestTable } from './tables/refund-request.table.ts';
import { SettlementTable } from './tables/settlement.table.ts';
import { SmallChargeTable, SmallRefundTable } from './tables/small-charge.table.ts';
import { SmallDisputeTable } from './tables/small-dispute.table.ts';

/** What falls due in escrow, and whose facts can stop it (docs/deadlines.md). */
export function escrowDeadlines(app: INestApplicationContext): AnyDeadline[] {
  const commands = app.get(CommandBus);
  const config = app.get<EscrowConfig>(CONFIG);
  const [charges, setups, notices] = [app.get(ChargeWorker), app.get(SetupWorker), app.get(NoticeWorker)];
  const [settlements, refunds] = [app.get(SettlementWorker), app.get(RefundWorker)];
  const reviewSilence: Deadline<typeof MilestoneTable> = {
    kind: 'review.silence',
    does: 'timer',
    entity: MilestoneTable,
    dueAt: 'reviewDueAt',
    keys: ['agreementId', 'clientId', 'freelancerId'],
    parties: ['clientId', 'freelancerId'],
    // Safety hold, end; case (E-5).
    stoppedBy: deployedTopics(config, ['contracts', 'disputes']),
    announced: { by: 'notice', hoursBefore: 24 },
    atStake: 'heldMinor',
    fire: (milestone, message) =>
      commands.execute(new ReleaseBySilence({ message, milestoneId: milestone.id })),
  };
  const refundSilence: Deadline<typeof RefundRequestTable> = {
    kind: 'refund.silence',
    does: 'timer',
    entity: RefundRequestTable,
    dueAt: 'dueAt',
    keys: ['agreementId', 'clientId', 'freelancerId'],
    parties: ['clientId', 'freelancerId'],
    // Case; safety hold, notice not proven (E-14, C-8).
    stoppedBy: deployedTopics(config, ['disputes', 'contracts']),
    announced: { by: 'notice', hoursBefore: 24 },
    atStake: 'amountMinor',
    fire: (request, message) =>
      commands.execute(new GrantBySilence({ message, refundRequestId: request.id })),
  };
  const dormancyTurn: Deadline<typeof DormancyTable> = {
    kind: 'dormancy.turn',
    does: 'timer',
    entity: DormancyTable,
    dueAt: 'turnAt',
    keys: ['id', 'clientId', 'freelancerId'],
    parties: ['clientId', 'freelancerId'],
    // Change of terms, submission; case (E-20).
    stoppedBy: deployedTopics(config, ['contracts', 'disputes']),
    announced: { by: 'notice', hoursBefore: 24 },
    fire: (dormancy, message) =>
      commands.execute(new TakeDormancyTurn({ message, agreementId: dormancy.id })),
  };
  const dormancyStep: Deadline<typeof DormancyTable> = {
    ...dormancyTurn,
    kind: 'dormancy.step',
    dueAt: 'dueAt',
    atStake: 'balanceMinor',
    fire: (dormancy, message) => commands.execute(new EndDormancy({ message, agreementId: dormancy.id })),
  };
  const payersTime: Deadline<typeof FundingTable> = {
    kind: 'funding.expiry',
    does: 'timer',
    entity: FundingTable,
    dueAt: 'expiresAt',
    keys: ['agreementId', 'clientId', 'freelancerId'],
    parties: ['clientId'],
    stoppedBy: [],
    announced: { by: 'nobody', because: 'the life of a funding (C-8, E-26)' },
    fire: (funding, message) => commands.execute(new ExpireFunding({ message, fundingId: funding.id })),
  };
  const charging = nextCall('funding.call', FundingTable, 'agreementId', (funding) =>
    charges.advance(funding),
  );
  const verifying = nextCall('billing_method.call', BillingMethodTable, 'accountId', (method) =>
    setups.advance(method),
  );
  const settling = nextCall('settlement.call', SettlementTable, 'id', (settlement) =>
    settlements.advance(settlement),
  );
  const refunding = nextCall('refund.call', RefundAttemptTable, 'agreementId', (attempt) =>
    refunds.advance(attempt),
  );
  return [
    reviewSilence,
    refundSilence,
    dormancyTurn,
    dormancyStep,
    payersTime,
    charging,
    verifying,
    noticeDeadline(notices),
    settling,
    refunding,
    ...costDeadlines(app, commands),
    ...chargebackDeadlines(app, commands),
    ...smallChargeDeadlines(app, commands),
  ];
}

/** What the providers took: the daily reading of their reports, and its next page (P-8). */
function costDeadlines(app: INestApplicationContext, commands: CommandBus): AnyDeadline[] {
  const daily: Deadline<typeof CostReadingTable> = {
    kind: 'costs.daily',
    does: 'watch',
    entity: CostReadingTable,
    dueAt: 'nextReadAt',
    keys: ['id'],
    parties: [],
    stoppedBy: [],
    // Of now and not of the day that it was due: however late, one reading is enough.
    fire: ({ id: readingId }, { id }) =>
      commands.execute(new ReadCostsDaily({ message: { source: 'worker', id }, readingId })),
  };
  const costs = app.get(CostWorker);
  const reading = nextCall('costs.call', CostReportTable, 'id', (report) => costs.advance(report));
  return [daily, reading];
}

/** What is due about chargebacks: our answer, and the next look at the provider (P-11). */
function chargebackDeadlines(app: INestApplicationContext, commands: CommandBus): AnyDeadline[] {
  const disputes = app.get(DisputeWorker);
  const evidence: Deadline<typeof ChargebackTable> = {
    kind: 'chargeback.evidence',
    does: 'timer',
    entity: ChargebackTable,
    dueAt: 'evidenceDueAt',
    keys: ['agreementId', 'clientId', 'freelancerId'],
    parties: [],
    stoppedBy: [],
    announced: { by: 'nobody', because: 'it is the platform that must answer; an alarm tells it (P-11)' },
    atStake: 'amountMinor',
    fire: (chargeback, message) =>
      commands.execute(new ExpireEvidence({ message, chargebackId: chargeback.id })),
  };
  const looking = nextCall('chargeback.call', ChargebackTable, 'agreementId', (chargeback) =>
    disputes.advance(chargeback),
  );
  const searches = app.get(DisputeSearchWorker);
  const searching = {
    ...nextCall('chargeback.search', DisputeSearchTable, 'id', (search) => searches.advance(search)),
    does: 'watch' as const,
  };
  return [evidence, looking, searching];
}

/** What is due about the small charges that verify a card (P-2). */
function smallChargeDeadlines(app: INestApplicationContext, commands: CommandBus): AnyDeadline[] {
  const [charges, refunds] = [app.get(ChargeWorker), app.get(RefundWorker)];
  const confirmation: Deadline<typeof BillingMethodTable> = {
    kind: 'billing_method.confirmation',
    does: 'timer',
    entity: BillingMethodTable,
    dueAt: 'confirmBy',
    keys: ['accountId'],
    parties: ['accountId'],
    stoppedBy: [],
    announced: { by: 'notice', hoursBefore: 24 },
    fire: (method, message) => commands.execute(new ExpireConfirmation({ message, methodId: method.id })),
  };
  const payersTime: Deadline<typeof SmallChargeTable> = {
    kind: 'small_charge.expiry',
    does: 'timer',
    entity: SmallChargeTable,
    dueAt: 'expiresAt',
    keys: ['accountId'],
    parties: ['accountId'],
    stoppedBy: [],
    announced: { by: 'nobody', because: 'the life of a charge whose payer is present (C-8, E-26)' },
    fire: (charge, message) => commands.execute(new ExpireSmallCharge({ message, smallChargeId: charge.id })),
  };
  const charging = nextCall('small_charge.call', SmallChargeTable, 'accountId', (charge) =>
    charges.advanceSmall(charge),
  );
  const refunding = nextCall('small_refund.call', SmallRefundTable, 'accountId', (attempt) =>
    refunds.advanceSmall(attempt),
  );
  const disputes = app.get(DisputeWorker);
  const looking = nextCall('small_dispute.call', SmallDisputeTable, 'accountId', (dispute) =>
    disputes.lookAtSmall(dispute),
  );
  return [confirmation, payersTime, charging, refunding, looking];
}
