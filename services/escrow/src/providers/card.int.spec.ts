import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import type { IntentView, Observation } from '../domain/funding.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { Card, cardBytesOf, type NotSent } from './card.ts';
import { CardSetup } from './card-setup.ts';

const provider = useCardProvider();
const card = () => new Card(provider.client());
const unattended = 'off_session=true';

/** A verified card, through the provider's set-up. */
async function verifiedMethod(token = 'pm_card_visa'): Promise<{ customerId: string; methodId: string }> {
  const [setup, id] = [new CardSetup(provider.client()), newId()];
  const customer = await setup.createCustomer(id);
  if (customer.kind !== 'done') throw new Error(`no customer: ${customer.kind}`);
  const created = await setup.createSetup({ id, token, kind: 'card' }, customer.value.id);
  if (created.kind !== 'done') throw new Error(`no set-up: ${created.kind}`);
  const confirmed = await setup.confirmSetup(
    { id, token, kind: 'card' },
    created.value.id,
    'https://ours.example/back',
  );
  if (confirmed.kind !== 'done') throw new Error(`not confirmed: ${confirmed.kind}`);
  return { customerId: customer.value.id, methodId: confirmed.value.method! };
}

async function charge(token?: string): Promise<{ fundingId: string; body: string }> {
  const fundingId = newId();
  const method = await verifiedMethod(token);
  return {
    fundingId,
    body: cardBytesOf({
      fundingId,
      agreementId: newId(),
      total: usd(105_499n),
      kind: 'card',
      returnUrl: undefined,
      ...method,
    }).createBody,
  };
}

async function created(token?: string): Promise<{ fundingId: string; intentId: string }> {
  const { fundingId, body } = await charge(token);
  return { fundingId, intentId: intentOf(await card().create(fundingId, body)).id };
}

function intentOf(observation: Observation | NotSent): IntentView {
  if (observation.kind !== 'seen') throw new Error(`no intent: ${observation.kind}`);
  return observation.intent;
}
const statusOf = async (intentId: string) => intentOf(await card().read(intentId)).status;

test('create, confirm: charged once, with our mark; a repeat under the key is the same charge', async () => {
  const { fundingId, body } = await charge();
  const first = intentOf(await card().create(fundingId, body));
  expect(first).toMatchObject({ status: 'requires_confirmation', receivedMinor: 0n, fundingId });
  expect(intentOf(await card().create(fundingId, body)).id).toBe(first.id);
  for (let round = 0; round < 2; round += 1) {
    expect(intentOf(await card().confirm(fundingId, first.id, unattended))).toMatchObject({
      status: 'succeeded',
      receivedMinor: 105_499n,
      currency: 'usd',
    });
  }
  expect(await provider.charged(fundingId)).toEqual([expect.objectContaining({ amountMinor: '105499' })]);
});

describe('section 5: faults of a confirmation, and what the query finds afterwards', () => {
  test.each([
    [1, 'slow-executed', { seconds: 30 }, 'unknown', 'succeeded'],
    [2, 'slow-not-executed', {}, 'unknown', 'requires_confirmation'],
    [3, 'error-before-execution', {}, 'unknown', 'requires_confirmation'],
    [3, 'error-before-execution', { status: 503 }, 'unknown', 'requires_confirmation'],
    [4, 'error-after-execution', {}, 'unknown', 'succeeded'],
    [4, 'error-after-execution', { status: 424 }, 'unknown', 'succeeded'],
    [5, 'too-many-requests', { retryAfter: 7 }, 'not_sent', 'requires_confirmation'],
    [6, 'connection-reset', { when: 'before' }, 'unknown', 'succeeded'],
    [6, 'connection-reset', { when: 'within' }, 'unknown', 'succeeded'],
    [18, 'wrong-credentials', {}, 'not_sent', 'requires_confirmation'],
    [18, 'wrong-credentials', { status: 403 }, 'refused', 'requires_confirmation'],
    [19, 'duplicate-key', {}, 'unknown', 'succeeded'],
    [19, 'duplicate-key', { executed: false }, 'unknown', 'requires_confirmation'],
    [19, 'duplicate-key', { answer: 'idempotency_error' }, 'unknown', 'succeeded'],
    [26, 'malformed-body', { kind: 'html-502' }, 'unknown', 'succeeded'],
    [26, 'malformed-body', { kind: 'truncated-json' }, 'unknown', 'succeeded'],
    [26, 'malformed-body', { kind: 'empty' }, 'unknown', 'succeeded'],
    [26, 'malformed-body', { kind: 'error-in-200' }, 'unknown', 'requires_confirmation'],
  ] as const)('%i %s %j: %s, then %s', async (_, fault, params, outcome, found) => {
    const { fundingId, intentId } = await created();
    await provider.fault('charge.confirm', fault, params);
    const observation = await new Card(provider.impatient().client).confirm(fundingId, intentId, unattended);
    expect(observation.kind).toBe(outcome);
    expect(await statusOf(intentId)).toBe(found);
    expect(await provider.charged(intentId)).toHaveLength(found === 'succeeded' ? 1 : 0);
    if (outcome === 'refused') return;
    // Sent again under the same key with identical bytes: charged once, whatever had happened.
    await card().confirm(fundingId, intentId, unattended);
    const logged = await provider.requests({ op: 'charge.confirm', key: `${fundingId}.confirm` });
    expect(logged).toHaveLength(2);
    expect(logged[0]!.bodySha256).toBe(logged[1]!.bodySha256);
    expect(await provider.charged(intentId)).toHaveLength(1);
  });

  test('7 connection-refused: not sent, and sent once somebody listens again', async () => {
    const { fundingId, intentId } = await created();
    await provider.closeClients();
    await provider.fault('charge.confirm', 'connection-refused', { seconds: 600 });
    expect(await card().confirm(fundingId, intentId, unattended)).toEqual({ kind: 'not_sent' });
    await provider.healed();
    expect(await card().confirm(fundingId, intentId, unattended)).toMatchObject({
      intent: { status: 'succeeded' },
    });
    expect(await provider.charged(intentId)).toHaveLength(1);
  });

  test('20 not-found-yet: one miss, although it is there', async () => {
    const { intentId } = await created();
    await provider.fault('charge.read', 'not-found-yet');
    expect(await card().read(intentId)).toEqual({ kind: 'absent' });
    expect(await statusOf(intentId)).toBe('requires_confirmation');
  });
});

