import { NotYet, plusDays } from '@holdfast/domain';
import { newId } from '@holdfast/messaging';
import { expect, test } from '@jest/globals';
import { event, useEscrow } from '../testing/escrow.ts';

const escrow = useEscrow();

async function sent(): Promise<string> {
  const { clientId, milestoneIds } = await escrow().funded();
  return (await escrow().release(clientId, milestoneIds[0]!)).transferId;
}
const rowOf = async (transferId: string) =>
  (await escrow().rows('select status, available_at, version from transfers where id = $1', [transferId]))[0];

test('M-22: a transfer is matched by what payouts answered, once for each answer', async () => {
  const transferId = await sent();
  const [credited, availableAt] = [event(), plusDays(escrow().now(), 5)];
  await escrow().note(transferId, 'credited', availableAt, credited);
  await escrow().note(transferId, 'credited', availableAt, credited);
  expect(await rowOf(transferId)).toEqual({ status: 'credited', available_at: availableAt, version: 2 });
  await escrow().note(transferId, 'matured', availableAt);
  expect(await rowOf(transferId)).toEqual({ status: 'matured', available_at: availableAt, version: 3 });
});

test('M-8: an answer about a transfer that is not known waits', async () => {
  const unknown = new NotYet('transfer.unknown');
  await expect(escrow().note(newId(), 'credited', escrow().now())).rejects.toThrow(unknown);
});
