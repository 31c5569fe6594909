import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';

/** `commit` as the simple query of the PostgreSQL protocol: tag, length, text, NUL. */
const commitMessage = Buffer.from('Q\0\0\0\x0bcommit\0', 'latin1');

/** `before`: the database never hears of it. `after`: it commits, and only its answer is lost. */
export type Cut = 'before' | 'after';

/**
 * Stands between a service and its database and cuts the connection in the middle of a COMMIT (F39). Which
 * commits it cuts, a test decides; everything else goes through unchanged.
 */
export class CuttingProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #next: Cut[] = [];
  #made = 0;

  private constructor(databaseUrl: string) {
    const { hostname, port } = new URL(databaseUrl);
    this.#server = createServer((client) => this.#join(client, hostname, Number(port)));
  }

  static async before(databaseUrl: string): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(databaseUrl);
    await once(proxy.#server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  /** The same database with the same login, by this way. */
  urlFor(databaseUrl: string): string {
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** The next commits, whoever makes them, are cut in this way. */
  cutNext(...cuts: Cut[]): void {
    this.#next.push(...cuts);
  }

  get made(): number {
    return this.#made;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, host: string, port: number): void {
    const server = tcpConnect({ host, port });
    const both = [client, server];
    const cut = (): void => {
      for (const socket of both) socket.destroy();
    };
    for (const socket of both) {
      this.#sockets.add(socket);
      socket.on('error', cut);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    let deaf = false;
    client.on('data', (bytes) => {
      const how = bytes.includes(commitMessage) ? this.#next.shift() : undefined;
      if (how) this.#made += 1;
      if (how === 'before') return cut();
      deaf = how === 'after';
      server.write(bytes);
    });
    server.on('data', (bytes) => {
      // The database has answered, so the commit stands; whoever made it never learns that.
      if (deaf) cut();
      else client.write(bytes);
    });
  }
}
