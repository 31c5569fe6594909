import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { isSigned } from './bank-signature.ts';

const secret = 'mt_test_key';
const body = Buffer.from('{"event":"completed","data":{"id":"po_1"}}');
const vector = 'ce144c2f1f0f73af62c1b09fdf1ecd4bc9ec489a266b30b168ce3a7848b2b94a';
const sign = (key: string, bytes = body): string => createHmac('sha256', key).update(bytes).digest('hex');

test('3.6: the vector of the protocol, in either case', () => {
  expect(isSigned(vector, body, [secret])).toBe(true);
  expect(isSigned(vector.toUpperCase(), body, [secret])).toBe(true);
});

test('fault 28: while the secret is rolled, either one suffices', () => {
  expect(isSigned(sign('old_secret'), body, ['new_secret', 'old_secret'])).toBe(true);
  expect(isSigned(sign('new_secret'), body, ['new_secret', 'old_secret'])).toBe(true);
  expect(isSigned(sign('old_secret'), body, ['new_secret'])).toBe(false);
});

test.each<[string, string | undefined, Buffer]>([
  ['no header', undefined, body],
  ['an empty one', '', body],
  ['one that is too short', vector.slice(0, -2), body],
  ['one that is too long', `${vector}00`, body],
  ['one that is no hex', 'z'.repeat(64), body],
  ['another secret', sign('another_secret'), body],
  ['one byte of the body changed', vector, Buffer.from(body.toString().replace('po_1', 'po_2'))],
  ['the body written anew', vector, Buffer.from(JSON.stringify(JSON.parse(body.toString()), null, 1))],
  ['no body', vector, Buffer.alloc(0)],
])('F52: %s is refused', (_, signature, bytes) => {
  expect(isSigned(signature, bytes, [secret])).toBe(false);
});

test('without a secret nothing is signed', () => {
  expect(isSigned(vector, body, [])).toBe(false);
});
