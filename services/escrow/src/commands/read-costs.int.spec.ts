import { plusDays, plusHours } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { beforeEach, describe, expect, test } from '@jest/globals';
import type { CostProvider, ReportLine } from '../domain/processing-cost.ts';
import { CostReports } from '../queries/cost-reports.ts';
import { ReportGaps } from '../queries/report-gaps.ts';
import { type CostReportRow, CostReportTable } from '../tables/cost-report.table.ts';
import { http, useEscrow } from '../testing/escrow.ts';
import { ReadCosts, ReadCostsDaily, ReadCostsDailyHandler, ReadCostsHandler } from './read-costs.ts';
import { RecordCosts, RecordCostsHandler } from './record-costs.ts';

const escrow = useEscrow();
const uow = () => escrow().database.unitOfWork;
const worker = () => ({ source: 'worker' as const, id: newId() });

const ask = (provider: CostProvider = 'card') =>
  new ReadCostsHandler(uow()).execute(
    new ReadCosts({ message: http(), provider, by: 'operator-1', reason: 'Now' }),
  );
const readingOf = async (provider: CostProvider) =>
  (await escrow().rows('select * from cost_readings where provider = $1', [provider]))[0]!;
const daily = async (provider: CostProvider = 'card', message: { source: 'worker'; id: string } = worker()) =>
  new ReadCostsDailyHandler(uow()).execute(
    new ReadCostsDaily({ message, readingId: String((await readingOf(provider)).id) }),
  );
const underWay = (provider: CostProvider = 'card'): Promise<CostReportRow[]> =>
  escrow().database.orm.em.fork().find(CostReportTable, { provider, status: 'requested' });

/** The report under way, as if it had only this page. */
async function told(lines: readonly ReportLine[], provider: CostProvider = 'card'): Promise<void> {
  const [report] = await underWay(provider);
  const next = await new ReportGaps(escrow().database.orm).at(report!);
  await new RecordCostsHandler(uow()).execute(
    new RecordCosts({ message: worker(), reportId: report!.id, afterLine: null, lines, next }),
  );
}
async function report(lines: readonly ReportLine[], provider: CostProvider = 'card'): Promise<void> {
  await ask(provider);
  await told(lines, provider);
}

/** A charge of 1,054.99 in our books, and its line in a report. */
async function charged(): Promise<{ fundingId: string; line: ReportLine }> {
  const { milestoneIds } = await escrow().funded();
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  return { fundingId, line: lineOf([fundingId]) };
}
const lineOf = (marks: string[], more: Partial<ReportLine> = {}): ReportLine => ({
  id: `txn_${newId().replaceAll('-', '')}`,
  category: 'charge',
  sourceId: `ch_${newId().replaceAll('-', '')}`,
  marks,
  grossMinor: 105_499n,
  feeMinor: 3_089n,
  currency: 'usd',
  createdAt: escrow().now(),
  ...more,
});
const posted = async (lineId: string) =>
  (
    await escrow().rows(
      `select e.amount_minor from journals j join entries e on e.journal_id = j.id
        where j.kind = 'processing' and j.cause_id = $1 and e.account = 'E.cash.trust'`,
      [lineId],
    )
  ).map(({ amount_minor }) => amount_minor);
const breaks = async () => (await new CostReports(escrow().database.orm).list()).breaks;

beforeEach(async () => {
  for (const provider of ['card', 'paypal', 'bank'] as const) {
    if ((await underWay(provider)).length > 0) await told([], provider);
  }
});

describe('P-8: reports are read by themselves', () => {
  test('once a day for each provider, also where several processes find it due at once', async () => {
    for (const provider of ['card', 'paypal', 'bank'] as const) {
      escrow().pass(plusDays(escrow().now(), 2));
      await Promise.all([daily(provider), daily(provider), daily(provider)]);
      expect(await underWay(provider)).toMatchObject([{ requestedBy: 'platform', reason: 'daily' }]);
      await told([], provider);
      await daily(provider);
      expect(await underWay(provider)).toEqual([]);
    }
  });

  test('one covers everything since the last, however far time has moved', async () => {
    await daily();
    if ((await underWay()).length > 0) await told([]);
    const { read_to: readTo } = await readingOf('card');
    escrow().pass(plusDays(escrow().now(), 365));
    await daily();
    expect(await underWay()).toMatchObject([{ since: plusDays(readTo as Date, -7) }]);
    await told([]);
    await daily();
    expect(await underWay()).toEqual([]);
    const { next_read_at: next } = await readingOf('card');
    expect((next as Date) > escrow().now() && (next as Date) <= plusHours(escrow().now(), 24)).toBe(true);
  });

  test('none is begun where one is under way; an operator is told so', async () => {
    await ask();
    escrow().pass(plusDays(escrow().now(), 2));
    await daily();
    expect(await underWay()).toMatchObject([{ requestedBy: 'operator-1' }]);
    await expect(ask()).rejects.toMatchObject({ code: 'treasury.costs_under_way' });
    // Another provider's is read beside it.
    await ask('bank');
    await told([], 'bank');
    await told([]);
  });
});

