import { type Money, usd } from '@holdfast/domain';
import { type MessageRef, newId } from '@holdfast/messaging';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { Treasury } from '../queries/treasury.ts';
import { useDisputes } from '../testing/chargebacks.ts';
import { byTwo, event, http, texts } from '../testing/escrow.ts';
import { MoveTreasury, MoveTreasuryHandler } from './move-treasury.ts';
import { NoteDebt, NoteDebtHandler } from './note-debt.ts';
import { OpenTreasuryAtStart } from './open-treasury.ts';

const escrow = useDisputes();

type Kind = 'top_up' | 'sweep';
const say = (kind: Kind, by: string, { amount = undefined as Money | undefined, message = http() } = {}) =>
  new MoveTreasuryHandler(escrow().database.unitOfWork, texts).execute(
    new MoveTreasury({ message, kind, by, reason: 'The evening', amount }),
  );
const move = (kind: Kind, message?: MessageRef) =>
  byTwo((by, ref) => say(kind, by, { message: ref }), { message });
const amountOf = async (kind: Kind) => BigInt((await move(kind)).amount.amountMinor);
const debt = (debtId: string, left: Money, isNew = false) =>
  new NoteDebtHandler(escrow().database.unitOfWork).execute(
    new NoteDebt({ message: event(), isNew, debtId, accountId: 'freelancer-1', amount: usd(5_000n), left }),
  );
// biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
const now = (): Promise<any> => new Treasury(escrow().database.orm).now();
const refused = (code: string) => expect.objectContaining({ code });

beforeAll(() => new OpenTreasuryAtStart(escrow().database.unitOfWork).onApplicationBootstrap());

test('M-14: after the opening nothing is short and nothing over', async () => {
  expect(await now()).toEqual({
    trustMinor: '1000000',
    bankMinor: '1000000',
    operatingMinor: '9000000',
    required: { amountMinor: '0', currency: 'USD' },
    debts: { amountMinor: '0', currency: 'USD' },
    float: { amountMinor: '1000000', currency: 'USD' },
    short: { amountMinor: '0', currency: 'USD' },
    surplus: { amountMinor: '0', currency: 'USD' },
  });
  await expect(move('top_up')).rejects.toEqual(refused('treasury.nothing_short'));
  await expect(move('sweep')).rejects.toEqual(refused('treasury.no_surplus'));
});

test('G-32, M-14, M-23: escrow lost to a chargeback: topped up while it is disputed, and swept back', async () => {
  const { agreementId, milestoneIds } = await escrow().funded({ prices: [50_000n] });
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  const dispute = await escrow().dispute(fundingId);
  await escrow().look(fundingId, dispute);
  expect((await now()).short).toEqual({ amountMinor: '54499', currency: 'USD' });
  const message = http();
  const { movementId } = await move('top_up', message);
  expect(await move('top_up', message)).toMatchObject({ movementId, amount: { amountMinor: '54499' } });
  expect((await now()).short.amountMinor).toBe('0');
  expect((await escrow().published('platform')).at(-1)).toEqual({
    type: 'escrow.treasury.moved',
    movementId,
    kind: 'top_up',
    from: 'operating',
    to: 'trust_bank',
    amount: usd(54_499n),
    movedAt: expect.any(Date),
  });
  const [row] = await escrow().rows('select * from treasury_movements where id = $1', [movementId]);
  expect(row).toMatchObject({ kind: 'top_up', amount_minor: 54_499n, moved_by: 'operator-1' });
  await escrow().look(fundingId, { ...dispute, status: 'lost' });
  expect(await escrow().typesOf(agreementId)).toContain('escrow.milestone.charged_back');
  expect(await amountOf('sweep')).toBe(52_999n);
  await expect(move('sweep')).rejects.toEqual(refused('treasury.no_surplus'));
});

describe('M-14, B-6: what a freelancer owes', () => {
  test('is covered by the platform until it is paid', async () => {
    const debtId = newId();
    await debt(debtId, usd(5_000n), true);
    expect(await amountOf('top_up')).toBe(5_000n);
    await debt(debtId, usd(2_000n));
    expect(await amountOf('sweep')).toBe(3_000n);
    await debt(debtId, usd(0n));
    expect(await amountOf('sweep')).toBe(2_000n);
  });

  test('M-8: a payment of it that comes before it waits', async () => {
    await expect(debt(newId(), usd(0n))).rejects.toMatchObject({ code: 'debt.unknown' });
  });
});

test('M-23: an amount, no more than is short or over', async () => {
  const debtId = newId();
  await debt(debtId, usd(5_000n), true);
  const [much, more] = [usd(3_000n), usd(3_001n)];
  await expect(say('top_up', 'operator-1', { amount: usd(5_001n) })).rejects.toEqual(
    refused('treasury.exceeds_short'),
  );
  expect(await say('top_up', 'operator-1', { amount: usd(2_000n) })).toMatchObject({
    amount: { amountMinor: '2000' },
  });
  expect((await now()).short.amountMinor).toBe('3000');
  await say('top_up', 'operator-1', { amount: much });
  await debt(debtId, usd(2_000n));
  await expect(say('sweep', 'operator-1', { amount: more })).rejects.toEqual(
    refused('treasury.exceeds_surplus'),
  );
  await say('sweep', 'operator-1', { amount: much });
  await debt(debtId, usd(0n));
  await move('sweep');
});

test('M-23: two operators at once move it once', async () => {
  const debtId = newId();
  await debt(debtId, usd(5_000n), true);
  const both = await Promise.allSettled([move('top_up'), move('top_up')]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  await debt(debtId, usd(0n));
  await move('sweep');
});

test('M-23: what is over at a provider is settled to the bank first', async () => {
  const { clientId, milestoneIds } = await escrow().funded({ prices: [20_000_000n] });
  await escrow().release(clientId, milestoneIds[0]!);
  await expect(move('sweep')).rejects.toEqual(refused('treasury.bank_short'));
  const { settlementId } = await escrow().settleCard();
  await escrow().seePayout(settlementId, 'paid');
  expect(await amountOf('sweep')).toBe(3_000_499n);
});
