import { describe, expect, it } from '@jest/globals';
import { messageOf } from './signing.ts';

describe('what is signed', () => {
  it('holds the sum of the raw body as an unsigned decimal (section 1.7)', () => {
    const body = '{"id":"WH-1","event_type":"PAYMENT.PAYOUTS-ITEM.SUCCEEDED"}';
    expect(messageOf({ id: 'tr-1', sentAt: '2026-11-22T10:00:00Z', webhookId: 'WH-7', body })).toBe(
      'tr-1|2026-11-22T10:00:00Z|WH-7|1650608390',
    );
  });
});
