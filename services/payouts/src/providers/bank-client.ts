import type { WallClock } from '@holdfast/messaging';
import { type BreakerSettings, type Patience, ProviderClient } from '@holdfast/providers';

export type BankOperation = 'counterparty.create' | 'payout.ach' | 'payout.read';

/** HTTP to the bank (3.6 of the provider protocols): JSON bodies, the organisation and its key. */
export class BankClient extends ProviderClient<BankOperation> {
  constructor(options: {
    baseUrl: string;
    organizationId: string;
    apiKey: string;
    wallClock: WallClock;
    settings?: Partial<BreakerSettings>;
    patience?: Patience<BankOperation>;
  }) {
    const credentials = Buffer.from(`${options.organizationId}:${options.apiKey}`).toString('base64');
    super({
      provider: 'bank',
      baseUrl: options.baseUrl,
      authorization: `Basic ${credentials}`,
      contentType: 'application/json',
      probe: { operation: 'payout.read', method: 'GET', path: '/api/payment_orders?per_page=1' },
      wallClock: options.wallClock,
      settings: options.settings,
      patience: options.patience,
    });
  }
}
