import { plusMinutes } from '@holdfast/domain';
import { BusinessClock } from '@holdfast/messaging';
import { FinishNotice, FinishNoticeHandler, ReceiveNotice, ReceiveNoticeHandler } from '@holdfast/providers';
import type { Finding } from '@holdfast/service';
import { describe, expect, test } from '@jest/globals';
import { MikroORM } from '@mikro-orm/postgresql';
import { escrowAlarms } from './alarms.ts';
import { useEscrow } from './testing/escrow.ts';

const escrow = useEscrow();

/** What a check finds about one id; other tests of this file leave theirs behind. */
async function found(alarm: string, id: string): Promise<Finding[]> {
  const { orm, clock } = escrow().database;
  const known = new Map<unknown, unknown>([
    [MikroORM, orm],
    [BusinessClock, clock],
  ]);
  const checks = escrowAlarms({ get: (token: unknown) => known.get(token) } as never);
  const findings = await checks.find(({ name }) => name === alarm)!.find();
  return findings.filter((finding) => finding.id === id);
}

const passMinutes = (minutes: number): void => escrow().pass(plusMinutes(escrow().now(), minutes));

test('M-22: a transfer that payouts does not answer is named after 15 minutes, until it is answered', async () => {
  const { clientId, agreementId, milestoneIds, submissionId } = await escrow().submitted();
  const { transferId } = await escrow().release(clientId, milestoneIds[0]!, { submissionId });
  passMinutes(14);
  expect(await found('transfer.unanswered', transferId)).toEqual([]);
  passMinutes(2);
  expect(await found('transfer.unanswered', transferId)).toMatchObject([
    { since: expect.any(Date), facts: { agreementId } },
  ]);
  await escrow().note(transferId, 'credited', escrow().now());
  expect(await found('transfer.unanswered', transferId)).toEqual([]);
});

test('F47: a charge of another amount is named at once', async () => {
  const { agreementId, milestoneIds } = await escrow().agreement();
  const fundingId = await escrow().fundingOf(milestoneIds[0]!);
  expect(await found('funding.in_review', fundingId)).toEqual([]);
  await escrow().see(fundingId, 'succeeded', { receivedMinor: 1n });
  expect(await found('funding.in_review', fundingId)).toMatchObject([{ facts: { agreementId } }]);
});

describe('a charge whose outcome is not known', () => {
  const arrange = async (): Promise<string> => {
    const { milestoneIds } = await escrow().agreement();
    return escrow().fundingOf(milestoneIds[0]!);
  };

  test('is named when a step is unanswered for 30 minutes, since the step was due', async () => {
    const fundingId = await arrange();
    await escrow().observe(fundingId, { kind: 'unknown' });
    const [row] = await escrow().rows('select next_call_at from fundings where id = $1', [fundingId]);
    passMinutes(29);
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
    passMinutes(2);
    expect(await found('funding.in_doubt', fundingId)).toMatchObject([
      { since: row!.next_call_at, facts: { step: 'read', misses: 0 } },
    ]);
    await escrow().charge(fundingId);
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
  });

  test('E-26: is named when queries find nothing for so long, since its key is in use', async () => {
    const fundingId = await arrange();
    const [row] = await escrow().rows('select key_since from fundings where id = $1', [fundingId]);
    passMinutes(31);
    await escrow().observe(fundingId, { kind: 'unknown' });
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
    await escrow().observe(fundingId, { kind: 'absent' });
    expect(await found('funding.in_doubt', fundingId)).toMatchObject([
      { since: row!.key_since, facts: { step: 'read', misses: 1 } },
    ]);
  });

  test('is not one that the provider processes, however long', async () => {
    const fundingId = await arrange();
    for (let round = 0; round < 4; round += 1) {
      await escrow().see(fundingId, 'processing');
      passMinutes(11);
    }
    expect(await found('funding.in_doubt', fundingId)).toEqual([]);
  });
});

test('0.2: a notice that is not worked off is named after 15 minutes', async () => {
  const { unitOfWork } = escrow().database;
  await new ReceiveNoticeHandler(unitOfWork).execute(
    new ReceiveNotice({
      message: { source: 'worker', id: 'evt_alarm' },
      provider: 'card',
      eventType: 'payment_intent.succeeded',
      objectId: 'pi_1',
    }),
  );
  const [row] = await escrow().rows(`select id from provider_notices where event_id = 'evt_alarm'`);
  const noticeId = String(row!.id);
  passMinutes(14);
  expect(await found('notice.unprocessed', noticeId)).toEqual([]);
  passMinutes(2);
  expect(await found('notice.unprocessed', noticeId)).toMatchObject([{ facts: { provider: 'card' } }]);
  await new FinishNoticeHandler(unitOfWork).execute(
    new FinishNotice({ message: { source: 'worker', id: noticeId }, noticeId, outcome: 'unmatched' }),
  );
  expect(await found('notice.unmatched', noticeId)).toMatchObject([{ facts: { provider: 'card' } }]);
  expect(await found('notice.unprocessed', noticeId)).toEqual([]);
});
