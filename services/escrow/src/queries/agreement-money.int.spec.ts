import { plusDays, Rejection } from '@holdfast/domain';
import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { Dormancies } from '../testing/dormancies.ts';
import { useEscrow } from '../testing/escrow.ts';
import { AgreementMoney } from './agreement-money.ts';
import { BillingMethods } from './billing-methods.ts';

const escrow = useEscrow();
// biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
const moneyOf = (agreementId: string, accountId: string): Promise<any> =>
  new AgreementMoney(escrow().database.unitOfWork).of(agreementId, accountId);
const usd = (amountMinor: bigint) => ({ amountMinor: String(amountMinor), currency: 'USD' });

test('C-10: what is held, why, and what happens next, from the charge to the balance', async () => {
  const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().agreement();
  const milestoneId = milestoneIds[0]!;
  const next = async () => (await moneyOf(agreementId, clientId)).milestones[0].next;
  expect(await next()).toEqual({ what: 'answer the charge', who: 'provider' });
  await escrow().charge(await escrow().fundingOf(milestoneId));
  expect(await moneyOf(agreementId, freelancerId)).toMatchObject({
    agreementId,
    held: usd(100_000n),
    initiationFee: { state: 'held', amount: usd(499n) },
    milestones: [
      {
        milestoneId,
        version: 1,
        status: 'funded',
        price: usd(100_000n),
        held: usd(100_000n),
        lots: [{ amount: usd(100_000n) }],
        frozen: [],
        releases: [],
        funding: { status: 'succeeded', total: usd(105_499n) },
        next: { what: 'submit', who: 'freelancer' },
      },
    ],
  });
  await escrow().submit(milestoneId, newId());
  expect(await next()).toMatchObject({ what: 'released unless the client answers', at: expect.any(String) });
  const { transferId } = await escrow().release(clientId, milestoneId);
  expect(await moneyOf(agreementId, clientId)).toMatchObject({
    held: usd(0n),
    initiationFee: { state: 'earned' },
    milestones: [
      {
        lots: [],
        releases: [{ transferId, net: usd(90_000n), balance: 'on its way' }],
        next: { what: 'becomes available' },
      },
    ],
  });
  const availableAt = escrow().now();
  await escrow().note(transferId, 'credited', availableAt);
  expect(await next()).toMatchObject({ what: 'becomes available', at: availableAt.toISOString() });
  await escrow().note(transferId, 'matured', availableAt);
  expect(await next()).toEqual({ what: 'withdraw', who: 'freelancer' });
});

test('E-8, E-9: parts that were released, a rest that waits, and where it rolled to', async () => {
  const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [50_000n, 30_000n] });
  const [m1, m2] = milestoneIds as [string, string];
  const first = await escrow().release(clientId, m1, { amountMinor: 20_000n });
  const second = await escrow().release(clientId, m1, { amountMinor: 13_333n });
  const { fundingId } = await escrow().fund(clientId, m2);
  const waiting = await moneyOf(agreementId, clientId);
  expect(waiting.milestones).toMatchObject([
    {
      status: 'funded',
      held: usd(16_667n),
      reserved: { fundingId, amount: usd(16_667n) },
      releases: [{ transferId: first.transferId }, { transferId: second.transferId, net: usd(12_000n) }],
    },
    { status: 'funding_pending', funding: { fundingId, total: usd(14_000n) } },
  ]);
  await escrow().charge(fundingId);
  const { held, milestones } = await moneyOf(agreementId, clientId);
  expect(held).toEqual(usd(30_000n));
  expect(milestones[0]).not.toHaveProperty('reserved');
  expect(milestones).toMatchObject([
    { status: 'released', held: usd(0n), lots: [] },
    { status: 'funded', held: usd(30_000n) },
  ]);
  expect(milestones[1].lots).toHaveLength(2);
  expect(milestones[1].lots).toContainEqual(
    expect.objectContaining({ amount: usd(16_667n), rolledOver: true }),
  );
  expect(milestones[1].lots).toContainEqual({ fundingId, amount: usd(13_333n) });
  // One part is available, the other is not: what comes next is for both.
  const availableAt = escrow().now();
  await escrow().note(first.transferId, 'matured', availableAt);
  const next = async () => (await moneyOf(agreementId, clientId)).milestones[0].next;
  expect(await next()).toMatchObject({ what: 'becomes available' });
  await escrow().note(second.transferId, 'matured', availableAt);
  expect(await next()).toEqual({ what: 'withdraw', who: 'freelancer' });
});

test('E-2: a charge of several milestones stands at each of them', async () => {
  const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' } as const;
  const { agreementId, clientId } = await escrow().agreement({ prices: [6_000n, 4_000n], settings });
  const { milestones } = await moneyOf(agreementId, clientId);
  const [first, second] = milestones;
  expect(first.funding).toEqual({ fundingId: expect.any(String), status: 'waiting', total: usd(10_999n) });
  expect(second.funding).toEqual(first.funding);
});

