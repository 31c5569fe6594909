import { usd } from '@holdfast/domain';
import { readJournals } from '@holdfast/ledger';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { event, linesOf, useEscrow } from '../testing/escrow.ts';
import { paidWithdrawal, returnedWithdrawal } from '../testing/withdrawals.ts';

const escrow = useEscrow();

/** A withdrawal of somebody new. */
function withdrawal() {
  const own = { withdrawalId: newId(), accountId: `freelancer-${newId()}` };
  const { accountId } = own;
  return {
    paid: paidWithdrawal({ ...own, transferId: newId() }),
    returned: (more: Parameters<typeof returnedWithdrawal>[0] = {}) =>
      returnedWithdrawal({ ...own, transferId: newId(), ...more }),
    journals: () => readJournals(escrow().database.pool, { accountId, limit: 10 }),
    published: () => escrow().published(accountId),
  };
}

describe('G-21.3: a withdrawal that was paid', () => {
  test('M-22: is booked and its transfer answered, together, dated as payouts dates it', async () => {
    const { paid, journals, published } = withdrawal();
    await escrow().withdrawalPaid(paid);
    const [journal, ...others] = await journals();
    expect(others).toEqual([]);
    expect(linesOf(journal!)).toEqual({ 'E.clearing.payouts': 50_000n, 'E.cash.trust:bank': -50_000n });
    expect(journal).toMatchObject({ transferId: paid.transferId, valueDate: paid.paidAt });
    expect(await published()).toEqual([
      {
        type: 'escrow.clearing.applied',
        accountId: paid.accountId,
        transferId: paid.transferId,
        amount: usd(50_000n),
        kind: 'withdrawal_paid',
      },
    ]);
  });

  test('F50: the same message twice, and ten times at once, is booked once', async () => {
    const { paid, journals, published } = withdrawal();
    const message = event();
    await Promise.all(Array.from({ length: 10 }, () => escrow().withdrawalPaid(paid, message)));
    await escrow().withdrawalPaid(paid, message);
    expect(await journals()).toHaveLength(1);
    expect(await published()).toHaveLength(1);
  });

  test('M-8, I5: told anew, under another transfer too, it is refused by the ledger', async () => {
    const { paid, journals, published } = withdrawal();
    await escrow().withdrawalPaid(paid);
    for (const again of [paid, { ...paid, transferId: newId() }]) {
      await expect(escrow().withdrawalPaid(again)).rejects.toMatchObject({ code: '23505' });
    }
    expect(await journals()).toHaveLength(1);
    expect(await published()).toHaveLength(1);
  });
});

describe('a withdrawal that came back', () => {
  test('G-38.5: after it was paid, the cash and the clearing are as before', async () => {
    const { paid, returned, journals, published } = withdrawal();
    const before = await escrow().cashAt('bank');
    await escrow().withdrawalPaid(paid);
    const back = returned();
    await escrow().withdrawalReturned(back);
    expect(await escrow().cashAt('bank')).toBe(before);
    expect((await journals()).map(linesOf)).toEqual([
      { 'E.clearing.payouts': 50_000n, 'E.cash.trust:bank': -50_000n },
      { 'E.cash.trust:bank': 50_000n, 'E.clearing.payouts': -50_000n },
    ]);
    expect((await published()).at(-1)).toEqual({
      type: 'escrow.clearing.applied',
      accountId: back.accountId,
      transferId: back.transferId,
      amount: usd(50_000n),
      kind: 'withdrawal_returned',
    });
  });

  test('W-12: less a bank charge that the platform bears, all of it is answered', async () => {
    const { paid, returned, journals, published } = withdrawal();
    await escrow().withdrawalPaid(paid);
    const charged = { amountBack: usd(49_000n), bankCharge: usd(1_000n), feeKept: false };
    await escrow().withdrawalReturned(returned(charged));
    expect(linesOf((await journals())[1]!)).toEqual({
      'E.cash.trust:bank': 49_000n,
      'E.expense.processing': 1_000n,
      'E.clearing.payouts': -50_000n,
    });
    expect((await published()).at(-1)).toMatchObject({ amount: usd(50_000n), kind: 'withdrawal_returned' });
  });

  test('G-29: never paid and free of charge, it changes nothing here, and the message is done with', async () => {
    const { returned, journals, published } = withdrawal();
    const [message, back] = [event(), returned({ afterPaid: false, transferId: undefined })];
    await escrow().withdrawalReturned(back, message);
    await escrow().withdrawalReturned(back, message);
    expect(await journals()).toEqual([]);
    expect(await published()).toEqual([]);
    expect(await escrow().rows('select command from inbox where message_id = $1', [message.id])).toEqual([
      { command: 'ApplyWithdrawalReturned' },
    ]);
  });

  test('W-12: never paid, the charge alone: through clearing, or as the platform’s cost without an answer', async () => {
    const charged = { afterPaid: false, amountBack: usd(49_000n), bankCharge: usd(1_000n) };
    const theirs = withdrawal();
    await escrow().withdrawalReturned(theirs.returned({ ...charged, feeKept: true }));
    expect((await theirs.journals()).map(linesOf)).toEqual([
      { 'E.clearing.payouts': 1_000n, 'E.cash.trust:bank': -1_000n },
    ]);
    expect(await theirs.published()).toMatchObject([{ amount: usd(1_000n) }]);
    const ours = withdrawal();
    await escrow().withdrawalReturned(ours.returned({ ...charged, feeKept: false }));
    expect((await ours.journals()).map(linesOf)).toEqual([
      { 'E.expense.processing': 1_000n, 'E.cash.trust:bank': -1_000n },
    ]);
    expect(await ours.published()).toEqual([]);
  });

  test('M-22: without the transfer that it moves it is a defect: nothing of it is booked', async () => {
    const { returned, journals } = withdrawal();
    await expect(escrow().withdrawalReturned(returned({ transferId: undefined }))).rejects.toThrow(
      RangeError,
    );
    expect(await journals()).toEqual([]);
  });
});
