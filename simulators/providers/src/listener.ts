import type { FastifyInstance } from 'fastify';

/** The wire port, which can really stop accepting connections for a while (fault `connection-refused`). */
export class Listener {
  readonly #app: FastifyInstance;
  readonly #host: string;
  #port: number;
  #reopening: NodeJS.Timeout | undefined;
  #refusedUntilMs = 0;

  constructor(app: FastifyInstance, host: string, port: number) {
    this.#app = app;
    this.#host = host;
    this.#port = port;
    // A kept connection would get past a port that refuses new ones.
    app.addHook('onSend', async (_request, reply) => {
      if (this.#reopening) reply.header('connection', 'close');
    });
  }

  get port(): number {
    return this.#port;
  }

  async open(): Promise<void> {
    await this.#app.listen({ host: this.#host, port: this.#port });
    const address = this.#app.server.address();
    if (address && typeof address === 'object') this.#port = address.port;
  }

  /** Calls that are already running still end. */
  refuse(seconds: number): void {
    this.#refusedUntilMs = Math.max(this.#refusedUntilMs, Date.now() + seconds * 1000);
    if (!this.#reopening) {
      this.#app.server.close();
      this.#app.server.closeIdleConnections();
    }
    clearTimeout(this.#reopening);
    this.#reopening = setTimeout(() => this.#reopen(), this.#refusedUntilMs - Date.now());
  }

  /** The fault was taken back. */
  accept(): void {
    if (!this.#reopening) return;
    clearTimeout(this.#reopening);
    this.#refusedUntilMs = 0;
    this.#reopen();
  }

  async close(): Promise<void> {
    clearTimeout(this.#reopening);
    await this.#app.close();
  }

  #reopen(): void {
    this.#reopening = undefined;
    this.#app.server.listen({ host: this.#host, port: this.#port });
  }
}