describe('a creation that got no answer', () => {
  test.each([
    ['error-after-execution', true],
    ['connection-reset', true],
    ['error-before-execution', false],
  ])('%s: found by our mark: %s', async (fault, executed) => {
    const { fundingId, body } = await charge();
    await provider.fault('charge.create', fault);
    expect(await card().create(fundingId, body)).toEqual({ kind: 'unknown' });
    const found = await card().find(fundingId, body);
    expect(found).toMatchObject(executed ? { kind: 'seen', intent: { fundingId } } : { kind: 'absent' });
  });
});

describe('declines', () => {
  test('P-16: unattended, a bank that wants the payer says so by a decline', async () => {
    const { fundingId, intentId } = await created();
    await provider.fault('charge.confirm', 'payer-needed');
    expect(await card().confirm(fundingId, intentId, unattended)).toMatchObject({
      kind: 'seen',
      intent: { status: 'requires_payment_method', declineCode: 'authentication_required' },
    });
  });

  test('with the payer present the bank asks, and the payer answers', async () => {
    const { fundingId, intentId } = await created('pm_card_authenticationRequired');
    const attended = new URLSearchParams({ return_url: 'https://ours.example/back' }).toString();
    expect(intentOf(await card().confirm(fundingId, intentId, attended))).toMatchObject({
      status: 'requires_action',
      payerUrl: expect.stringContaining(intentId),
    });
    await provider.payerActs(intentId, 'confirm');
    expect(await statusOf(intentId)).toBe('succeeded');
  });

  test('the card is refused', async () => {
    const { fundingId, intentId } = await created('pm_card_chargeDeclinedInsufficientFunds');
    expect(intentOf(await card().confirm(fundingId, intentId, unattended))).toMatchObject({
      status: 'requires_payment_method',
      declineCode: 'insufficient_funds',
    });
  });
});

describe('E-26: cancelling', () => {
  test('what is not confirmed is cancelled, as often as it is asked', async () => {
    const { intentId } = await created();
    for (let round = 0; round < 2; round += 1) {
      expect(intentOf(await card().cancel(intentId)).status).toBe('canceled');
    }
  });

  test('fault 35: the payer was faster', async () => {
    const { intentId } = await created();
    await provider.fault('charge.cancel', 'late-charge-success');
    expect(intentOf(await card().cancel(intentId))).toMatchObject({
      status: 'succeeded',
      receivedMinor: 105_499n,
    });
  });
});

describe('P-2: the set-up of a card', () => {
  test('a card that is refused is told with the reason', async () => {
    const [setup, id] = [new CardSetup(provider.client()), newId()];
    const customer = await setup.createCustomer(id);
    const customerId = customer.kind === 'done' ? customer.value.id : '';
    const method = { id, token: 'pm_card_setupDeclined', kind: 'card' } as const;
    const made = await setup.createSetup(method, customerId);
    const setupId = made.kind === 'done' ? made.value.id : '';
    expect(await setup.confirmSetup(method, setupId, 'https://ours.example/back')).toEqual({
      kind: 'refused',
      reason: 'card_declined',
    });
    expect(await setup.createSetup({ ...method, token: 'pm_nobody' }, customerId)).toMatchObject({
      kind: 'refused',
    });
  });

  test('without an answer the same step is taken again, and makes one customer', async () => {
    const [setup, id] = [new CardSetup(provider.client()), newId()];
    await provider.fault('customer.create', 'connection-reset');
    expect(await setup.createCustomer(id)).toEqual({ kind: 'again' });
    const [first, second] = [await setup.createCustomer(id), await setup.createCustomer(id)];
    expect(first).toEqual(second);
    expect(await provider.requests({ op: 'customer.create', key: `${id}.customer` })).toHaveLength(3);
  });
});
