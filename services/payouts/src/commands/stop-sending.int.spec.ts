import { NotYet } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { afterEach, expect, test } from '@jest/globals';
import { CommandBus } from '@nestjs/cqrs';
import { StopWorker } from '../providers/stop.worker.ts';
import { SendingStops } from '../queries/sending-stops.ts';
import type { SendingStop } from '../tables/sending-stop.table.ts';
import { http } from '../testing/payouts.ts';
import { useWithdrawals } from '../testing/withdrawals.ts';
import { ReviewHoldsHandler } from './review-holds.ts';
import { FinishStopHandler } from './stop-sending.ts';

const payouts = useWithdrawals();
const rejection = (code: string) => expect.objectContaining({ code });

/** What is due because of the stops, as the sweep does it. */
async function sweep(): Promise<void> {
  const { unitOfWork, orm } = payouts().database;
  const handlers = [new ReviewHoldsHandler(unitOfWork), new FinishStopHandler(unitOfWork)];
  const execute = (command: object) =>
    handlers
      .find((handler) => handler.constructor.name === `${command.constructor.name}Handler`)!
      .execute(command as never);
  const worker = new StopWorker({ execute } as unknown as CommandBus, orm);
  const text = 'select id, standing from sending_stops where next_call_at is not null';
  for (const stop of await payouts().rows(text)) await worker.work(stop as unknown as SendingStop);
}

afterEach(async () => {
  for (const { id } of await payouts().rows('select id from sending_stops where standing')) {
    await payouts().resumeSending(String(id));
  }
});

test('W-18: person, reason and fact are committed together, and so is the end of it', async () => {
  const message = http();
  const { stopId } = await payouts().stopSending('bank', message);
  expect(await payouts().stopSending('bank', message)).toEqual({ stopId, provider: 'bank', standing: true });
  await payouts().resumeSending(stopId);
  const [stop] = await payouts().rows('select * from sending_stops where id = $1', [stopId]);
  expect(stop).toMatchObject({
    provider: 'bank',
    standing: false,
    reason: 'The bank is ill',
    stopped_by: 'operator-1',
    resumed_by: 'operator-2',
    resume_reason: 'It is well again',
  });
  expect((await payouts().published('platform')).slice(-2)).toEqual([
    { type: 'payouts.sending.stopped', stopId, provider: 'bank' },
    { type: 'payouts.sending.resumed', stopId, provider: 'bank' },
  ]);
  const { stops } = (await new SendingStops(payouts().database.orm).list()) as { stops: object[] };
  expect(stops).toContainEqual(expect.objectContaining({ stopId, standing: false, stoppedBy: 'operator-1' }));
});

test('W-18: one stop of each stands at a time, and one that ended does not end again', async () => {
  const { stopId } = await payouts().stopSending('bank');
  await expect(payouts().stopSending('bank')).rejects.toThrow(rejection('sending.stopped_already'));
  await payouts().stopSending('all');
  await payouts().resumeSending(stopId);
  await expect(payouts().resumeSending(stopId)).rejects.toThrow(rejection('sending.resumed_already'));
  await expect(payouts().resumeSending(newId())).rejects.toThrow(new NotYet('sending.stop_unknown'));
});

test('W-18: what is requested is held, and goes on when the last stop is gone; what was sent is left alone', async () => {
  const [waiting, sent] = [await payouts().cleared(), await payouts().calling()];
  const { withdrawalId } = await payouts().request(waiting);
  await payouts().see(sent.key, 'submitted');
  const bank = await payouts().stopSending('bank');
  const all = await payouts().stopSending('all');
  await sweep();
  expect(await payouts().row(withdrawalId)).toMatchObject({
    status: 'held',
    hold_causes: ['sending_stopped'],
    next_call_at: null,
  });
  expect(await payouts().statusOf(sent.withdrawalId)).toBe('sent');
  await payouts().resumeSending(bank.stopId);
  await sweep();
  expect(await payouts().statusOf(withdrawalId)).toBe('held');
  await payouts().resumeSending(all.stopId);
  await sweep();
  expect(await payouts().statusOf(withdrawalId)).toBe('requested');
  expect(await payouts().typesOf(waiting.accountId)).toEqual(['withdrawal.held', 'withdrawal.resumed']);
  expect(await payouts().rows('select id from sending_stops where next_call_at is not null')).toEqual([]);
});

test('W-18: a stop that ended while it was worked off is worked off once more', async () => {
  const { stopId } = await payouts().stopSending('bank');
  await payouts().resumeSending(stopId);
  await payouts().finishStop(stopId, true);
  const text = 'select standing from sending_stops where id = $1 and next_call_at is not null';
  expect(await payouts().rows(text, [stopId])).toEqual([{ standing: false }]);
  await sweep();
  expect(await payouts().rows(text, [stopId])).toEqual([]);
});

test('a hold of the account stays when the stop is gone, and shows alone', async () => {
  const who = await payouts().cleared();
  const { withdrawalId } = await payouts().request(who);
  const { stopId } = await payouts().stopSending('all');
  await sweep();
  await payouts().hold(who.accountId, 'financial');
  expect(await payouts().row(withdrawalId)).toMatchObject({
    hold_causes: ['sending_stopped', 'account_hold'],
  });
  await payouts().resumeSending(stopId);
  await sweep();
  expect(await payouts().row(withdrawalId)).toMatchObject({ status: 'held', hold_causes: ['account_hold'] });
  expect(await payouts().view(who.accountId, withdrawalId)).toMatchObject({
    heldBecause: ['account on hold'],
  });
});

test('more accounts than one page of them', async () => {
  const accounts: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    const who = await payouts().cleared(1_000n);
    accounts.push(who.accountId);
    await payouts().request(who, 500n);
    await payouts().request(who, 500n);
  }
  // The page is larger than a test should fill by hand: copies of the rows stand for the others.
  await payouts().rows(
    `insert into withdrawals select (jsonb_populate_record(w, jsonb_build_object(
        'id', gen_random_uuid(), 'reference', upper(substr(md5(random()::text), 1, 13)),
        'account_id', w.account_id))).*
      from withdrawals w cross join generate_series(1, 90) where w.status = 'requested'
        and w.account_id = any($1)`,
    [accounts],
  );
  const { stopId } = await payouts().stopSending('bank');
  await sweep();
  const inState = (status: string) =>
    payouts().rows('select id from withdrawals where account_id = any($1) and status = $2', [
      accounts,
      status,
    ]);
  expect(await inState('requested')).toEqual([]);
  await payouts().resumeSending(stopId);
  await sweep();
  expect(await inState('held')).toEqual([]);
  expect(await inState('requested')).toHaveLength(546);
}, 120_000);
