import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { event, http, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const setup = (status: string) => ({
  setup: { id: `seti_${newId()}`, status, method: 'pm_1', payerUrl: undefined },
});
const rowOf = async (methodId: string) =>
  (await escrow().rows('select * from billing_methods where id = $1', [methodId]))[0]!;

async function added() {
  const accountId = `client-${newId()}`;
  return { accountId, ...(await escrow().addMethod(accountId)) };
}

test('P-1, P-15: a card is stored by its token, and its set-up is due at once', async () => {
  const [accountId, message] = [`client-${newId()}`, http()];
  const first = await escrow().addMethod(accountId, message);
  expect(await escrow().addMethod(accountId, message)).toEqual(first);
  expect(first).toEqual({ methodId: expect.any(String), status: 'verifying' });
  expect(await rowOf(first.methodId)).toMatchObject({
    token: 'pm_card_visa',
    status: 'verifying',
    mandate_at: null,
  });
  expect((await rowOf(first.methodId)).next_call_at).toBeInstanceOf(Date);
  expect(
    await escrow().rows('select id from billing_methods where account_id = $1', [accountId]),
  ).toHaveLength(1);
});

test('P-2, P-16: a set-up that succeeds verifies the method, once, and is the mandate', async () => {
  const { accountId, methodId } = await added();
  await escrow().recordSetup(methodId, { customerId: 'cus_1' });
  expect(await rowOf(methodId)).toMatchObject({ customer_id: 'cus_1', status: 'verifying' });
  const [message, succeeded] = [event(), setup('succeeded')];
  await escrow().recordSetup(methodId, succeeded, message);
  await escrow().recordSetup(methodId, succeeded, message);
  await escrow().recordSetup(methodId, setup('canceled'));
  expect(await rowOf(methodId)).toMatchObject({
    status: 'verified',
    provider_method: 'pm_1',
    next_call_at: null,
  });
  expect((await rowOf(methodId)).mandate_at).toBeInstanceOf(Date);
  expect(await escrow().published(accountId)).toEqual([
    { type: 'escrow.billing_method.verified', accountId, methodId, kind: 'card' },
  ]);
});

test.each(['requires_payment_method', 'canceled'])('%s refuses the method, for good', async (status) => {
  const { accountId, methodId } = await added();
  await escrow().recordSetup(methodId, setup(status));
  await escrow().recordSetup(methodId, setup('succeeded'));
  expect(await rowOf(methodId)).toMatchObject({ status: 'refused', refusal: status, next_call_at: null });
  expect(await escrow().published(accountId)).toEqual([]);
});

test('the provider’s refusal is kept with its reason', async () => {
  const { methodId } = await added();
  await escrow().recordSetup(methodId, { refused: 'card_declined' });
  expect(await rowOf(methodId)).toMatchObject({ status: 'refused', refusal: 'card_declined' });
});

test('fault 12: while the payer or the bank has the word it is asked about, but not at once', async () => {
  const { methodId } = await added();
  const before = escrow().now();
  const asked = { ...setup('requires_action').setup, payerUrl: 'https://bank.example/3ds' };
  await escrow().recordSetup(methodId, { setup: asked });
  const row = await rowOf(methodId);
  expect(row).toMatchObject({ status: 'verifying', payer_url: 'https://bank.example/3ds' });
  expect((row.next_call_at as Date).getTime()).toBeGreaterThan(before.getTime() + 9 * 60_000);
});

test('a method that is not known waits', async () => {
  await expect(escrow().recordSetup(newId(), { customerId: 'cus_1' })).rejects.toThrow(NotYet);
});
