import { usd } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import {
  type AdjustmentLine,
  AdjustmentsController,
  DecideAdjustment,
  DecideAdjustmentHandler,
  ProposeAdjustment,
  ProposeAdjustmentHandler,
} from '@holdfast/service';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { OpenTreasuryAtStart } from './commands/open-treasury.ts';
import { definition } from './escrow.module.ts';
import { http, texts, useEscrow } from './testing/escrow.ts';

const escrow = useEscrow();
beforeAll(() => new OpenTreasuryAtStart(escrow().database.unitOfWork).onApplicationBootstrap());

const line = (
  account: string,
  side: AdjustmentLine['side'],
  amountMinor: bigint,
  reference?: string,
): AdjustmentLine => ({ account, side, amount: usd(amountMinor), ...(reference ? { reference } : {}) });
const capital = (amountMinor: bigint) => [
  line('E.equity.capital', 'debit', amountMinor),
  line('E.cash.operating', 'credit', amountMinor),
];
const journalOf = async (kind: string): Promise<string> =>
  String((await escrow().rows('select id from journals where kind = $1 limit 1', [kind]))[0]!.id);

const note = 'The statement of May says otherwise';
const propose = async (
  lines: readonly AdjustmentLine[],
  { by = 'operator-1', corrects = undefined as string | undefined, message = http() } = {},
) => {
  const named = corrects ?? (await journalOf('treasury'));
  const command = new ProposeAdjustment({
    message,
    by,
    corrects: named,
    reason: 'wrong_amount',
    note,
    lines,
  });
  return new ProposeAdjustmentHandler(escrow().database.unitOfWork, texts, definition).execute(command);
};
const decide = (
  decision: 'approve' | 'reject' | 'withdraw',
  adjustmentId: string,
  { by = 'operator-2', message = http() } = {},
) => {
  const command = new DecideAdjustment({ message, by, adjustmentId, decision, note: 'Seen as well' });
  return new DecideAdjustmentHandler(escrow().database.unitOfWork, texts, definition).execute(command);
};
const listed = async (status: 'proposed' | 'posted' | 'rejected' | 'withdrawn') => {
  const controller = new AdjustmentsController(new CommandBus({} as never), escrow().database.orm, texts);
  // biome-ignore lint/suspicious/noExplicitAny: the answer is JSON.
  return ((await controller.list({ status })) as any).adjustments;
};
const refused = (code: string) => expect.objectContaining({ code });
const adjustments = () => escrow().rows(`select * from journals where kind = 'adjustment' order by position`);

test('M-24, S-11: what one person proposes another one posts, as a journal that names what it corrects', async () => {
  const { agreementId } = await escrow().funded();
  const [{ id: corrects }] = (await escrow().rows('select id from journals where agreement_id = $1', [
    agreementId,
  ])) as [{ id: string }];
  const message = http();
  const lines = [line('E.cash.operating', 'debit', 70n), line('E.tax.payable', 'credit', 70n)];
  const proposed = await propose(lines, { corrects, message });
  expect(proposed.status).toBe('proposed');
  expect(await propose(lines, { corrects, message })).toEqual(proposed);
  expect(await adjustments()).toEqual([]);
  const { adjustmentId } = proposed;
  expect((await listed('proposed'))[0]).toMatchObject({
    adjustmentId,
    corrects,
    reason: 'wrong_amount',
    note,
    proposedBy: 'operator-1',
    lines: [{ account: 'E.cash.operating', side: 'debit', amount: { amountMinor: '70' } }, {}],
  });
  await expect(decide('approve', adjustmentId, { by: 'operator-1' })).rejects.toEqual(
    refused('adjustment.second_person_needed'),
  );
  const approval = http();
  const posted = await decide('approve', adjustmentId, { message: approval });
  expect(posted).toEqual({ adjustmentId, status: 'posted' });
  expect(await decide('approve', adjustmentId, { message: approval })).toEqual(posted);
  expect(await adjustments()).toMatchObject([
    { cause_id: adjustmentId, reverses: corrects, agreement_id: agreementId, transfer_id: null },
  ]);
  expect((await escrow().published(agreementId)).at(-1)).toEqual({
    type: 'escrow.adjustment.posted',
    adjustmentId,
    corrects,
    agreementId,
    reason: 'wrong_amount',
    lines,
    proposedBy: 'operator-1',
    approvedBy: 'operator-2',
    postedAt: expect.any(Date),
  });
  expect(await listed('proposed')).toEqual([]);
  expect((await listed('posted'))[0]).toMatchObject({
    decidedBy: 'operator-2',
    decisionNote: 'Seen as well',
  });
  await expect(decide('approve', adjustmentId, { by: 'operator-3' })).rejects.toEqual(
    refused('adjustment.decided'),
  );
});

test('M-24: what corrects a journal of the platform is told under its key', async () => {
  const { adjustmentId } = await propose(capital(1n));
  await decide('approve', adjustmentId);
  expect((await escrow().published('platform')).at(-1)).toMatchObject({ adjustmentId });
});

