import { usd } from '@holdfast/domain';
import { decodeMessage, escrowEvents, type Message } from '@holdfast/events';
import { forgetNeeds, type Need, type ReceivedRecord, some, stateNeed } from '@holdfast/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { MirrorMilestone } from './commands/mirror-milestone.ts';
import { RememberBillingMethod } from './commands/remember-billing-method.ts';
import { KafkaController } from './kafka.controller.ts';

const agreementId = '01a2037a-c202-74f7-a5ab-50ccbccd1461';
const milestoneId = '01a2037a-c202-74f7-a5ab-50ccbccd1463';
const submissionId = '01a2037a-c202-74f7-a5ab-50ccbccd1464';
const message = { source: 'event', id: '01a2037a-c202-74f7-a5ab-50ccbccd1460' };
const [at, instant] = ['2027-01-04T09:00:00.000Z', new Date('2027-01-04T09:00:00.000Z')];

/** The command that an event leads to. */
async function commandOf(received: Message<typeof escrowEvents>): Promise<object | undefined> {
  const commands: object[] = [];
  const bus = { execute: async (command: object) => void commands.push(command) } as unknown as CommandBus;
  await new KafkaController(bus).onEscrow(received);
  return commands[0];
}

/** By the way that every record takes. */
const reading = (record: ReceivedRecord): Promise<object | undefined> =>
  commandOf(decodeMessage(escrowEvents, record));

const key = some.id(agreementId);
const ids = { agreementId: key, milestoneId: some.id(milestoneId) };
const funding = {
  agreementId: key,
  fundingId: some.id(),
  milestoneIds: some.listOf(some.id(milestoneId)),
  version: some.integer(),
};
const release = {
  ...ids,
  freelancerId: some.account('freelancer-1'),
  gross: some.money('100000'),
  clientFee: some.money('5000'),
  freelancerFee: some.money('10000'),
  net: some.money('90000'),
  balance: some.money('0'),
  cause: some.oneOf('approval', 'auto'),
  transferId: some.id(),
  releasedAt: some.instant(at),
};

/** Each fact about a milestone, and what of it the mirror keeps. */
const facts: [Omit<Need, 'key'>, object][] = [
  [
    {
      type: 'escrow.funding.started.v1',
      data: { ...funding, kind: some.oneOf('card'), amount: some.money('105499') },
    },
    { agreementId, milestoneIds: [milestoneId] },
  ],
  [
    {
      type: 'escrow.funding.failed.v1',
      data: { ...funding, reason: some.oneOf('declined', 'payer_needed', 'expired', 'method_unusable') },
    },
    { agreementId, milestoneIds: [milestoneId], reason: 'declined' },
  ],
  [
    {
      type: 'escrow.milestone.funded.v1',
      data: {
        ...ids,
        version: some.integer(),
        fundingId: some.id(),
        amount: some.money('100000'),
        clientFee: some.money('5000'),
        lots: some.listOf({ lotId: some.id(), amount: some.money('100000') }),
        fundedAt: some.instant(at),
      },
    },
    { agreementId, milestoneId, amount: usd(100_000n) },
  ],
  [
    {
      type: 'escrow.review.started.v1',
      data: { ...ids, submissionId: some.id(submissionId), dueAt: some.instant(at) },
    },
    { milestoneId, submissionId, dueAt: instant },
  ],
  [
    {
      type: 'escrow.submission.refused.v1',
      data: {
        ...ids,
        submissionId: some.id(submissionId),
        reason: some.oneOf('not_funded', 'released', 'already_under_review'),
      },
    },
    { milestoneId, submissionId, reason: 'not_funded' },
  ],
  [
    {
      type: 'escrow.milestone.changes_requested.v1',
      data: { ...ids, submissionId: some.id(submissionId), reasonHash: some.hash() },
    },
    { milestoneId, submissionId },
  ],
  [
    { type: 'escrow.milestone.released.v1', as: 'unasked', data: release },
    { milestoneId, balance: usd(0n) },
  ],
  [
    {
      type: 'escrow.milestone.released.v1',
      as: 'by approval of a submission',
      data: { ...release, submissionId: some.id(submissionId) },
    },
    { milestoneId, balance: usd(0n), submissionId },
  ],
];

describe('what contracts needs of escrow (AD-8)', () => {
  beforeAll(() => forgetNeeds('contracts'));

  it('whose billing method is verified (A-7)', async () => {
    const account = some.account('client-1');
    const need = {
      type: 'escrow.billing_method.verified.v1',
      key: account,
      data: { accountId: account, methodId: some.id(), kind: some.oneOf('card') },
    };
    await stateNeed({ consumer: 'contracts', provider: 'escrow' }, need, async (record) => {
      const command = await reading(record);
      expect(command).toBeInstanceOf(RememberBillingMethod);
      expect(command).toMatchObject({ input: { message, accountId: 'client-1', kind: 'card' } });
    });
  });

  it.each(facts.map(([need, kept]) => [need.type, need.as ?? '', need, kept] as const))(
    '%s %s',
    async (_, __, need, kept) => {
      await stateNeed({ consumer: 'contracts', provider: 'escrow' }, { ...need, key }, async (record) => {
        const command = await reading(record);
        expect(command).toBeInstanceOf(MirrorMilestone);
        const type = need.type.replace('.v1', '');
        expect(command).toMatchObject({ input: { message, event: { type, ...kept } } });
      });
    },
  );

  it('and of no other event', async () => {
    const stated = ['escrow.billing_method.verified', ...facts.map(([{ type }]) => type.replace('.v1', ''))];
    for (const type of Object.keys(escrowEvents.events).filter((name) => !stated.includes(name))) {
      expect(await commandOf({ id: message.id, event: { type } } as never)).toBeUndefined();
    }
  });
});
