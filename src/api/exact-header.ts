// The header (gRPC: metadata) by which a client asks that the vector legs of its searches are exact.

import type { RequestContext } from '../database/object-input.ts';
import { DatabaseError } from '../engine/errors.ts';

/** In lower case, as headers arrive. */
export const exactHeader = 'x-tesserae-exact';

/** Whether the caller wants exact search. Throws 'invalid-argument' for a value that is no yes or no. */
export function wantsExact(headers: RequestContext['headers']): boolean {
  const value = headers[exactHeader]?.trim().toLowerCase();
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  const seen = JSON.stringify(headers[exactHeader]);
  throw new DatabaseError('invalid-argument', {
    message: `header ${exactHeader} is ${seen}; allowed: true, false`,
  });
}
