import { usd } from '@holdfast/domain';
import { type Catalogue, contractsEvents, decodeMessage, escrowEvents, HoldReason } from '@holdfast/events';
import { forgetNeeds, type ReceivedRecord, some, stateNeed } from '@holdfast/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ClawBackFunds } from './commands/claw-back-funds.ts';
import { CreditRelease } from './commands/credit-release.ts';
import { HoldFunds } from './commands/hold-funds.ts';
import { NoteClearing } from './commands/note-clearing.ts';
import { RecordAccountHold } from './commands/record-account-hold.ts';
import { RememberAccount } from './commands/remember-account.ts';
import { RememberAgreement } from './commands/remember-agreement.ts';
import { RestoreFunds, RestoreRefund } from './commands/restore-funds.ts';
import { TakeRefund } from './commands/take-refund.ts';
import { KafkaController } from './kafka.controller.ts';

const agreementId = '01a2037a-c202-74f7-a5ab-50ccbccd1461';
const chargebackId = '01a2037a-c202-74f7-a5ab-50ccbccd1464';
const transferId = '01a2037a-c202-74f7-a5ab-50ccbccd1462';
const eventId = '01a2037a-c202-74f7-a5ab-50ccbccd1460';
const message = { source: 'event', id: eventId };
const key = some.id(agreementId);

const catalogues = { contracts: contractsEvents, escrow: escrowEvents };
type Topic = keyof typeof catalogues;

/** The command that an event leads to. */
async function commandOf(topic: Topic, received: object): Promise<object | undefined> {
  const commands: object[] = [];
  const bus = { execute: async (command: object) => void commands.push(command) } as unknown as CommandBus;
  const controller = new KafkaController(bus);
  await (topic === 'contracts'
    ? controller.onContracts(received as never)
    : controller.onEscrow(received as never));
  return commands[0];
}

/** By the way that every record takes. */
const reading = (topic: Topic, record: ReceivedRecord): Promise<object | undefined> =>
  commandOf(topic, decodeMessage(catalogues[topic] as Catalogue, record));

