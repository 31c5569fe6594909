import { plusDays, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { useChargebacks } from '../testing/chargebacks.ts';
import { event, type Parties } from '../testing/payouts.ts';
import { RestoreRefund, RestoreRefundHandler } from './restore-funds.ts';
import { TakeRefund, TakeRefundHandler } from './take-refund.ts';

const payouts = useChargebacks();

/** Escrow asks for so much of the balance. */
async function draw(
  { agreementId, freelancerId: accountId }: Parties,
  netMinor: bigint,
  { debtAllowed = false, refundId = newId(), transferId = newId(), message = event() } = {},
): Promise<{ refundId: string; transferId: string }> {
  const net = usd(netMinor);
  const command = new TakeRefund({ message, agreementId, refundId, accountId, net, transferId, debtAllowed });
  await new TakeRefundHandler(payouts().database.unitOfWork).execute(command);
  return { refundId, transferId };
}

const factsOf = async ({ agreementId }: Parties) =>
  (await payouts().published(agreementId)).filter(({ type }) => type.startsWith('payouts.refund.'));
const clearingOf = (transferId: string) =>
  payouts().rows('select cause_id, kind, amount_minor, status from clearing_transfers where id = $1', [
    transferId,
  ]);

test('G-19.1: from the available balance; escrow is told, and its answer is awaited (M-22)', async () => {
  const parties = await payouts().freelancer(18_000n);
  const { agreementId, freelancerId } = parties;
  const { refundId, transferId } = await draw(parties, 18_000n);
  expect(await payouts().cents(freelancerId)).toEqual([0n, 0n, 0n]);
  expect(await payouts().linesOf(freelancerId, 'refund_taken')).toEqual([
    { 'P.freelancer.available': 18_000n, 'P.clearing.escrow': -18_000n },
  ]);
  expect(await factsOf(parties)).toEqual([
    {
      type: 'payouts.refund.taken',
      agreementId,
      refundId,
      transferId,
      accountId: freelancerId,
      fromPending: usd(0n),
      fromAvailable: usd(18_000n),
      debt: usd(0n),
    },
  ]);
  expect(await clearingOf(transferId)).toEqual([
    { cause_id: refundId, kind: 'refund_taken', amount_minor: 18_000n, status: 'sent' },
  ]);
});

test('G-19p.1: pending first, then available; what was taken does not mature (B-3)', async () => {
  const parties = await payouts().freelancer(6_000n);
  const released = payouts().released(parties, { net: 12_000n });
  await payouts().credit(released);
  await draw(parties, 17_000n);
  expect(await payouts().linesOf(parties.freelancerId, 'refund_taken')).toEqual([
    {
      'P.freelancer.pending': 12_000n,
      'P.freelancer.available': 5_000n,
      'P.clearing.escrow': -17_000n,
    },
  ]);
  await payouts().mature(released.transferId, plusDays(released.releasedAt, 5));
  expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 1_000n, 0n]);
});

describe('E-25: all or nothing', () => {
  test('less than that is there: refused, and nothing is taken', async () => {
    const parties = await payouts().freelancer(17_999n);
    const { agreementId, freelancerId } = parties;
    const { refundId, transferId } = await draw(parties, 18_000n);
    expect(await payouts().cents(freelancerId)).toEqual([0n, 17_999n, 0n]);
    expect(await factsOf(parties)).toEqual([
      {
        type: 'payouts.refund.refused',
        agreementId,
        refundId,
        accountId: freelancerId,
        reason: 'balance_too_low',
      },
    ]);
    expect(await clearingOf(transferId)).toEqual([]);
  });

  test('D-16: an award may leave a debt, which later pay pays first (B-6)', async () => {
    const parties = await payouts().freelancer(1_000n);
    await draw(parties, 9_000n, { debtAllowed: true });
    expect(await payouts().linesOf(parties.freelancerId, 'refund_taken')).toEqual([
      {
        'P.freelancer.available': 1_000n,
        'P.freelancer.receivable': 8_000n,
        'P.clearing.escrow': -9_000n,
      },
    ]);
    expect((await payouts().published(parties.freelancerId)).at(-1)).toMatchObject({
      type: 'payouts.debt.opened',
      left: usd(8_000n),
    });
    await payouts().credit(payouts().released(parties, { net: 9_000n }));
    expect(await payouts().cents(parties.freelancerId)).toEqual([1_000n, 0n, 0n]);
  });

  test('S-5: under a safety hold nothing moves', async () => {
    const parties = await payouts().freelancer(18_000n);
    await payouts().hold(parties.freelancerId, 'safety');
    await draw(parties, 1_000n);
    expect(await factsOf(parties)).toMatchObject([
      { type: 'payouts.refund.refused', reason: 'account_held' },
    ]);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 18_000n, 0n]);
  });
});

test('the same message twice takes once', async () => {
  const parties = await payouts().freelancer(18_000n);
  const ids = { refundId: newId(), transferId: newId(), message: event() };
  await draw(parties, 5_000n, ids);
  await draw(parties, 5_000n, ids);
  expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 13_000n, 0n]);
});

test('F63: of a refund and withdrawals at once nothing is taken twice', async () => {
  const { accountId, methodId } = await payouts().cleared(5_000n);
  const parties = await payouts().agreement(undefined, accountId);
  const [refund, ...withdrawals] = await Promise.allSettled([
    draw(parties, 3_000n),
    ...Array.from({ length: 4 }, () => payouts().request({ accountId, methodId }, 1_000n)),
  ]);
  expect(refund).toMatchObject({ status: 'fulfilled' });
  const type = (await factsOf(parties))[0]!.type;
  const asked = withdrawals.filter(({ status }) => status === 'fulfilled').length;
  const taken = type === 'payouts.refund.taken' ? 3_000n : 0n;
  expect(await payouts().cents(accountId)).toEqual([0n, 5_000n - taken - BigInt(asked) * 1_000n, 0n]);
});

test('E-25: a refund that was given up comes back, debts first, and is available at once (B-6)', async () => {
  const parties = await payouts().freelancer(1_000n);
  const { agreementId, freelancerId: accountId } = parties;
  const { refundId } = await draw(parties, 3_000n, { debtAllowed: true });
  const reversed = { agreementId, refundId, accountId, net: usd(3_000n), transferId: newId() };
  const message = event();
  for (const _ of [1, 2]) {
    const command = new RestoreRefund({ message, ...reversed });
    await new RestoreRefundHandler(payouts().database.unitOfWork).execute(command);
  }
  expect(await payouts().linesOf(accountId, 'restored')).toEqual([
    { 'P.clearing.escrow': 3_000n, 'P.freelancer.receivable': -2_000n, 'P.freelancer.available': -1_000n },
  ]);
  expect((await payouts().published(agreementId)).at(-1)).toEqual({
    type: 'payouts.funds.restored',
    agreementId,
    cause: 'refund',
    causeId: refundId,
    transferId: reversed.transferId,
    accountId,
    toDebt: usd(2_000n),
    toAvailable: usd(1_000n),
  });
});
