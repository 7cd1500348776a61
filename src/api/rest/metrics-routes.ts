// GET /metrics: numbers for operators in Prometheus' text format. What they are: docs/METRICS.md.

import type { FastifyInstance } from 'fastify';
import { metricsContentType } from '../../database/metrics/registry.ts';
import { headersOf, type RestParts } from './route.ts';

/** Adds the route, outside `/v1`; whoever is known may read it. */
export function addMetricsRoutes(app: FastifyInstance, parts: RestParts): void {
  app.route({
    method: 'GET',
    url: '/metrics',
    onRequest: async (request) => {
      request.caller = await parts.authenticate(headersOf(request));
    },
    handler: async (_, reply) =>
      reply.header('content-type', metricsContentType).send(parts.database.metrics.registry.text()),
  });
}