describe('what payouts needs of others (AD-8)', () => {
  beforeAll(() => forgetNeeds('payouts'));

  it('of contracts: the parties and pinned settings of an agreement', async () => {
    const settings = some.pinnedSettings();
    const milestone = {
      milestoneId: some.id(),
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
      activatedAt: some.instant(),
      milestones: some.listOf(milestone),
    };
    const need = { type: 'contracts.contract.activated.v1', key, data };
    await stateNeed({ consumer: 'payouts', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RememberAgreement);
      const parties = { agreementId, clientId: 'client-1', freelancerId: 'freelancer-1' };
      expect(command).toMatchObject({ input: { message, ...parties, settings: { 'hold.days': 5 } } });
    });
  });

  it('of contracts: that an account was opened', async () => {
    const data = {
      accountId: some.account('freelancer-1'),
      roles: some.listOf(some.oneOf('freelancer', 'client')),
      region: some.oneOf('US', 'other'),
    };
    const need = { type: 'contracts.account.opened.v1', key: some.account('freelancer-1'), data };
    await stateNeed({ consumer: 'payouts', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RememberAccount);
      expect(command).toMatchObject({ input: { message, accountId: 'freelancer-1', region: 'US' } });
    });
  });

  it.each([
    ['placed', true],
    ['lifted', false],
  ] as const)('of contracts: that a hold was %s, and of which kind', async (what, isStanding) => {
    const holdId = '01a2037a-c202-74f7-a5ab-50ccbccd1463';
    const data = {
      accountId: some.account('freelancer-1'),
      holdId: some.id(holdId),
      kind: some.oneOf('safety', 'identity', 'financial', 'closed'),
      reason: some.oneOf(HoldReason.options[0]!, ...HoldReason.options.slice(1)),
    };
    const type = `contracts.account.hold_${what}.v1`;
    const need = { type, key: some.account('freelancer-1'), data };
    await stateNeed({ consumer: 'payouts', provider: 'contracts' }, need, async (record) => {
      const command = await reading('contracts', record);
      expect(command).toBeInstanceOf(RecordAccountHold);
      const hold = { accountId: 'freelancer-1', holdId, kind: 'safety', isStanding };
      expect(command).toMatchObject({ input: { message, ...hold } });
    });
  });

  it('of escrow: what was released, to whom, and under which transfer', async () => {
    const data = {
      agreementId: key,
      milestoneId: some.id(),
      freelancerId: some.account('freelancer-1'),
      gross: some.money('100000'),
      clientFee: some.money('5000'),
      freelancerFee: some.money('10000'),
      net: some.money('90000'),
      balance: some.money('0'),
      cause: some.oneOf('approval', 'auto'),
      transferId: some.id(transferId),
      releasedAt: some.instant('2027-01-04T09:00:00.000Z'),
    };
    const need = { type: 'escrow.milestone.released.v1', key, data };
    await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
      const command = await reading('escrow', record);
      expect(command).toBeInstanceOf(CreditRelease);
      const releasedAt = new Date('2027-01-04T09:00:00.000Z');
      const expected = {
        agreementId,
        freelancerId: 'freelancer-1',
        net: usd(90_000n),
        transferId,
        releasedAt,
      };
      expect(command).toMatchObject({ input: { message, ...expected } });
    });
  });

  it('of escrow: which bonus was released, to whom, and under which transfer', async () => {
    const data = {
      agreementId: key,
      bonusId: some.id(),
      freelancerId: some.account('freelancer-1'),
      gross: some.money('5000'),
      clientFee: some.money('250'),
      freelancerFee: some.money('500'),
      net: some.money('4500'),
      cause: some.oneOf('bonus'),
      transferId: some.id(transferId),
      releasedAt: some.instant('2027-01-04T09:00:00.000Z'),
    };
    const need = { type: 'escrow.bonus.released.v1', key, data };
    await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
      const command = await reading('escrow', record);
      expect(command).toBeInstanceOf(CreditRelease);
      const releasedAt = new Date('2027-01-04T09:00:00.000Z');
      const expected = {
        agreementId,
        freelancerId: 'freelancer-1',
        net: usd(4_500n),
        transferId,
        releasedAt,
      };
      expect(command).toMatchObject({ input: { message, ...expected } });
    });
  });

  it('of escrow: which released parts of a disputed charge are not protected', async () => {
    const part = {
      state: some.oneOf('released', 'held'),
      amount: some.money('10000'),
      net: some.money('9000'),
      protected: some.flag(false),
    };
    const data = {
      agreementId: key,
      chargebackId: some.id(chargebackId),
      fundingId: some.id(),
      clientId: some.account('client-1'),
      freelancerId: some.account('freelancer-1'),
      amount: some.money('10500'),
      fee: some.money('1500'),
      parts: some.listOf(part),
      dueAt: some.instant(),
    };
    const need = { type: 'escrow.chargeback.received.v1', key, data };
    await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
      const command = await reading('escrow', record);
      expect(command).toBeInstanceOf(HoldFunds);
      const parts = [{ state: 'released', net: usd(9_000n), protected: false }];
      const expected = { agreementId, chargebackId, freelancerId: 'freelancer-1', parts };
      expect(command).toMatchObject({ input: { message, ...expected } });
    });
  });

  it.each([
    ['won', RestoreFunds],
    ['lost', ClawBackFunds],
  ] as const)(
    'of escrow: that a chargeback was %s, and what follows for the freelancer',
    async (how, expected) => {
      const data = {
        agreementId: key,
        chargebackId: some.id(chargebackId),
        accountId: some.account('freelancer-1'),
        amount: some.money('10500'),
        net: some.money('9000'),
        transferId: some.id(transferId),
      };
      const need = { type: `escrow.chargeback.${how}.v1`, key, data };
      await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
        const command = await reading('escrow', record);
        expect(command).toBeInstanceOf(expected);
        const input = { agreementId, chargebackId, accountId: 'freelancer-1', net: usd(9_000n), transferId };
        expect(command).toMatchObject({ input: { message, ...input } });
      });
    },
  );

  it('of escrow: what of paid money goes back, all or nothing of it', async () => {
    const refundId = '01a2037a-c202-74f7-a5ab-50ccbccd1465';
    const data = {
      agreementId: key,
      refundId: some.id(refundId),
      accountId: some.account('freelancer-1'),
      net: some.money('18000'),
      transferId: some.id(transferId),
      debtAllowed: some.flag(false),
    };
    const need = { type: 'escrow.refund.drawn_on_balance.v1', key, data };
    await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
      const command = await reading('escrow', record);
      expect(command).toBeInstanceOf(TakeRefund);
      const input = { agreementId, refundId, accountId: 'freelancer-1', net: usd(18_000n), transferId };
      expect(command).toMatchObject({ input: { message, ...input, debtAllowed: false } });
    });
  });

  it('of escrow: that a refund of paid money was given up, and what comes back', async () => {
    const refundId = '01a2037a-c202-74f7-a5ab-50ccbccd1465';
    const data = {
      agreementId: key,
      refundId: some.id(refundId),
      accountId: some.account('freelancer-1'),
      net: some.money('18000'),
      transferId: some.id(transferId),
    };
    const need = { type: 'escrow.refund.reversed.v1', key, data };
    await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
      const command = await reading('escrow', record);
      expect(command).toBeInstanceOf(RestoreRefund);
      const input = { agreementId, refundId, accountId: 'freelancer-1', net: usd(18_000n), transferId };
      expect(command).toMatchObject({ input: { message, ...input } });
    });
  });

  it.each(['withdrawal_paid', 'withdrawal_returned', 'refund_taken', 'clawed_back'] as const)(
    'of escrow: that it posted its side of a transfer of ours (%s)',
    async (kind) => {
      const data = {
        accountId: some.account('freelancer-1'),
        transferId: some.id(transferId),
        amount: some.money('50000'),
        kind: some.oneOf(kind, 'withdrawal_paid', 'withdrawal_returned', 'refund_taken', 'clawed_back'),
      };
      const need = { type: 'escrow.clearing.applied.v1', key: some.account('freelancer-1'), data };
      await stateNeed({ consumer: 'payouts', provider: 'escrow' }, need, async (record) => {
        const command = await reading('escrow', record);
        expect(command).toBeInstanceOf(NoteClearing);
        const expected = { accountId: 'freelancer-1', transferId, amount: usd(50_000n), kind };
        expect(command).toMatchObject({ input: { message, ...expected } });
      });
    },
  );

  it('and of no other event', async () => {
    const stated = [
      'contracts.account.opened',
      'contracts.account.hold_placed',
      'contracts.account.hold_lifted',
      'contracts.contract.activated',
      'escrow.milestone.released',
      'escrow.bonus.released',
      'escrow.chargeback.received',
      'escrow.chargeback.won',
      'escrow.chargeback.lost',
      'escrow.refund.drawn_on_balance',
      'escrow.refund.reversed',
      'escrow.clearing.applied',
    ];
    for (const [topic, { events }] of Object.entries(catalogues)) {
      for (const type of Object.keys(events).filter((name) => !stated.includes(name))) {
        expect(await commandOf(topic as Topic, { id: message.id, event: { type } })).toBeUndefined();
      }
    }
  });
});
