// GET /metrics on a port of its own, for scrapers that bring no key: PROMETHEUS_MONITORING_ENABLED and
// PROMETHEUS_MONITORING_PORT, as on the reference.

import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type MetricsRegistry, metricsContentType } from '../database/metrics/registry.ts';

/** An HTTP server that answers GET /metrics and nothing else. */
export interface MetricsListener extends AsyncDisposable {
  /** Resolves to the port, which the system chooses for port 0. Rejects when it can't be had. */
  listen(host: string, port: number): Promise<number>;
}

/** Not yet listening. */
export function createMetricsListener(registry: MetricsRegistry): MetricsListener {
  let server: Server | undefined;
  return {
    listen: async (host, port) => {
      // Named imports of node:http load a client that nothing needs: 30 ms of a server's start.
      const { createServer } = await import('node:http');
      server = createServer(answer(registry));
      server.listen(port, host);
      await once(server, 'listening');
      return (server.address() as AddressInfo).port;
    },
    [Symbol.asyncDispose]: async () => {
      if (!server?.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(registry: MetricsRegistry): RequestListener {
  return (request, reply) => {
    const isMetrics = request.url?.split('?', 1)[0] === '/metrics';
    if (!isMetrics || (request.method !== 'GET' && request.method !== 'HEAD')) {
      reply.writeHead(isMetrics ? 405 : 404, isMetrics ? { allow: 'GET, HEAD' } : {}).end();
      return;
    }
    const text = registry.text();
    const length = Buffer.byteLength(text);
    reply.writeHead(200, { 'content-type': metricsContentType, 'content-length': length });
    reply.end(request.method === 'HEAD' ? undefined : text);
  };
}
