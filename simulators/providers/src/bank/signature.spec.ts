import { describe, expect, it } from '@jest/globals';
import { signatureOf, signHeaders } from './signature.ts';

const body = '{"event":"completed","data":{"id":"po_1"}}';
const hex = 'ce144c2f1f0f73af62c1b09fdf1ecd4bc9ec489a266b30b168ce3a7848b2b94a';
const signing = { eventId: 'wh_1', atSeconds: 1_700_000_000 };

describe('the signature of a webhook (section 3.6)', () => {
  it('gives the vector of the protocol', () => {
    expect(signatureOf('mt_test_key', body)).toBe(hex);
  });

  it('travels with the id, and only the signature is forged', () => {
    const sign = (forgery: 'signature' | 'missing' | null) =>
      signHeaders('mt_test_key', body, { ...signing, forgery });
    expect(sign(null)).toEqual({ 'x-webhook-id': 'wh_1', 'x-signature': hex });
    expect(sign('missing')).toEqual({ 'x-webhook-id': 'wh_1' });
    expect(sign('signature')).toEqual({
      'x-webhook-id': 'wh_1',
      'x-signature': expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(sign('signature')['x-signature']).not.toBe(hex);
  });
});
