import { type Money, plusDays, plusHours, usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { StaffDecisionsController } from '@holdfast/service';
import { afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MoveTreasury, MoveTreasuryHandler } from './commands/move-treasury.ts';
import { NoteDebt, NoteDebtHandler } from './commands/note-debt.ts';
import { OpenTreasuryAtStart } from './commands/open-treasury.ts';
import { SettleCard, SettleCardHandler } from './commands/settle-card.ts';
import { useDisputes } from './testing/chargebacks.ts';
import { event, http, texts } from './testing/escrow.ts';

jest.setTimeout(30_000);

const escrow = useDisputes();
const [ann, bob] = ['operator-ann', 'operator-bob'];
const second = { code: 'decision.second_person_needed' };

const settle = (by: string, amount?: Money, message = http()) =>
  new SettleCardHandler(escrow().database.unitOfWork, texts).execute(
    new SettleCard({ message, by, reason: `Cash, says ${by}`, amount }),
  );
const move = (kind: 'top_up' | 'sweep', by: string, amount?: Money) =>
  new MoveTreasuryHandler(escrow().database.unitOfWork, texts).execute(
    new MoveTreasury({ message: http(), kind, by, reason: `The evening, says ${by}`, amount }),
  );
/** What freelancers owe is short until it is paid (M-14). */
const owe = (minor: bigint) =>
  new NoteDebtHandler(escrow().database.unitOfWork).execute(
    new NoteDebt({
      ...{ message: event(), isNew: true, debtId: newId(), accountId: 'freelancer-1' },
      ...{ amount: usd(minor), left: usd(minor) },
    }),
  );
const settlements = () => escrow().rows('select * from settlements order by id');
const decisions = () => escrow().rows('select * from staff_decisions order by id');
const listed = async () => {
  const { orm, clock } = escrow().database;
  const view = await new StaffDecisionsController(orm, texts, clock).list();
  return (view as { staffDecisions: Record<string, unknown>[] }).staffDecisions;
};
/** What one has moved alone counts no more. */
const nextDay = (): void => escrow().pass(plusHours(escrow().now(), 24));

beforeAll(async () => {
  await new OpenTreasuryAtStart(escrow().database.unitOfWork).onApplicationBootstrap();
  await escrow().funded({ prices: [10_000_000n] });
});
afterEach(nextDay);

describe('S-11: what moves more than `staff.dual_control` is decided by two persons', () => {
  test('M-23: a settlement: the first proposes, another decides; words are encrypted', async () => {
    const message = http();
    const proposed = await settle(ann, usd(150_000n), message);
    expect(proposed).toMatchObject({
      status: 'proposed',
      amount: { amountMinor: '150000', currency: 'USD' },
    });
    expect(await settle(ann, usd(150_000n), message)).toEqual(proposed);
    await expect(settle(ann, usd(150_000n))).rejects.toMatchObject(second);
    expect(await settlements()).toEqual([]);
    const { decisionId } = proposed as { decisionId: string };
    expect((await listed())[0]).toEqual({
      decisionId,
      kind: 'settle_card',
      subject: 'trust_card',
      status: 'proposed',
      amount: { amountMinor: '150000', currency: 'USD' },
      proposedBy: ann,
      reason: `Cash, says ${ann}`,
      proposedAt: expect.any(String),
      lapsesAt: (proposed as { lapsesAt: string }).lapsesAt,
    });
    const settled = await settle(bob, usd(150_000n));
    expect(settled).toEqual({
      settlementId: decisionId,
      amount: { amountMinor: '150000', currency: 'USD' },
      status: 'requested',
    });
    expect(await settlements()).toMatchObject([
      { id: decisionId, amount_minor: 150_000n, requested_by: bob },
    ]);
    const [row] = await decisions();
    expect(row!.lapses_at).toEqual(plusDays(row!.proposed_at as Date, 7));
    expect(row).toMatchObject({ status: 'decided', proposed_by: ann, approved_by: bob, alone_on: null });
    expect(`${row!.proposed_reason} ${row!.approved_reason}`).not.toContain('Cash');
    expect((await listed())[0]).toMatchObject({
      status: 'decided',
      approvedBy: bob,
      approvedReason: `Cash, says ${bob}`,
    });
    // It is done: the same again is a proposal again.
    expect(await settle(bob, usd(150_000n))).toMatchObject({ status: 'proposed' });
  });

  test('M-23: top-up and sweep; another amount takes the place of the proposal', async () => {
    await owe(300_000n);
    expect(await move('top_up', ann)).toMatchObject({ kind: 'top_up', status: 'proposed' });
    await owe(50_000n);
    // All that is short is more by now: the second person proposes that.
    expect(await move('top_up', bob)).toMatchObject({
      status: 'proposed',
      amount: { amountMinor: '350000' },
    });
    const open = (await listed()).filter(({ kind }) => kind === 'top_up');
    expect(open.map(({ status, proposedBy }) => [status, proposedBy])).toEqual([
      ['proposed', bob],
      ['dropped', ann],
    ]);
    // Named, the amount is the proposal's whatever happened meanwhile.
    await owe(1n);
    const moved = await move('top_up', ann, usd(350_000n));
    expect(moved).toMatchObject({ kind: 'top_up', amount: { amountMinor: '350000' } });
    const [row] = await escrow().rows('select * from treasury_movements');
    expect(row).toMatchObject({ id: open[0]!.decisionId, amount_minor: 350_000n, moved_by: ann });
    await escrow().rows('update freelancer_debts set left_minor = 0');
    expect(await move('sweep', ann)).toMatchObject({ kind: 'sweep', status: 'proposed' });
    await expect(move('sweep', ann)).rejects.toMatchObject(second);
    expect(await move('sweep', bob)).toMatchObject({ amount: { amountMinor: '350000' } });
  });

  test('P-11: to accept a chargeback gives amount and fee away; to contest it moves nothing', async () => {
    const [charged, contested] = await Promise.all([1, 2].map(() => escrow().funded()));
    const [id, other] = await Promise.all(
      [charged, contested].map(async (agreed) => {
        const fundingId = await escrow().fundingOf(agreed!.milestoneIds[0]!);
        return escrow().look(fundingId, await escrow().dispute(fundingId));
      }),
    );
    const proposed = await escrow().say(id!, 'accept', ann);
    expect(proposed).toMatchObject({
      chargebackId: id,
      status: 'proposed',
      amount: { amountMinor: '106999' },
    });
    expect(await escrow().row(id!)).toMatchObject({ status: 'received', answer: null });
    expect((await listed())[0]).toMatchObject({ subject: id, status: 'proposed' });
    await expect(escrow().say(id!, 'accept', ann)).rejects.toMatchObject(second);
    // Each chargeback is a decision of its own.
    expect(await escrow().say(other!, 'accept', bob)).toMatchObject({ status: 'proposed' });
    expect(await escrow().say(id!, 'accept', bob)).toEqual({ chargebackId: id, answer: 'accept' });
    expect(await escrow().row(id!)).toMatchObject({ status: 'accepted', answered_by: bob });
    expect(await escrow().say(other!, 'contest', ann)).toEqual({ chargebackId: other, answer: 'contest' });
    expect((await listed()).find(({ subject }) => subject === other)).toMatchObject({
      status: 'dropped',
    });
  });

  test('P-11: a proposal ends with the time to answer, and silence still accepts', async () => {
    const { milestoneIds } = await escrow().funded();
    const fundingId = await escrow().fundingOf(milestoneIds[0]!);
    const id = await escrow().look(fundingId, await escrow().dispute(fundingId));
    escrow().pass(plusDays(escrow().now(), 3));
    const proposed = await escrow().say(id, 'accept', ann);
    const dueAt = (await escrow().row(id)).due_at as Date;
    expect(proposed).toMatchObject({ lapsesAt: dueAt.toISOString() });
    escrow().pass(dueAt);
    await escrow().expireEvidence(id, dueAt);
    expect(await escrow().row(id)).toMatchObject({ status: 'accepted', answered_by: null });
  });
});

describe('S-11: nobody passes the limit in small steps', () => {
  test('what single persons have moved in 24 hours counts together, of whatever kind', async () => {
    expect(await settle(ann, usd(60_000n))).toMatchObject({ status: 'requested' });
    await owe(40_001n);
    expect(await move('top_up', bob)).toMatchObject({ status: 'proposed' });
    expect(await move('top_up', bob, usd(40_000n))).toMatchObject({ amount: { amountMinor: '40000' } });
    expect(await settle(bob, usd(1n))).toMatchObject({ status: 'proposed' });
    // What two decide does not count.
    expect(await settle(ann, usd(1n))).toMatchObject({ status: 'requested' });
    nextDay();
    expect(await settle(ann, usd(100_000n))).toMatchObject({ status: 'requested' });
    expect(await settle(ann, usd(1n))).toMatchObject({ status: 'proposed' });
  });

  test('I12: of many at once as many as the limit holds', async () => {
    const said = await Promise.all(
      Array.from({ length: 4 }, (_, index) => settle(ann, usd(40_000n + BigInt(index)))),
    );
    expect(said.map(({ status }) => status).sort()).toEqual([
      'proposed',
      'proposed',
      'requested',
      'requested',
    ]);
  });

  test('I12: two who want the same at once are the two persons', async () => {
    const said = await Promise.all([ann, bob].map((by) => settle(by, usd(200_000n))));
    expect(said.map(({ status }) => status).sort()).toEqual(['proposed', 'requested']);
  });
});

describe('S-11: a proposal that nobody decides', () => {
  test('lapses after `staff.proposal_days`, and is then proposed anew', async () => {
    const { decisionId } = (await settle(ann, usd(300_000n))) as { decisionId: string };
    escrow().pass(plusDays(escrow().now(), 7));
    expect((await listed()).find((one) => one.decisionId === decisionId)).toMatchObject({ status: 'lapsed' });
    expect(await settle(bob, usd(300_000n))).toMatchObject({ status: 'proposed' });
    expect(await settle(ann, usd(300_000n))).toMatchObject({ status: 'requested' });
  });

  test('needs no other where the limit was raised meanwhile', async () => {
    const { decisionId } = (await settle(ann, usd(250_000n))) as { decisionId: string };
    await escrow().limitStaff(1_000_000);
    expect(await settle(ann, usd(250_000n))).toMatchObject({ settlementId: decisionId });
    await escrow().limitStaff(100_000);
    expect(await settle(ann, usd(1n))).toMatchObject({ status: 'proposed' });
  });
});

test('S-11: the tables keep a decision of two to two persons', async () => {
  await settle(ann, usd(120_000n));
  const update = (text: string) =>
    escrow().rows(`update staff_decisions set ${text} where status = 'proposed' and amount_minor = 120000`);
  const alone = `status = 'decided', decided_at = now()`;
  await expect(update(alone)).rejects.toMatchObject({ code: '23514' });
  const own = `approved_by = proposed_by, approved_reason = proposed_reason`;
  await expect(update(`${alone}, ${own}`)).rejects.toMatchObject({ code: '23514' });
  await expect(update(`alone_on = '2026-11-23'`)).rejects.toMatchObject({ code: '23514' });
});