test('M-24: it may be rejected by another person, and withdrawn by its own; nothing is posted', async () => {
  const before = (await adjustments()).length;
  const { adjustmentId } = await propose(capital(1n));
  await expect(decide('withdraw', adjustmentId)).rejects.toEqual(refused('adjustment.not_own'));
  expect(await decide('withdraw', adjustmentId, { by: 'operator-1' })).toMatchObject({ status: 'withdrawn' });
  const other = await propose(capital(1n));
  expect(await decide('reject', other.adjustmentId)).toMatchObject({ status: 'rejected' });
  await expect(decide('approve', other.adjustmentId)).rejects.toEqual(refused('adjustment.decided'));
  await expect(decide('approve', newId())).rejects.toEqual(refused('adjustment.unknown'));
  expect((await adjustments()).length).toBe(before);
});

describe('M-24: it obeys the rules of every journal', () => {
  test.each([
    ['adjustment.unbalanced', [capital(5n)[0]!, capital(6n)[1]!]],
    ['adjustment.account_twice', [capital(5n)[0]!, line('E.equity.capital', 'credit', 5n)]],
    ['adjustment.account_unknown', [capital(5n)[0]!, line('E.expense.gifts', 'credit', 5n)]],
    ['adjustment.account_kept', [capital(5n)[0]!, line(`E.escrow.milestone:${newId()}`, 'credit', 5n)]],
    ['adjustment.account_kept', [capital(5n)[0]!, line('E.clearing.payouts', 'credit', 5n)]],
    ['adjustment.reference_misplaced', [capital(5n)[0]!, line('E.cash.trust:bank', 'credit', 5n)]],
  ])('%s', async (code, lines) => {
    await expect(propose(lines)).rejects.toEqual(refused(code));
  });

  test('M-9: the journal that it corrects is there', async () => {
    await expect(propose(capital(5n), { corrects: newId() })).rejects.toEqual(refused('journal.unknown'));
  });

  test('M-14: no account of the platform falls below zero by it; the proposal stays open', async () => {
    const lines = [line('E.revenue.client_fee', 'debit', 1n), line('E.cash.operating', 'credit', 1n)];
    const { adjustmentId } = await propose(lines);
    await expect(decide('approve', adjustmentId)).rejects.toEqual(refused('money.insufficient'));
    const { clientId, milestoneIds } = await escrow().funded();
    await escrow().release(clientId, milestoneIds[0]!);
    expect(await decide('approve', adjustmentId)).toMatchObject({ status: 'posted' });
  });

  test('M-14: of two at once that take the same money, one is posted', async () => {
    const [{ amount }] = (await escrow().rows(
      `select sum(amount_minor)::bigint as amount from entries where account = 'E.cash.operating'`,
    )) as [{ amount: bigint }];
    const both = [await propose(capital(amount)), await propose(capital(amount))];
    const ends = await Promise.allSettled(both.map(({ adjustmentId }) => decide('approve', adjustmentId)));
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'money.insufficient' },
    });
  });

  test('of two persons who approve one at once, one has posted it', async () => {
    const lines = [line('E.cash.operating', 'debit', 3n), line('E.equity.capital', 'credit', 3n)];
    const { adjustmentId } = await propose(lines);
    const ends = await Promise.allSettled(
      ['operator-2', 'operator-3'].map((by) => decide('approve', adjustmentId, { by })),
    );
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await escrow().rows('select 1 from journals where cause_id = $1', [adjustmentId])).toHaveLength(1);
  });

  test('the tables hold it as well: nobody decides what they proposed themselves', async () => {
    const { adjustmentId } = await propose(capital(1n));
    const decideOwn = `update adjustments set status = 'posted', decided_by = proposed_by, decision_note = note,
      decided_at = proposed_at where id = $1`;
    await expect(escrow().rows(decideOwn, [adjustmentId])).rejects.toMatchObject({ code: '23514' });
    await decide('withdraw', adjustmentId, { by: 'operator-1' });
  });
});

test('M-3: what it books on cash is told as a movement of its own, by the provider’s name', async () => {
  const lines = [
    line('E.expense.processing', 'debit', 9n),
    line('E.cash.trust:bank', 'credit', 9n, 'statement-17'),
  ];
  const { adjustmentId } = await propose(lines);
  const told = async () =>
    (
      await Promise.all(
        definition.movements!.map(({ text }) =>
          escrow().rows(`select * from (${text}) as movement where reference = 'statement-17'`),
        ),
      )
    ).flat();
  expect(await told()).toEqual([]);
  await decide('approve', adjustmentId);
  expect(await told()).toEqual([
    {
      id: adjustmentId,
      provider: 'bank',
      kind: 'adjustment',
      reference: 'statement-17',
      amount_minor: -9n,
      currency: 'USD',
      state: 'booked',
      cause_id: adjustmentId,
      transfer_id: null,
    },
  ]);
});

test('AD-18: what the persons wrote is stored only encrypted, and told to nobody', async () => {
  const { adjustmentId } = await propose(capital(1n));
  await decide('reject', adjustmentId);
  for (const table of ['adjustments', 'outbox', 'inbox']) {
    const rows = await escrow().rows(`select t::text as row from ${table} t`);
    expect(rows.filter(({ row }) => /statement of May|Seen as well/.test(String(row)))).toEqual([]);
    const bytes = rows.map(({ row }) => String(row));
    expect(bytes.some((text) => text.includes(Buffer.from('Seen as well').toString('hex')))).toBe(false);
  }
});
