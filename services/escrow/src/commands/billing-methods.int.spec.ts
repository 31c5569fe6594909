import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { BillingMethods } from '../queries/billing-methods.ts';
import { http, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

const listed = async (clientId: string) => {
  const answer = await new BillingMethods(escrow().database.orm).of(clientId);
  return (answer as { methods: { methodId: string; primary?: true; status: string }[] }).methods;
};
const idsOf = async (clientId: string) => (await listed(clientId)).map(({ methodId }) => methodId);

/** A client with a card, a PayPal account and a bank account, in that order, whose offer is accepted. */
async function accepted() {
  const clientId = `client-${newId()}`;
  const methods = [];
  for (const kind of ['card', 'paypal', 'bank'] as const) {
    methods.push(await escrow().verifiedMethod(clientId, kind));
  }
  const [agreementId, milestoneId] = [newId(), newId()];
  const agreed = {
    agreementId,
    clientId,
    freelancerId: `freelancer-${newId()}`,
    milestoneIds: [milestoneId],
  };
  await escrow().activate(agreed, [usd(100_000n)]);
  return { ...agreed, milestoneId, methods };
}
const chargesOf = (milestoneId: string) =>
  escrow().rows('select method_id, kind, status, ending from fundings where milestone_id = $1 order by id', [
    milestoneId,
  ]);
const decline = async (
  milestoneId: string,
  status: 'requires_payment_method' | 'requires_action' = 'requires_payment_method',
) => {
  const fundingId = await escrow().fundingOf(milestoneId);
  await escrow().see(fundingId, 'requires_confirmation');
  await escrow().see(fundingId, status);
  await escrow().see(fundingId, 'canceled');
};

describe('P-1: one is primary, the others back it up', () => {
  test('in the order of their coming, until the client chooses another', async () => {
    const clientId = `client-${newId()}`;
    const first = await escrow().verifiedMethod(clientId);
    const second = await escrow().verifiedMethod(clientId, 'paypal');
    const third = await escrow().verifiedMethod(clientId, 'bank');
    expect(await idsOf(clientId)).toEqual([first, second, third]);
    await escrow().makePrimary(clientId, third);
    expect(await idsOf(clientId)).toEqual([third, first, second]);
    expect(await listed(clientId)).toMatchObject([{ primary: true }, {}, {}]);
    expect((await listed(clientId)).filter(({ primary }) => primary)).toHaveLength(1);
  });

  test('two choices at once leave one primary', async () => {
    const { clientId, methods } = await accepted();
    await Promise.all(methods.slice(1).map((methodId) => escrow().makePrimary(clientId, methodId)));
    expect((await listed(clientId)).filter(({ primary }) => primary)).toHaveLength(1);
    expect(await idsOf(clientId)).toHaveLength(3);
  });

  test('only a verified method of one’s own can be chosen', async () => {
    const { clientId, methods } = await accepted();
    const unknown = { code: 'billing_method.unknown' };
    await expect(escrow().makePrimary(`client-${newId()}`, methods[0]!)).rejects.toMatchObject(unknown);
    await expect(escrow().removeMethod(`client-${newId()}`, methods[0]!)).rejects.toMatchObject(unknown);
    const { methodId } = await escrow().addMethod(clientId);
    await expect(escrow().makePrimary(clientId, methodId)).rejects.toMatchObject({
      code: 'billing_method.not_verified',
    });
  });

  test('an unattended charge that is declined goes on to the next, and ends after the last', async () => {
    const { agreementId, milestoneId, methods } = await accepted();
    await decline(milestoneId);
    expect(await escrow().statusOf(milestoneId)).toBe('funding_pending');
    await decline(milestoneId);
    await decline(milestoneId);
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect(await chargesOf(milestoneId)).toEqual(
      methods.map((method_id, index) => {
        const kind = ['card', 'paypal', 'bank'][index];
        return { method_id, kind, status: 'failed', ending: 'declined' };
      }),
    );
    const told = (await escrow().published(agreementId)).map((event) => [
      event.type,
      'kind' in event ? event.kind : undefined,
      'amount' in event ? event.amount.amountMinor : undefined,
    ]);
    const failed = ['escrow.funding.failed', undefined, undefined];
    expect(told).toEqual([
      ['escrow.funding.started', 'card', 105_499n],
      failed,
      ['escrow.funding.started', 'paypal', 105_499n],
      failed,
      ['escrow.funding.started', 'bank', 103_499n],
      failed,
    ]);
  });

  test('what the next method pays is funded', async () => {
    const { milestoneId } = await accepted();
    await decline(milestoneId);
    await escrow().charge(await escrow().fundingOf(milestoneId));
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
  });

  test('P-16: where the payer is needed the client is called, and no other method is charged', async () => {
    const { milestoneId } = await accepted();
    await decline(milestoneId, 'requires_action');
    expect(await escrow().statusOf(milestoneId)).toBe('agreed');
    expect(await chargesOf(milestoneId)).toMatchObject([{ ending: 'payer_needed' }]);
  });

  test('a client who is present chooses: a decline goes on to no other', async () => {
    const { milestoneId, clientId, methods } = await accepted();
    await decline(milestoneId, 'requires_action');
    await escrow().fund(clientId, milestoneId, { billingMethodId: methods[1] });
    await decline(milestoneId);
    expect(await chargesOf(milestoneId)).toHaveLength(2);
    await escrow().fund(clientId, milestoneId);
    expect((await chargesOf(milestoneId)).at(-1)).toMatchObject({ method_id: methods[0] });
  });
});

describe('a method that is removed', () => {
  test('is charged no more; contracts is told (A-7), once', async () => {
    const { clientId, methods } = await accepted();
    const message = http();
    const [card] = methods;
    const answer = await escrow().removeMethod(clientId, card!, message);
    expect(await escrow().removeMethod(clientId, card!, message)).toEqual(answer);
    expect(await idsOf(clientId)).toEqual(methods.slice(1));
    expect((await escrow().published(clientId)).at(-1)).toEqual({
      type: 'escrow.billing_method.removed',
      accountId: clientId,
      methodId: card,
      kind: 'card',
    });
    const gone = { code: 'billing_method.unknown' };
    await expect(escrow().removeMethod(clientId, card!)).rejects.toMatchObject(gone);
    await expect(escrow().makePrimary(clientId, card!)).rejects.toMatchObject(gone);
  });

  test('lets a charge that is under way come to its end', async () => {
    const { clientId, milestoneId, methods } = await accepted();
    await escrow().removeMethod(clientId, methods[0]!);
    await escrow().charge(await escrow().fundingOf(milestoneId));
    expect(await escrow().statusOf(milestoneId)).toBe('funded');
  });

  test('before it was verified tells nobody, and is set up no further', async () => {
    const clientId = `client-${newId()}`;
    const { methodId } = await escrow().addMethod(clientId);
    await escrow().removeMethod(clientId, methodId);
    await escrow().recordSetup(methodId, { customerId: 'cus_1' });
    expect(await escrow().published(clientId)).toEqual([]);
    expect(await listed(clientId)).toEqual([]);
  });
});

describe('a bank debit', () => {
  const funded = async () => {
    const agreed = await escrow().funded({ kind: 'bank' });
    const milestoneId = agreed.milestoneIds[0]!;
    const [lot] = await escrow().rows('select * from lots where milestone_id = $1', [milestoneId]);
    return { ...agreed, milestoneId, lot: lot! };
  };

  test('P-3, E-26: is pending for days, without an end of its own', async () => {
    const { agreementId, milestoneIds } = await escrow().agreement({ kind: 'bank' });
    const fundingId = await escrow().fundingOf(milestoneIds[0]!);
    await escrow().see(fundingId, 'requires_confirmation');
    for (let day = 1; day <= 4; day += 1) {
      await escrow().see(fundingId, 'processing');
      expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funding_pending');
    }
    const [started] = await escrow().published(agreementId);
    expect(started).toMatchObject({ type: 'escrow.funding.started', kind: 'bank' });
    expect(started).not.toHaveProperty('dueAt');
    await escrow().see(fundingId, 'succeeded');
    expect(await escrow().statusOf(milestoneIds[0]!)).toBe('funded');
    expect(await escrow().cashAt('card')).toBeGreaterThanOrEqual(103_499n);
  });

  test('P-14: its money is at risk for five business days: a release says not before', async () => {
    const { agreementId, clientId, milestoneId, lot } = await funded();
    const until = lot.at_risk_until as Date;
    const days = (until.getTime() - (lot.charged_at as Date).getTime()) / 86_400_000;
    expect(days).toBeGreaterThanOrEqual(7);
    await escrow().release(clientId, milestoneId);
    expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
      type: 'escrow.milestone.released',
      availableNotBefore: until,
    });
  });

  test('P-14: after that it is as any other money', async () => {
    const { agreementId, clientId, milestoneId, lot } = await funded();
    escrow().pass(lot.at_risk_until as Date);
    await escrow().release(clientId, milestoneId);
    expect((await escrow().published(agreementId)).at(-1)).not.toHaveProperty('availableNotBefore');
  });
});
