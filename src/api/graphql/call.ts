// What the resolvers of one request receive.

import type { Database } from '../../database/database.ts';
import type { RequestContext } from '../../database/object-input.ts';
import type { SearchLimits } from '../search-limits.ts';
import type { ReplyObjects } from './reply-objects.ts';

export interface GraphqlCall {
  readonly database: Database;
  readonly context: RequestContext;
  readonly limits: SearchLimits;
  /** What the reply shows. */
  readonly objects: ReplyObjects;
}
