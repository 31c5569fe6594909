import { Rejection } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';
import { AgreementMoney } from './agreement-money.ts';
import { BillingMethods } from './billing-methods.ts';

const escrow = useEscrow();
// biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
const moneyOf = (agreementId: string, accountId: string): Promise<any> =>
  new AgreementMoney(escrow().database.orm).of(agreementId, accountId);
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
        frozen: [],
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
        released: { transferId, net: usd(90_000n), balance: 'on its way' },
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
