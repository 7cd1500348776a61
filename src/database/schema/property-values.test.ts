// Values that fit, values that are brought into form, and values that are refused by name.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Properties, PropertyValue } from '../../engine/document.ts';
import { DatabaseError, type ErrorCode } from '../../engine/errors.ts';
import { type PropertyType, propertyTypes } from '../../engine/schema.ts';
import type { NestedPropertyConfig } from '../collection-config.ts';
import { parsePhoneNumber } from './phone-number.ts';
import { checkProperties } from './property-values.ts';

const common = { filterable: true, searchable: false, rangeFilters: false };
const nested: NestedPropertyConfig[] = [
  { name: 'name', type: 'text', ...common },
  { name: 'when', type: 'date[]', ...common },
  {
    name: 'deep',
    type: 'object',
    ...common,
    nested: [{ name: 'flag', type: 'boolean', ...common }],
  },
];

/** A collection with one property of every type, named after it: `intArray` for int[]. */
const config = {
  name: 'Q',
  properties: propertyTypes.map((type) => ({
    name: nameOf(type),
    type,
    ...common,
    ...(type.startsWith('object') ? { nested } : {}),
  })),
};

function nameOf(type: PropertyType): string {
  return type.replace('[]', 'Array');
}

function stored(type: PropertyType, value: unknown): PropertyValue | undefined {
  const given = { [nameOf(type)]: value as PropertyValue };
  return checkProperties(config, given)[nameOf(type)];
}

function refused(type: PropertyType, value: unknown, problem: string | RegExp): void {
  assert.throws(
    () => stored(type, value),
    (error: unknown) => {
      assert.ok(error instanceof DatabaseError);
      assert.equal(error.code, 'property-invalid');
      const start = `invalid ${type} property '${nameOf(type)}' on class 'Q': `;
      assert.ok(error.message.startsWith(start), error.message);
      const rest = error.message.slice(start.length);
      if (typeof problem === 'string') assert.equal(rest, problem);
      else assert.match(rest, problem);
      return true;
    },
  );
}

const uuid = '6df95749-fcc1-5494-875c-7a61865898a3';

