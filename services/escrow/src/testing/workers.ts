import { plusMinutes } from '@holdfast/domain';
import { type AnyDeadline, BusinessClock, Deadlines, newId, WallClock } from '@holdfast/messaging';
import { FinishNoticeHandler, ReceiveNotice, ReceiveNoticeHandler } from '@holdfast/providers';
import { CONFIG } from '@holdfast/service';
import { eventually } from '@holdfast/testing';
import { afterEach, beforeEach } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ExpireEvidenceHandler } from '../commands/answer-chargeback.ts';
import { ExpireConfirmationHandler } from '../commands/confirm-billing-method.ts';
import { EndDormancyHandler, TakeDormancyTurnHandler } from '../commands/end-dormancy.ts';
import { ExpireFundingHandler } from '../commands/expire-funding.ts';
import { FinishDisputeSearchHandler } from '../commands/finish-dispute-search.ts';
import { GrantBySilenceHandler } from '../commands/grant-refund-request.ts';
import { ReadCostsDailyHandler } from '../commands/read-costs.ts';
import { RecordChargeHandler } from '../commands/record-charge.ts';
import { RecordChargebackHandler } from '../commands/record-chargeback.ts';
import { RecordCostsHandler } from '../commands/record-costs.ts';
import { RecordRefundHandler } from '../commands/record-refund.ts';
import { RecordSettlementHandler } from '../commands/record-settlement.ts';
import { RecordSetupHandler } from '../commands/record-setup.ts';
import { ExpireSmallChargeHandler, RecordSmallChargeHandler } from '../commands/record-small-charge.ts';
import { RecordSmallDisputeHandler } from '../commands/record-small-dispute.ts';
import { RecordSmallRefundHandler } from '../commands/record-small-refund.ts';
import { ReleaseBySilenceHandler } from '../commands/release-milestone.ts';
import { escrowDeadlines } from '../deadlines.ts';
import { BankRefund } from '../providers/bank-refund.ts';
import { BankStatement } from '../providers/bank-statement.ts';
import { Card } from '../providers/card.ts';
import { CardDispute } from '../providers/card-dispute.ts';
import { CardPayout } from '../providers/card-payout.ts';
import { CardRefund } from '../providers/card-refund.ts';
import { CardReport } from '../providers/card-report.ts';
import { CardSetup } from '../providers/card-setup.ts';
import { ChargeWorker } from '../providers/charge.worker.ts';
import { CostWorker } from '../providers/cost.worker.ts';
import { DisputeWorker } from '../providers/dispute.worker.ts';
import { DisputeSearchWorker } from '../providers/dispute-search.worker.ts';
import { NoticeWorker } from '../providers/notice.worker.ts';
import { PayIn } from '../providers/pay-in.ts';
import { Paypal } from '../providers/paypal.ts';
import { PaypalRefund } from '../providers/paypal-refund.ts';
import { PaypalReport } from '../providers/paypal-report.ts';
import { PaypalSetup } from '../providers/paypal-setup.ts';
import { RefundWorker } from '../providers/refund.worker.ts';
import { SettlementWorker } from '../providers/settlement.worker.ts';
import { SetupWorker } from '../providers/setup.worker.ts';
import { ReportGaps } from '../queries/report-gaps.ts';
import type { CardProvider } from './card-provider.ts';
import { config, type Escrow, smallCharges } from './escrow.ts';

/** What falls due in escrow, with its workers, the real provider's simulator and the real handlers. */
export class Workers {
  deadlines!: Deadlines;
  readonly #escrow: Escrow;
  readonly #provider: CardProvider;

  constructor(escrow: Escrow, provider: CardProvider) {
    this.#escrow = escrow;
    this.#provider = provider;
    escrow.database.unitOfWork.onCommit(() => this.deadlines.wake());
  }

