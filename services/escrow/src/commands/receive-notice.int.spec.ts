import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { useEscrow } from '../testing/escrow.ts';
import { FinishNotice, FinishNoticeHandler, ReceiveNotice, ReceiveNoticeHandler } from './receive-notice.ts';

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
  const finish = () =>
    new FinishNoticeHandler(escrow().database.unitOfWork).execute(
      new FinishNotice({ message: { source: 'worker', id: newId() }, noticeId }),
    );
  await finish();
  await finish();
  expect(await stored(id)).toMatchObject([{ id: noticeId, next_call_at: null }]);
  await receive(id);
  expect(await stored(id)).toMatchObject([{ next_call_at: null }]);
});