describe('P-8: a line without its movement is a break and not a booking', () => {
  test('until its movement is known: then the next reading posts it', async () => {
    const { line } = await charged();
    const early = { ...line, marks: [newId()] };
    await report([early]);
    expect(await posted(line.id)).toEqual([]);
    expect((await breaks()).lines).toContainEqual(
      expect.objectContaining({
        lineId: line.id,
        provider: 'card',
        reason: 'unknown_movement',
        feeMinor: '3089',
      }),
    );
    // As if it had carried the name of a movement that is only known by now.
    await escrow().rows('update report_lines set marks = $2 where line_id = $1', [
      line.id,
      JSON.stringify(line.marks),
    ]);
    await report([]);
    expect(await posted(line.id)).toEqual([-3_089n]);
    expect((await breaks()).lines.filter((one) => 'lineId' in one && one.lineId === line.id)).toEqual([]);
    await report([line, line]);
    expect(await posted(line.id)).toEqual([-3_089n]);
  });

  test('also where it costs nothing, moved another amount or another currency', async () => {
    const [free, other, foreign] = [await charged(), await charged(), await charged()];
    const lines = [
      lineOf([], { feeMinor: 0n }),
      { ...other.line, grossMinor: 105_400n },
      { ...foreign.line, currency: 'eur' },
    ];
    await report([...lines, { ...free.line, feeMinor: 0n }]);
    const found = (await breaks()).lines as { lineId: string; reason: string }[];
    const reasons = lines.map(({ id }) => found.find(({ lineId }) => lineId === id)?.reason);
    expect(reasons).toEqual(['unknown_movement', 'amount_differs', 'currency']);
    expect(found.map(({ lineId }) => lineId)).not.toContain(free.line.id);
    for (const { id } of lines) expect(await posted(id)).toEqual([]);
  });

  test('M-24: until two persons have booked it by hand, its movement or its cost', async () => {
    const adjusted = (reference: string, amountMinor: string) =>
      escrow().rows(
        `insert into adjustments values ($1, 'posted', (select id from journals limit 1), 'missing', $2, 'one', '',
          now(), 'two', '', now(), 1)`,
        [newId(), JSON.stringify([{ account: 'E.cash.trust:card', side: 'debit', amountMinor, reference }])],
      );
    await charged();
    const [moved, cost] = [lineOf([]), lineOf([])];
    await report([moved, cost]);
    await adjusted(moved.sourceId!, '105499');
    await adjusted(cost.id, '3089');
    await report([]);
    const found = (await breaks()).lines.map((one) => (one as { lineId: string }).lineId);
    expect([found.includes(moved.id), found.includes(cost.id)]).toEqual([false, false]);
    expect([await posted(moved.id), await posted(cost.id)]).toEqual([[-3_089n], []]);
  });

  test('PayPal does not know a movement of the card provider', async () => {
    const { line } = await charged();
    await report([{ ...line, id: 'CAPTURE1' }], 'paypal');
    expect(await posted('CAPTURE1')).toEqual([]);
  });
});

test('P-8: a movement that no report names in three days is a break, until one does', async () => {
  const { fundingId, line } = await charged();
  const named = await charged();
  await report([named.line]);
  const isBroken = async (id: string) =>
    (await breaks()).movements.some((one) => 'movementId' in one && one.movementId === id);
  expect(await isBroken(fundingId)).toBe(false);
  escrow().pass(plusDays(escrow().now(), 3));
  await report([]);
  expect([await isBroken(fundingId), await isBroken(named.fundingId)]).toEqual([true, false]);
  await report([line]);
  expect(await isBroken(fundingId)).toBe(false);
  expect(await posted(line.id)).toEqual([-3_089n]);
  await report([]);
  expect(await isBroken(fundingId)).toBe(false);
});

test('P-8: what was posted before lines were laid beside movements is not posted again', async () => {
  const { line } = await charged();
  await report([line]);
  await escrow().database.superuserQuery('delete from report_lines where line_id = $1', [line.id]);
  await report([line]);
  expect(await posted(line.id)).toEqual([-3_089n]);
});
