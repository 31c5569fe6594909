import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { isSigned, noticeOfToken, unsubscribeToken } from './signatures.ts';

const body = Buffer.from('{"id":"dsr_1"}');
const sign = (secret: string, bytes: Buffer = body) =>
  createHmac('sha256', secret).update(bytes).digest('hex');

describe('the signature of a report (F52)', () => {
  test('over the raw bytes, by any of the secrets while one is rolled', () => {
    expect(isSigned(sign('first'), body, ['first'])).toBe(true);
    expect(isSigned(sign('second'), body, ['first', 'second'])).toBe(true);
  });

  test.each([undefined, '', 'x', sign('other'), sign('first').slice(2), `${sign('first')}00`])(
    'not %s',
    (signature) => expect(isSigned(signature, body, ['first'])).toBe(false),
  );

  test('nor that of other bytes', () => {
    expect(isSigned(sign('first', Buffer.from('{}')), body, ['first'])).toBe(false);
  });
});

describe('C-4: the token in a mail of news', () => {
  const noticeId = '01a2037a-c202-74f7-a5ab-50ccbccd1460';
  const token = unsubscribeToken('secret', noticeId);

  test('names the notice, and is ours alone', () => {
    expect(noticeOfToken('secret', token)).toBe(noticeId);
    expect(noticeOfToken('another', token)).toBeUndefined();
  });

  test.each([
    '',
    noticeId,
    `${noticeId}.`,
    token.slice(0, -1),
    `${token}a`,
    token.replace('01a2', '01a3'),
    `${noticeId}.${'A'.repeat(43)}`,
  ])('not %s', (forged) => expect(noticeOfToken('secret', forged)).toBeUndefined());
});
