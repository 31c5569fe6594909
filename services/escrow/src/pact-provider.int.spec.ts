import { randomUUID } from 'node:crypto';
import { plusDays, usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { LedgerWriter } from '@holdfast/ledger';
import { type MessageRef, newId, run } from '@holdfast/messaging';
import { connectOrm, migrate, PersonTexts } from '@holdfast/service';
import {
  publishedRecord,
  type ReceivedRecord,
  satisfyNeeds,
  type TestDatabase,
  useDatabase,
} from '@holdfast/testing';
import { beforeAll, describe, it } from '@jest/globals';
import { ActivateAgreement, ActivateAgreementHandler } from './commands/activate-agreement.ts';
import { AddBillingMethod, AddBillingMethodHandler } from './commands/add-billing-method.ts';
import { ApplyWithdrawalPaid, ApplyWithdrawalPaidHandler } from './commands/apply-withdrawal-paid.ts';
import {
  ApplyWithdrawalReturned,
  ApplyWithdrawalReturnedHandler,
} from './commands/apply-withdrawal-returned.ts';
import { RemoveBillingMethod, RemoveBillingMethodHandler } from './commands/order-billing-methods.ts';
import { PayBonus, PayBonusHandler } from './commands/pay-bonus.ts';
import { RecordCharge, RecordChargeHandler } from './commands/record-charge.ts';
import { RecordSetup, RecordSetupHandler } from './commands/record-setup.ts';
import { ReleaseMilestone, ReleaseMilestoneHandler } from './commands/release-milestone.ts';
import { RememberAccount, RememberAccountHandler } from './commands/remember-account.ts';
import { RequestChanges, RequestChangesHandler } from './commands/request-changes.ts';
import { ReverseRefund, ReverseRefundHandler } from './commands/reverse-refund.ts';
import { StartReview, StartReviewHandler } from './commands/start-review.ts';
import { definition } from './escrow.module.ts';
import { Disputes } from './testing/chargebacks.ts';
import { Draws } from './testing/draws.ts';
import { Escrow } from './testing/escrow.ts';
import { intent } from './testing/fundings.ts';
import { paidWithdrawal, returnedWithdrawal } from './testing/withdrawals.ts';

const event = (): MessageRef => ({ source: 'event', id: newId() });
const http = (): MessageRef => ({ source: 'http', id: newId() });
const worker = (): MessageRef => ({ source: 'worker', id: newId() });
const config = { PAYER_RETURN_URL: 'https://ours.example/back' };
const texts = new PersonTexts({ MASTER_KEYS: `test:${Buffer.alloc(32, 7).toString('base64')}` });

/** One client's milestone of 1,000.00, taken through escrow's use cases; nothing of it is made up. */
class Story {
  readonly agreementId = randomUUID();
  readonly milestoneId = randomUUID();
  readonly submissionId = randomUUID();
  readonly clientId = `client-${this.agreementId.slice(0, 8)}`;
  readonly #database: TestDatabase;

  constructor(database: TestDatabase) {
    this.#database = database;
  }

  async removeCard(): Promise<void> {
    const found = 'select id from billing_methods where account_id = $1';
    const [method] = await run<{ id: string }>(this.#database.pool, found, [this.clientId]);
    const command = new RemoveBillingMethod({
      message: http(),
      accountId: this.clientId,
      methodId: method!.id,
    });
    await new RemoveBillingMethodHandler(this.#database.unitOfWork).execute(command);
  }

  async verifyCard(): Promise<void> {
    const { unitOfWork } = this.#database;
    const { clientId: accountId } = this;
    const adding = new AddBillingMethod({ message: http(), accountId, kind: 'card', token: 'pm_card_visa' });
    const { methodId } = await new AddBillingMethodHandler(unitOfWork).execute(adding);
    const setup = { id: `seti_${accountId}`, status: 'succeeded', method: 'pm_1', payerUrl: undefined };
    for (const observation of [{ customerId: 'cus_1' }, { setup }]) {
      await new RecordSetupHandler(unitOfWork).execute(
        new RecordSetup({ message: worker(), methodId, observation }),
      );
    }
  }

  async activate(): Promise<void> {
    const { agreementId, milestoneId, clientId } = this;
    await new RememberAccountHandler(this.#database.unitOfWork).execute(
      new RememberAccount({ message: event(), accountId: clientId, region: 'US' }),
    );
    const milestones = [{ milestoneId, version: 1, order: 1, price: usd(100_000n) }];
    const terms = {
      agreementId,
      clientId,
      freelancerId: 'freelancer-1',
      settings: pinnedDefaults,
      milestones,
    };
    const command = new ActivateAgreement({ message: event(), ...terms });
    return new ActivateAgreementHandler(this.#database.unitOfWork).execute(command);
  }

  async charge(): Promise<void> {
    const { pool, unitOfWork } = this.#database;
    const found = 'select id from fundings where agreement_id = $1';
    const [funding] = await run<{ id: string }>(pool, found, [this.agreementId]);
    const observation = { kind: 'seen', intent: intent('succeeded', { id: `pi_${this.clientId}` }) } as const;
    const command = new RecordCharge({ message: worker(), fundingId: funding!.id, observation });
    await new RecordChargeHandler(unitOfWork).execute(command);
  }

  submit(): Promise<void> {
    const { milestoneId, submissionId } = this;
    const command = new StartReview({ message: event(), milestoneId, submissionId, submittedAt: new Date() });
    return new StartReviewHandler(this.#database.unitOfWork).execute(command);
  }

  async requestChanges(): Promise<void> {
    const { clientId, milestoneId, submissionId } = this;
    const command = new RequestChanges({
      message: http(),
      clientId,
      milestoneId,
      submissionId,
      reason: 'Too dark',
    });
    await new RequestChangesHandler(this.#database.unitOfWork, texts).execute(command);
  }

  async bonus(): Promise<void> {
    const { clientId, agreementId } = this;
    const paying = new PayBonus({ message: http(), clientId, agreementId, amount: usd(5_000n) });
    const { fundingId } = await new PayBonusHandler(this.#database.unitOfWork, config).execute(paying);
    const seen = intent('succeeded', { id: `pi_bonus_${clientId}`, receivedMinor: 5_250n });
    const command = new RecordCharge({
      message: worker(),
      fundingId,
      observation: { kind: 'seen', intent: seen },
    });
    await new RecordChargeHandler(this.#database.unitOfWork).execute(command);
  }

  async release(submissionId?: string): Promise<void> {
    const { clientId, milestoneId } = this;
    const command = new ReleaseMilestone({ message: http(), clientId, milestoneId, submissionId });
    await new ReleaseMilestoneHandler(this.#database.unitOfWork, config).execute(command);
  }
}

/** Paid money goes back, reaches nobody, and is given up in the end (E-18, E-25). @returns the agreement's id */
async function giveUpRefund(database: TestDatabase): Promise<string> {
  const escrow = new Escrow(database);
  const draws = new Draws(escrow);
  const paid = await draws.released(20_000n);
  const answer = await draws.ask(paid.freelancerId, paid.milestoneId);
  await draws.taken(paid, answer);
  await escrow.seeRefund(paid.agreementId, 'failed');
  escrow.pass(plusDays(escrow.now(), 30));
  const { refundId } = answer.refunds[0]!;
  for (const by of ['operator-1', 'operator-2']) {
    const command = new ReverseRefund({ message: http(), refundId, by, reason: 'Nobody can be reached' });
    await new ReverseRefundHandler(database.unitOfWork).execute(command);
  }
  return paid.agreementId;
}

/** A withdrawal that payouts tells of: paid, and come back. */
async function withdraw({ unitOfWork }: TestDatabase): Promise<void> {
  await new ApplyWithdrawalPaidHandler(unitOfWork).execute(
    new ApplyWithdrawalPaid({ message: event(), ...paidWithdrawal() }),
  );
  await new ApplyWithdrawalReturnedHandler(unitOfWork).execute(
    new ApplyWithdrawalReturned({ message: event(), ...returnedWithdrawal() }),
  );
}

/** A chargeback of pay that is not protected: lost, and won at a later stage. */
async function dispute(disputes: Disputes, milestoneId: string): Promise<void> {
  await disputes.rows('update transfers set protected = false where milestone_id = $1', [milestoneId]);
  const fundingId = await disputes.fundingOf(milestoneId);
  const taken = await disputes.dispute(fundingId);
  const chargebackId = await disputes.look(fundingId, taken);
  await disputes.look(fundingId, { ...taken, status: 'lost' });
  const { transfer_id } = await disputes.row(chargebackId);
  await disputes.clawedBack(chargebackId, String(transfer_id), 90_000n, 0n);
  await disputes.look(fundingId, { ...taken, status: 'won', reinstated: { feeMinor: 0n } });
}

describe('what escrow publishes is what others need (AD-8)', () => {
  const database = useDatabase({
    service: 'escrow',
    migrate: (ownerUrl, appRole) => migrate(definition, ownerUrl, appRole),
    connect: (appUrl) => connectOrm(definition, appUrl),
    journals: new LedgerWriter(newId),
  });
  let approved: Story;
  let unasked: Story;
  let unpaid: Story;
  let refunded: string;

  beforeAll(async () => {
    [approved, unasked, unpaid] = [new Story(database()), new Story(database()), new Story(database())];
    for (const story of [approved, unasked]) {
      await story.verifyCard();
      await story.activate();
      await story.charge();
    }
    await approved.submit();
    await approved.requestChanges();
    await approved.submit();
    await approved.release(approved.submissionId);
    await unasked.release();
    await unasked.bonus();
    await unasked.removeCard();
    await unpaid.activate();
    await unpaid.submit();
    await withdraw(database());
    await dispute(new Disputes(database()), approved.milestoneId);
    refunded = await giveUpRefund(database());
  }, 60_000);

  /** Where each fact happened; the others happened to the approved milestone. */
  const keyOf = (name: string): string => {
    if (/billing_method.removed/.test(name)) return unasked.clientId;
    if (/bonus/.test(name)) return unasked.agreementId;
    if (/billing_method/.test(name)) return approved.clientId;
    if (/refund/.test(name)) return refunded;
    if (/clearing/.test(name)) return paidWithdrawal().accountId;
    if (/funding\.failed|submission\.refused/.test(name)) return unpaid.agreementId;
    return name.endsWith(' unasked') ? unasked.agreementId : approved.agreementId;
  };
  const published = (name: string): Promise<ReceivedRecord | undefined> =>
    publishedRecord(database().pool, name.split(' ')[0]!, keyOf(name));

  it('every field of it', () => satisfyNeeds('escrow', published), 30_000);
});
