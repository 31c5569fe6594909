import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SigningKeys } from './keys.ts';
import { createProvider } from './provider.ts';
import { defaultAudience, defaultClientSecret } from './token.ts';

/** Requests take milliseconds; what is still open after 2 s is an idle or stuck connection. */
const drainMs = 2_000;
const defaultAccessTokenSeconds = 3_600;

export interface IdentityOptions {
  /** 0 takes a free port. */
  port: number;
  /** Default 127.0.0.1: whoever reaches the port can become anyone. */
  host?: string;
  /** Default `http://127.0.0.1:<port>`. */
  issuer?: string;
  audience?: string;
  /** Keeps the signing keys, so that tokens survive a restart. */
  dataDir: string;
  accessTokenSeconds?: number;
  clientSecret?: string;
}

export interface Identity {
  issuer: string;
  /** Ends the requests under way, then closes the port. */
  stop(): Promise<void>;
  /** Signs with a new key from now on and returns its `kid`; older keys stay published. */
  rotateKey(): string;
}

/** Starts the development OIDC issuer in this process. */
export async function startIdentity(options: IdentityOptions): Promise<Identity> {
  const keys = new SigningKeys(options.dataDir);
  const server = createServer();
  server.listen(options.port, options.host ?? '127.0.0.1');
  await once(server, 'listening');

  const issuer = options.issuer ?? `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // The package fixes its keys when constructed, so each rotation builds a new provider.
  const handlerWithCurrentKeys = () =>
    createProvider({
      issuer,
      audience: options.audience ?? defaultAudience,
      accessTokenSeconds: options.accessTokenSeconds ?? defaultAccessTokenSeconds,
      clientSecret: options.clientSecret ?? defaultClientSecret,
      keys: keys.all,
    }).callback();
  let handle: ReturnType<typeof handlerWithCurrentKeys>;
  try {
    handle = handlerWithCurrentKeys();
  } catch (error) {
    server.close(); // A refused configuration must not leave the port taken.
    throw error;
  }

  const rotateKey = () => {
    const kid = keys.add();
    handle = handlerWithCurrentKeys();
    return kid;
  };

  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    switch (`${request.method} ${request.url}`) {
      case 'GET /health/live':
        return answer(response, 200, { status: 'ok' });
      case 'POST /control/keys':
        return answer(response, 201, { kid: rotateKey() });
      default:
        void handle(request, response);
    }
  });

  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    const drained = setTimeout(() => server.closeAllConnections(), drainMs);
    await closed;
    clearTimeout(drained);
  };

  return { issuer, stop, rotateKey };
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