  /** Anew, with nothing in memory, as after a crash. */
  start(): void {
    const { pool, orm, clock } = this.#escrow.database;
    this.deadlines = new Deadlines({ pool, orm, clock }, allDeadlines(this.#escrow, this.#provider));
    this.deadlines.start();
  }

  /** Nothing is due any more: everything has come to its end, or waits for a later instant. */
  async quiet(): Promise<void> {
    this.deadlines.wake();
    await eventually(
      () => this.deadlines.dueNow(),
      (due) => due.length === 0,
    );
  }

  async passMinutes(minutes: number): Promise<void> {
    await this.quiet();
    this.#escrow.pass(plusMinutes(this.#escrow.now(), minutes));
    await this.quiet();
  }

  /** As the webhook's controller stores it. */
  async notice(eventType: string, objectId: string, id = `evt_${newId()}`, provider = 'card'): Promise<void> {
    const input = { message: { source: 'worker', id }, provider, eventType, objectId } as const;
    const { unitOfWork } = this.#escrow.database;
    await new ReceiveNoticeHandler(unitOfWork).execute(new ReceiveNotice(input));
  }
}

function allDeadlines(escrow: Escrow, provider: CardProvider): AnyDeadline[] {
  const { unitOfWork, orm, clock: businessClock } = escrow.database;
  const handlers = [
    new ExpireFundingHandler(unitOfWork),
    new EndDormancyHandler(unitOfWork),
    new FinishNoticeHandler(unitOfWork),
    new GrantBySilenceHandler(unitOfWork),
    new RecordChargeHandler(unitOfWork),
    new ExpireEvidenceHandler(unitOfWork),
    new FinishDisputeSearchHandler(unitOfWork),
    new RecordChargebackHandler(unitOfWork),
    new ReadCostsDailyHandler(unitOfWork),
    new RecordCostsHandler(unitOfWork),
    new RecordRefundHandler(unitOfWork),
    new RecordSettlementHandler(unitOfWork),
    new RecordSetupHandler(unitOfWork, smallCharges),
    new ExpireConfirmationHandler(unitOfWork),
    new ExpireSmallChargeHandler(unitOfWork),
    new RecordSmallChargeHandler(unitOfWork, smallCharges),
    new RecordSmallDisputeHandler(unitOfWork),
    new RecordSmallRefundHandler(unitOfWork),
    new ReleaseBySilenceHandler(unitOfWork),
    new TakeDormancyTurnHandler(unitOfWork),
  ];
  const execute = (command: object) =>
    handlers
      .find((handler) => handler.constructor.name === `${command.constructor.name}Handler`)!
      .execute(command as never);
  const commands = { execute } as unknown as CommandBus;
  const { client, paypalClient, bankClient } = provider.impatient();
  const [card, setup, payouts] = [new Card(client), new CardSetup(client), new CardPayout(client)];
  const [refunds, disputes] = [new CardRefund(client), new CardDispute(client)];
  const [paypal, paypalSetup] = [new Paypal(paypalClient), new PaypalSetup(paypalClient)];
  const [clock, gaps] = [new WallClock(), new ReportGaps(orm)];
  const known = new Map<unknown, unknown>([
    [CommandBus, commands],
    [CONFIG, { ...config, DEPLOYED_SERVICES: [] }],
    [BusinessClock, businessClock],
    [ChargeWorker, new ChargeWorker(new PayIn(card, paypal), commands, clock)],
    [SetupWorker, new SetupWorker(setup, paypalSetup, commands, clock, config as never)],
    [SettlementWorker, new SettlementWorker(payouts, commands, orm, businessClock, clock)],
    [
      RefundWorker,
      new RefundWorker(
        refunds,
        new PaypalRefund(paypalClient),
        new BankRefund(bankClient),
        commands,
        orm,
        businessClock,
        clock,
      ),
    ],
    [
      CostWorker,
      new CostWorker(
        new CardReport(client),
        new PaypalReport(paypalClient, gaps),
        new BankStatement(bankClient),
        gaps,
        commands,
        orm,
        businessClock,
        clock,
      ),
    ],
    [DisputeWorker, new DisputeWorker(disputes, commands, orm, businessClock, clock)],
    [DisputeSearchWorker, new DisputeSearchWorker(disputes, commands, orm, businessClock, clock)],
    [NoticeWorker, new NoticeWorker(card, setup, payouts, refunds, disputes, paypal, commands, orm, clock)],
  ]);
  return escrowDeadlines({ get: (token: unknown) => known.get(token) } as never);
}

/** Workers of each test's own, which stop with it. */
export function useWorkers(escrow: () => Escrow, provider: CardProvider): () => Workers {
  let workers: Workers;
  beforeEach(() => {
    workers = new Workers(escrow(), provider);
    workers.start();
  });
  afterEach(() => workers.deadlines.stop());
  return () => workers;
}
