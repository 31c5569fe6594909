import { newId } from '@holdfast/messaging';
import {
  AcknowledgeNotice,
  AcknowledgeNoticeHandler,
  FinishNotice,
  FinishNoticeHandler,
  type NoticeOutcome,
  ReceiveNotice,
  ReceiveNoticeHandler,
} from '@holdfast/providers';
import { expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();
let events = 0;
const newEventId = () => `evt_${++events}`;

const receive = (id: string) => {
  const input = {
    message: { source: 'worker', id },
    provider: 'card',
    eventType: 'payment_intent.succeeded',
    objectId: 'pi_1',
  } as const;
  return new ReceiveNoticeHandler(escrow().database.unitOfWork).execute(new ReceiveNotice(input));
};
const stored = (id: string) => escrow().rows('select * from provider_notices where event_id = $1', [id]);

test('0.2: a notice is stored to be worked off afterwards', async () => {
  const id = newEventId();
  await receive(id);
  const [notice] = await stored(id);
  expect(notice).toMatchObject({
    provider: 'card',
    event_type: 'payment_intent.succeeded',
    object_id: 'pi_1',
  });
  expect(notice!.next_call_at).toEqual(notice!.received_at);
});

test('F50: ten times, also at once, it is stored once', async () => {
  const id = newEventId();
  await receive(id);
  await Promise.all(Array.from({ length: 9 }, () => receive(id)));
  expect(await stored(id)).toHaveLength(1);
});

test('0.2: what has been applied is kept, and due no more', async () => {
  const id = newEventId();
  await receive(id);
  const noticeId = String((await stored(id))[0]!.id);
  const finish = (outcome: NoticeOutcome = 'matched') =>
    new FinishNoticeHandler(escrow().database.unitOfWork).execute(
      new FinishNotice({ message: { source: 'worker', id: newId() }, noticeId, outcome }),
    );
  await finish();
  await finish();
  expect(await stored(id)).toMatchObject([{ id: noticeId, next_call_at: null }]);
  await receive(id);
  expect(await stored(id)).toMatchObject([{ next_call_at: null }]);
});

test('0.2: one that matches nothing is kept visibly until an operator has looked at it', async () => {
  const id = newEventId();
  await receive(id);
  const noticeId = String((await stored(id))[0]!.id);
  const { unitOfWork } = escrow().database;
  const worker = { source: 'worker', id: newId() } as const;
  const acknowledge = () =>
    new AcknowledgeNoticeHandler(unitOfWork).execute(
      new AcknowledgeNotice({
        message: { source: 'http', id: newId() },
        noticeId,
        by: 'operator-1',
        reason: 'A test of the provider.',
      }),
    );
  await expect(acknowledge()).rejects.toMatchObject({ code: 'notice.unknown' });
  await new FinishNoticeHandler(unitOfWork).execute(
    new FinishNotice({ message: worker, noticeId, outcome: 'unmatched' }),
  );
  expect(await stored(id)).toMatchObject([{ outcome: 'unmatched', next_call_at: null }]);
  await acknowledge();
  expect(await stored(id)).toMatchObject([
    { outcome: 'acknowledged', acknowledged_by: 'operator-1', acknowledgement: 'A test of the provider.' },
  ]);
  await expect(acknowledge()).rejects.toMatchObject({ code: 'notice.unknown' });
});
