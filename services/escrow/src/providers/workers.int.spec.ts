import { newId } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { useCardProvider } from '../testing/card-provider.ts';
import { useEscrow } from '../testing/escrow.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useEscrow();
const provider = useCardProvider();
const workers = useWorkers(escrow, provider);

const quiet = () => workers().quiet();
const passMinutes = (minutes: number) => workers().passMinutes(minutes);
const notice = (eventType: string, objectId: string) => workers().notice(eventType, objectId);

async function clientWithCard(token?: string): Promise<{ clientId: string; methodId: string }> {
  const clientId = `client-${newId()}`;
  const { methodId } = await escrow().addMethod(clientId, undefined, token);
  await quiet();
  return { clientId, methodId };
}

/** A milestone that the client, present, has just begun to charge. */
async function begun(token?: string) {
  const agreed = await escrow().agreement({ withMethod: false });
  await escrow().addMethod(agreed.clientId, undefined, token);
  await quiet();
  const milestoneId = agreed.milestoneIds[0]!;
  return { ...agreed, milestoneId, ...(await escrow().fund(agreed.clientId, milestoneId)) };
}
const rowOf = async (fundingId: string) =>
  (
    await escrow().rows('select status, step, ending, intent_id from fundings where id = $1', [fundingId])
  )[0]!;
const intentOf = async (fundingId: string) => String((await rowOf(fundingId)).intent_id);

describe('P-2: the set-up of a card', () => {
  test('customer, set-up, confirmation: verified', async () => {
    const { methodId } = await clientWithCard();
    const [method] = await escrow().rows('select * from billing_methods where id = $1', [methodId]);
    expect(method).toMatchObject({ status: 'verified', customer_id: expect.stringMatching(/^cus_/) });
  });

  test('a card that the bank refuses', async () => {
    const { methodId } = await clientWithCard('pm_card_setupDeclined');
    const [method] = await escrow().rows('select status, refusal from billing_methods where id = $1', [
      methodId,
    ]);
    expect(method).toEqual({ status: 'refused', refusal: 'card_declined' });
  });
});

/** Without the days after which money is dormant: they always run (E-20). */
const dueTo = async (accountId: string) =>
  (await workers().deadlines.list.of(accountId)).filter(({ kind }) => kind !== 'dormancy.turn');

describe('a charge', () => {
  test('is created, confirmed and booked once; nothing is due afterwards or an hour later', async () => {
    const { milestoneId, fundingId } = await begun();
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await provider.charged(fundingId)).toHaveLength(1);
    await passMinutes(60);
    const [row] = await escrow().rows('select client_id from fundings where id = $1', [fundingId]);
    expect(await dueTo(String(row!.client_id))).toEqual([]);
  });

  test.each([
    ['charge.create', 'error-after-execution'],
    ['charge.create', 'connection-reset'],
    ['charge.confirm', 'error-after-execution'],
    ['charge.confirm', 'connection-reset'],
    ['charge.confirm', 'duplicate-key'],
    ['charge.confirm', 'slow-executed'],
  ])('whose %s got no answer (%s) is found, and charged once', async (op, fault) => {
    await provider.fault(op, fault);
    const { milestoneId, fundingId } = await begun();
    await eventually(
      () => escrow().statusOf(milestoneId),
      (status) => status === 'funded',
    );
    await quiet();
    expect(await provider.charged(fundingId)).toHaveLength(1);
    expect(await provider.requests({ op, key: `${fundingId}.${op.split('.')[1]}` })).toHaveLength(1);
  });

  test('F46: not executed, it is sent again after three misses in ten minutes, same key and bytes', async () => {
    await provider.fault('charge.confirm', 'error-before-execution');
    const { milestoneId, fundingId } = await begun();
    const sent = () => provider.requests({ op: 'charge.confirm', key: `${fundingId}.confirm` });
    await quiet();
    for (let misses = 1; misses < 3; misses += 1) {
      expect(await sent()).toHaveLength(1);
      await passMinutes(5);
    }
    await eventually(
      () => escrow().statusOf(milestoneId),
      (status) => status === 'funded',
    );
    const calls = await sent();
    expect(calls.map(({ bodySha256 }) => bodySha256)).toEqual([calls[0]!.bodySha256, calls[0]!.bodySha256]);
    expect(await provider.charged(fundingId)).toHaveLength(1);
  });

  test('that is declined is cancelled at the provider, and the milestone is agreed again', async () => {
    const { agreementId, milestoneId, fundingId } = await begun('pm_card_chargeDeclinedInsufficientFunds');
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ reason: 'declined' });
    expect(await provider.requests({ op: 'charge.cancel' })).toContainEqual(
      expect.objectContaining({ status: 200 }),
    );
    expect(await provider.charged(fundingId)).toEqual([]);
  });

  test('E-3: of an unattended card that needs its payer fails; the client funds anew', async () => {
    const { clientId } = await clientWithCard('pm_card_authenticationRequired');
    const agreed = {
      agreementId: newId(),
      clientId,
      freelancerId: `freelancer-${newId()}`,
      milestoneIds: [newId()],
    };
    await escrow().activate(agreed, [{ amountMinor: 5_000n, currency: 'USD' }]);
    await quiet();
    expect((await escrow().published(agreed.agreementId)).at(-1)).toMatchObject({
      type: 'escrow.funding.failed',
      reason: 'payer_needed',
    });
    const { fundingId } = await escrow().fund(clientId, agreed.milestoneIds[0]!);
    await quiet();
    expect(await rowOf(fundingId)).toMatchObject({ status: 'awaiting_payer' });
    await provider.payerActs(await intentOf(fundingId), 'confirm');
    await notice('payment_intent.succeeded', await intentOf(fundingId));
    await quiet();
    expect(await escrow().statusOf(agreed.milestoneIds[0]!)).toBe('funded');
  });
});

