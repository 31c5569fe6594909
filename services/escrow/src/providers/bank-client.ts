import type { WallClock } from '@holdfast/messaging';
import { type BreakerSettings, type Patience, ProviderClient } from '@holdfast/providers';

export type BankOperation = 'payout.ach' | 'payout.read' | 'cost.read';

export interface BankClientOptions {
  baseUrl: string;
  organizationId: string;
  apiKey: string;
  wallClock: WallClock;
  settings?: Partial<BreakerSettings>;
  patience?: Patience<BankOperation>;
}

/** HTTP to the bank (3.6 of the provider protocols): JSON bodies, the organisation and its key. */
export class BankClient extends ProviderClient<BankOperation> {
  constructor({ baseUrl, organizationId, apiKey, wallClock, settings, patience }: BankClientOptions) {
    super({
      provider: 'bank',
      baseUrl,
      authorization: `Basic ${Buffer.from(`${organizationId}:${apiKey}`).toString('base64')}`,
      contentType: 'application/json',
      probe: { operation: 'payout.read', method: 'GET', path: '/api/payment_orders?per_page=1' },
      wallClock,
      settings,
      patience,
    });
  }
}
