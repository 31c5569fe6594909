import { plusDays, usd } from '@holdfast/domain';
import { describe, expect, test } from '@jest/globals';
import { useChargebacks } from '../testing/chargebacks.ts';
import { event, http } from '../testing/payouts.ts';

const payouts = useChargebacks();

describe('B-5: what a chargeback may take is held', () => {
  test('G-25.2: what is there, at most; protected pay and money in escrow are left alone', async () => {
    const parties = await payouts().freelancer(4_000n);
    const { agreementId, freelancerId } = parties;
    const chargebackId = await payouts().received(parties, 9_000n);
    expect(await payouts().cents(freelancerId)).toEqual([0n, 0n, 4_000n]);
    expect(await payouts().linesOf(freelancerId, 'funds_held')).toEqual([
      { 'P.freelancer.available': 4_000n, 'P.freelancer.held': -4_000n },
    ]);
    expect(await payouts().facts(parties)).toEqual([
      {
        type: 'payouts.funds.held',
        agreementId,
        accountId: freelancerId,
        holdId: expect.any(String),
        cause: 'chargeback',
        causeId: chargebackId,
        amount: usd(4_000n),
      },
    ]);
  });

  test('from pending before available; what is held does not mature, the rest does (B-3)', async () => {
    const parties = await payouts().freelancer(1_000n);
    const released = payouts().released(parties, { net: 5_000n });
    await payouts().credit(released);
    const chargebackId = await payouts().received(parties, 3_000n);
    expect(await payouts().cents(parties.freelancerId)).toEqual([2_000n, 1_000n, 3_000n]);
    const dueAt = plusDays(released.releasedAt, 5);
    await payouts().mature(released.transferId, dueAt);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 3_000n, 3_000n]);
    // Its time is over: free again it is available.
    await payouts().won(parties, chargebackId);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 6_000n, 0n]);
  });

  test('won before that: it is pending again, and matures with its credit', async () => {
    const parties = await payouts().freelancer(1_000n);
    const released = payouts().released(parties, { net: 2_000n });
    await payouts().credit(released);
    const chargebackId = await payouts().received(parties, 2_500n);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 500n, 2_500n]);
    await payouts().won(parties, chargebackId);
    expect(await payouts().cents(parties.freelancerId)).toEqual([2_000n, 1_000n, 0n]);
    expect((await payouts().facts(parties)).map(({ type }) => type)).toEqual([
      'payouts.funds.held',
      'payouts.funds.unheld',
    ]);
    await payouts().mature(released.transferId, plusDays(released.releasedAt, 5));
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 3_000n, 0n]);
  });

  test('a credit that is held whole ends its time, and nothing moves', async () => {
    const parties = await payouts().freelancer(1_000n);
    const released = payouts().released(parties, { net: 2_000n });
    await payouts().credit(released);
    const chargebackId = await payouts().received(parties, 2_000n);
    await payouts().mature(released.transferId, plusDays(released.releasedAt, 5));
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 1_000n, 2_000n]);
    expect(await payouts().linesOf(parties.freelancerId, 'maturity')).toHaveLength(1);
    await payouts().won(parties, chargebackId);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 3_000n, 0n]);
  });

  test('where nothing is at stake, or nothing is there, nothing is posted', async () => {
    const parties = await payouts().freelancer(1_000n);
    await payouts().received(parties, 1_000n, { more: { protected: true } });
    expect(await payouts().facts(parties)).toEqual([]);
    const poor = await payouts().agreement();
    await payouts().received(poor, 1_000n);
    expect(await payouts().facts(poor)).toMatchObject([{ type: 'payouts.funds.held', amount: usd(0n) }]);
    expect(await payouts().journals(poor.freelancerId)).toEqual([]);
  });

  test('the same message twice holds once', async () => {
    const parties = await payouts().freelancer(4_000n);
    const message = event();
    const chargebackId = await payouts().received(parties, 1_000n, { message });
    await payouts().received(parties, 1_000n, { message, chargebackId });
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 3_000n, 1_000n]);
  });

  test('F63: of a hold and withdrawals at once nothing is there twice, and nobody is forgotten', async () => {
    const { accountId, methodId } = await payouts().cleared(5_000n);
    const parties = await payouts().agreement(undefined, accountId);
    const withdrawals = await Promise.allSettled([
      payouts().received(parties, 9_000n),
      ...Array.from({ length: 4 }, () => payouts().request({ accountId, methodId }, 1_000n)),
    ]);
    expect(withdrawals[0]).toMatchObject({ status: 'fulfilled' });
    const asked = withdrawals.slice(1).filter(({ status }) => status === 'fulfilled').length;
    expect(await payouts().cents(accountId)).toEqual([0n, 0n, 5_000n - BigInt(asked) * 1_000n]);
  });

  test('M-16: of a hold and the end of a credit at once the money is once there', async () => {
    for (let round = 0; round < 5; round += 1) {
      const parties = await payouts().agreement();
      const released = payouts().released(parties, { net: 5_000n });
      await payouts().credit(released);
      const [chargebackId] = await Promise.all([
        payouts().received(parties, 3_000n),
        payouts().mature(released.transferId, plusDays(released.releasedAt, 5)),
      ]);
      expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 2_000n, 3_000n]);
      await payouts().won(parties, chargebackId);
      expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 5_000n, 0n]);
    }
  });
});

