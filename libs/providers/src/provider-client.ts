import { spanOf, type WallClock } from '@holdfast/messaging';
import { context, SpanKind } from '@opentelemetry/api';
import CircuitBreaker from 'opossum';
import { type Dispatcher, Pool } from 'undici';
import { AccessTokens, type OAuthClient } from './access-tokens.ts';

/** What a call came to, because a timeout is neither success nor failure (0.1 of the provider protocols). */
export type CallOutcome =
  | { status: 'accepted'; body: unknown }
  /** Provably refused; the body says why. */
  | { status: 'refused'; httpStatus: number; body: unknown }
  /**
   * Provably not executed: the same key and bytes again, after what the provider asked for, else a backoff.
   */
  | { status: 'not_sent'; retryAfterMs?: number }
  /** May have executed: ask before anything else. */
  | { status: 'unknown' };

/**
 * A breaker per operation, so that a slow confirmation does not stop reads. Of the last minute at least
 * `volumeThreshold` calls count before more than half of them failing opens it; `capacity` bounds the calls
 * under way. The minute is much longer than `timeout`: else a call that times out has left the window before
 * its failure enters.
 */
export const breakerSettings = {
  timeout: 10_000,
  volumeThreshold: 20,
  capacity: 20,
  errorThresholdPercentage: 50,
  resetTimeout: 5_000,
  rollingCountTimeout: 60_000,
  rollingCountBuckets: 12,
} as const;

export type BreakerSettings = { [Name in keyof typeof breakerSettings]: number };

export interface ProviderCall<Operation extends string = string> {
  operation: Operation;
  method: 'GET' | 'POST';
  path: string;
  /** Exact bytes, in the provider's content type. */
  body?: string;
  idempotencyKey?: string;
}

/** Aborts a call that has no answer yet. */
export type Patience<Operation extends string> = (call: ProviderCall<Operation>) => AbortSignal;

/** Thrown inside the breaker so that it counts; `call` turns it into an outcome. */
class Ambiguous extends Error {}
class NothingSent extends Error {}

const notConnected = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
/** Who refuses the other's certificate has not written a byte of the request. */
const certificateRefused = /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
const nothingSent = (code: string): boolean => notConnected.has(code) || certificateRefused.test(code);
/** What the breaker itself refuses: only these prove that nothing left the process; ETIMEDOUT does not. */
const keptBack = new Set(['EOPENBREAKER', 'ESEMLOCKED', 'ESHUTDOWN']);
/** May have executed, and says that something is wrong with the provider. */
const ambiguousStatus = (status: number): boolean => status === 408 || status === 424 || status >= 500;
const answerBytesMax = 1024 * 1024;

type Answer = { httpStatus: number; body: unknown; retryAfterMs?: number };

export interface ProviderClientOptions<Operation extends string> {
  /** As metrics, traces and health name it. */
  provider: string;
  baseUrl: string;
  /** The value of the Authorization header, or the client for which the provider issues tokens. */
  authorization: string | OAuthClient;
  contentType: 'application/json' | 'application/x-www-form-urlencoded';
  /** Where a call carries its key; `idempotency-key` unless the provider has another name for it. */
  keyHeader?: string;
  /** What every call says besides. */
  headers?: Readonly<Record<string, string>>;
  /** The cheapest read, whose answer says nothing but that there is one. */
  probe: ProviderCall<Operation>;
  wallClock: WallClock;
  settings?: Partial<BreakerSettings>;
  /** For tests that leave a call without an answer before `timeout`. */
  patience?: Patience<Operation>;
}

/** HTTP to a provider: one try per call, the owner of the retry is the worker (rule 6 of section 7). */
export class ProviderClient<Operation extends string> {
  readonly provider: string;
  readonly #pool: Pool;
  readonly #options: ProviderClientOptions<Operation>;
  readonly #breakers = new Map<Operation, CircuitBreaker<[ProviderCall<Operation>], Answer>>();
  readonly #settings: BreakerSettings;
  readonly #tokens: AccessTokens | undefined;

