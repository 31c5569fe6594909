import { usd } from '@holdfast/domain';
import {
  type AdjustmentLine,
  DecideAdjustment,
  DecideAdjustmentHandler,
  ProposeAdjustment,
  ProposeAdjustmentHandler,
} from '@holdfast/service';
import { expect, test } from '@jest/globals';
import { definition } from './payouts.module.ts';
import { http, texts } from './testing/payouts.ts';
import { useWithdrawals } from './testing/withdrawals.ts';

const payouts = useWithdrawals();

const line = (account: string, side: AdjustmentLine['side'], amountMinor: bigint): AdjustmentLine => {
  return { account, side, amount: usd(amountMinor) };
};
/** A freelancer with so much available, and the journal that made it so. */
const freelancer = async (availableMinor: bigint) => {
  const { accountId } = await payouts().cleared(availableMinor);
  const [row] = await payouts().rows(
    `select id, agreement_id from journals where account_id = $1 and kind = 'maturity'`,
    [accountId],
  );
  return { accountId, agreementId: String(row!.agreement_id), corrects: String(row!.id) };
};
const propose = (corrects: string, lines: readonly AdjustmentLine[], by = 'operator-1') => {
  const words = { reason: 'wrong_amount', note: 'Paid twice' } as const;
  const command = new ProposeAdjustment({ message: http(), by, corrects, ...words, lines });
  return new ProposeAdjustmentHandler(payouts().database.unitOfWork, texts, definition).execute(command);
};
const approve = (adjustmentId: string, by = 'operator-2') => {
  const command = new DecideAdjustment({
    message: http(),
    by,
    adjustmentId,
    decision: 'approve',
    note: 'Seen as well',
  });
  return new DecideAdjustmentHandler(payouts().database.unitOfWork, texts, definition).execute(command);
};
const taking = (accountId: string, amountMinor: bigint) => [
  line(`P.freelancer.available:${accountId}`, 'debit', amountMinor),
  line('P.revenue.withdrawal_fee', 'credit', amountMinor),
];
const giving = (accountId: string, amountMinor: bigint) => [
  line('P.revenue.withdrawal_fee', 'debit', amountMinor),
  line(`P.freelancer.available:${accountId}`, 'credit', amountMinor),
];
const available = async (accountId: string) => (await payouts().balances(accountId)).available.amountMinor;
const refused = (code: string) => expect.objectContaining({ code });

test('M-24, S-11: a fee that was taken wrongly is given back, by two persons', async () => {
  const { accountId, agreementId, corrects } = await freelancer(50_000n);
  const taken = await propose(corrects, taking(accountId, 300n));
  await expect(approve(taken.adjustmentId, 'operator-1')).rejects.toEqual(
    refused('adjustment.second_person_needed'),
  );
  await approve(taken.adjustmentId);
  expect(await available(accountId)).toBe('49700');
  const { adjustmentId } = await propose(corrects, giving(accountId, 300n));
  expect(await approve(adjustmentId)).toEqual({ adjustmentId, status: 'posted' });
  expect(await available(accountId)).toBe('50000');
  expect((await payouts().journals(accountId)).at(-1)).toMatchObject({
    kind: 'adjustment',
    causeId: adjustmentId,
  });
  expect((await payouts().published(agreementId)).at(-1)).toEqual({
    type: 'payouts.adjustment.posted',
    adjustmentId,
    corrects,
    agreementId,
    accountId,
    reason: 'wrong_amount',
    lines: giving(accountId, 300n),
    proposedBy: 'operator-1',
    approvedBy: 'operator-2',
    postedAt: expect.any(Date),
  });
});

test('M-7, M-24: nobody’s balance falls below zero by it, nor what the platform has earned', async () => {
  const { accountId, corrects } = await freelancer(1_000n);
  const { adjustmentId } = await propose(corrects, taking(accountId, 1_001n));
  await expect(approve(adjustmentId)).rejects.toEqual(refused('money.insufficient'));
  const unearned = await propose(corrects, giving(accountId, 1n));
  await expect(approve(unearned.adjustmentId)).rejects.toEqual(refused('money.insufficient'));
  expect(await available(accountId)).toBe('1000');
  const [row] = await payouts().rows('select status from adjustments where id = $1', [adjustmentId]);
  expect(row).toEqual({ status: 'proposed' });
});

test('M-24: of a person it moves the account that the corrected journal stands in, and no rows’ money', async () => {
  const { accountId, corrects } = await freelancer(1_000n);
  const other = await freelancer(1_000n);
  await expect(propose(corrects, taking(other.accountId, 1n))).rejects.toEqual(
    refused('adjustment.account_unknown'),
  );
  for (const account of [
    'P.clearing.escrow',
    `P.freelancer.pending:${accountId}`,
    `P.freelancer.receivable:${accountId}`,
  ]) {
    const lines = [line(account, 'debit', 1n), line(`P.freelancer.available:${accountId}`, 'credit', 1n)];
    await expect(propose(corrects, lines)).rejects.toEqual(refused('adjustment.account_kept'));
  }
});
