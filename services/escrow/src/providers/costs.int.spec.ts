import { plusHours } from '@holdfast/domain';
import { eventually } from '@holdfast/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ReadCosts, ReadCostsHandler } from '../commands/read-costs.ts';
import { CostReports } from '../queries/cost-reports.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { http, useEscrow } from '../testing/escrow.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useEscrow();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();
afterEach(() => provider.costs({ bps: 0 }));

/** A charge of 1,054.99 at the provider. */
async function charged(): Promise<void> {
  const { clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
  await escrow().addMethod(clientId);
  await quiet();
  await escrow().fund(clientId, milestoneIds[0]!);
  await quiet();
}

const read = (message = http()) =>
  new ReadCostsHandler(escrow().database.unitOfWork).execute(
    new ReadCosts({ message, by: 'operator-1', reason: 'The evening' }),
  );
/** Asked for, and read to its end. */
async function report() {
  const { reportId } = await read();
  const [row] = await eventually(
    () => escrow().rows('select * from cost_reports where id = $1', [reportId]),
    ([found]) => found!.status === 'read',
  );
  return row!;
}
const costs = () => escrow().rows('select * from processing_costs order by id');
/** What the ledger says that the provider holds is what it says itself. */
const agrees = async () => expect(await escrow().cashAt('card')).toBe(await provider.holds());

test('P-8, G-30: what the report says was taken is posted once, and the books agree with the provider’s', async () => {
  await charged();
  await provider.costs({ bps: 290, fixedMinor: '30' });
  await charged();
  await agrees().then(
    () => Promise.reject(new Error('nothing was taken')),
    () => undefined,
  );
  const message = http();
  const asked = await read(message);
  expect(await read(message)).toEqual(asked);
  await eventually(costs, ({ length }) => length === 1);
  await quiet();
  await agrees();
  const [cost] = await costs();
  expect(cost).toMatchObject({ amount_minor: 3_089n, report_id: asked.reportId });
  const journals = await escrow().rows(
    `select e.account, e.sub_account, e.amount_minor from journals j join entries e on e.journal_id = j.id
      where j.kind = 'processing' and j.cause_id = $1 order by e.line`,
    [cost!.line_id],
  );
  expect(journals).toEqual([
    { account: 'E.expense.processing', sub_account: '', amount_minor: 3_089n },
    { account: 'E.cash.trust', sub_account: 'card', amount_minor: -3_089n },
  ]);
  // The same lines again: the report that follows reads a week back.
  expect(await report()).toMatchObject({ costs_count: 0, costs_minor: 0n });
  expect(await costs()).toHaveLength(1);
  expect((await new CostReports(escrow().database.orm).list()).reports).toMatchObject([
    { status: 'read', costs: 0 },
    { status: 'read', costs: 1, costsMinor: '3089', requestedBy: 'operator-1', reason: 'The evening' },
  ]);
  expect(await told(String(cost!.line_id))).toEqual([-3_089n]);
});

/** What the proof is told under that name. */
const told = async (reference: string) => {
  const { definition } = await import('../escrow.module.ts');
  const rows = await Promise.all(
    definition.movements!.map(({ text }) =>
      escrow().rows(`select amount_minor from (${text}) as movement where reference = $1`, [reference]),
    ),
  );
  return rows.flat().map(({ amount_minor }) => amount_minor);
};

describe('P-8: reports as providers write them', () => {
  test('a line that is told twice is posted once', async () => {
    await provider.costs({ bps: 100 });
    await provider.fault('charge.confirm', 'cost-report', { kind: 'doubled' });
    await charged();
    expect(await report()).toMatchObject({ costs_count: 1 });
    await agrees();
  });

  test('a line that comes late, under its true instant, is found by the report that follows', async () => {
    await provider.costs({ bps: 100 });
    await provider.fault('charge.confirm', 'cost-report', { kind: 'late', seconds: 3_600 });
    await charged();
    expect(await report()).toMatchObject({ costs_count: 0 });
    escrow().pass(plusHours(escrow().now(), 2));
    await provider.moveTo(escrow().database.clock.offsetMs);
    await quiet();
    expect(await report()).toMatchObject({ costs_count: 1 });
    await agrees();
  });

  test('more than a page is read to its end', async () => {
    await provider.costs({ bps: 100 });
    await Promise.all(Array.from({ length: 105 }, () => provider.charge(1_000n)));
    expect(await report()).toMatchObject({ costs_count: 105, costs_minor: 1_050n });
  });

  test('F46: without an answer it is asked again, and nothing is posted twice', async () => {
    await provider.costs({ bps: 100 });
    await charged();
    await provider.fault('cost.read', 'connection-reset', { when: 'within' });
    expect(await report()).toMatchObject({ costs_count: 1 });
  });
});

test('one report at a time is read', async () => {
  const both = await Promise.allSettled([read(), read()]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'treasury.costs_under_way' },
  });
  await quiet();
});
