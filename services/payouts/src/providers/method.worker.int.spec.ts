import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { plusDays } from '@holdfast/domain';
import { type AnyDeadline, Deadlines, WallClock } from '@holdfast/messaging';
import { CONFIG } from '@holdfast/service';
import { eventually } from '@holdfast/testing';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { FailIdentityHandler } from '../commands/change-identity.ts';
import { EndCoolingHandler } from '../commands/end-cooling.ts';
import { RecordRegistrationHandler } from '../commands/record-registration.ts';
import { RecordScreeningHandler } from '../commands/record-screening.ts';
import { payoutsDeadlines } from '../deadlines.ts';
import type { BankDetails } from '../tables/withdrawal-method.table.ts';
import { useBankProvider } from '../testing/bank-provider.ts';
import { bankDetails, texts, usePayouts } from '../testing/payouts.ts';
import { MethodWorker } from './method.worker.ts';
import { MethodDetails } from './method-details.ts';
import { ReceivingAccounts } from './receiving-account.ts';
import { HttpScreening } from './screening.ts';

const payouts = usePayouts();
const provider = useBankProvider();
let deadlines: Deadlines;

/** What falls due about persons and methods, with the real worker, handlers and the providers' simulator. */
function dueOfMethods(bankUrl?: string, deployed: string[] = []): AnyDeadline[] {
  const { unitOfWork, orm } = payouts().database;
  const handlers = [
    new FailIdentityHandler(unitOfWork),
    new EndCoolingHandler(unitOfWork, texts),
    new RecordRegistrationHandler(unitOfWork, texts),
    new RecordScreeningHandler(unitOfWork, texts),
  ];
  const execute = (command: object) =>
    handlers
      .find((handler) => handler.constructor.name === `${command.constructor.name}Handler`)!
      .execute(command as never);
  const commands = { execute } as unknown as CommandBus;
  const details = new MethodDetails(orm, texts);
  const screening = new HttpScreening(provider.screening(), details);
  const bank = provider.bank({}, bankUrl ? { baseUrl: bankUrl } : {});
  const accounts = new ReceivingAccounts(bank, details);
  const known = new Map<unknown, unknown>([
    [CommandBus, commands],
    [CONFIG, { DEPLOYED_SERVICES: deployed }],
    [MethodWorker, new MethodWorker(screening, accounts, commands, new WallClock())],
  ]);
  const kinds = ['identity.answer', 'method.cooling', 'method.call'];
  return payoutsDeadlines({ get: (token: unknown) => known.get(token) } as never).filter(({ kind }) =>
    kinds.includes(kind),
  );
}

function sweepWith(bankUrl?: string): void {
  const { pool, orm, clock, unitOfWork } = payouts().database;
  deadlines = new Deadlines({ pool, orm, clock }, dueOfMethods(bankUrl));
  unitOfWork.onCommit(() => deadlines.wake());
  deadlines.start();
}

beforeEach(() => sweepWith());
afterEach(() => deadlines.stop());

/** Nothing is due any more: everything has come to its end, or waits for a later instant. */
async function quiet(): Promise<void> {
  deadlines.wake();
  await eventually(
    () => deadlines.dueNow(),
    (due) => due.length === 0,
  );
}

async function passDays(days: number): Promise<void> {
  await quiet();
  payouts().pass(plusDays(payouts().now(), days));
  await quiet();
}

async function added(details: Partial<BankDetails> = {}) {
  const accountId = await payouts().openAccount();
  await payouts().verify(accountId, details.holderName);
  return { accountId, ...(await payouts().addMethod(accountId, details)) };
}
const statusOf = async (methodId: string) => {
  const { status, screening } = await payouts().methodRow(methodId);
  return { status, screening };
};
const registrations = (methodId: string) => provider.requests({ op: 'counterparty.create', key: methodId });
const questions = async (methodId: string) => {
  const { screening_id: reference } = await payouts().methodRow(methodId);
  return provider.requests({ op: 'screening.ask', reference: String(reference) });
};
/** Until a call has been answered this often: one that is tried again rests for a second first. */
const calledTimes = (calls: () => Promise<object[]>, times: number) =>
  eventually(calls, (made) => made.length >= times, 20_000);

