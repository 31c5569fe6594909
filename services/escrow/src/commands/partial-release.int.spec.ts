import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
const outcomesOf = (all: PromiseSettledResult<unknown>[]) =>
  all.map((one) => (one.status === 'fulfilled' ? 'won' : (one.reason as { code?: string }).code)).sort();
const releases = async (agreementId: string) =>
  (await escrow().published(agreementId)).filter(({ type }) => type === 'escrow.milestone.released');

test('E-8, E-9: a part is released, the rest stays; each part has its transfer and its journal', async () => {
  const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [50_000n] });
  const milestoneId = milestoneIds[0]!;
  const part = await escrow().release(clientId, milestoneId, { amountMinor: 33_333n });
  expect(part).toMatchObject({
    status: 'funded',
    net: { amountMinor: '30000' },
    balance: { amountMinor: '16667' },
  });
  const [row] = await escrow().rows('select * from milestones where id = $1', [milestoneId]);
  expect(row).toMatchObject({ status: 'funded', held_minor: 16_667n, client_fee_held_minor: 833n });
  const all = await escrow().release(clientId, milestoneId);
  expect(all).toMatchObject({ status: 'released', balance: { amountMinor: '0' } });
  expect((await releases(agreementId)).map((each) => 'cause' in each && each.cause)).toEqual([
    'partial',
    'approval',
  ]);
  const transfers = await escrow().rows('select id from transfers where milestone_id = $1 order by id', [
    milestoneId,
  ]);
  expect(transfers.map(({ id }) => id)).toEqual([part.transferId, all.transferId]);
  const [, first, second] = (await escrow().journals(agreementId)).map(linesOf);
  expect(first).toMatchObject({ 'E.escrow.milestone': 33_333n, 'E.revenue.client_fee': -1_667n });
  // P-6: the first release earned the initiation fee, and R-6: the last part takes the rest of the client fee.
  expect([first!['E.revenue.initiation_fee'], second!['E.revenue.initiation_fee']]).toEqual([
    -499n,
    undefined,
  ]);
  expect(second).toMatchObject({ 'E.escrow.milestone': 16_667n, 'E.revenue.client_fee': -833n });
});

test('E-8: the same message twice releases one part; what is refused changes nothing', async () => {
  const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [50_000n] });
  const message = http();
  const part = () => escrow().release(clientId, milestoneIds[0]!, { amountMinor: 10_000n, message });
  expect(await part()).toEqual(await part());
  for (const [amountMinor, code] of [
    [0n, 'release.nothing'],
    [40_001n, 'release.exceeds_held'],
  ] as const) {
    await expect(escrow().release(clientId, milestoneIds[0]!, { amountMinor })).rejects.toMatchObject({
      code,
    });
  }
  expect(await releases(agreementId)).toHaveLength(1);
});

test('E-22: of a milestone in two lots, one frozen by a chargeback, the other is released', async () => {
  const { agreementId, clientId, milestoneIds } = await escrow().funded({ prices: [50_000n] });
  const [first] = milestoneIds as [string];
  const fundingId = await escrow().fundingOf(first);
  await escrow().rows(`insert into freezes values ($1, $2, 'chargeback', 'dp_1', 20000, 1, $3, false)`, [
    newId(),
    first,
    fundingId,
  ]);
  // The only lot is frozen although its freeze covers a part: what is not its own chargeback leaves it alone.
  await expect(escrow().release(clientId, first, { amountMinor: 40_000n })).rejects.toMatchObject({
    code: 'milestone.frozen',
  });
  expect(await releases(agreementId)).toEqual([]);
});

test('two parts at once are both paid where both fit, else one of them', async () => {
  for (const [amountMinor, outcomes, left] of [
    [20_000n, ['won', 'won'], 10_000n],
    [30_000n, ['release.exceeds_held', 'won'], 20_000n],
  ] as const) {
    const { clientId, milestoneIds } = await escrow().funded({ prices: [50_000n] });
    const part = () => escrow().release(clientId, milestoneIds[0]!, { amountMinor });
    expect(outcomesOf(await Promise.allSettled([part(), part()]))).toEqual(outcomes);
    const [row] = await escrow().rows('select held_minor from milestones where id = $1', [milestoneIds[0]]);
    expect(row).toEqual({ held_minor: left });
  }
});

test('E-5, E-9: a part of work under review ends its review; the rest can be submitted and is released by silence', async () => {
  const { agreementId, clientId, milestoneIds, submissionId, dueAt } = await escrow().submitted();
  await escrow().release(clientId, milestoneIds[0]!, { submissionId, amountMinor: 40_000n });
  await escrow().silence(milestoneIds[0]!, dueAt);
  expect(await releases(agreementId)).toHaveLength(1);
  await escrow().submit(milestoneIds[0]!, newId());
  const [row] = await escrow().rows('select review_due_at from milestones where id = $1', milestoneIds);
  await escrow().silence(milestoneIds[0]!, row!.review_due_at as Date);
  expect(await releases(agreementId)).toMatchObject([
    { cause: 'partial', balance: usd(60_000n) },
    { cause: 'auto', gross: usd(60_000n), clientFee: usd(3_000n) },
  ]);
});