describe('checkProperties', () => {
  it('keeps values that fit as they are', () => {
    const given: Properties = {
      text: 'a "b" \n é🙂',
      textArray: ['a', ''],
      int: -(2 ** 53 - 1),
      intArray: [],
      number: 1e308,
      numberArray: [0.1, 2],
      boolean: false,
      booleanArray: [true, false],
      date: '2024-01-02T03:04:05.5+01:00',
      dateArray: ['2024-01-02T03:04:05Z'],
      uuid,
      uuidArray: [uuid],
      blob: 'aGVsbG8gd29ybGQ=',
      geoCoordinates: { latitude: -90, longitude: 180 },
      object: { name: 'x', when: ['2024-01-02T03:04:05Z'], deep: { flag: true } },
      objectArray: [{ name: 'x' }, {}],
    };
    assert.deepEqual(checkProperties(config, given), given);
  });

  it('returns new values: what the caller does to its own later changes nothing', () => {
    const list = ['a'];
    const result = checkProperties(config, { textArray: list });
    list.push('b');
    assert.deepEqual(result, { textArray: ['a'] });
  });

  it('brings dates and uuids into one form', () => {
    assert.equal(stored('date', '2020-01-02T03:04:05.000000+00:00'), '2020-01-02T03:04:05Z');
    assert.equal(stored('uuid', uuid.toUpperCase()), uuid);
    assert.deepEqual(stored('uuid[]', [uuid.toUpperCase()]), [uuid]);
  });

  it('has no negative zero, which JSON does not keep', () => {
    assert.ok(Object.is(stored('int', -0), 0));
    assert.ok(Object.is(stored('number', -0), 0));
  });

  it('takes null for absent, inside objects too', () => {
    assert.deepEqual(checkProperties(config, { text: null, int: 1 }), { int: 1 });
    assert.deepEqual(stored('object', { name: null, deep: { flag: null } }), { deep: {} });
  });

  it('lowers the first letter of a name, and the later of two counts', () => {
    assert.deepEqual(checkProperties(config, { Text: 'a' }), { text: 'a' });
    assert.deepEqual(checkProperties(config, { text: 'a', Text: 'b' }), { text: 'b' });
    assert.deepEqual(checkProperties(config, { Text: 'a', text: 'b' }), { text: 'b' });
    assert.deepEqual(checkProperties(config, { text: 'a', Text: null }), {});
  });

  it('refuses names that are unknown, reserved or no names', () => {
    const code = (given: Properties, expected: ErrorCode, message: RegExp) =>
      assert.throws(
        () => checkProperties(config, given),
        (error: unknown) =>
          error instanceof DatabaseError && error.code === expected && message.test(error.message),
      );
    code({ nope: 1 }, 'property-missing', /no such prop with name 'nope' found in class 'Q'/);
    code({ nope: null }, 'property-missing', /'nope'/);
    for (const name of ['id', '_id', '_additional', 'Id']) {
      code({ [name]: 'x' }, 'invalid-argument', /is a reserved property name/);
    }
    code({ 'with space': 'x' }, 'invalid-argument', /not a valid property name/);
    code({ ['p'.repeat(232)]: 'x' }, 'invalid-argument', /not a valid property name/);
  });

  it('names what came instead of a string', () => {
    refused('text', 5, 'not a string, but number');
    refused('text', true, 'not a string, but boolean');
    refused('text', ['a'], 'not a string, but array');
    refused('text', { a: 1 }, 'not a string, but object');
    refused('text[]', 'a', 'not an array, but string');
    refused('text[]', ['a', 5], 'element [1]: not a string, but number');
    refused('text[]', ['a', null], 'element [1]: null is not allowed in an array');
  });

  it('refuses numbers that are not whole, not finite, or beyond what JSON keeps', () => {
    refused('int', 1.5, /^not a whole number within ±9007199254740991, but 1\.5$/);
    refused('int', 2 ** 53, /^not a whole number/);
    refused('int', '1', 'not an integer, but string');
    refused('int[]', [1, 2.5], /^element \[1\]: not a whole number/);
    refused('number', Number.NaN, 'not a finite number, but NaN');
    refused('number', Number.NEGATIVE_INFINITY, 'not a finite number, but -Infinity');
    refused('number', '1', 'not a number, but string');
    refused('boolean', 'true', 'not a boolean, but string');
    refused('boolean', 1, 'not a boolean, but number');
  });

  it('refuses dates and uuids that are none', () => {
    refused('date', '2024-01-02', /^not an RFC 3339 date .*, but "2024-01-02"$/);
    refused('date', '2023-02-29T00:00:00Z', /^not an RFC 3339 date/);
    refused('date', 5, 'not a string, but number');
    refused('uuid', 'nope', 'not a uuid, but "nope"');
    refused('uuid', 'x'.repeat(100), `not a uuid, but "${'x'.repeat(60)}…"`);
  });

  it('puts the replacement character for half of a surrogate pair', () => {
    assert.equal(stored('text', 'a\ud83d and \udc00, but 😀'), 'a\ufffd and \ufffd, but 😀');
    assert.deepEqual(stored('text[]', ['\ud83d']), ['\ufffd']);
  });
  it('takes plain base64 only', () => {
    for (const blob of ['', 'AA==', 'AAA=', 'AAAA', '+/+/'])
      assert.equal(stored('blob', blob), blob);
    for (const blob of ['A', 'AA', 'AA=', 'A===', '=AAA', 'AA-_', 'AA==AAAA', 'AAA A', 'é===']) {
      refused('blob', blob, `not a valid blob base64 string, but "${blob}"`);
    }
    refused(
      'blob',
      'data:image/png;base64,AAAA',
      'not a valid blob base64 string, but "data:image/png;base64,AAAA": leave out "data:image/png;base64,"',
    );
    refused('blob', 5, 'not a string, but number');
  });

  it('checks the range of coordinates and keeps nothing else of them', () => {
    const place = { latitude: 52.37, longitude: 4.9 };
    assert.deepEqual(stored('geoCoordinates', { ...place, height: 3 }), place);
    refused('geoCoordinates', { latitude: 1 }, 'longitude is missing or not a number');
    refused(
      'geoCoordinates',
      { latitude: '1', longitude: 2 },
      'latitude is missing or not a number',
    );
    refused(
      'geoCoordinates',
      { ...place, latitude: 90.1 },
      /^latitude must lie within ±90 degrees/,
    );
    refused(
      'geoCoordinates',
      { ...place, longitude: Number.NaN },
      /^longitude must lie within ±180/,
    );
    refused('geoCoordinates', 'x', 'not an object, but string');
  });

  it('names the path to a value inside an object', () => {
    const at = (path: string, type: string, problem: string) => ({
      message: `invalid ${type} property '${path}' on class 'Q': ${problem}`,
    });
    assert.throws(
      () => stored('object', { deep: { flag: 1 } }),
      at('object.deep.flag', 'boolean', 'not a boolean, but number'),
    );
    assert.throws(
      () => stored('object[]', [{}, { name: 1 }]),
      at('objectArray[1].name', 'text', 'not a string, but number'),
    );
    refused('object', { other: 1 }, /no nested property 'other'; its .* are \[name, when, deep\]/);
    refused('object', [], 'not an object, but array');
    refused('object[]', [{}, 5], 'element [1]: not an object, but number');
  });

  it('completes phone numbers and reads back its own', () => {
    const expected = {
      input: '020 1234567',
      defaultCountry: 'NL',
      countryCode: 31,
      national: 201234567,
      internationalFormatted: '+31 20 123 4567',
      nationalFormatted: '020 123 4567',
      valid: true,
    };
    const result = stored('phoneNumber', { input: '020 1234567', defaultCountry: 'nl' });
    assert.deepEqual(result, expected);
    assert.deepEqual(stored('phoneNumber', expected), expected);
    refused('phoneNumber', { defaultCountry: 'nl' }, 'input is missing or not a string');
    refused('phoneNumber', { input: '020 1234567' }, /no country code, and no defaultCountry/);
    refused(
      'phoneNumber',
      { input: '1', defaultCountry: 5 },
      'defaultCountry is not a string, but number',
    );
    refused('phoneNumber', '020', 'not an object, but string');
  });

  it('keeps properties with names that every JavaScript object seems to have', () => {
    const properties = ['constructor', 'valueOf'].map((name) => ({
      name,
      type: 'int' as const,
      ...common,
    }));
    const result = checkProperties({ name: 'Q', properties }, { constructor: 1 } as never);
    assert.deepEqual(Object.entries(result), [['constructor', 1]]);
  });
});

