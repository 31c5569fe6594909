import type { WallClock } from '@holdfast/messaging';
import type { Pool } from 'undici';
import { z } from 'zod';

/** A client that gets its tokens from the provider (OAuth 2, client credentials). */
export type OAuthClient = Readonly<{ tokenPath: string; clientId: string; clientSecret: string }>;

const Answer = z.object({
  access_token: z.string().min(1).max(4_000),
  token_type: z.string().regex(/^bearer$/i),
  expires_in: z.number().nonnegative(),
});

/** Fetched anew a minute before it ends; one of less than two minutes at half its life. */
const spareMs = 60_000;

/**
 * The token that all calls of a client share: one per call would be rate limited (1.1 of the provider protocols).
 * Whoever needs a new one while it is being fetched waits for the same answer. Tokens live by the wall clock.
 */
export class AccessTokens {
  readonly #pool: Pool;
  readonly #client: OAuthClient;
  readonly #clock: WallClock;
  readonly #timeoutMs: number;
  #known: { token: string; goodUntilMs: number } | undefined;
  #fetching: Promise<string> | undefined;

  constructor(pool: Pool, client: OAuthClient, clock: WallClock, timeoutMs: number) {
    this.#pool = pool;
    this.#client = client;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** @throws Error when the provider gives none */
  async token(): Promise<string> {
    if (this.#known && this.#clock.now().getTime() < this.#known.goodUntilMs) return this.#known.token;
    this.#fetching ??= this.#fetch().finally(() => {
      this.#fetching = undefined;
    });
    return this.#fetching;
  }

  /** The provider took it no more. One that was fetched meanwhile stays. */
  refused(token: string): void {
    if (this.#known?.token === token) this.#known = undefined;
  }

  async #fetch(): Promise<string> {
    const { tokenPath, clientId, clientSecret } = this.#client;
    const askedAtMs = this.#clock.now().getTime();
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: tokenPath,
      signal: AbortSignal.timeout(this.#timeoutMs),
      headers: {
        authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: 'grant_type=client_credentials',
    });
    const text = await body.text();
    if (statusCode !== 200) throw new Error(`no token: status ${statusCode}`);
    const { access_token: token, expires_in: seconds } = Answer.parse(JSON.parse(text));
    const lifeMs = seconds * 1_000;
    this.#known = { token, goodUntilMs: askedAtMs + Math.max(lifeMs - spareMs, lifeMs / 2) };
    return token;
  }
}
