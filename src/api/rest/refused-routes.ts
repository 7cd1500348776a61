// Paths that clients know and this server does not serve: they are answered with 501 and what is
// missing, so that nobody takes them for a wrong address.

import type { FastifyInstance, HTTPMethods } from 'fastify';
import { DatabaseError } from '../../engine/errors.ts';
import { addRoute, type RestParts } from './route.ts';

const allMethods: readonly HTTPMethods[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** What each path is for; a path that ends in `*` stands for all below it. */
const refused: readonly (readonly [string, string])[] = [
  ['/backups/*', 'making backups'],
  ['/export/*', 'exporting'],
  ['/users/*', 'managing users'],
  ['/authz/*', 'managing roles'],
  ['/replication/*', 'replication'],
  ['/tasks', 'listing distributed tasks'],
  ['/classifications/*', 'classification'],
];

export function addRefusedRoutes(app: FastifyInstance, parts: RestParts): void {
  for (const [path, what] of refused) {
    for (const method of allMethods) {
      addRoute(app, parts, {
        method,
        path,
        access: { kind: 'known' },
        handle: () => {
          throw new DatabaseError('not-implemented', { what });
        },
      });
    }
  }
}
