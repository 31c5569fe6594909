import { usd } from '@holdfast/domain';
import {
  type Catalogue,
  contractsEvents,
  decodeMessage,
  disputesEvents,
  HoldReason,
  payoutsEvents,
} from '@holdfast/events';
import { forgetNeeds, type ReceivedRecord, some, stateNeed } from '@holdfast/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ActivateAgreement } from './commands/activate-agreement.ts';
import { ApplyClawBack } from './commands/apply-claw-back.ts';
import { ApplyWithdrawalPaid } from './commands/apply-withdrawal-paid.ts';
import { ApplyWithdrawalReturned } from './commands/apply-withdrawal-returned.ts';
import { AddMilestone, ChangeTerms, OrderMilestone } from './commands/change-terms.ts';
import { EndCaseFreeze, FreezeForCase } from './commands/follow-case.ts';
import { NoteActivity } from './commands/follow-dormancy.ts';
import { DecideDrawnRefund, RefuseDrawnRefund } from './commands/follow-draw.ts';
import { RecordNotice } from './commands/follow-refund-request.ts';
import { NoteDebt } from './commands/note-debt.ts';
import { NoteRestored } from './commands/note-restored.ts';
import { NoteTransfer } from './commands/note-transfer.ts';
import { RecordAccountHold } from './commands/record-account-hold.ts';
import { RememberAccount } from './commands/remember-account.ts';
import { NoteAgreementEnded, RequestClearing } from './commands/request-clearing.ts';
import { StartReview } from './commands/start-review.ts';
import { KafkaController } from './kafka.controller.ts';

const agreementId = '01a2037a-c202-74f7-a5ab-50ccbccd1461';
const transferId = '01a2037a-c202-74f7-a5ab-50ccbccd1462';
const milestoneId = '01a2037a-c202-74f7-a5ab-50ccbccd1463';
const submissionId = '01a2037a-c202-74f7-a5ab-50ccbccd1464';
const chargebackId = '01a2037a-c202-74f7-a5ab-50ccbccd1467';
const debtId = '01a2037a-c202-74f7-a5ab-50ccbccd1468';
const holdId = '01a2037a-c202-74f7-a5ab-50ccbccd1466';
const refundId = '01a2037a-c202-74f7-a5ab-50ccbccd1467';
const noticeId = '01a2037a-c202-74f7-a5ab-50ccbccd1468';
const withdrawalId = '01a2037a-c202-74f7-a5ab-50ccbccd1465';
const message = { source: 'event', id: '01a2037a-c202-74f7-a5ab-50ccbccd1460' };
const key = some.id(agreementId);
const [at, instant] = ['2027-01-04T09:00:00.000Z', new Date('2027-01-04T09:00:00.000Z')];

const caseId = '01a2037a-c202-74f7-a5ab-50ccbccd1469';

const catalogues = { contracts: contractsEvents, payouts: payoutsEvents, disputes: disputesEvents };
type Topic = keyof typeof catalogues;

/** The commands that an event leads to. */
async function commandsOf(topic: Topic, received: object): Promise<object[]> {
  const commands: object[] = [];
  const bus = { execute: async (command: object) => void commands.push(command) } as unknown as CommandBus;
  const controller = new KafkaController(bus);
  const taking = {
    contracts: () => controller.onContracts(received as never),
    payouts: () => controller.onPayouts(received as never),
    disputes: () => controller.onDisputes(received as never),
  };
  await taking[topic]();
  return commands;
}

/** By the way that every record takes. */
const readingAll = (topic: Topic, record: ReceivedRecord): Promise<object[]> =>
  commandsOf(topic, decodeMessage(catalogues[topic] as Catalogue, record));

const reading = (topic: Topic, record: ReceivedRecord): Promise<object | undefined> =>
  readingAll(topic, record).then(([command]) => command);