describe('B-6, P-11: a chargeback is lost on unprotected pay', () => {
  test('G-25.3: what was held is taken, the shortfall is a debt; the answer of M-22', async () => {
    const parties = await payouts().freelancer(4_000n);
    const { agreementId, freelancerId: accountId } = parties;
    const chargebackId = await payouts().received(parties, 9_000n);
    const transferId = (await payouts().lost(parties, chargebackId, 9_000n))!;
    expect(await payouts().cents(accountId)).toEqual([0n, 0n, 0n]);
    expect(await payouts().linesOf(accountId, 'claw_back')).toEqual([
      { 'P.freelancer.held': 4_000n, 'P.freelancer.receivable': 5_000n, 'P.clearing.escrow': -9_000n },
    ]);
    expect((await payouts().facts(parties)).slice(1)).toEqual([
      {
        type: 'payouts.funds.clawed_back',
        agreementId,
        chargebackId,
        transferId,
        accountId,
        taken: usd(4_000n),
        debt: usd(5_000n),
      },
      {
        type: 'payouts.debt.opened',
        accountId,
        debtId: expect.any(String),
        amount: usd(5_000n),
        left: usd(5_000n),
      },
    ]);
    const answer = { accountId, transferId, amount: usd(9_000n), kind: 'clawed_back' } as const;
    await payouts().applied(answer);
    expect(await payouts().rows('select status from clearing_transfers where id = $1', [transferId])).toEqual(
      [{ status: 'applied' }],
    );
  });

  test('what came since is taken too: held, then pending, then available', async () => {
    const parties = await payouts().freelancer(500n);
    const chargebackId = await payouts().received(parties, 2_000n);
    await payouts().credit(payouts().released(parties, { net: 1_000n }));
    await payouts().earned(parties.freelancerId, 300n);
    await payouts().lost(parties, chargebackId, 2_000n);
    expect(await payouts().linesOf(parties.freelancerId, 'claw_back')).toEqual([
      {
        'P.freelancer.held': 500n,
        'P.freelancer.pending': 1_000n,
        'P.freelancer.available': 300n,
        'P.freelancer.receivable': 200n,
        'P.clearing.escrow': -2_000n,
      },
    ]);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 0n, 0n]);
  });

  test('less than was held: the rest is free again', async () => {
    const parties = await payouts().freelancer(4_000n);
    const chargebackId = await payouts().received(parties, 3_000n);
    await payouts().lost(parties, chargebackId, 1_000n);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 3_000n, 0n]);
    const other = await payouts().received(parties, 500n);
    await payouts().lost(parties, other, 0n);
    expect(await payouts().cents(parties.freelancerId)).toEqual([0n, 3_000n, 0n]);
  });

  test('G-31.3: the next release pays the debt first', async () => {
    const parties = await payouts().freelancer(4_000n);
    await payouts().lost(parties, await payouts().received(parties, 9_000n), 9_000n);
    await payouts().credit(payouts().released(parties, { net: 9_000n }));
    expect(await payouts().linesOf(parties.freelancerId, 'release')).toContainEqual({
      'P.clearing.escrow': 9_000n,
      'P.freelancer.receivable': -5_000n,
      'P.freelancer.pending': -4_000n,
    });
    expect(await payouts().cents(parties.freelancerId)).toEqual([4_000n, 0n, 0n]);
    expect((await payouts().facts(parties)).at(-1)).toMatchObject({
      type: 'payouts.debt.settled',
      amount: usd(5_000n),
      left: usd(0n),
    });
    const credited = (await payouts().published(parties.agreementId)).at(-1);
    expect(credited).toMatchObject({ toDebt: usd(5_000n), toPending: usd(4_000n) });
  });

  test('a debt refuses new withdrawals and keeps those not sent yet, until it is paid', async () => {
    const { accountId, methodId } = await payouts().cleared(4_000n);
    const parties = await payouts().agreement(undefined, accountId);
    const { withdrawalId } = await payouts().request({ accountId, methodId }, 1_000n);
    await payouts().lost(parties, await payouts().received(parties, 9_000n), 9_000n);
    expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'held', hold_causes: ['debt'] });
    const message = http();
    const again = () => payouts().request({ accountId, methodId }, 1_000n, message);
    await expect(again()).rejects.toMatchObject({ code: 'account.in_debt' });
    await payouts().credit(payouts().released(parties, { net: 5_999n }));
    expect(await payouts().statusOf(withdrawalId)).toBe('held');
    await payouts().credit(payouts().released(parties, { net: 1n }));
    expect(await payouts().statusOf(withdrawalId)).toBe('requested');
    expect(await payouts().cents(accountId)).toEqual([0n, 0n, 0n]);
  });

  test('F63: of a claw-back and a withdrawal at once none overlooks the other', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { accountId, methodId } = await payouts().cleared(1_000n);
      const parties = await payouts().agreement(undefined, accountId);
      const chargebackId = await payouts().received(await payouts().agreement(undefined, accountId), 500n);
      const [lost, asked] = await Promise.allSettled([
        payouts().lost(parties, chargebackId, 2_000n),
        payouts().request({ accountId, methodId }, 500n),
      ]);
      expect(lost.status).toBe('fulfilled');
      const [debt] = await payouts().rows('select left_minor from debts where account_id = $1', [accountId]);
      if (asked.status === 'fulfilled') {
        expect(debt).toEqual({ left_minor: 1_500n });
        expect(await payouts().statusOf(asked.value.withdrawalId)).toBe('held');
      } else {
        expect(['account.in_debt', 'money.insufficient']).toContain(asked.reason.code);
        expect(debt).toEqual({ left_minor: 1_000n });
      }
    }
  });
});

describe('P-11: a chargeback is won after it was lost', () => {
  test('G-35.2: the debt first, the rest is available at once', async () => {
    const parties = await payouts().freelancer(4_000n);
    const { agreementId, freelancerId: accountId } = parties;
    const chargebackId = await payouts().received(parties, 9_000n);
    await payouts().lost(parties, chargebackId, 9_000n);
    const transferId = await payouts().won(parties, chargebackId, 9_000n);
    expect(await payouts().linesOf(accountId, 'restored')).toEqual([
      { 'P.clearing.escrow': 9_000n, 'P.freelancer.receivable': -5_000n, 'P.freelancer.available': -4_000n },
    ]);
    expect(await payouts().cents(accountId)).toEqual([0n, 4_000n, 0n]);
    const facts = await payouts().facts(parties);
    expect(facts.find(({ type }) => type === 'payouts.funds.restored')).toEqual({
      type: 'payouts.funds.restored',
      agreementId,
      cause: 'chargeback',
      causeId: chargebackId,
      transferId,
      accountId,
      toDebt: usd(5_000n),
      toAvailable: usd(4_000n),
    });
    expect(facts.at(-1)).toMatchObject({ type: 'payouts.debt.settled', left: usd(0n) });
  });
});
