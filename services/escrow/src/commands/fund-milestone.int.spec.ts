import { NotYet, plusMinutes, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { ChangePolicy, ChangePolicyHandler } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { definition } from '../escrow.module.ts';
import { http, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

/** An agreement of two milestones of which nothing is charged yet. */
async function uncharged() {
  const agreed = await escrow().agreement({ prices: [30_000n, 70_000n], withMethod: false });
  const methodId = await escrow().verifiedMethod(agreed.clientId);
  return { ...agreed, first: agreed.milestoneIds[0]!, second: agreed.milestoneIds[1]!, methodId };
}

test('E-26: milestone, funding, bytes and fact are one commit; the payer has 15 minutes', async () => {
  const { agreementId, clientId, first, methodId } = await uncharged();
  const { fundingId, status } = await escrow().fund(clientId, first);
  expect(status).toBe('funding_pending');
  const [funding] = await escrow().rows('select * from fundings where id = $1', [fundingId]);
  expect(funding).toMatchObject({
    milestone_id: first,
    client_id: clientId,
    method_id: methodId,
    unattended: false,
    status: 'waiting',
    step: 'create',
    total_minor: 31_999n,
    confirm_body: 'return_url=https%3A%2F%2Fours.example%2Fback',
  });
  expect(funding!.expires_at).toEqual(plusMinutes(funding!.next_call_at as Date, 15));
  const [, started] = await escrow().published(agreementId);
  expect(started).toEqual({
    type: 'escrow.funding.started',
    agreementId,
    fundingId,
    milestoneIds: [first],
    version: 1,
    kind: 'card',
    amount: usd(31_999n),
    dueAt: funding!.expires_at,
  });
  expect(await escrow().statusOf(first)).toBe('funding_pending');
});

test('the same message twice has the same answer; with another body it is refused', async () => {
  const { clientId, first } = await uncharged();
  const message = http();
  const answer = await escrow().fund(clientId, first, { message });
  expect(await escrow().fund(clientId, first, { message })).toEqual(answer);
  await expect(escrow().fund(clientId, first, { message, version: 2 })).rejects.toMatchObject({
    code: 'idempotency.key_reused',
  });
  expect(await escrow().rows('select id from fundings where milestone_id = $1', [first])).toHaveLength(1);
});

test('of two at once one begins, the other hears that a charge is under way', async () => {
  const { clientId, first } = await uncharged();
  const both = await Promise.allSettled([escrow().fund(clientId, first), escrow().fund(clientId, first)]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'milestone.funding_pending' },
  });
});

test('E-2: of two milestones at once one is opened', async () => {
  const { clientId, first, second } = await uncharged();
  const both = await Promise.allSettled([escrow().fund(clientId, first), escrow().fund(clientId, second)]);
  expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'funding.one_at_a_time' },
  });
});

describe('refused, and its repeat as well', () => {
  const twice = async (call: () => Promise<unknown>, code: string) => {
    await expect(call()).rejects.toMatchObject({ code });
    await expect(call()).rejects.toMatchObject({ code });
  };

  test('E-26: an older version of the terms', async () => {
    const [{ clientId, first }, message] = [await uncharged(), http()];
    await twice(() => escrow().fund(clientId, first, { version: 2, message }), 'terms.version_outdated');
  });

  test('a refusal stays one when the reason is gone', async () => {
    const [{ clientId, first, second }, message] = [await uncharged(), http()];
    await escrow().fund(clientId, first);
    await twice(() => escrow().fund(clientId, second, { message }), 'funding.one_at_a_time');
    await escrow().charge(await escrow().fundingOf(first));
    await escrow().release(clientId, first);
    await twice(() => escrow().fund(clientId, second, { message }), 'funding.one_at_a_time');
    expect(await escrow().fund(clientId, second)).toMatchObject({ status: 'funding_pending' });
  });

  test('what is funded already', async () => {
    const [{ clientId, milestoneIds }, message] = [await escrow().funded(), http()];
    await twice(() => escrow().fund(clientId, milestoneIds[0]!, { message }), 'milestone.already_funded');
  });

  test('P-2: without a verified method', async () => {
    const [agreed, message] = [await escrow().agreement({ withMethod: false }), http()];
    await escrow().addMethod(agreed.clientId);
    const fund = () => escrow().fund(agreed.clientId, agreed.milestoneIds[0]!, { message });
    await twice(fund, 'billing_method.missing');
  });

  test('by the method of somebody else', async () => {
    const { clientId, first } = await uncharged();
    const [foreign, message] = [await escrow().verifiedMethod(`client-${newId()}`), http()];
    await twice(
      () => escrow().fund(clientId, first, { billingMethodId: foreign, message }),
      'billing_method.unknown',
    );
    expect(await escrow().statusOf(first)).toBe('agreed');
  });
});

test('P-1: the method that is named is used, else the oldest', async () => {
  const { clientId, first, second, methodId } = await uncharged();
  const newer = await escrow().verifiedMethod(clientId);
  const used = async (fundingId: string) =>
    (await escrow().rows('select method_id from fundings where id = $1', [fundingId]))[0]!.method_id;
  const { fundingId } = await escrow().fund(clientId, first);
  expect(await used(fundingId)).toBe(methodId);
  await escrow().charge(fundingId);
  await escrow().release(clientId, first);
  const next = await escrow().fund(clientId, second, { billingMethodId: newer });
  expect(await used(next.fundingId)).toBe(newer);
});

test('AD-16: a foreign milestone is unknown, to its freelancer as well; nothing is kept', async () => {
  const { freelancerId, first } = await uncharged();
  const message = http();
  const unknown = new NotYet('milestone.unknown');
  await expect(escrow().fund(`client-${newId()}`, first, { message })).rejects.toThrow(unknown);
  await expect(escrow().fund(freelancerId, first)).rejects.toThrow(unknown);
  expect(await escrow().rows('select * from inbox where message_id = $1', [message.id])).toEqual([]);
});

test('funding.payer_minutes is the setting of the moment', async () => {
  const { clientId, first } = await uncharged();
  const change = (minutes: number) =>
    new ChangePolicyHandler(escrow().database.unitOfWork, definition).execute(
      new ChangePolicy({
        message: http(),
        by: 'operator',
        settings: { 'funding.payer_minutes': minutes },
        reason: 'test',
      }),
    );
  await change(30);
  const { fundingId } = await escrow().fund(clientId, first);
  await change(15);
  const [funding] = await escrow().rows('select next_call_at, expires_at from fundings where id = $1', [
    fundingId,
  ]);
  expect(funding!.expires_at).toEqual(plusMinutes(funding!.next_call_at as Date, 30));
});
