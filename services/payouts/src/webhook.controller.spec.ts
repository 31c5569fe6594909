import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { CommandBus } from '@nestjs/cqrs';
import { WebhookController } from './webhook.controller.ts';

const secret = 'mt_test_secret';
const notice = (event: string, more: object = {}) =>
  JSON.stringify({ event, data: { id: 'po_1', status: 'completed' }, ...more });
const sign = (body: string, key = secret): string => createHmac('sha256', key).update(body).digest('hex');

type Request = { signature?: string; webhookId?: string | undefined };

/** What one request makes the controller do. */
async function received(body: string | undefined, request: Request = {}): Promise<object[]> {
  const executed: object[] = [];
  const commands = {
    execute: async ({ input }: { input: object }) => executed.push(input),
  } as unknown as CommandBus;
  const controller = new WebhookController(commands, { BANK_WEBHOOK_SECRETS: [secret] });
  const { signature = sign(body ?? ''), webhookId } = { webhookId: 'wh_1', ...request };
  await controller.bank(body === undefined ? undefined : Buffer.from(body), signature, webhookId);
  return executed;
}

test.each(['completed', 'returned', 'begin_processing', 'a_new_one'])(
  '%s is stored to be read',
  async (event) => {
    expect(await received(notice(event))).toEqual([
      { message: { source: 'worker', id: 'wh_1' }, provider: 'bank', eventType: event, objectId: 'po_1' },
    ]);
  },
);

test.each<[string, Promise<object[]>]>([
  ['a wrong signature', received(notice('completed'), { signature: sign(notice('completed'), 'other') })],
  ['the signature of another body', received(notice('completed'), { signature: sign(notice('returned')) })],
  ['no signature', received(notice('completed'), { signature: '' })],
])('F52: %s is refused, and nothing is stored', async (_, outcome) => {
  await expect(outcome).rejects.toMatchObject({ code: 'webhook.signature_invalid' });
});

test.each<[string, string | undefined, Request]>([
  ['without an id', notice('completed'), { webhookId: undefined }],
  ['with an id that is none', notice('completed'), { webhookId: "wh_1'; --" }],
  ['no JSON', '{', {}],
  ['nothing', undefined, {}],
  ['without an object', notice('completed', { data: {} }), {}],
  ['about an object whose id is a path', notice('completed', { data: { id: '../po_1' } }), {}],
  ['an event that is text', notice('Completed at last!'), {}],
])('a signed notice %s is refused', async (_, body, request) => {
  await expect(received(body, request)).rejects.toMatchObject({ code: 'webhook.malformed' });
});
