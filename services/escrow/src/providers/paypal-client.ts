import type { WallClock } from '@holdfast/messaging';
import { type BreakerSettings, type Patience, ProviderClient } from '@holdfast/providers';

export type PaypalOperation =
  | 'order.create'
  | 'order.capture'
  | 'order.read'
  | 'capture.refund'
  | 'capture.refund.read'
  | 'vault.setup'
  | 'vault.setup.read'
  | 'vault.token';

export interface PaypalClientOptions {
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  wallClock: WallClock;
  settings?: Partial<BreakerSettings>;
  patience?: Patience<PaypalOperation>;
}

/** HTTP to PayPal (1.1 and 4.2 of the provider protocols): JSON, tokens of its own, whole answers. */
export class PaypalClient extends ProviderClient<PaypalOperation> {
  constructor(options: PaypalClientOptions) {
    const { baseUrl, clientId, clientSecret, wallClock, settings, patience } = options;
    super({
      provider: 'paypal',
      baseUrl,
      authorization: { tokenPath: '/v1/oauth2/token', clientId, clientSecret },
      contentType: 'application/json',
      keyHeader: 'paypal-request-id',
      headers: { prefer: 'return=representation' },
      // There is no list to read: that an order does not exist is an answer as well.
      probe: { operation: 'order.read', method: 'GET', path: '/v2/checkout/orders/0' },
      wallClock,
      settings,
      patience,
    });
  }
}