describe('P-3: a bank debit', () => {
  const debited = async (token: string) => {
    const agreed = await escrow().agreement({ withMethod: false });
    await escrow().addMethod(agreed.clientId, undefined, token, 'bank');
    await quiet();
    const milestoneId = agreed.milestoneIds[0]!;
    const { fundingId } = await escrow().fund(agreed.clientId, milestoneId);
    await quiet();
    return { milestoneId, fundingId };
  };
  /** Days pass here and at the provider; the next query finds what has become of it. */
  const passDays = async (days: number) => {
    escrow().pass(new Date(escrow().now().getTime() + days * 24 * 60 * 60_000));
    await provider.moveTo(escrow().database.clock.offsetMs);
    await quiet();
    await passMinutes(11);
  };

  test('is pending for days, then funded; its money is at risk for a while (P-14)', async () => {
    const { milestoneId, fundingId } = await debited('pm_usBankAccount_success');
    expect(await rowOf(fundingId)).toMatchObject({ status: 'waiting', step: 'read' });
    await passDays(1);
    expect(await escrow().statusOf(milestoneId)).toBe('funding_pending');
    await passDays(7);
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await provider.charged(fundingId)).toMatchObject([{ amountMinor: '103499' }]);
    const [lot] = await escrow().rows('select * from lots where funding_id = $1', [fundingId]);
    expect(lot).toMatchObject({ sub_account: 'card', at_risk_until: expect.any(Date) });
  });

  test('that comes back ends without money', async () => {
    const { milestoneId, fundingId } = await debited('pm_usBankAccount_insufficientFunds');
    await passDays(7);
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect(await rowOf(fundingId)).toMatchObject({ status: 'failed', ending: 'declined' });
    expect(await provider.charged(fundingId)).toEqual([]);
  });
});

describe('E-26: the payer’s minutes', () => {
  test('pass: the provider cancels, and the milestone is agreed again', async () => {
    const { agreementId, milestoneId, fundingId } = await begun('pm_card_authenticationRequired');
    await passMinutes(15);
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ reason: 'expired' });
    expect(await rowOf(fundingId)).toMatchObject({ status: 'failed', ending: 'expired' });
  });

  test('fault 12: the payer paid and the notice was lost: found when the minutes are over', async () => {
    const { milestoneId, fundingId } = await begun('pm_card_authenticationRequired');
    await quiet();
    await provider.payerActs(await intentOf(fundingId), 'confirm');
    await passMinutes(15);
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await provider.charged(fundingId)).toHaveLength(1);
  });

  test('fault 35: the payer pays in the instant of the cancel', async () => {
    const { milestoneId, fundingId } = await begun('pm_card_authenticationRequired');
    await quiet();
    await provider.fault('charge.cancel', 'late-charge-success');
    await passMinutes(15);
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await provider.charged(fundingId)).toHaveLength(1);
  });
});

describe('0.2: a notice is only a reason to read', () => {
  test('what it says counts for nothing, what the provider shows does', async () => {
    const { milestoneId, fundingId } = await begun('pm_card_authenticationRequired');
    await quiet();
    await notice('payment_intent.succeeded', await intentOf(fundingId));
    await quiet();
    expect(await rowOf(fundingId)).toMatchObject({ status: 'awaiting_payer' });
    expect(await escrow().statusOf(milestoneId)).toBe('funding_pending');
  });

  test('F50, F51: twice, out of order and together with the worker, it is booked once', async () => {
    const { agreementId, milestoneId, fundingId } = await begun();
    await quiet();
    const intentId = await intentOf(fundingId);
    await Promise.all(
      ['succeeded', 'processing', 'succeeded'].map((type) => notice(`payment_intent.${type}`, intentId)),
    );
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(
      (await escrow().typesOf(agreementId)).filter((type) => type === 'escrow.milestone.funded'),
    ).toHaveLength(1);
  });

  test('about somebody else’s object, or one that is not there, it is done with', async () => {
    for (const objectId of ['pi_of_others', 'seti_of_others'])
      await notice('payment_intent.succeeded', objectId);
    await quiet();
    const text = `select id from provider_notices where object_id like '%of_others' and next_call_at is null`;
    expect(await escrow().rows(text)).toHaveLength(2);
  });
});

test('E-5: a review that nobody answers is released by the sweep; nothing is due afterwards', async () => {
  const { agreementId, clientId, milestoneId } = await begun();
  await quiet();
  await escrow().submit(milestoneId, newId());
  const { dueAt } = (await escrow().published(agreementId)).at(-1) as { dueAt: Date };
  await quiet();
  expect(await dueTo(clientId)).toMatchObject([{ kind: 'review.silence', id: milestoneId, dueAt }]);
  escrow().pass(dueAt);
  await quiet();
  expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ cause: 'auto', releasedAt: dueAt });
  expect(await dueTo(clientId)).toEqual([]);
});
