import type { WallClock } from '@holdfast/messaging';
import { type BreakerSettings, type Patience, ProviderClient } from '@holdfast/providers';

export type CardOperation =
  | 'customer.create'
  | 'setup.create'
  | 'setup.confirm'
  | 'setup.read'
  | 'charge.create'
  | 'charge.confirm'
  | 'charge.read'
  | 'charge.cancel'
  | 'refund.create'
  | 'refund.read'
  | 'dispute.read'
  | 'dispute.answer'
  | 'settlement.create'
  | 'settlement.read'
  | 'cost.read';

export interface CardClientOptions {
  baseUrl: string;
  apiKey: string;
  wallClock: WallClock;
  settings?: Partial<BreakerSettings>;
  patience?: Patience<CardOperation>;
}

/** HTTP to the card provider (4.1 of the provider protocols): form-encoded bodies, a bearer key. */
export class CardClient extends ProviderClient<CardOperation> {
  constructor(options: CardClientOptions) {
    super({
      provider: 'card',
      baseUrl: options.baseUrl,
      authorization: `Bearer ${options.apiKey}`,
      contentType: 'application/x-www-form-urlencoded',
      probe: { operation: 'charge.read', method: 'GET', path: '/v1/payment_intents?limit=1' },
      wallClock: options.wallClock,
      settings: options.settings,
      patience: options.patience,
    });
  }
}
