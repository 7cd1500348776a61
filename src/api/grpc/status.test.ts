// Errors as what a failed call answers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DatabaseError } from '../../engine/errors.ts';
import { statusOf } from './status.ts';

describe('the details of a failed call', () => {
  const detailsOf = (message: string): string =>
    statusOf(new DatabaseError('invalid-argument', { message }), 'Search', assert.fail).details;

  it('are the message of the error', () => {
    assert.equal(detailsOf('no such prop with name é'), 'no such prop with name é');
  });

  it('fit a header, whatever letters they have, and are never cut inside of one', () => {
    for (const letter of ['x', 'é', '中', '😀', ' ', '\ud83d']) {
      for (const before of ['', 'a']) {
        const details = detailsOf(before + letter.repeat(5_000));
        // Throws for half of a character, as grpc-js would.
        assert.ok(encodeURI(details).length <= 6_000);
        assert.match(details, /…$/);
        assert.ok(details.length > 300);
      }
    }
  });
});
