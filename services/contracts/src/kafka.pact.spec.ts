import { usd } from '@holdfast/domain';
import { type Catalogue, decodeMessage, escrowEvents, payoutsEvents } from '@holdfast/events';
import { forgetNeeds, type Need, type ReceivedRecord, some, stateNeed } from '@holdfast/testing';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { ApplyTerms } from './commands/apply-terms.ts';
import { FollowClearing } from './commands/end-agreement.ts';
import { ForgetBillingMethod } from './commands/forget-billing-method.ts';
import { LiftHoldByFact } from './commands/lift-hold.ts';
import { MirrorMatter, MirrorMilestone } from './commands/mirror-milestone.ts';
import { PlaceHoldByFact } from './commands/place-hold.ts';
import { PlanNotices } from './commands/plan-notices.ts';
import { RememberBillingMethod } from './commands/remember-billing-method.ts';
import { tellingTypes } from './domain/notices.ts';
import { KafkaController } from './kafka.controller.ts';
import {
  announcedNeed,
  askedNeeds,
  clearingNeeds,
  dormancyNeeds,
  key,
  laterNeeds,
  matterNeeds,
  milestoneNeeds,
  movedNeed,
  suspendedNeed,
  termsNeeds,
} from './testing/needs-of-escrow.ts';

const message = { source: 'event', id: '01a2037a-c202-74f7-a5ab-50ccbccd1460' };
const [at, instant] = ['2027-01-04T09:00:00.000Z', new Date('2027-01-04T09:00:00.000Z')];

const catalogues = { escrow: escrowEvents, payouts: payoutsEvents };
type Topic = keyof typeof catalogues;

/** The commands that an event leads to. */
async function commandsOf(topic: Topic, received: object): Promise<object[]> {
  const commands: object[] = [];
  const bus = { execute: async (command: object) => void commands.push(command) } as unknown as CommandBus;
  const controller = new KafkaController(bus);
  await (topic === 'escrow'
    ? controller.onEscrow(received as never)
    : controller.onPayouts(received as never));
  return commands;
}

/** By the way that every record takes. */
const reading = (topic: Topic, record: ReceivedRecord): Promise<object[]> =>
  commandsOf(topic, decodeMessage(catalogues[topic] as Catalogue, record));

const account = some.account('person-1');
const methodId = '01a2037a-c202-74f7-a5ab-50ccbccd1466';
const screening = { accountId: account, screeningId: some.id(), methodId: some.id(methodId) };

/** What begins and ends the cause of a hold (S-12): the command, and what it is told. */
const holdFacts: [Omit<Need, 'key'>, new (...input: never) => object, object][] = [
  [
    {
      type: 'payouts.identity.failed.v1',
      data: { accountId: account, reason: some.oneOf('refused', 'unanswered') },
    },
    PlaceHoldByFact,
    {},
  ],
  [{ type: 'payouts.identity.verified.v1', data: { accountId: account } }, LiftHoldByFact, {}],
  [{ type: 'payouts.screening.blocked.v1', data: screening }, PlaceHoldByFact, { methodId }],
  [{ type: 'payouts.screening.cleared.v1', data: screening }, LiftHoldByFact, { methodId }],
];

const withdrawalId = '01a2037a-c202-74f7-a5ab-50ccbccd1467';
const withdrawal = { accountId: account, withdrawalId: some.id(withdrawalId) };
const attempt = { ...withdrawal, attemptId: some.attempt() };
const method = { accountId: account, methodId: some.id(methodId), kind: some.oneOf('ach') };
const returned = {
  ...attempt,
  afterPaid: some.flag(true),
  amountBack: some.money('50000'),
  bankCharge: some.money('0'),
  feeKept: some.flag(true),
  reason: some.oneOf('bad_details', 'refused_by_receiver', 'account_blocked', 'other'),
  subAccount: some.oneOf('bank'),
  returnedAt: some.instant(at),
};
const paid = {
  ...attempt,
  sent: some.money('50000'),
  fee: some.money('0'),
  subAccount: some.oneOf('bank'),
  transferId: some.id(),
  paidAt: some.instant(at),
};
const methodReasons = ['name_mismatch', 'screening', 'bad_details', 'refused_by_bank'] as const;
const failures = [
  'method_disabled',
  'refused',
  'denied',
  'cancelled_by_provider',
  'provider_failed',
] as const;

/** What a person is told of the own way out (W-1, W-13). */
const toldFacts: [Omit<Need, 'key'>, object][] = [
  [{ type: 'payouts.method.added.v1', data: { ...method, dueAt: some.instant(at) } }, { dueAt: instant }],
  [
    { type: 'payouts.method.disabled.v1', data: { ...method, reason: some.oneOf(...methodReasons) } },
    { methodId, reason: 'name_mismatch' },
  ],
  [
    { type: 'payouts.withdrawal.paid.v1', data: paid },
    { withdrawalId, sent: usd(50_000n) },
  ],
  [
    {
      type: 'payouts.withdrawal.failed.v1',
      data: { ...withdrawal, amount: some.money('50000'), reason: some.oneOf(...failures) },
    },
    { withdrawalId, amount: usd(50_000n) },
  ],
  [
    { type: 'payouts.withdrawal.returned.v1', data: returned },
    { withdrawalId, amountBack: usd(50_000n) },
  ],
];

/** Which command keeps each fact of escrow. */
const escrowNeeds = [
  ...[...milestoneNeeds, ...laterNeeds, movedNeed, suspendedNeed].map(
    (need) => [MirrorMilestone, need] as const,
  ),
  ...[...matterNeeds, ...dormancyNeeds].map((need) => [MirrorMatter, need] as const),
  ...[announcedNeed, ...askedNeeds].map((need) => [PlanNotices, need] as const),
  ...termsNeeds.map((need) => [ApplyTerms, need] as const),
  ...clearingNeeds.map((need) => [FollowClearing, need] as const),
];