  constructor(options: ProviderClientOptions<Operation>) {
    this.provider = options.provider;
    this.#options = options;
    this.#settings = { ...breakerSettings, ...options.settings };
    this.#pool = new Pool(options.baseUrl, {
      connections: 32,
      connect: { timeout: 3_000 },
      pipelining: 1,
      maxResponseSize: answerBytesMax,
    });
    const { authorization, wallClock } = options;
    if (typeof authorization !== 'string')
      this.#tokens = new AccessTokens(this.#pool, authorization, wallClock, this.#settings.timeout);
  }

  /** Of the operations that have been called. */
  get breakers(): ReadonlyMap<Operation, Pick<CircuitBreaker, 'opened' | 'halfOpen'>> {
    return this.#breakers;
  }

  breaker(operation: Operation): CircuitBreaker<[ProviderCall<Operation>], Answer> {
    let breaker = this.#breakers.get(operation);
    if (!breaker) {
      breaker = new CircuitBreaker((call: ProviderCall<Operation>) => this.#authorised(call), {
        ...this.#settings,
        name: `${this.provider} ${operation}`,
        enableSnapshots: false,
        rollingPercentilesEnabled: false,
        // A full bulkhead says nothing about the provider.
        errorFilter: (error: { code?: string }) => error.code === 'ESEMLOCKED',
      });
      this.#breakers.set(operation, breaker);
    }
    return breaker;
  }

  async call(call: ProviderCall<Operation>): Promise<CallOutcome> {
    const attributes = { 'holdfast.provider': this.provider, 'holdfast.operation': call.operation };
    return spanOf(
      `${this.provider} ${call.operation}`,
      SpanKind.CLIENT,
      context.active(),
      () => this.#outcome(call),
      attributes,
    );
  }

  async close(): Promise<void> {
    for (const breaker of this.#breakers.values()) breaker.shutdown();
    await this.#pool.destroy();
  }

  async #outcome(call: ProviderCall<Operation>): Promise<CallOutcome> {
    try {
      const breaker = this.breaker(call.operation);
      if (!(await this.#answersAgain(breaker, call))) return { status: 'not_sent' };
      const { httpStatus, body, retryAfterMs } = await breaker.fire(call);
      if (httpStatus === 429) return { status: 'not_sent', retryAfterMs };
      // Wrong credentials: nothing was executed, and an operator must act; the call waits.
      if (httpStatus === 401) return { status: 'not_sent' };
      // An earlier send of the same key may have won; the provider itself is well.
      if (httpStatus === 409) return { status: 'unknown' };
      if (httpStatus >= 400) return { status: 'refused', httpStatus, body };
      return { status: 'accepted', body };
    } catch (error) {
      const refusedHere = keptBack.has(String((error as { code?: string }).code));
      return { status: error instanceof NothingSent || refusedHere ? 'not_sent' : 'unknown' };
    }
  }

  /** A breaker that opened is tried with a read; only after its answer is anything sent again (fault 34). */
  async #answersAgain(
    breaker: CircuitBreaker<[ProviderCall<Operation>], Answer>,
    { method }: ProviderCall<Operation>,
  ): Promise<boolean> {
    if (!breaker.halfOpen || method === 'GET') return true;
    const { probe } = this.#options;
    const answer = await this.breaker(probe.operation)
      .fire(probe)
      .catch(() => undefined);
    if (!answer) breaker.open();
    return answer !== undefined;
  }

  /** A token that was refused has executed nothing: once more, with a new one and the same key. */
  async #authorised(call: ProviderCall<Operation>): Promise<Answer> {
    const { authorization } = this.#options;
    if (typeof authorization === 'string') return this.#send(call, authorization);
    const first = await this.#token();
    const answer = await this.#send(call, `Bearer ${first}`);
    if (answer.httpStatus !== 401) return answer;
    this.#tokens!.refused(first);
    return this.#send(call, `Bearer ${await this.#token()}`);
  }

  /** Without a token nothing was sent. */
  #token(): Promise<string> {
    return this.#tokens!.token().catch(() => {
      throw new NothingSent('no token');
    });
  }

  /** opossum does not stop a call when it times out: the signal does, and an abort is ambiguous as well. */
  async #send(call: ProviderCall<Operation>, authorization: string): Promise<Answer> {
    const { method, path, body, idempotencyKey } = call;
    const { keyHeader = 'idempotency-key', patience } = this.#options;
    const timeout = AbortSignal.timeout(this.#settings.timeout);
    let response: Dispatcher.ResponseData;
    let text: string;
    try {
      response = await this.#pool.request({
        method,
        path,
        body: body ?? null,
        signal: patience ? AbortSignal.any([timeout, patience(call)]) : timeout,
        headersTimeout: this.#settings.timeout,
        bodyTimeout: this.#settings.timeout,
        headers: {
          ...this.#options.headers,
          authorization,
          ...(body === undefined ? {} : { 'content-type': this.#options.contentType }),
          ...(idempotencyKey ? { [keyHeader]: idempotencyKey } : {}),
        },
      });
      text = await response.body.text();
    } catch (error) {
      if (nothingSent(String((error as { code?: string }).code))) throw new NothingSent('no connection');
      throw new Ambiguous('no answer');
    }
    const { statusCode: httpStatus } = response;
    if (ambiguousStatus(httpStatus)) throw new Ambiguous(`status ${httpStatus}`);
    if (httpStatus === 429) {
      return { httpStatus, body: undefined, retryAfterMs: retryAfterOf(response, this.#options.wallClock) };
    }
    try {
      return { httpStatus, body: JSON.parse(text) };
    } catch {
      // An empty or broken 2xx may have executed; a broken 4xx has not.
      if (httpStatus < 400) throw new Ambiguous('an answer that is no JSON');
      return { httpStatus, body: undefined };
    }
  }
}

/** Seconds or an HTTP date; at most an hour. */
function retryAfterOf({ headers }: Dispatcher.ResponseData, wallClock: WallClock): number | undefined {
  const text = String(headers['retry-after'] ?? '');
  if (text === '') return undefined;
  const ms = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - wallClock.now().getTime();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), 3_600_000) : undefined;
}
