import { newId } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { useCardProvider } from '../testing/card-provider.ts';
import { linesOf, useEscrow } from '../testing/escrow.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useEscrow();
const provider = useCardProvider();
const workers = useWorkers(escrow, provider);

const quiet = () => workers().quiet();
const passMinutes = (minutes: number) => workers().passMinutes(minutes);
const methodRow = async (id: string) =>
  (await escrow().rows('select * from billing_methods where id = $1', [id]))[0]!;
const rowOf = async (fundingId: string) =>
  (await escrow().rows('select * from fundings where id = $1', [fundingId]))[0]!;
const orderOf = async (fundingId: string) => String((await rowOf(fundingId)).intent_id);
const approved = (orderId: string) =>
  workers().notice('CHECKOUT.ORDER.APPROVED', orderId, `WH-${newId()}`, 'paypal');
const moved = (reference: string) => provider.moved(reference);

/** A PayPal account that its holder has stored with us; `account` is how it pays. */
async function stored(clientId: string, account?: string): Promise<string> {
  const { methodId } = await escrow().addMethod(clientId, undefined, undefined, 'paypal');
  await quiet();
  await provider.payerActs(String((await methodRow(methodId)).setup_id), 'approve', account);
  await passMinutes(1);
  return methodId;
}

/** A milestone that the client, present, has just begun to charge by PayPal. */
async function begun(account?: string) {
  const agreed = await escrow().agreement({ withMethod: false });
  await stored(agreed.clientId, account);
  const milestoneId = agreed.milestoneIds[0]!;
  return { ...agreed, milestoneId, ...(await escrow().fund(agreed.clientId, milestoneId)) };
}
const funded = (milestoneId: string) =>
  eventually(
    () => escrow().statusOf(milestoneId),
    (status) => status === 'funded',
  );

describe('P-2: a PayPal account', () => {
  test('is verified when its holder has approved that we charge it, which is the mandate (P-16)', async () => {
    const clientId = `client-${newId()}`;
    const { methodId } = await escrow().addMethod(clientId, undefined, undefined, 'paypal');
    await quiet();
    expect(await methodRow(methodId)).toMatchObject({
      status: 'verifying',
      payer_url: expect.stringMatching(/^https:/),
      token: null,
    });
    await provider.payerActs(String((await methodRow(methodId)).setup_id), 'approve');
    await passMinutes(1);
    expect(await methodRow(methodId)).toMatchObject({
      status: 'verified',
      payer_url: null,
      mandate_at: expect.any(Date),
      mandate_version: '1',
      mandate_scope: 'agreed_charges',
      rank: 1,
    });
    expect(await escrow().published(clientId)).toMatchObject([
      { type: 'escrow.billing_method.verified', methodId, kind: 'paypal' },
    ]);
  });

  test('that its holder never approves is given up after three days', async () => {
    const { methodId } = await escrow().addMethod(`client-${newId()}`, undefined, undefined, 'paypal');
    await passMinutes(3 * 24 * 60);
    expect(await methodRow(methodId)).toMatchObject({ status: 'refused', refusal: 'abandoned' });
  });

  test.each([
    ['vault.setup', 'connection-reset'],
    ['vault.token', 'error-after-execution'],
    ['vault.setup.read', 'error-before-execution'],
  ])('whose %s got no answer (%s) is stored all the same', async (op, fault) => {
    const clientId = `client-${newId()}`;
    await provider.fault(op, fault);
    const { methodId } = await escrow().addMethod(clientId, undefined, undefined, 'paypal');
    await eventually(
      () => methodRow(methodId),
      ({ setup_id }) => setup_id !== null,
    );
    await provider.payerActs(String((await methodRow(methodId)).setup_id), 'approve');
    escrow().pass(new Date(escrow().now().getTime() + 60_000));
    await eventually(
      () => methodRow(methodId),
      ({ status }) => status === 'verified',
    );
  });
});