describe('parsePhoneNumber', () => {
  const read = (input: string, country?: string) => {
    const found = parsePhoneNumber(input, country);
    return 'problem' in found ? found.problem : [found.internationalFormatted, found.valid];
  };

  it('reads national and international forms alike', () => {
    for (const input of ['030 123456', '+49 30 123456', '0049 30123456', '+49 (0)30/123456']) {
      assert.deepEqual(read(input, 'DE'), ['+49 30 123456', true], input);
    }
    for (const input of [
      '(212) 555-0100',
      '1 212 555 0100',
      '+1 212.555.0100',
      '011 1 212 555 0100',
    ]) {
      assert.deepEqual(read(input, 'us'), ['+1 212-555-0100', true], input);
    }
  });

  it('knows calling codes of every length, without a country to help', () => {
    assert.deepEqual(read('+7 495 1234567'), ['+7 495 123-45-67', true]);
    assert.deepEqual(read('+358 9 1234567'), ['+358 91234567', true]);
    assert.match(String(read('+999 1234567')), /does not begin with the calling code/);
    assert.match(String(read('+0 1234567')), /does not begin with the calling code/);
  });

  it('takes off what is dialled before national numbers, where it is no part of them', () => {
    assert.deepEqual(read('06 1 234 5678', 'HU'), ['+36 12345678', true]);
    assert.deepEqual(read('8 495 123 45 67', 'RU'), ['+7 495 123-45-67', true]);
    assert.deepEqual(read('06 1234 5678', 'IT'), ['+39 06 1234 5678', true]);
    assert.deepEqual(read('912 345 678', 'ES'), ['+34 912 34 56 78', true]);
  });

  it('calls numbers of an impossible length not valid', () => {
    assert.deepEqual(read('12', 'NL'), ['+31 12', false]);
    assert.deepEqual(read('+31 123456789012345'), ['+31 123456789012345', false]);
  });

  it('refuses letters and unknown countries', () => {
    assert.match(String(read('call me', 'NL')), /is not a telephone number/);
    assert.match(String(read('', 'NL')), /is not a telephone number/);
    assert.match(String(read('123456', 'XX')), /defaultCountry "XX" is not/);
  });

  it('refuses what is too long for a number before it looks at it, in few words', () => {
    for (const input of [`${' '.repeat(1_000_000)}x`, '1'.repeat(1_000_001)]) {
      const problem = String(read(input, 'NL'));
      assert.match(problem, /has 1000001 characters; a telephone number has at most 250$/);
      assert.ok(problem.length < 200);
    }
    assert.ok(String(read('123456', 'X'.repeat(100_000))).length < 200);
  });
});
