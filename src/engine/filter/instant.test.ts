// RFC 3339 text against the platform's own dates, and what Date cannot tell: nanoseconds, bad days.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { normaliseDate, parseInstant } from './instant.ts';

describe('parseInstant', () => {
  it('agrees with Date on milliseconds, whatever the zone and the year', () => {
    for (const text of [
      '1970-01-01T00:00:00Z',
      '2024-02-29T23:59:59.999Z',
      '2021-01-02T03:04:05+02:30',
      '2021-01-02T03:04:05-11:00',
      '0001-01-01T00:00:00Z',
      '0099-12-31T00:00:00Z',
      '9999-12-31T23:59:59Z',
      '2021-01-02T03:04Z',
      '2021-01-02T03:04-11:00',
    ]) {
      assert.deepEqual(parseInstant(text), { ms: Date.parse(text), nanos: 0 }, text);
    }
  });

  it('keeps nanoseconds and cuts what is finer', () => {
    const ms = Date.parse('2021-01-02T03:04:05.678Z');
    assert.deepEqual(parseInstant('2021-01-02T03:04:05.678901234Z'), { ms, nanos: 901_234 });
    assert.deepEqual(parseInstant('2021-01-02T03:04:05.6789012349999Z'), { ms, nanos: 901_234 });
    assert.deepEqual(parseInstant('1969-12-31T23:59:59.9999Z'), { ms: -1, nanos: 900_000 });
  });

  it('refuses what is no RFC 3339 time', () => {
    for (const text of [
      '',
      '2024-01-02',
      '2024-01-02 03:04:05Z',
      '2024-01-02T03:04:05',
      '2024-1-02T03:04:05Z',
      '2024-13-02T03:04:05Z',
      '2023-02-29T03:04:05Z',
      '1900-02-29T03:04:05Z',
      '2024-04-31T03:04:05Z',
      '2024-00-10T03:04:05Z',
      '2024-01-02T24:00:00Z',
      '2024-01-02T03:60:05Z',
      '2024-01-02T23:59:60Z',
      '2024-01-02T03:04:05.Z',
      '2024-01-02T03:04:05+0100',
      '2024-01-02T03:04:05+24:00',
      '2024-01-02T03:04:05Z\n',
    ]) {
      assert.equal(parseInstant(text), undefined, JSON.stringify(text));
      assert.equal(normaliseDate(text), undefined, JSON.stringify(text));
    }
  });
});

describe('normaliseDate', () => {
  it('writes no offset as Z and missing seconds as 00, keeps other zones and drops zeros at the end of the fraction', () => {
    const cases = {
      '2020-01-02T03:04:05.000000+00:00': '2020-01-02T03:04:05Z',
      '2020-01-02T03:04:05-00:00': '2020-01-02T03:04:05Z',
      '2020-01-02T03:04:05.120+02:00': '2020-01-02T03:04:05.12+02:00',
      '2020-01-02T03:04:05.123456789123Z': '2020-01-02T03:04:05.123456789Z',
      '2020-01-02T03:04:05.0000000001Z': '2020-01-02T03:04:05Z',
      '2020-01-02T03:04Z': '2020-01-02T03:04:00Z',
      '2020-01-02T03:04+02:00': '2020-01-02T03:04:00+02:00',
    };
    for (const [text, expected] of Object.entries(cases)) {
      assert.equal(normaliseDate(text), expected);
      assert.equal(normaliseDate(expected), expected);
    }
  });
});