describe('a charge by PayPal', () => {
  test('is ordered, captured and booked at PayPal once', async () => {
    const { agreementId, milestoneId, fundingId } = await begun();
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await moved(fundingId)).toEqual(['charge 105499']);
    const [journal] = await escrow().journals(agreementId);
    expect(linesOf(journal!)).toMatchObject({ 'E.cash.trust:paypal': 105_499n });
    const [lot] = await escrow().rows('select * from lots where funding_id = $1', [fundingId]);
    expect(lot).toMatchObject({
      sub_account: 'paypal',
      charge_reference: await orderOf(fundingId),
      at_risk_until: null,
    });
    expect((await escrow().published(agreementId))[1]).toMatchObject({
      type: 'escrow.funding.started',
      kind: 'paypal',
      dueAt: expect.any(Date),
    });
  });

  test.each([
    ['order.create', 'error-after-execution', 'create'],
    ['order.create', 'connection-reset', 'create'],
    ['order.capture', 'error-after-execution', 'confirm'],
    ['order.capture', 'connection-reset', 'confirm'],
    ['order.capture', 'duplicate-key', 'confirm'],
    ['order.capture', 'malformed-body', 'confirm'],
    ['order.capture', 'slow-executed', 'confirm'],
  ])('whose %s got no answer (%s) is found, and charged once', async (op, fault, step) => {
    const agreed = await escrow().agreement({ withMethod: false });
    await stored(agreed.clientId);
    await provider.fault(op, fault);
    const { fundingId } = await escrow().fund(agreed.clientId, agreed.milestoneIds[0]!);
    await funded(agreed.milestoneIds[0]!);
    await quiet();
    expect(await moved(fundingId)).toEqual(['charge 105499']);
    // The way back to a lost order is to send it again; a capture is found by reading.
    const calls = await provider.requests({ op, key: `${fundingId}.${step}` });
    expect(calls).toHaveLength(step === 'create' ? 2 : 1);
    expect(new Set(calls.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  });

  test('F46: a capture that was not executed is sent again after three misses in ten minutes', async () => {
    await provider.fault('order.capture', 'error-before-execution');
    const { milestoneId, fundingId } = await begun();
    const sent = () => provider.requests({ op: 'order.capture', key: `${fundingId}.confirm` });
    await quiet();
    for (let misses = 1; misses < 3; misses += 1) {
      expect(await sent()).toHaveLength(1);
      await passMinutes(5);
    }
    await funded(milestoneId);
    expect(await sent()).toHaveLength(2);
    expect(await moved(fundingId)).toEqual(['charge 105499']);
  });

  test('fault 17: an expired token is fetched anew once, and the call keeps its key', async () => {
    await provider.fault('order.create', 'token-expired');
    const { milestoneId, fundingId } = await begun();
    await funded(milestoneId);
    const calls = await provider.requests({ op: 'order.create', key: `${fundingId}.create` });
    expect(calls.map(({ status }) => status)).toEqual([401, 201]);
  });

  test('that is declined ends, and the milestone is agreed again', async () => {
    const { agreementId, milestoneId, fundingId } = await begun('declines');
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ reason: 'declined' });
    expect(await moved(fundingId)).toEqual([]);
  });

  test.each([
    ['pends', 'funded', ['charge 105499']],
    ['pends_then_declined', 'agreed', []],
  ])('whose capture %s is not funded before it is decided', async (account, end, booked) => {
    const { milestoneId, fundingId } = await begun(account);
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('funding_pending');
    const aDay = 24 * 60 * 60_000 + 1_000;
    escrow().pass(new Date(escrow().now().getTime() + aDay));
    await provider.moveTo(escrow().database.clock.offsetMs);
    await quiet();
    await passMinutes(11);
    expect(await escrow().statusOf(milestoneId)).toBe(end);
    expect(await moved(fundingId)).toEqual(booked);
  });

  test('that wants its payer: sent to PayPal, approved, captured (E-26)', async () => {
    const { milestoneId, fundingId } = await begun('asks_payer');
    await quiet();
    expect(await rowOf(fundingId)).toMatchObject({
      status: 'awaiting_payer',
      payer_url: expect.stringMatching(/checkoutnow/),
    });
    await provider.payerActs(await orderOf(fundingId), 'approve');
    await approved(await orderOf(fundingId));
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await moved(fundingId)).toEqual(['charge 105499']);
  });

  test('fault 12: the payer approved and the notice was lost: found when the minutes are over', async () => {
    const { milestoneId, fundingId } = await begun('asks_payer');
    await quiet();
    await provider.payerActs(await orderOf(fundingId), 'approve');
    await passMinutes(15);
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
    expect(await moved(fundingId)).toEqual(['charge 105499']);
  });

  test('E-26: the payer’s minutes pass; who approves after that is not charged', async () => {
    const { agreementId, milestoneId, fundingId } = await begun('asks_payer');
    await passMinutes(15);
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({ reason: 'expired' });
    await provider.payerActs(await orderOf(fundingId), 'approve');
    await approved(await orderOf(fundingId));
    await quiet();
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect(await moved(fundingId)).toEqual([]);
  });

  test('E-23: that nothing takes any more goes back whole, by PayPal, also when the answer is lost', async () => {
    const { agreementId, milestoneId, fundingId } = await begun('asks_payer');
    await quiet();
    await provider.payerActs(await orderOf(fundingId), 'approve');
    // Meanwhile the terms have changed: the charge is an orphan.
    await escrow().rows(
      `update milestones set status = 'agreed', funding_id = null, terms_version = 2
      where id = $1`,
      [milestoneId],
    );
    await provider.fault('capture.refund', 'error-after-execution');
    await approved(await orderOf(fundingId));
    await quiet();
    const told = await escrow().published(agreementId);
    expect(told.at(-1)).toMatchObject({ type: 'escrow.refund.paid', kind: 'paypal' });
    const [attempt] = await escrow().rows('select * from refund_attempts where funding_id = $1', [fundingId]);
    expect(attempt).toMatchObject({ status: 'paid', sub_account: 'paypal' });
    expect(await moved(String(attempt!.refund_id))).toEqual(['refund 105499']);
    expect(await moved(await orderOf(fundingId))).toEqual(['charge 105499', 'refund 105499']);
  });

  test('E-3: unattended it fails where its payer is wanted, and is booked where not', async () => {
    for (const [account, reason] of [
      ['asks_payer', 'payer_needed'],
      [undefined, undefined],
    ] as const) {
      const clientId = `client-${newId()}`;
      await stored(clientId, account);
      const [agreementId, milestoneId] = [newId(), newId()];
      const agreed = { agreementId, clientId, freelancerId: `f-${newId()}`, milestoneIds: [milestoneId] };
      await escrow().activate(agreed, [{ amountMinor: 5_000n, currency: 'USD' }]);
      await quiet();
      expect((await escrow().published(agreementId)).at(-1)).toMatchObject(
        reason ? { reason } : { type: 'escrow.milestone.funded' },
      );
    }
  });

  test('0.2: a notice about an order that is not ours, or not there, is kept for an operator', async () => {
    await approved('0000000000000000X');
    await quiet();
    const text = `select outcome from provider_notices where object_id = '0000000000000000X'`;
    expect(await escrow().rows(text)).toEqual([{ outcome: 'unmatched' }]);
  });
});
