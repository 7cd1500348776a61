// Intervals as schedules say them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intervalMs } from './schedule.ts';

test('an interval is read, whatever its units', () => {
  assert.equal(intervalMs('@every 90s'), 90_000);
  assert.equal(intervalMs('@every 1h30m'), 5_400_000);
  assert.equal(intervalMs('@every 1.5s'), 1_500);
  assert.equal(intervalMs('@every 250ms'), 250);
  assert.equal(intervalMs('@hourly'), 3_600_000);
});

test('what is no interval is nothing', () => {
  for (const text of ['*/5 * * * *', '@every', '@every 5', '@every 5 m', '90s', '@weekly', '']) {
    assert.equal(intervalMs(text), undefined, text);
  }
});
