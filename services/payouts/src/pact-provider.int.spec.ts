import { randomUUID } from 'node:crypto';
import { usd } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { LedgerWriter } from '@holdfast/ledger';
import { type MessageRef, newId } from '@holdfast/messaging';
import { connectOrm, migrate } from '@holdfast/service';
import { publishedRecord, type ReceivedRecord, satisfyNeeds, useDatabase } from '@holdfast/testing';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { CreditRelease, CreditReleaseHandler } from './commands/credit-release.ts';
import { MatureFunds, MatureFundsHandler } from './commands/mature-funds.ts';
import { RememberAgreement, RememberAgreementHandler } from './commands/remember-agreement.ts';
import { RestoreRefund, RestoreRefundHandler } from './commands/restore-funds.ts';
import { TakeRefund, TakeRefundHandler } from './commands/take-refund.ts';
import { startup } from './payouts.module.ts';
import { Chargebacks } from './testing/chargebacks.ts';
import { type Parties, Payouts } from './testing/payouts.ts';
import { Withdrawals } from './testing/withdrawals.ts';

const { definition } = startup;
const event = (): MessageRef => ({ source: 'event', id: newId() });

describe('what payouts publishes is what others need (AD-8)', () => {
  const database = useDatabase({
    service: 'payouts',
    migrate: (ownerUrl, appRole) => migrate(definition, ownerUrl, appRole),
    connect: (appUrl) => connectOrm(definition, appUrl),
    journals: new LedgerWriter(newId),
  });
  const [agreementId, transferId, accountId] = [randomUUID(), randomUUID(), 'freelancer-1'];

  let indebted: Parties;

  beforeAll(async () => {
    const { unitOfWork } = database();
    const parties = { agreementId, clientId: 'client-1', freelancerId: 'freelancer-1' };
    await new RememberAgreementHandler(unitOfWork).execute(
      new RememberAgreement({ message: event(), ...parties, settings: pinnedDefaults }),
    );
    const releasedAt = new Date('2027-01-04T09:00:00.000Z');
    await new CreditReleaseHandler(unitOfWork).execute(
      new CreditRelease({ message: event(), ...parties, transferId, net: usd(90_000n), releasedAt }),
    );
    const datedAt = new Date('2027-01-09T09:00:00.000Z');
    await new MatureFundsHandler(unitOfWork).execute(
      new MatureFunds({ message: { source: 'timer', id: 'hold', datedAt }, transferId }),
    );
    await drawOn(parties);
    await checkPerson(new Payouts(database()));
    await withdraw(new Withdrawals(database()));
    indebted = await loseAndWin(new Chargebacks(database()));
  }, 60_000);

  /** A refund that the balance gives, and one that it does not (E-25). */
  async function drawOn({ freelancerId }: { freelancerId: string }): Promise<void> {
    for (const net of [usd(1_000n), usd(1_000_000n)]) {
      const draw = { agreementId, accountId: freelancerId, net, debtAllowed: false };
      const ids = { message: event(), refundId: newId(), transferId: newId() };
      await new TakeRefundHandler(database().unitOfWork).execute(new TakeRefund({ ...ids, ...draw }));
    }
    const reversed = { refundId: newId(), net: usd(1_000n), transferId: newId() };
    await new RestoreRefundHandler(database().unitOfWork).execute(
      new RestoreRefund({ message: event(), agreementId, accountId: freelancerId, ...reversed }),
    );
  }

  /** Both outcomes of identity, and a screening that was blocked by mistake. */
  async function checkPerson(payouts: Payouts): Promise<void> {
    await payouts.openAccount(accountId);
    for (const status of ['requested', 'in_review', 'failed'] as const) {
      await payouts.identity(accountId, status);
    }
    await payouts.verify(accountId);
    const { methodId } = await payouts.addMethod(accountId);
    await payouts.screen(methodId, 'blocked');
    await payouts.decide(methodId, 'clear');
  }

  /** A lost chargeback takes what is there and leaves a debt; won later, it pays the debt. */
  async function loseAndWin(payouts: Chargebacks): Promise<Parties> {
    const parties = await payouts.freelancer(4_000n);
    const chargebackId = await payouts.received(parties, 9_000n);
    await payouts.lost(parties, chargebackId, 9_000n);
    await payouts.won(parties, chargebackId, 9_000n);
    return parties;
  }

  /** A withdrawal that was paid and came back, which disables its method, and one that the bank denies. */
  async function withdraw(payouts: Withdrawals): Promise<void> {
    await payouts.taxForm(accountId);
    const { key } = await payouts.calling({ accountId, methodId: await payouts.activeMethod(accountId) });
    await payouts.see(key, 'paid');
    await payouts.comesBack(key, 49_000n);
    const methodId = await payouts.activeMethod(accountId);
    const denied = await payouts.calling({ accountId, methodId });
    await payouts.see(denied.key, 'denied');
  }

  const keyOf = (name: string): string => {
    if (/clawed_back|restored$/.test(name)) return indebted.agreementId;
    if (/debt/.test(name)) return indebted.freelancerId;
    return /^payouts\.(funds|refund)\./.test(name) ? agreementId : accountId;
  };
  const published = (name: string): Promise<ReceivedRecord | undefined> =>
    publishedRecord(database().pool, name.split(' ')[0]!, keyOf(name));

  it('every field of it', () => satisfyNeeds('payouts', published), 30_000);

  type Change = (record: ReceivedRecord) => ReceivedRecord;
  const inData = (change: (data: string) => string): Change => {
    return (record) => ({ ...record, value: Buffer.from(change(record.value.toString())) });
  };
  const withoutSequence: Change = ({ headers: { ce_sequence: _, ...headers }, ...record }) => ({
    ...record,
    headers,
  });

  it.each<[string, Change, RegExp]>([
    [
      'a field under another name',
      inData((data) => data.replace('"transferId"', '"transfer"')),
      /missing.*transferId/,
    ],
    [
      'a field left out',
      inData((data) => data.replace(/"transferId": *"[^"]*",?/, '')),
      /missing.*transferId/,
    ],
    ['a field in another form', inData((data) => data.replace(transferId, '42')), /'42' to match/],
    ['a header left out', withoutSequence, /ce_sequence/],
  ])('and %s would be noticed', async (_, change, reason) => {
    const silent = jest.spyOn(console, 'log').mockImplementation(() => undefined);
    const planted = async (type: string) => {
      const record = await published(type);
      return record && change(record);
    };
    await expect(satisfyNeeds('payouts', planted)).rejects.toThrow(reason);
    silent.mockRestore();
  });
});
