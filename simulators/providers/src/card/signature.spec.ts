import { describe, expect, it } from '@jest/globals';
import { signatureOf } from './signature.ts';

const body = '{"id":"evt_1","type":"payment_intent.succeeded"}';
const hex = '22d8dc182f5c588077683bd378368e29765bfe5df2560112b4f28fef120f0e31';

describe('the signature of a webhook (section 4.1)', () => {
  it('gives the vector of the protocol', () => {
    expect(signatureOf(['whsec_test_secret'], body, 1_700_000_000)).toBe(`t=1700000000,v1=${hex}`);
  });

  it('carries one v1 per secret while secrets are rolled', () => {
    const signature = signatureOf(['whsec_new', 'whsec_test_secret'], body, 1_700_000_000);
    expect(signature).toMatch(new RegExp(`^t=1700000000,v1=[0-9a-f]{64},v1=${hex}$`));
  });
});
