import { pinnedDefaults } from '@holdfast/events';
import { newId } from '@holdfast/messaging';
import { describe, expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';
import { type Asked, Quotes } from './quotes.ts';

const escrow = useEscrow();
// biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
const quote = (clientId: string, asked: Asked): Promise<any> => {
  const { unitOfWork, clock } = escrow().database;
  return new Quotes(unitOfWork, clock).of(asked, clientId);
};
const usd = (amountMinor: bigint) => ({ amountMinor: String(amountMinor), currency: 'USD' });
const none = usd(0n);

/** Agreed and not charged yet: the client's first method comes later. */
async function unfunded(prices: bigint[], settings: typeof pinnedDefaults = pinnedDefaults) {
  const agreement = await escrow().agreement({ prices, withMethod: false, settings });
  const methodId = await escrow().verifiedMethod(agreement.clientId);
  return { ...agreement, methodId };
}

describe('P-17: a quote for a milestone', () => {
  test('is what is charged, by the way that is chosen', async () => {
    const { agreementId, clientId, milestoneIds, methodId } = await unfunded([100_000n]);
    const [milestoneId] = milestoneIds as [string];
    const bankId = await escrow().verifiedMethod(clientId, 'bank');
    const answer = await quote(clientId, { milestoneId });
    const parts = { principal: usd(100_000n), initiationFee: usd(499n), tax: none };
    const [card, paypal, bank] = answer.methods;
    expect(answer).toMatchObject({ agreementId, milestoneId, version: 1 });
    expect(card).toMatchObject({
      kind: 'card',
      billingMethodIds: [methodId],
      ...parts,
      total: usd(105_499n),
    });
    expect(paypal).toMatchObject({ kind: 'paypal', billingMethodIds: [], total: usd(105_499n) });
    const byBank = { ...parts, clientFee: usd(3_000n), total: usd(103_499n) };
    expect(bank).toMatchObject({ kind: 'bank', billingMethodIds: [bankId], ...byBank });
    expect(new Date(bank.fundedBy) > new Date(card.fundedBy)).toBe(true);
    const { fundingId } = await escrow().fund(clientId, milestoneId, { billingMethodId: bankId });
    const [row] = await escrow().rows('select total_minor from fundings where id = $1', [fundingId]);
    expect(row).toEqual({ total_minor: 103_499n });
  });

  test('E-9: says what rolls over, and costs only the difference; nothing where a rest covers it', async () => {
    const settings = { ...pinnedDefaults, 'fee.initiation': 0 };
    const { clientId, milestoneIds } = await escrow().funded({ prices: [50_000n, 30_000n], settings });
    const [m1, m2] = milestoneIds as [string, string];
    await escrow().release(clientId, m1, { amountMinor: 33_333n });
    const answer = await quote(clientId, { milestoneId: m2 });
    expect(answer).toMatchObject({
      pays: [{ milestoneId: m2, amount: usd(13_333n) }],
      rolls: { fromMilestoneId: m1, amount: usd(16_667n) },
    });
    expect(answer.methods[0]).toMatchObject({ clientFee: usd(667n), total: usd(14_000n) });
    await escrow().changeTerms(m2, { version: 2, priceMinor: 10_000n });
    expect(await quote(clientId, { milestoneId: m2 })).toMatchObject({
      version: 2,
      rolls: { amount: usd(10_000n) },
      pays: [],
      methods: [],
    });
  });

  test('E-2: up front it is for all that are agreed', async () => {
    const settings = { ...pinnedDefaults, 'funding.mode': 'project_upfront' } as const;
    const { clientId, milestoneIds } = await unfunded([3_334n, 3_333n, 3_333n], settings);
    const answer = await quote(clientId, { milestoneId: milestoneIds[1]! });
    expect(answer.pays.map(({ milestoneId }: { milestoneId: string }) => milestoneId)).toEqual(milestoneIds);
    expect(answer.methods[0]).toMatchObject({ principal: usd(10_000n), clientFee: usd(500n) });
  });

  test('is refused where the charge would be', async () => {
    const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [50_000n, 30_000n] });
    const [m1, m2] = milestoneIds as [string, string];
    const refusal = (milestoneId: string) => quote(clientId, { milestoneId }).catch((error) => error.code);
    expect(await refusal(m1)).toBe('milestone.already_funded');
    expect(await refusal(m2)).toBe('funding.one_at_a_time');
    await escrow().rows(`update agreements set status = 'closing' where id = $1`, [agreementId]);
    expect(await refusal(m2)).toBe('agreement.not_active');
  });
});

test('P-17, E-10: a quote for a bonus: without the initiation fee that another charge has had', async () => {
  const { agreementId, clientId } = await escrow().funded();
  const answer = await quote(clientId, { agreementId, bonusMinor: 5_000n });
  expect(answer).toMatchObject({ agreementId, bonus: usd(5_000n) });
  expect(answer.methods[0]).toMatchObject({ clientFee: usd(250n), initiationFee: none, total: usd(5_250n) });
  await expect(quote(clientId, { agreementId, bonusMinor: 99n })).rejects.toMatchObject({
    code: 'bonus.too_small',
  });
});

test('AD-16: a stranger, and the freelancer, ask about nothing', async () => {
  const { agreementId, freelancerId, milestoneIds } = await unfunded([50_000n]);
  const [milestoneId] = milestoneIds as [string];
  for (const who of [freelancerId, `client-${newId()}`]) {
    await expect(quote(who, { milestoneId })).rejects.toMatchObject({ code: 'milestone.unknown' });
    await expect(quote(who, { agreementId, bonusMinor: 5_000n })).rejects.toMatchObject({
      code: 'agreement.unknown',
    });
  }
});