describe('what escrow needs of others (AD-8)', () => {
  beforeAll(() => forgetNeeds('escrow'));

  it('of contracts: parties, pinned settings and milestones of an agreement, to charge the first one', async () => {
    const settings = some.pinnedSettings();
    const milestone = {
      milestoneId: some.id(milestoneId),
      version: some.integer(),
      order: some.integer(),
      price: some.money('100000'),
      dueDate: some.date(),
    };
    const data = {
      agreementId: key,
      version: some.integer(),
      clientId: some.account('client-1'),
      freelancerId: some.account('freelancer-1'),
      contractType: 'fixed',
      settings,
      activatedAt: some.instant(at),
      milestones: some.listOf(milestone),
    };
    const need = { type: 'contracts.contract.activated.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(ActivateAgreement);
      const parties = { agreementId, clientId: 'client-1', freelancerId: 'freelancer-1' };
      const milestones = [{ milestoneId, version: 1, order: 1, price: usd(100_000n) }];
      const pinned = {
        'fee.client_bps': 500,
        'fee.initiation': 499,
        'review.days': 14,
        'review.min_hours': 72,
      };
      expect(command).toMatchObject({ input: { message, ...parties, milestones, settings: pinned } });
    });
  });

  it('of contracts: where a client is at home, for the tax', async () => {
    const data = {
      accountId: some.account('client-1'),
      roles: some.listOf(some.oneOf('client', 'freelancer')),
      region: some.oneOf('US', 'other'),
    };
    const need = { type: 'contracts.account.opened.v1', key: some.account('client-1'), data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RememberAccount);
      expect(command).toMatchObject({ input: { message, accountId: 'client-1', region: 'US' } });
    });
  });

  /** The terms of a milestone, and how escrow's commands see them. */
  const terms = {
    wire: {
      agreementId: key,
      milestoneId: some.id(milestoneId),
      version: some.integer(2),
      price: some.money('30000'),
      dueDate: some.date(),
      order: some.integer(2),
    },
    read: { message, milestoneId, version: 2, price: usd(30_000n), order: 2 },
  };

  it.each([
    ['agreed', AddMilestone],
    ['changed', OrderMilestone],
  ] as const)('of contracts: that a milestone was %s, and its place', async (what, expected) => {
    const need = { type: `contracts.milestone.${what}.v1`, key, data: terms.wire };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const [command, activity] = await readingAll('contracts', record);
      expect(command).toBeInstanceOf(expected);
      expect(command).toMatchObject({ input: terms.read });
      const due = { milestoneId, date: expect.stringMatching(/^\d{4}-\d{2}-\d{2}$/) };
      expect(activity).toMatchObject({ input: { message, agreementId, at: expect.any(Date), due } });
    });
  });

  it('of contracts: which terms shall hold, or that they shall be gone', async () => {
    const data = { ...terms.wire, amendmentId: some.id(submissionId), delete: some.flag(false) };
    const need = { type: 'contracts.milestone.terms_proposed.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(ChangeTerms);
      expect(command).toMatchObject({ input: { ...terms.read, delete: false } });
    });
  });

  const acts: [string, object, object][] = [
    [
      'milestone.cancelled',
      { milestoneId: some.id(milestoneId), version: some.integer(3) },
      { due: { milestoneId, date: null } },
    ],
    [
      'contract.amended',
      { amendmentId: some.id(submissionId), version: some.integer(2), amendedAt: some.instant(at) },
      {},
    ],
    [
      'payment.requested',
      {
        paymentRequestId: some.id(submissionId),
        clientId: some.account('client-1'),
        freelancerId: some.account('freelancer-1'),
        milestoneIds: some.listOf(some.id(milestoneId)),
        requestedAt: some.instant(at),
      },
      {},
    ],
  ];

  it.each(acts)('of contracts: that nothing is dormant, by %s (E-20)', async (what, fields, read) => {
    const need = { type: `contracts.${what}.v1`, key, data: { agreementId: key, ...fields } };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(NoteActivity);
      expect(command).toMatchObject({ input: { message, agreementId, at: expect.any(Date), ...read } });
    });
  });

  it('of contracts: which submission asks for payment, and since when', async () => {
    const data = {
      agreementId: key,
      milestoneId: some.id(milestoneId),
      submissionId: some.id(submissionId),
      contentHash: some.hash(),
      submittedAt: some.instant(at),
    };
    const need = { type: 'contracts.milestone.submitted.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(StartReview);
      expect(command).toMatchObject({ input: { message, milestoneId, submissionId, submittedAt: instant } });
    });
  });

  it.each([
    ['placed', true],
    ['lifted', false],
  ] as const)('of contracts: which hold was %s on an account, and when', async (what, isStanding) => {
    const data = {
      accountId: some.account('client-1'),
      holdId: some.id(holdId),
      kind: some.oneOf('safety', 'identity', 'financial', 'closed'),
      reason: some.oneOf(HoldReason.options[0]!, ...HoldReason.options.slice(1)),
    };
    const need = { type: `contracts.account.hold_${what}.v1`, key: some.account('client-1'), data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RecordAccountHold);
      const hold = { accountId: 'client-1', holdId, kind: 'safety', isStanding, at: expect.any(Date) };
      expect(command).toMatchObject({ input: { message, ...hold } });
    });
  });

  it('of contracts: which party ends an agreement, and what the freelancer gives up', async () => {
    const data = {
      agreementId: key,
      by: some.oneOf('freelancer', 'client'),
      waivedMilestoneIds: some.anyListOf(some.id(milestoneId)),
      requestedAt: some.instant(at),
    };
    const need = { type: 'contracts.contract.end_requested.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RequestClearing);
      const read = { agreementId, by: 'freelancer', waivedMilestoneIds: [milestoneId] };
      expect(command).toMatchObject({ input: { message, ...read, requestedAt: new Date(at) } });
    });
  });

  it('of contracts: that an agreement has ended', async () => {
    const data = { agreementId: key, endedAt: some.instant(at) };
    const need = { type: 'contracts.contract.ended.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(NoteAgreementEnded);
      expect(command).toMatchObject({ input: { message, agreementId, endedAt: instant } });
    });
  });

  it.each(['sent', 'bounced'])('of contracts: that a notice of a deadline was %s (C-8)', async (how) => {
    const deadline = { service: 'escrow', kind: 'refund.silence', id: some.id(refundId) };
    const data = {
      accountId: some.account('freelancer-1'),
      noticeId: some.id(noticeId),
      template: some.oneOf('refund_requested', 'refund_reminder'),
      deadline,
      provenAt: some.instant(at),
    };
    const need = { type: `contracts.notice.${how}.v1`, key: some.account('freelancer-1'), data };
    await stateNeed({ consumer: 'escrow', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RecordNotice);
      const read = {
        noticeId,
        accountId: 'freelancer-1',
        deadline: { ...deadline, id: refundId },
        provenAt: instant,
      };
      expect(command).toMatchObject({ input: { message, type: `contracts.notice.${how}`, ...read } });
    });
  });

  it('of payouts: which transfer was credited, and when it becomes available', async () => {
    const data = {
      agreementId: key,
      transferId: some.id(transferId),
      accountId: some.account('freelancer-1'),
      net: some.money('90000'),
      toDebt: some.money('0'),
      toPending: some.money('90000'),
      dueAt: some.instant(at),
    };
    const need = { type: 'payouts.funds.credited.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(NoteTransfer);
      expect(command).toMatchObject({
        input: { message, transferId, status: 'credited', availableAt: instant },
      });
    });
  });

  it('of payouts: that a transfer became available, and when', async () => {
    const data = {
      agreementId: key,
      transferId: some.id(transferId),
      accountId: some.account('freelancer-1'),
      amount: some.money('90000'),
      maturedAt: some.instant(at),
    };
    const need = { type: 'payouts.funds.matured.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(NoteTransfer);
      expect(command).toMatchObject({
        input: { message, transferId, status: 'matured', availableAt: instant },
      });
    });
  });

  it('of payouts: that it took the net of a refund from the balance, and how much of it where', async () => {
    const ids = { refundId: some.id(refundId), transferId: some.id(transferId) };
    const where = {
      fromPending: some.money('12000'),
      fromAvailable: some.money('6000'),
      debt: some.money('0'),
    };
    const data = { agreementId: key, ...ids, accountId: some.account('freelancer-1'), ...where };
    const need = { type: 'payouts.refund.taken.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(DecideDrawnRefund);
      const read = { agreementId, refundId, transferId, accountId: 'freelancer-1' };
      const minor = { fromPending: usd(12_000n), fromAvailable: usd(6_000n), debt: usd(0n) };
      expect(command).toMatchObject({ input: { message, ...read, ...minor } });
    });
  });

  it('of payouts: that the balance does not give a refund, and why', async () => {
    const data = {
      agreementId: key,
      refundId: some.id(refundId),
      accountId: some.account('freelancer-1'),
      reason: some.oneOf('balance_too_low', 'account_held'),
    };
    const need = { type: 'payouts.refund.refused.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(RefuseDrawnRefund);
      expect(command).toMatchObject({ input: { message, refundId, reason: 'balance_too_low' } });
    });
  });

  it('of payouts: that the net of a reversed refund was given back', async () => {
    const data = {
      agreementId: key,
      cause: 'refund',
      causeId: some.id(refundId),
      transferId: some.id(transferId),
      accountId: some.account('freelancer-1'),
      toDebt: some.money('0'),
      toAvailable: some.money('18000'),
    };
    const need = { type: 'payouts.funds.restored.v1', as: 'of a refund', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(NoteRestored);
      expect(command).toMatchObject({ input: { message, cause: 'refund', causeId: refundId, transferId } });
    });
  });

  /** What both ends of a withdrawal carry, and how escrow's commands see it. */
  const withdrawal = {
    wire: {
      accountId: some.account('freelancer-1'),
      withdrawalId: some.id(withdrawalId),
      attemptId: some.attempt('po_7K3M9QAA-1'),
      subAccount: some.oneOf('bank'),
      transferId: some.id(transferId),
    },
    read: { message, accountId: 'freelancer-1', withdrawalId, subAccount: 'bank', transferId },
  };
  const accountKey = some.account('freelancer-1');

  it('of payouts: what was paid out, from which place, under which transfer', async () => {
    const amounts = { sent: some.money('50000'), fee: some.money('0') };
    const data = { ...withdrawal.wire, ...amounts, paidAt: some.instant(at) };
    const need = { type: 'payouts.withdrawal.paid.v1', key: accountKey, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(ApplyWithdrawalPaid);
      expect(command).toMatchObject({ input: { ...withdrawal.read, sent: usd(50_000n), paidAt: instant } });
    });
  });

  it('of payouts: what came back, less what, and who bears it', async () => {
    const amounts = { amountBack: some.money('50000'), bankCharge: some.money('0') };
    const how = {
      afterPaid: some.flag(true),
      feeKept: some.flag(true),
      reason: some.oneOf('bad_details', 'refused_by_receiver', 'account_blocked', 'other'),
    };
    const data = { ...withdrawal.wire, ...amounts, ...how, returnedAt: some.instant(at) };
    const need = { type: 'payouts.withdrawal.returned.v1', key: accountKey, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(ApplyWithdrawalReturned);
      const read = { ...withdrawal.read, afterPaid: true, feeKept: true, returnedAt: instant };
      const minor = { amountBack: usd(50_000n), bankCharge: usd(0n) };
      expect(command).toMatchObject({ input: { ...read, ...minor } });
    });
  });

  it('of payouts: what a lost chargeback took of a freelancer, and what is owed', async () => {
    const data = {
      agreementId: key,
      chargebackId: some.id(chargebackId),
      transferId: some.id(transferId),
      accountId: some.account('freelancer-1'),
      taken: some.money('4000'),
      debt: some.money('5000'),
    };
    const need = { type: 'payouts.funds.clawed_back.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(ApplyClawBack);
      const input = { message, chargebackId, transferId, taken: usd(4_000n), debt: usd(5_000n) };
      expect(command).toMatchObject({ input });
    });
  });

  it('of payouts: that what came back is the freelancer’s again', async () => {
    const data = {
      agreementId: key,
      cause: some.oneOf('chargeback', 'refund'),
      causeId: some.id(chargebackId),
      transferId: some.id(transferId),
      accountId: some.account('freelancer-1'),
      toDebt: some.money('5000'),
      toAvailable: some.money('4000'),
    };
    const need = { type: 'payouts.funds.restored.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(NoteRestored);
      const input = { message, cause: 'chargeback', causeId: chargebackId, transferId };
      expect(command).toMatchObject({ input });
    });
  });

  it.each([
    ['opened', true],
    ['settled', false],
  ] as const)('of payouts: that a debt was %s, and what is left of it', async (what, isNew) => {
    const data = {
      accountId: some.account('freelancer-1'),
      debtId: some.id(debtId),
      amount: some.money('5000'),
      left: some.money('5000'),
    };
    const need = { type: `payouts.debt.${what}.v1`, key: accountKey, data };
    await stateNeed({ consumer: 'escrow', provider: 'payouts' }, need, async (record) => {
      const command = await reading('payouts', record);
      expect(command).toBeInstanceOf(NoteDebt);
      const input = { message, isNew, debtId, accountId: 'freelancer-1', left: usd(5_000n) };
      expect(command).toMatchObject({ input });
    });
  });

  // Nobody publishes them yet: what is stated here is what the service will be held to.
  it('of disputes: what a freelancer claims of which milestone, and since when (D-19)', async () => {
    const data = {
      agreementId: key,
      caseId: some.id(caseId),
      milestoneId: some.id(milestoneId),
      openedBy: some.account('freelancer-1'),
      claim: some.money('30000'),
      openedAt: some.instant(at),
    };
    const need = { type: 'disputes.case.opened.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'disputes' }, need, async (record) => {
      const command = await reading('disputes', record);
      expect(command).toBeInstanceOf(FreezeForCase);
      const read = { agreementId, caseId, milestoneId, openedBy: 'freelancer-1', claim: usd(30_000n) };
      expect(command).toMatchObject({ input: { message, ...read, openedAt: instant } });
    });
  });

  it('of disputes: that a case was given up (D-15)', async () => {
    const named = { agreementId: key, caseId: some.id(caseId), milestoneId: some.id(milestoneId) };
    const data = { ...named, withdrawnAt: some.instant(at) };
    const need = { type: 'disputes.case.withdrawn.v1', key, data };
    await stateNeed({ consumer: 'escrow', provider: 'disputes' }, need, async (record) => {
      const command = await reading('disputes', record);
      expect(command).toBeInstanceOf(EndCaseFreeze);
      expect(command).toMatchObject({ input: { message, agreementId, caseId, milestoneId } });
    });
  });

  it('and of no other event', async () => {
    const stated = [
      'contracts.account.hold_placed',
      'contracts.account.hold_lifted',
      'contracts.account.opened',
      'contracts.contract.activated',
      'contracts.milestone.agreed',
      'contracts.milestone.terms_proposed',
      'contracts.milestone.changed',
      'contracts.milestone.cancelled',
      'contracts.contract.amended',
      'contracts.payment.requested',
      'contracts.contract.end_requested',
      'contracts.contract.ended',
      'contracts.notice.sent',
      'contracts.notice.bounced',
      'contracts.milestone.submitted',
      'payouts.funds.credited',
      'payouts.funds.matured',
      'payouts.funds.clawed_back',
      'payouts.funds.restored',
      'payouts.debt.opened',
      'payouts.debt.settled',
      'payouts.refund.taken',
      'payouts.refund.refused',
      'payouts.withdrawal.paid',
      'payouts.withdrawal.returned',
      'disputes.case.opened',
      'disputes.case.withdrawn',
    ];
    for (const [topic, { events }] of Object.entries(catalogues)) {
      for (const type of Object.keys(events).filter((name) => !stated.includes(name))) {
        expect(await commandsOf(topic as Topic, { id: message.id, event: { type } })).toEqual([]);
      }
    }
  });
});
