import type { WallClock } from '@holdfast/messaging';
import { type BreakerSettings, type Patience, ProviderClient } from '@holdfast/providers';
import { z } from 'zod';
import type { ScreeningAnswer } from '../domain/withdrawal-method.ts';
import type { WithdrawalMethodRow } from '../tables/withdrawal-method.table.ts';
import type { MethodDetails, SealedMethod } from './method-details.ts';

/** Sanctions screening of the person behind a method (W-17): here a marketplace plugs its vendor in. */
export abstract class Screening {
  /** Moves nothing, so it may be asked at any time and again; whatever is no clear answer is `no_answer`. */
  abstract ask(method: ScreenedMethod): Promise<ScreeningAnswer>;
}

export type ScreenedMethod = SealedMethod & Pick<WithdrawalMethodRow, 'screeningId'>;

export type ScreeningOperation = 'screening.ask' | 'screening.read';

/** HTTP to the screening vendor (0.3 of the provider protocols): JSON, a bearer key. */
export class ScreeningClient extends ProviderClient<ScreeningOperation> {
  constructor(options: {
    baseUrl: string;
    apiKey: string;
    wallClock: WallClock;
    settings?: Partial<BreakerSettings>;
    patience?: Patience<ScreeningOperation>;
  }) {
    super({
      provider: 'screening',
      baseUrl: options.baseUrl,
      authorization: `Bearer ${options.apiKey}`,
      contentType: 'application/json',
      probe: { operation: 'screening.read', method: 'GET', path: '/v1/screenings?limit=1' },
      wallClock: options.wallClock,
      settings: options.settings,
      patience: options.patience,
    });
  }
}

const Answer = z.object({ result: z.enum(['clear', 'review', 'blocked']) });

/** The vendor's dialect: one question, one word. */
export class HttpScreening extends Screening {
  readonly #client: ScreeningClient;
  readonly #details: MethodDetails;

  constructor(client: ScreeningClient, details: MethodDetails) {
    super();
    this.#client = client;
    this.#details = details;
  }

  async ask(method: ScreenedMethod): Promise<ScreeningAnswer> {
    const details = await this.#details.of(method);
    // Nobody is left to be asked about, and nobody to be paid.
    if (!details) return 'no_answer';
    const outcome = await this.#client.call({
      operation: 'screening.ask',
      method: 'POST',
      path: '/v1/screenings',
      body: JSON.stringify({ reference: method.screeningId, name: details.holderName }),
    });
    if (outcome.status !== 'accepted') return 'no_answer';
    return Answer.safeParse(outcome.body).data?.result ?? 'no_answer';
  }
}
