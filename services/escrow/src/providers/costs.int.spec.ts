import { plusDays, plusHours, usd } from '@holdfast/domain';
import { eventually } from '@holdfast/testing';
import { afterEach, describe, expect, test } from '@jest/globals';
import { ReadCosts, ReadCostsHandler } from '../commands/read-costs.ts';
import type { CostProvider } from '../domain/processing-cost.ts';
import { CostReports } from '../queries/cost-reports.ts';
import { useCardProvider } from '../testing/card-provider.ts';
import { http } from '../testing/escrow.ts';
import { useVerifications } from '../testing/small-charges.ts';
import { WebhookReceiver } from '../testing/webhook-receiver.ts';
import { useWorkers } from '../testing/workers.ts';

const escrow = useVerifications();
const provider = useCardProvider(new WebhookReceiver(escrow));
const workers = useWorkers(escrow, provider);
const quiet = () => workers().quiet();
afterEach(async () => {
  await provider.costs({ bps: 0 });
  await provider.costs({ bps: 0, provider: 'paypal' });
});

/** A charge of 1,054.99 at the provider. */
async function charged(): Promise<void> {
  const { clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
  await escrow().addMethod(clientId);
  await quiet();
  await escrow().fund(clientId, milestoneIds[0]!);
  await quiet();
}

const read = (from: CostProvider = 'card', message = http()) =>
  new ReadCostsHandler(escrow().database.unitOfWork).execute(
    new ReadCosts({ message, provider: from, by: 'operator-1', reason: 'The evening' }),
  );
/** Asked for, and read to its end. */
async function report(from: CostProvider = 'card') {
  const { reportId } = await read(from);
  const [row] = await eventually(
    () => escrow().rows('select * from cost_reports where id = $1', [reportId]),
    ([found]) => found!.status === 'read',
  );
  return row!;
}
const costs = () => escrow().rows('select * from processing_costs order by id');
/** What the ledger says that the provider holds is what it says itself. */
const agrees = async () => expect(await escrow().cashAt('card')).toBe(await provider.holds());
const breaks = async () => (await new CostReports(escrow().database.orm).list()).breaks;
/** In step with the provider. */
async function pass(days: number): Promise<void> {
  escrow().pass(plusDays(escrow().now(), days));
  await provider.moveTo(escrow().database.clock.offsetMs);
  workers().deadlines.wake();
  await quiet();
}

test('P-8, G-30: what the report says was taken is posted once, and the books agree with the provider’s', async () => {
  await charged();
  await provider.costs({ bps: 290, fixedMinor: '30' });
  await charged();
  await agrees().then(
    () => Promise.reject(new Error('nothing was taken')),
    () => undefined,
  );
  const message = http();
  const asked = await read('card', message);
  expect(await read('card', message)).toEqual(asked);
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
  const { reports } = await new CostReports(escrow().database.orm).list();
  expect(reports.slice(0, 2)).toMatchObject([
    { provider: 'card', status: 'read', costs: 0 },
    { status: 'read', costs: 1, costsMinor: '3089', requestedBy: 'operator-1', reason: 'The evening' },
  ]);
  // Each movement of ours has stood beside its line, with or without a cost.
  expect(await breaks()).toEqual({ lines: [], movements: [] });
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

  test('more than a page is read to its end; charges that nobody here has asked for are breaks', async () => {
    await provider.costs({ bps: 100 });
    await charged();
    await Promise.all(Array.from({ length: 105 }, () => provider.charge(1_000n)));
    expect(await report()).toMatchObject({ costs_count: 1, costs_minor: 1_055n });
    const { lines } = await breaks();
    expect(lines).toHaveLength(105);
    expect(lines[0]).toMatchObject({ provider: 'card', reason: 'unknown_movement', feeMinor: '10' });
  });

  test('a refund stands beside its line, and so does its coming back', async () => {
    const { clientId, freelancerId, agreementId, milestoneIds } = await escrow().agreement({
      withMethod: false,
    });
    await escrow().addMethod(clientId);
    await quiet();
    await escrow().fund(clientId, milestoneIds[0]!);
    await quiet();
    await provider.fault('refund.create', 'refund-failed', { when: 'after-succeeded', seconds: 60 });
    await escrow().giveBack(freelancerId, milestoneIds[0]!);
    await quiet();
    await pass(1);
    const attempts = await escrow().rows('select id from refund_attempts where agreement_id = $1', [
      agreementId,
    ]);
    await report();
    const lines = await escrow().rows(
      'select category, reason from report_lines where movement_id = $1 order by line_id',
      [attempts[0]!.id],
    );
    expect(lines.map(({ category }) => category).sort()).toEqual(['refund', 'refund_failure']);
    expect(lines.every(({ reason }) => reason === null)).toBe(true);
  });

  test('P-2: small charges and their way back stand beside their lines, and what they cost is posted', async () => {
    const untilRefunds = (methodId: string, status: string) =>
      eventually(
        () => escrow().smallRefundsOf(methodId),
        (rows) => rows.length === 2 && rows.every((row) => row.status === status),
      );
    await report();
    const before = await breaks();
    const ahead = async () => (await provider.holds()) - (await escrow().cashAt('card'));
    const aheadBefore = await ahead();
    await provider.costs({ bps: 0, fixedMinor: '30' });
    const { accountId, methodId } = await escrow().addSmall();
    await eventually(
      () => escrow().methodOf(methodId),
      ({ status }) => status === 'confirming',
    );
    const amounts = await escrow().amountsOf(methodId);
    await escrow().confirm(accountId, methodId, amounts);
    await untilRefunds(methodId, 'paid');
    expect(await report()).toMatchObject({ costs_count: 2, costs_minor: 60n });
    expect(await ahead()).toBe(aheadBefore);
    const charges = await escrow().chargesOf(methodId);
    const refunds = await escrow().smallRefundsOf(methodId);
    const lines = await escrow().rows(
      `select movement_id, category, gross_minor, fee_minor, reason from report_lines
        where movement_id = any($1) order by movement_id`,
      [[...charges, ...refunds].map(({ id }) => id)],
    );
    const expected = [
      ...charges.map(({ id, amount_minor }) => ({
        ...{ movement_id: String(id), category: 'charge', gross_minor: amount_minor as bigint },
        ...{ fee_minor: 30n, reason: null },
      })),
      ...refunds.map(({ id, amount_minor }) => ({
        ...{ movement_id: String(id), category: 'refund', gross_minor: -(amount_minor as bigint) },
        ...{ fee_minor: 0n, reason: null },
      })),
    ];
    expect(lines).toEqual(expected.toSorted((one, other) => (one.movement_id < other.movement_id ? -1 : 1)));
    await pass(8);
    await report();
    expect(await breaks()).toEqual(before);
  });

  test('a settlement on its way stands beside its line', async () => {
    await charged();
    await report();
    const before = (await breaks()).lines.length;
    const { settlementId } = await escrow().settleCard({ amount: usd(1_000n) });
    await quiet();
    await report();
    const [line] = await escrow().rows('select * from report_lines where movement_id = $1', [settlementId]);
    expect(line).toMatchObject({ category: 'payout', gross_minor: -1_000n, reason: null });
    expect((await breaks()).lines).toHaveLength(before);
  });

  test('F46: without an answer it is asked again, and nothing is posted twice', async () => {
    await provider.costs({ bps: 100 });
    await charged();
    await provider.fault('cost.read', 'connection-reset', { when: 'within' });
    expect(await report()).toMatchObject({ costs_count: 1 });
  });
});

describe('P-8: by itself', () => {
  test('each day, and once however far time has moved', async () => {
    await quiet();
    const daily = async () =>
      (
        await escrow().rows(`select provider from cost_reports where requested_by = 'platform' order by 1`)
      ).map(({ provider: of }) => of);
    const costsOfCard = async () =>
      (await escrow().rows(`select id from processing_costs where provider = 'card'`)).length;
    const before = await daily();
    await provider.costs({ bps: 100 });
    const costsBefore = await costsOfCard();
    await charged();
    expect(await daily()).toEqual(before);
    await pass(90);
    expect(await daily()).toEqual([...before, 'bank', 'card', 'paypal'].sort());
    expect(await costsOfCard()).toBeGreaterThan(costsBefore);
  });
});

describe('P-8: what the bank takes for the account', () => {
  test('is posted once for each line of its statement; other lines of it are no costs', async () => {
    await quiet();
    const books = async () => (await provider.holds('bank')) - (await escrow().cashAt('bank'));
    const before = await books();
    const lineId = await provider.bankCharges('1250');
    expect(await books()).toBe(before - 1_250n);
    expect(await report('bank')).toMatchObject({ costs_count: 1, costs_minor: 1_250n });
    expect(await books()).toBe(before);
    expect(await report('bank')).toMatchObject({ costs_count: 0 });
    expect(await told(lineId)).toEqual([-1_250n]);
    await provider.bankCharges('5');
    await provider.fault('cost.read', 'connection-reset', { when: 'within' }, { provider: 'bank' });
    expect(await report('bank')).toMatchObject({ costs_count: 1, costs_minor: 5n });
    expect(await books()).toBe(before);
  });
});

describe('P-8: what PayPal takes of a capture', () => {
  const capture = async () => {
    const { clientId, milestoneIds } = await escrow().agreement({ withMethod: false });
    const { methodId } = await escrow().addMethod(clientId, undefined, undefined, 'paypal');
    await quiet();
    const [method] = await escrow().rows('select setup_id from billing_methods where id = $1', [methodId]);
    await provider.payerActs(String(method!.setup_id), 'approve');
    await workers().passMinutes(1);
    const { fundingId } = await escrow().fund(clientId, milestoneIds[0]!);
    await eventually(
      () => escrow().statusOf(milestoneIds[0]!),
      (status) => status === 'funded',
    );
    return fundingId;
  };
  const agree = async () => expect(await escrow().cashAt('paypal')).toBe(await provider.holds('paypal'));

  test('is posted once, as the capture itself says it, under the name of the capture', async () => {
    const free = await capture();
    await provider.costs({ provider: 'paypal', bps: 349, fixedMinor: '49' });
    const fundingId = await capture();
    await provider.fault('order.read', 'connection-reset', { when: 'within' }, { provider: 'paypal' });
    expect(await report('paypal')).toMatchObject({ costs_count: 1, costs_minor: 3_731n });
    await agree();
    const [line] = await escrow().rows('select * from report_lines where movement_id = $1', [fundingId]);
    expect(line).toMatchObject({ provider: 'paypal', gross_minor: 105_499n, reason: null });
    expect(await told(String(line!.line_id))).toEqual([-3_731n]);
    expect(await escrow().rows('select * from report_lines where movement_id = $1', [free])).toMatchObject([
      { fee_minor: 0n },
    ]);
    expect(await report('paypal')).toMatchObject({ costs_count: 0 });
    await agree();
  });
});

test('one report at a time is read', async () => {
  await quiet();
  const both = await Promise.allSettled([read(), read()]);
  expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'treasury.costs_under_way' },
  });
  await quiet();
});