beforeAll(() => forgetNeeds('contracts'));

describe('what contracts needs of escrow (AD-8)', () => {
  const pair = { consumer: 'contracts', provider: 'escrow' };

  it('whose billing method is verified (A-7)', async () => {
    const client = some.account('client-1');
    const need = {
      type: 'escrow.billing_method.verified.v1',
      key: client,
      data: { accountId: client, methodId: some.id(), kind: some.oneOf('card', 'paypal', 'bank') },
    };
    await stateNeed(pair, need, async (record) => {
      const [command, told, ...others] = await reading('escrow', record);
      expect(told).toBeInstanceOf(PlanNotices);
      expect(others).toEqual([]);
      expect(command).toBeInstanceOf(RememberBillingMethod);
      expect(command).toMatchObject({ input: { message, accountId: 'client-1', kind: 'card' } });
    });
  });

  it.each([
    ['escrow.billing_method.confirmable.v1', { dueAt: some.instant(at) }, { dueAt: instant }],
    [
      'escrow.billing_method.unconfirmed.v1',
      { reason: some.oneOf('amounts_wrong', 'not_confirmed', 'disputed', 'removed') },
      { reason: 'amounts_wrong' },
    ],
  ] as const)('who has a card to confirm, and until when (P-2): %s', async (type, data, told) => {
    const card = { accountId: account, methodId: some.id(methodId), kind: some.oneOf('card') };
    await stateNeed(pair, { type, key: account, data: { ...card, ...data } }, async (record) => {
      const commands = await reading('escrow', record);
      expect(commands).toMatchObject([
        { input: { message, event: { accountId: 'person-1', methodId, ...told } } },
      ]);
      expect(commands[0]).toBeInstanceOf(PlanNotices);
    });
  });

  it('whose billing method is gone (A-7)', async () => {
    const client = some.account('client-1');
    const methodId = '01a2037a-c202-74f7-a5ab-50ccbccd1465';
    const need = {
      type: 'escrow.billing_method.removed.v1',
      key: client,
      data: { accountId: client, methodId: some.id(methodId), kind: some.oneOf('card', 'paypal', 'bank') },
    };
    await stateNeed(pair, need, async (record) => {
      const [command] = await reading('escrow', record);
      expect(command).toBeInstanceOf(ForgetBillingMethod);
      expect(command).toMatchObject({ input: { message, methodId } });
    });
  });

  it.each(
    escrowNeeds.map(([expected, [need, told]]) => [need.type, need.as ?? '', expected, need, told] as const),
  )('%s %s', async (_, __, expected, need, told) => {
    const read = async (record: ReceivedRecord) => {
      const [command, ...others] = await reading('escrow', record);
      expect(command).toBeInstanceOf(expected);
      const type = need.type.replace('.v1', '');
      expect(command).toMatchObject({ input: { message, event: { type, ...told } } });
      // Whom it concerns is told (C-7).
      const isTold = (tellingTypes as string[]).includes(type) && expected !== PlanNotices;
      expect(others.filter((other) => other instanceof PlanNotices)).toHaveLength(isTold ? 1 : 0);
      for (const other of others)
        expect(other).toMatchObject({ input: { message, event: { type, ...told } } });
    };
    await stateNeed(pair, { ...need, key }, read);
  });
});

describe('what contracts needs of payouts (AD-8)', () => {
  it.each(holdFacts.map(([need, command, told]) => [need.type, need, command, told] as const))(
    '%s',
    async (_, need, expected, told) => {
      const pair = { consumer: 'contracts', provider: 'payouts' };
      await stateNeed(pair, { ...need, key: account }, async (record) => {
        const [command, ...others] = await reading('payouts', record);
        expect(command).toBeInstanceOf(expected);
        const event = { type: need.type.replace('.v1', ''), accountId: 'person-1', ...told };
        expect(command).toMatchObject({ input: { message, event } });
        expect(others).toEqual([]);
      });
    },
  );
});

describe('what contracts tells of facts of payouts (C-7)', () => {
  it.each(toldFacts.map(([need, told]) => [need.type, need, told] as const))('%s', async (_, need, told) => {
    const pair = { consumer: 'contracts', provider: 'payouts' };
    await stateNeed(pair, { ...need, key: account }, async (record) => {
      const [command, ...others] = await reading('payouts', record);
      expect(command).toBeInstanceOf(PlanNotices);
      const event = { type: need.type.replace('.v1', ''), accountId: 'person-1', ...told };
      expect(command).toMatchObject({ input: { message, event } });
      expect(others).toEqual([]);
    });
  });
});

it('and of no other event, but those by which people will be told once they are published', async () => {
  const stated = [
    'escrow.billing_method.verified.v1',
    'escrow.billing_method.removed.v1',
    'escrow.billing_method.confirmable.v1',
    'escrow.billing_method.unconfirmed.v1',
    ...escrowNeeds.map(([, [{ type }]]) => type),
    ...[...holdFacts, ...toldFacts].map(([{ type }]) => type),
  ];
  for (const topic of Object.keys(catalogues) as Topic[]) {
    for (const type of Object.keys(catalogues[topic].events)) {
      if (stated.includes(`${type}.v1`)) continue;
      const commands = await commandsOf(topic, { id: message.id, event: { type } });
      const isTold = (tellingTypes as string[]).includes(type);
      expect(commands.map((command) => command.constructor.name)).toEqual(isTold ? ['PlanNotices'] : []);
    }
  }
});
