import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { Draws } from '../testing/draws.ts';
import { http, linesOf, useEscrow } from '../testing/escrow.ts';
import { RetryRefund, RetryRefundHandler } from './retry-refund.ts';

const escrow = useEscrow();

const retry = (refundId: string, by: string, message = http()) =>
  new RetryRefundHandler(escrow().database.unitOfWork).execute(
    new RetryRefund({ message, refundId, by, reason: 'The card was blocked by mistake' }),
  );
const refundOf = async (agreementId: string) =>
  String((await escrow().refundAttemptOf(agreementId)).refund_id);

/** Given back, and the provider could not pay it. */
async function failed() {
  const agreed = await escrow().funded({ prices: [40_000n] });
  const { agreementId, freelancerId, milestoneIds } = agreed;
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  await escrow().seeRefund(agreementId, 'failed');
  return { ...agreed, milestoneId: milestoneIds[0]!, refundId: await refundOf(agreementId) };
}

test('E-23, S-11: one person proposes, another decides, and it is paid by the next attempt', async () => {
  const { agreementId, milestoneId, refundId } = await failed();
  expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
  const message = http();
  const proposed = { refundId, status: 'proposed', attempt: 1 };
  expect(await retry(refundId, 'operator-1', message)).toEqual(proposed);
  expect(await retry(refundId, 'operator-1', message)).toEqual(proposed);
  await expect(retry(refundId, 'operator-1')).rejects.toMatchObject({ code: 'refund.second_person_needed' });
  expect(await escrow().statusOf(milestoneId)).toBe('refund_failed');
  expect(await retry(refundId, 'operator-2')).toEqual({ refundId, status: 'refunding', attempt: 2 });
  expect(await escrow().statusOf(milestoneId)).toBe('refunding');
  expect((await escrow().published(agreementId)).at(-1)).toMatchObject({
    type: 'escrow.refund.decided',
    refundId,
    attempt: 2,
    cause: 'consent',
  });
  await escrow().seeRefund(agreementId, 'succeeded');
  expect(await escrow().statusOf(milestoneId)).toBe('refunded');
  // Decided once, paid once: the attempt that failed had moved nothing.
  expect((await escrow().journals(agreementId)).map(({ kind }) => kind)).toEqual([
    'fund',
    'refund',
    'refund_paid',
  ]);
  const [kept] = await escrow().rows('select * from refund_decisions where refund_id = $1', [refundId]);
  expect(kept).toMatchObject({
    attempt: 1,
    decision: 'retry',
    proposed_by: 'operator-1',
    approved_by: 'operator-2',
  });
});

test('G-34.3: what came back after it was paid is owed again, and paid by the next attempt', async () => {
  const agreed = await escrow().funded({ prices: [40_000n] });
  const { agreementId, freelancerId, milestoneIds } = agreed;
  await escrow().giveBack(freelancerId, milestoneIds[0]!);
  await escrow().seeRefund(agreementId, 'succeeded');
  await escrow().seeRefund(agreementId, 'failed');
  const refundId = await refundOf(agreementId);
  await retry(refundId, 'operator-1');
  await retry(refundId, 'operator-2');
  await escrow().seeRefund(agreementId, 'succeeded');
  const lines = (await escrow().journals(agreementId)).slice(2).map(linesOf);
  const [paid, returned] = [42_000n, -42_000n].map((minor) => {
    return { 'E.refund.payable': minor, 'E.cash.trust:card': -minor };
  });
  expect(lines).toEqual([paid, returned, paid]);
});

test('E-25: a refund after release too; the milestone stays released', async () => {
  const draws = new Draws(escrow());
  const paid = await draws.released(20_000n);
  await draws.taken(paid, await draws.ask(paid.freelancerId, paid.milestoneId));
  await escrow().seeRefund(paid.agreementId, 'failed');
  const refundId = await refundOf(paid.agreementId);
  await retry(refundId, 'operator-1');
  await retry(refundId, 'operator-2');
  await escrow().seeRefund(paid.agreementId, 'succeeded');
  expect(await escrow().statusOf(paid.milestoneId)).toBe('released');
});

test('only what has failed, and each failure needs two persons anew', async () => {
  const { agreementId, refundId } = await failed();
  await expect(retry(newId(), 'operator-1')).rejects.toMatchObject({ code: 'refund.unknown' });
  await retry(refundId, 'operator-1');
  await retry(refundId, 'operator-2');
  await expect(retry(refundId, 'operator-3')).rejects.toMatchObject({ code: 'refund.not_failed' });
  await escrow().seeRefund(agreementId, 'failed');
  expect(await retry(refundId, 'operator-2')).toMatchObject({ status: 'proposed', attempt: 2 });
});

test('I12: two persons at once make one proposal and one attempt', async () => {
  const { agreementId, refundId } = await failed();
  const answers = await Promise.all([retry(refundId, 'operator-1'), retry(refundId, 'operator-2')]);
  expect(answers.map(({ status }) => status).sort()).toEqual(['proposed', 'refunding']);
  const attempts = await escrow().rows('select from refund_attempts where agreement_id = $1', [agreementId]);
  expect(attempts).toHaveLength(2);
});
