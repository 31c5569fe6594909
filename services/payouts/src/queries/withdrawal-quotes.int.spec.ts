import { describe, expect, test } from '@jest/globals';
import { arrivalOf, cutOffAfter } from '../domain/business-days.ts';
import type { Cleared } from '../testing/withdrawals.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';
import { WithdrawalQuotes } from './withdrawal-quotes.ts';

const payouts = useWithdrawals();
const usdOf = (amountMinor: string) => ({ amountMinor, currency: 'USD' });

type Quoted = { quotes: { methods: { methodId: string; refusal?: object; heldBecause?: string[] }[] }[] };

async function quote(accountId: string, amountMinor = 50_000n): Promise<Quoted> {
  const { unitOfWork, clock } = payouts().database;
  return (await new WithdrawalQuotes(unitOfWork, clock).of(accountId, amountMinor)) as Quoted;
}

describe('P-17: a quote for a withdrawal', () => {
  test('says what the request then says: fee, what is sent, cut-off and arrival', async () => {
    await payouts().setting({ 'fee.ach': 250 });
    const who = await payouts().cleared();
    const quoted = await quote(who.accountId);
    const cutOffAt = cutOffAfter(payouts().now(), '12:00');
    const same = {
      fee: usdOf('250'),
      sent: usdOf('49750'),
      cutOffAt: cutOffAt.toISOString(),
      arrivesBy: arrivalOf(cutOffAt).toISOString(),
    };
    expect(quoted).toEqual({
      amount: usdOf('50000'),
      quotes: [
        {
          kind: 'ach',
          minimum: usdOf('500'),
          ...same,
          methods: [{ methodId: who.methodId, lastFour: expect.stringMatching(/^\d{4}$/) }],
        },
      ],
    });
    expect(await payouts().request(who)).toMatchObject(same);
    await payouts().setting({ 'fee.ach': 0 });
  });

  test('moves nothing and says nothing of others', async () => {
    const [mine, other] = [await payouts().cleared(), await payouts().cleared()];
    const { quotes } = await quote(mine.accountId);
    expect(JSON.stringify(quotes)).not.toContain(other.methodId);
    expect(await payouts().money(mine.accountId)).toEqual({ available: 50_000n, inTransit: 0n });
  });

  test('is given to whoever has no method yet; nothing is sent where nothing is left after the fee', async () => {
    await payouts().setting({ 'fee.ach': 700 });
    const accountId = await payouts().openAccount();
    const [{ methods, ...terms }] = (await quote(accountId, 700n)).quotes as [Quoted['quotes'][number]];
    expect(methods).toEqual([]);
    expect(terms).toMatchObject({ fee: usdOf('700'), minimum: usdOf('500') });
    expect(terms).not.toHaveProperty('sent');
    await payouts().setting({ 'fee.ach': 0 });
  });
});

describe('P-17: what a request would be refused for, the quote names by the same code', () => {
  const cases: readonly [string, () => Promise<Cleared>, bigint?][] = [
    [
      'identity.not_verified',
      async () => {
        const accountId = await payouts().openAccount();
        return { accountId, methodId: (await payouts().addMethod(accountId)).methodId };
      },
    ],
    [
      'tax_form.missing',
      async () => {
        const who = await payouts().cleared();
        await payouts().taxForm(who.accountId, 'rejected');
        return who;
      },
    ],
    [
      'account.on_hold',
      async () => {
        const who = await payouts().cleared();
        await payouts().hold(who.accountId, 'financial');
        return who;
      },
    ],
    [
      'method.cooling_off',
      async () => {
        const accountId = await payouts().clearedPerson();
        return { accountId, methodId: (await payouts().addMethod(accountId)).methodId };
      },
    ],
    ['withdrawal.below_minimum', () => payouts().cleared(), 499n],
    ['money.insufficient', () => payouts().cleared(), 50_001n],
  ];

  test.each(cases)('%s', async (code, arrange, amountMinor = 50_000n) => {
    const who = await arrange();
    const refused = await payouts()
      .request(who, amountMinor)
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code });
    const { details } = refused as { details?: object };
    const [{ methods }] = (await quote(who.accountId, amountMinor)).quotes as [Quoted['quotes'][number]];
    expect(methods).toEqual([
      { methodId: who.methodId, lastFour: expect.any(String), refusal: { code, ...details } },
    ]);
  });

  test('W-18: one that would be held from the start says why', async () => {
    const who = await payouts().cleared();
    const { stopId } = await payouts().stopSending('bank');
    const [{ methods }] = (await quote(who.accountId)).quotes as [Quoted['quotes'][number]];
    expect(methods).toEqual([
      expect.objectContaining({ methodId: who.methodId, heldBecause: ['sending is stopped'] }),
    ]);
    await payouts().resumeSending(stopId);
    expect((await quote(who.accountId)).quotes[0]!.methods[0]).not.toHaveProperty('heldBecause');
  });

  test('W-3: one that was removed is none to choose', async () => {
    const who = await payouts().cleared();
    await payouts().removeMethod(who.accountId, who.methodId);
    expect((await quote(who.accountId)).quotes).toEqual([expect.objectContaining({ methods: [] })]);
  });
});