describe('W-1, W-17: a new method', () => {
  test('is screened, registered at the bank under its own id, and active when it has cooled off', async () => {
    const { accountId, methodId, usableAt } = await added();
    await quiet();
    expect(await statusOf(methodId)).toEqual({ status: 'added', screening: 'clear' });
    expect(await payouts().methodRow(methodId)).toMatchObject({
      provider_account_id: expect.stringMatching(/^ea_/),
    });
    expect(await registrations(methodId)).toMatchObject([{ outcome: 'executed', status: 201 }]);
    expect(await deadlines.list.of(accountId)).toMatchObject([
      { kind: 'method.cooling', id: methodId, dueAt: new Date(usableAt) },
    ]);
    await passDays(3);
    expect(await statusOf(methodId)).toMatchObject({ status: 'active' });
    expect(await deadlines.list.of(accountId)).toEqual([]);
    const [told] = await payouts().rows(
      `select headers from outbox where aggregateid = $1 and type = 'payouts.method.activated.v1'`,
      [accountId],
    );
    expect((told!.headers as { time: string }).time).toBe(usableAt);
  });

  test.each([
    ['Ada Review', 'review'],
    ['Ada Blocked', 'blocked'],
  ])('fault 40: of %s waits, however long, and no bank hears of it', async (holderName, screening) => {
    const { methodId } = await added({ holderName });
    await passDays(30);
    expect(await statusOf(methodId)).toEqual({ status: 'added', screening });
    expect(await registrations(methodId)).toEqual([]);
    expect(await questions(methodId)).toHaveLength(1);
  });

  test('fault 40: without an answer it stays as it is, and is asked about again', async () => {
    await provider.fault('screening.ask', 'screening', { result: 'no_answer' });
    const { methodId } = await added();
    await calledTimes(() => questions(methodId), 2);
    await quiet();
    expect(await statusOf(methodId)).toEqual({ status: 'added', screening: 'clear' });
  });

  test.each([
    'error-before-execution',
    'connection-reset',
    'too-many-requests',
    'wrong-credentials',
    'malformed-body',
  ])('is asked about again after %s, and is never clear without a clear answer', async (fault) => {
    await provider.fault('screening.ask', fault);
    const { methodId } = await added();
    await calledTimes(() => questions(methodId), 1);
    expect(await statusOf(methodId)).toEqual({ status: 'added', screening: 'pending' });
    await calledTimes(() => questions(methodId), 2);
    await quiet();
    expect(await statusOf(methodId)).toEqual({ status: 'added', screening: 'clear' });
  });
});

describe('the registration of the account at the bank', () => {
  test.each([
    'error-before-execution',
    'error-after-execution',
    'connection-reset',
    'too-many-requests',
    'malformed-body',
  ])('goes again after %s, the same key and bytes, since it moves no money', async (fault) => {
    await provider.fault('counterparty.create', fault);
    const { methodId } = await added();
    const calls = (await calledTimes(() => registrations(methodId), 2)) as { bodySha256: string }[];
    await quiet();
    expect(new Set(calls.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
    expect(await payouts().methodRow(methodId)).toMatchObject({
      provider_account_id: expect.stringMatching(/^ea_/),
    });
  });

  describe('by a bank of another mind', () => {
    let bank: Server;
    let status = 422;
    let answers = 0;
    const bodies: unknown[] = [];

    beforeEach(async () => {
      await deadlines.stop();
      [answers, bodies.length] = [0, 0];
      bank = createServer(async (request, response) => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
        answers += 1;
        const errors = { code: 'parameter_invalid', message: 'No such account', parameter: 'accounts' };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ errors }));
      });
      await once(bank.listen(0, '127.0.0.1'), 'listening');
      sweepWith(`http://127.0.0.1:${(bank.address() as AddressInfo).port}`);
    });
    afterEach(async () => {
      await provider.closeClients();
      await new Promise((resolve) => bank.close(resolve));
    });

    test('422 ends the method: refused_by_bank; it was told exactly what was typed', async () => {
      status = 422;
      const { accountId, methodId } = await added();
      await quiet();
      expect(await payouts().methodRow(methodId)).toMatchObject({
        status: 'disabled',
        disabled_reason: 'refused_by_bank',
      });
      expect((await payouts().published(accountId)).at(-1)).toMatchObject({ reason: 'refused_by_bank' });
      const { holderName, accountNumber, accountType, routingNumber } = bankDetails;
      expect(bodies).toEqual([
        {
          name: holderName,
          accounts: [
            {
              party_name: holderName,
              account_type: accountType,
              account_details: [{ account_number: accountNumber }],
              routing_details: [{ routing_number: routingNumber, routing_number_type: 'aba' }],
            },
          ],
          metadata: { method_id: methodId },
        },
      ]);
    });

    test.each([400, 403, 404, 409])('%s says nothing of the account: it is tried again', async (answer) => {
      status = answer;
      const { accountId, methodId } = await added();
      await eventually(
        async () => answers,
        (count) => count >= 1,
      );
      expect(await statusOf(methodId)).toEqual({ status: 'added', screening: 'clear' });
      await payouts().removeMethod(accountId, methodId);
    });
  });
});

test('S-3: identity that nobody answers fails by the sweep', async () => {
  const accountId = await payouts().openAccount();
  await payouts().identity(accountId, 'requested');
  expect(await deadlines.list.of(accountId)).toMatchObject([{ kind: 'identity.answer', id: accountId }]);
  await passDays(7);
  expect(await payouts().published(accountId)).toEqual([
    { type: 'payouts.identity.failed', accountId, reason: 'unanswered' },
  ]);
  expect(await deadlines.list.of(accountId)).toEqual([]);
});

test('0.1: holds and chargebacks can stop an activation, by the topics where they arise', () => {
  const stoppedBy = Object.fromEntries(
    dueOfMethods(undefined, ['contracts', 'escrow', 'payouts']).map((due) => [due.kind, due.stoppedBy]),
  );
  expect(stoppedBy).toEqual({
    'identity.answer': [],
    'method.cooling': ['contracts.events', 'escrow.events'],
    'method.call': [],
  });
});
