import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

/** More than any run makes; the oldest go first. */
const exportsMax = 20_000;

export interface TraceCollector {
  /**
   * What the services get as OTEL_EXPORTER_OTLP_ENDPOINT; `GET <endpoint>/exports` gives all traces that came, as they
   * came, and `GET <endpoint>/exports/metrics` all metrics.
   */
  endpoint: string;
  stop(): Promise<void>;
}

/** Takes what comes over OTLP/HTTP in JSON, as a collector would, and keeps it for the tests that look at it. */
export async function startTraceCollector(): Promise<TraceCollector> {
  const kept: Readonly<Record<string, unknown[]>> = { '/v1/traces': [], '/v1/metrics': [] };
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.method === 'GET') {
      return response.end(
        JSON.stringify(kept[request.url === '/exports/metrics' ? '/v1/metrics' : '/v1/traces']),
      );
    }
    const sent = await json(request).catch(() => undefined);
    if (sent === undefined) return response.writeHead(400).end('{}');
    const exports = kept[request.url ?? ''];
    exports?.push(sent);
    if (exports && exports.length > exportsMax) exports.shift();
    return response.end('{}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