test('E-10, E-23: bonuses and refunds stand beside the milestones', async () => {
  const { agreementId, clientId } = await escrow().funded();
  const { bonusId, fundingId } = await escrow().bonus(clientId, agreementId, 5_000n);
  const bonus = async () => (await moneyOf(agreementId, clientId)).bonuses[0];
  expect(await bonus()).toMatchObject({
    bonusId,
    status: 'charging',
    amount: usd(5_000n),
    funding: { fundingId, total: usd(5_250n) },
    releases: [],
    next: { what: 'answer the charge' },
  });
  await escrow().see(fundingId, 'requires_payment_method');
  await escrow().see(fundingId, 'canceled');
  expect(await bonus()).toMatchObject({ status: 'failed', next: { what: 'nothing' } });
  await escrow().see(fundingId, 'succeeded');
  const { refunds } = await moneyOf(agreementId, clientId);
  expect(refunds).toMatchObject([
    { bonusId, cause: 'orphaned_charge', status: 'refunding', amount: usd(5_250n) },
  ]);
  const again = await escrow().bonus(clientId, agreementId, 6_000n);
  await escrow().charge(again.fundingId);
  const [, paid] = (await moneyOf(agreementId, clientId)).bonuses;
  expect(paid).toMatchObject({
    status: 'released',
    releases: [{ net: usd(5_400n), balance: 'on its way' }],
    next: { what: 'becomes available' },
  });
});

test('E-20: whose turn it is about dormant money stands there from the announcement on', async () => {
  const dormancies = new Dormancies(escrow());
  const { agreementId, clientId } = await escrow().funded();
  const dormancy = async () => (await moneyOf(agreementId, clientId)).dormancy;
  expect(await dormancy()).toBeUndefined();
  const at = await dormancies.fire(agreementId);
  expect(await dormancy()).toEqual({ status: 'announced', dueAt: plusDays(at, 14).toISOString() });
  for (let turn = 1; turn <= 2; turn += 1) await dormancies.fire(agreementId);
  expect(await dormancy()).toMatchObject({ status: 'freelancer_asked', dueAt: expect.any(String) });
  await dormancies.fire(agreementId);
  expect(await dormancy()).toEqual({ status: 'freelancer_asked', waits: 'proof' });
});

test('E-3: only the client sees where the payer must act; after a failure both see why', async () => {
  const { agreementId, clientId, freelancerId, milestoneIds } = await escrow().agreement({
    withMethod: false,
  });
  await escrow().verifiedMethod(clientId);
  const { fundingId } = await escrow().fund(clientId, milestoneIds[0]!);
  await escrow().see(fundingId, 'requires_action', { payerUrl: 'https://bank.example/3ds' });
  const fundingFor = async (accountId: string) =>
    (await moneyOf(agreementId, accountId)).milestones[0].funding;
  expect(await fundingFor(clientId)).toMatchObject({
    status: 'awaiting_payer',
    payerUrl: 'https://bank.example/3ds',
  });
  expect(await fundingFor(freelancerId)).not.toHaveProperty('payerUrl');
  await escrow().see(fundingId, 'requires_payment_method');
  await escrow().see(fundingId, 'canceled');
  const [milestone] = (await moneyOf(agreementId, clientId)).milestones;
  expect(milestone).toMatchObject({
    status: 'agreed',
    funding: { reason: 'declined' },
    next: { what: 'fund', who: 'client' },
  });
});

test('E-22: frozen money is shown with its cause', async () => {
  const { agreementId, clientId, milestoneIds } = await escrow().funded();
  await escrow().rows(`insert into freezes values ($1, $2, 'chargeback', 'dp_1', 500, 1, null, false)`, [
    newId(),
    milestoneIds[0],
  ]);
  const [milestone] = (await moneyOf(agreementId, clientId)).milestones;
  expect(milestone.frozen).toEqual([{ cause: 'chargeback', amount: usd(500n) }]);
});

test('AD-16: a stranger asks about nothing', async () => {
  const { agreementId } = await escrow().agreement();
  const unknown = new Rejection('agreement.unknown');
  await expect(moneyOf(agreementId, `client-${newId()}`)).rejects.toThrow(unknown);
  await expect(moneyOf(newId(), `client-${newId()}`)).rejects.toThrow(unknown);
});

test('P-15: a client sees the own methods, without tokens', async () => {
  const [accountId, stranger] = [`client-${newId()}`, `client-${newId()}`];
  const verified = await escrow().verifiedMethod(accountId);
  const { methodId } = await escrow().addMethod(accountId);
  await escrow().recordSetup(methodId, { refused: 'card_declined' });
  const methods = new BillingMethods(escrow().database.orm);
  expect(await methods.of(accountId)).toEqual({
    methods: [
      { methodId: verified, kind: 'card', status: 'verified', primary: true },
      { methodId, kind: 'card', status: 'refused', refusal: 'card_declined' },
    ],
  });
  expect(await methods.of(stranger)).toEqual({ methods: [] });
});
