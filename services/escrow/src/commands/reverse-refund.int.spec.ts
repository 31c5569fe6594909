import { plusDays, plusMinutes, usd } from '@holdfast/domain';
import { BusinessClock, newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { escrowAlarms } from '../alarms.ts';
import { Draws } from '../testing/draws.ts';
import { event, http, linesOf, useEscrow } from '../testing/escrow.ts';
import { NoteRestored, NoteRestoredHandler } from './note-restored.ts';
import { ReverseRefund, ReverseRefundHandler } from './reverse-refund.ts';

const escrow = useEscrow();

const reverse = (refundId: string, by: string, message = http()) =>
  new ReverseRefundHandler(escrow().database.unitOfWork).execute(
    new ReverseRefund({ message, refundId, by, reason: 'Nobody can be reached' }),
  );
const restored = (causeId: string, transferId: string, cause: 'refund' | 'chargeback' = 'refund') =>
  new NoteRestoredHandler(escrow().database.unitOfWork).execute(
    new NoteRestored({ message: event(), cause, causeId, transferId }),
  );
const unanswered = async (transferId: string) => {
  const { orm, clock } = escrow().database;
  const known = new Map<unknown, unknown>([
    [MikroORM, orm],
    [BusinessClock, clock],
  ]);
  const checks = escrowAlarms({ get: (token: unknown) => known.get(token) } as never);
  const findings = await checks.find(({ name }) => name === 'transfer.unanswered')!.find();
  return findings.filter(({ id }) => id === transferId);
};

/** Drawn on the balance, and the provider could not pay it. */
async function failed(amountMinor?: bigint) {
  const draws = new Draws(escrow());
  const paid = await draws.released(20_000n);
  const answer = await draws.ask(paid.freelancerId, paid.milestoneId, amountMinor);
  await draws.taken(paid, answer);
  await escrow().seeRefund(paid.agreementId, 'failed');
  return { ...paid, refundId: answer.refunds[0]!.refundId };
}
const wait = (): void => escrow().pass(plusDays(escrow().now(), 30));

test('E-25, R-10: after `refund.retry_days` two persons give it up; the reverse of what was posted', async () => {
  const { agreementId, freelancerId, milestoneId, refundId } = await failed();
  await expect(reverse(refundId, 'operator-1')).rejects.toMatchObject({ code: 'refund.reversed_too_early' });
  wait();
  expect(await reverse(refundId, 'operator-1')).toEqual({ refundId, status: 'proposed' });
  await expect(reverse(refundId, 'operator-1')).rejects.toMatchObject({
    code: 'refund.second_person_needed',
  });
  expect(await reverse(refundId, 'operator-2')).toEqual({ refundId, status: 'reversed' });
  const fact = (await escrow().published(agreementId)).at(-1)!;
  expect(fact).toEqual({
    type: 'escrow.refund.reversed',
    agreementId,
    refundId,
    accountId: freelancerId,
    net: usd(18_000n),
    transferId: expect.any(String),
  });
  const [decided, reversed] = (await escrow().journals(agreementId)).slice(-2).map(linesOf);
  expect(reversed).toEqual(Object.fromEntries(Object.entries(decided!).map(([key, minor]) => [key, -minor])));
  // It is paid again, and may be given back anew (E-18).
  expect((await new Draws(escrow()).ask(freelancerId, milestoneId)).net.amountMinor).toBe('18000');
});

test('M-22: payouts’ answer matches the transfer; without it there is an alarm', async () => {
  const { agreementId, refundId } = await failed(5_000n);
  wait();
  await reverse(refundId, 'operator-1');
  await reverse(refundId, 'operator-2');
  const { transferId } = (await escrow().published(agreementId)).at(-1) as { transferId: string };
  escrow().pass(plusMinutes(escrow().now(), 16));
  expect(await unanswered(transferId)).toMatchObject([{ facts: { refundId } }]);
  await expect(restored(refundId, newId())).rejects.toMatchObject({ code: 'transfer.unknown' });
  await expect(restored(newId(), newId(), 'chargeback')).rejects.toMatchObject({
    code: 'chargeback.unknown',
  });
  await restored(refundId, transferId);
  expect(await unanswered(transferId)).toEqual([]);
});

test('only of paid money, and only what has failed', async () => {
  const { agreementId, freelancerId, milestoneIds } = await escrow().funded();
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  const refundId = String((await escrow().refundAttemptOf(agreementId)).refund_id);
  await expect(reverse(refundId, 'operator-1')).rejects.toMatchObject({ code: 'refund.not_failed' });
  await escrow().seeRefund(agreementId, 'failed');
  wait();
  await expect(reverse(refundId, 'operator-1')).rejects.toMatchObject({ code: 'refund.not_drawn' });
  await expect(reverse(newId(), 'operator-1')).rejects.toMatchObject({ code: 'refund.unknown' });
});
