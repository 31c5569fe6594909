import { plusDays, plusMinutes, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { eventually } from '@holdfast/testing';
import { describe, expect, test } from '@jest/globals';
import { useCardProvider } from '../testing/card-provider.ts';
import { http } from '../testing/escrow.ts';
import { useVerifications } from '../testing/small-charges.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useVerifications();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();

async function pass(instant: Date): Promise<void> {
  await quiet();
  escrow().pass(instant);
  await provider.moveTo(escrow().database.clock.offsetMs);
  await quiet();
}
const untilMethod = (methodId: string, status: string) =>
  eventually(
    () => escrow().methodOf(methodId),
    (method) => method.status === status,
  );
/** As the holder of the card reads them in the statement. */
const statement = async (methodId: string): Promise<bigint[]> =>
  (await provider.charged(methodId)).map(({ amountMinor }) => BigInt(amountMinor));

async function confirming(token?: string) {
  const added = await escrow().addSmall(undefined, token);
  await untilMethod(added.methodId, 'confirming');
  const amounts = (await statement(added.methodId)) as [bigint, bigint];
  return { ...added, amounts };
}
/** Each charge and its way back, in the provider's book. */
async function movements(methodId: string): Promise<string[]> {
  const all = [];
  for (const { id } of await escrow().chargesOf(methodId)) all.push(...(await provider.moved(String(id))));
  return all;
}
const untilBack = (methodId: string, charges: number) =>
  eventually(
    () => escrow().smallRefundsOf(methodId),
    (rows) => rows.length === charges && rows.every(({ status }) => status === 'paid'),
  );
const backWhole = async (methodId: string) => {
  const amounts = await statement(methodId);
  await untilBack(methodId, amounts.length);
  expect(await movements(methodId)).toEqual(
    amounts.flatMap((amount) => [`charge ${amount}`, `refund ${amount}`]),
  );
};

describe('P-2: a card is verified by two small charges', () => {
  test('charged with its holder present, read in the statement, confirmed, and given back', async () => {
    const cash = await escrow().cashAt('card');
    const { accountId, methodId, amounts } = await confirming();
    expect(amounts).toHaveLength(2);
    expect(await escrow().cashAt('card')).toBe(cash + amounts[0] + amounts[1]);
    await escrow().confirm(accountId, methodId, amounts);
    await backWhole(methodId);
    expect(await escrow().cashAt('card')).toBe(cash);
  });

  test('P-16: from then on it is charged with nobody present', async () => {
    const { accountId, methodId, amounts } = await confirming();
    await escrow().confirm(accountId, methodId, amounts);
    const milestoneIds = [newId()];
    await escrow().activate(
      { agreementId: newId(), clientId: accountId, freelancerId: newId(), milestoneIds },
      [usd(5_000n)],
    );
    await eventually(
      () => escrow().statusOf(milestoneIds[0]!),
      (status) => status === 'funded',
    );
  });

  test('P-16: the bank may want its holder for each of them', async () => {
    const { methodId } = await escrow().addSmall(undefined, 'pm_card_authenticationRequired');
    for (const place of [1, 2]) {
      const [charge] = await eventually(
        () =>
          escrow().rows('select * from small_charges where method_id = $1 and place = $2', [methodId, place]),
        ([row]) => row?.status === 'awaiting_payer',
      );
      expect(await untilMethod(methodId, 'verifying')).toMatchObject({ payer_url: charge!.payer_url });
      await provider.payerActs(String(charge!.intent_id), 'confirm');
    }
    await untilMethod(methodId, 'confirming');
  });

  test('E-26: who does not come back to the bank is charged nothing', async () => {
    const { methodId } = await escrow().addSmall(undefined, 'pm_card_authenticationRequired');
    await eventually(
      () => escrow().chargesOf(methodId),
      ([row]) => row?.status === 'awaiting_payer',
    );
    await pass(plusMinutes(escrow().now(), 16));
    expect(await untilMethod(methodId, 'refused')).toMatchObject({ refusal: 'expired' });
    expect(await statement(methodId)).toEqual([]);
  });
});

describe('P-2: all goes back', () => {
  test('where nobody confirms in time', async () => {
    const { methodId } = await confirming();
    await pass(plusDays(escrow().now(), 13));
    expect(await escrow().methodOf(methodId)).toMatchObject({ status: 'confirming' });
    await pass(plusDays(escrow().now(), 1));
    expect(await untilMethod(methodId, 'refused')).toMatchObject({ refusal: 'not_confirmed' });
    await backWhole(methodId);
  });

  test('where the second one is not paid', async () => {
    await provider.fault('charge.confirm', 'payer-needed', {}, { match: { nth: 2 } });
    const { methodId } = await escrow().addSmall();
    const [, second] = await eventually(
      () => escrow().chargesOf(methodId),
      ([, row]) => row?.status === 'awaiting_payer',
    );
    await provider.payerActs(String(second!.intent_id), 'fail');
    expect(await untilMethod(methodId, 'refused')).toMatchObject({ refusal: 'declined' });
    await backWhole(methodId);
  });

  test.each([
    ['pm_card_chargeDeclinedInsufficientFunds', 'declined'],
    ['pm_card_visa_chargeDeclined', 'declined'],
  ])('a card that pays nothing is refused: %s', async (token, refusal) => {
    const { methodId } = await escrow().addSmall(undefined, token);
    expect(await untilMethod(methodId, 'refused')).toMatchObject({ refusal });
    expect(await statement(methodId)).toEqual([]);
  });
});

describe('E-26, F7: answers that get lost', () => {
  test.each([
    ['charge.create', 'error-after-execution'],
    ['charge.create', 'connection-reset'],
    ['charge.confirm', 'error-after-execution'],
    ['charge.confirm', 'connection-reset'],
    ['charge.confirm', 'slow-executed'],
    ['refund.create', 'error-after-execution'],
    ['refund.create', 'connection-reset'],
  ])('%s, %s: each is charged once, and goes back once', async (op, fault) => {
    await provider.fault(op, fault);
    const { accountId, methodId, amounts } = await confirming();
    expect(amounts).toHaveLength(2);
    await escrow().confirm(accountId, methodId, amounts);
    await backWhole(methodId);
  });
});

describe('P-2, P-11: the holder’s bank disputes a small charge', () => {
  const untilDispute = async (disputeId: string, status: string) =>
    (
      await eventually(
        () => escrow().rows('select * from small_disputes where dispute_id = $1', [disputeId]),
        ([row]) => row?.status === status,
      )
    )[0]!;
  const statuses = async (methodId: string) =>
    (await escrow().smallRefundsOf(methodId)).map(({ status }) => status);
  const owedMinor = async () => {
    const [row] = await escrow().rows(
      `select -coalesce(sum(amount_minor), 0)::bigint as minor from entries where account = 'E.refund.payable'`,
    );
    return BigInt(String(row!.minor));
  };
  async function disputed() {
    const known = await confirming();
    const [charge] = await escrow().chargesOf(known.methodId);
    const disputeId = await provider.dispute(String(charge!.id));
    const dispute = await untilDispute(disputeId, 'received');
    return { ...known, smallChargeId: String(charge!.id), disputeId, dispute };
  }
  const wait = (methodId: string, first: string) =>
    eventually(
      () => statuses(methodId),
      ([one, other]) => one === first && other === 'paid',
    );

  test('what it takes is booked, the card is refused, and nothing is refunded besides', async () => {
    const { accountId, methodId, amounts, dispute, smallChargeId } = await disputed();
    expect(dispute).toMatchObject({ amount_minor: amounts[0], fee_minor: 1_500n });
    expect(await untilMethod(methodId, 'refused')).toMatchObject({ refusal: 'disputed' });
    expect((await escrow().published(accountId)).at(-1)).toMatchObject({
      type: 'escrow.billing_method.unconfirmed',
      reason: 'disputed',
    });
    await expect(escrow().confirm(accountId, methodId, amounts)).rejects.toMatchObject({
      code: 'billing_method.not_confirming',
    });
    await wait(methodId, 'waiting');
    const moved = await provider.moved(smallChargeId);
    expect(moved).toEqual([`charge ${amounts[0]}`, `dispute ${amounts[0]}`, 'dispute_fee 1500']);
    await expect(escrow().retrySmall(smallChargeId, 'operator-1')).rejects.toMatchObject({
      code: 'refund.not_failed',
    });
  });

  test('lost: the client has it from the bank, and nothing of it is owed any more', async () => {
    const before = await owedMinor();
    const { methodId, disputeId } = await disputed();
    await wait(methodId, 'waiting');
    await provider.decides(disputeId, 'lost');
    expect(await untilDispute(disputeId, 'lost')).toMatchObject({ took_owed: true, next_call_at: null });
    expect(await statuses(methodId)).toEqual(['failed', 'paid']);
    expect(await owedMinor()).toBe(before);
  });

  test('won: it goes back now', async () => {
    const before = await owedMinor();
    const { methodId, disputeId } = await disputed();
    await wait(methodId, 'waiting');
    await provider.decides(disputeId, 'won', true);
    await untilDispute(disputeId, 'won');
    await untilBack(methodId, 2);
    expect(await owedMinor()).toBe(before);
  });

  test('won after it was lost: it is owed again, and goes back', async () => {
    const before = await owedMinor();
    const { methodId, disputeId } = await disputed();
    await wait(methodId, 'waiting');
    await provider.decides(disputeId, 'lost');
    await untilDispute(disputeId, 'lost');
    await provider.decides(disputeId, 'reinstated_later');
    await untilDispute(disputeId, 'won');
    await eventually(
      () => statuses(methodId),
      (all) => all.join() === 'failed,paid,paid',
    );
    expect(await owedMinor()).toBe(before);
  });

  test('after the charge is back: the client has it twice, at the platform’s expense', async () => {
    const { accountId, methodId, amounts } = await confirming();
    await escrow().confirm(accountId, methodId, amounts);
    await backWhole(methodId);
    const [charge] = await escrow().chargesOf(methodId);
    const view = {
      id: `du_${newId().replaceAll('-', '')}`,
      intentId: String(charge!.intent_id),
      status: 'lost' as const,
      amountMinor: amounts[0],
      debited: { feeMinor: 0n },
    };
    for (let looks = 0; looks < 2; looks += 1) await escrow().seeSmallDispute(String(charge!.id), view);
    expect(await untilDispute(view.id, 'lost')).toMatchObject({ took_owed: false });
    expect(await escrow().methodOf(methodId)).toMatchObject({ status: 'verified' });
    expect(await statuses(methodId)).toEqual(['paid', 'paid']);
  });

  test('whose notices are lost: the provider’s own refusal keeps it, and the search finds it', async () => {
    const { accountId, methodId, amounts } = await confirming();
    await provider.fault('webhook', 'lost-webhook', {}, { times: 100 });
    const [charge] = await escrow().chargesOf(methodId);
    const disputeId = await provider.dispute(String(charge!.id));
    await escrow().confirm(accountId, methodId, amounts);
    await eventually(
      () => statuses(methodId),
      (all) => all.join() === 'failed,waiting,paid',
    );
    await pass(plusDays(escrow().now(), 1));
    await untilDispute(disputeId, 'received');
    expect(await escrow().methodOf(methodId)).toMatchObject({ status: 'verified' });
  });
});

test('fault 36: what the card sends back after it had arrived is owed again', async () => {
  const { accountId, methodId, amounts } = await confirming('pm_card_refundFail');
  const cash = await escrow().cashAt('card');
  await escrow().confirm(accountId, methodId, amounts, http());
  const untilAll = (status: string) =>
    eventually(
      () => escrow().smallRefundsOf(methodId),
      (rows) => rows.length === 2 && rows.every((row) => row.status === status),
    );
  await untilAll('paid');
  expect(await escrow().cashAt('card')).toBe(cash - amounts[0] - amounts[1]);
  await pass(plusDays(escrow().now(), 4));
  await untilAll('returned');
  expect(await escrow().cashAt('card')).toBe(cash);
});
