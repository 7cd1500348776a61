// Numbers in groups as people of the country write them.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { writeNumber } from './phone-format.ts';
import { parsePhoneNumber } from './phone-number.ts';

describe('writeNumber', () => {
  const cases: readonly [number, string, string, string][] = [
    [1, '4155550132', '415-555-0132', '(415) 555-0132'],
    [7, '9123456789', '912 345-67-89', '8 (912) 345-67-89'],
    [31, '612345678', '6 12345678', '06 12345678'],
    [31, '111234567', '111 234 567', '0111 234 567'],
    [33, '612345678', '6 12 34 56 78', '06 12 34 56 78'],
    [39, '3123456789', '312 345 6789', '312 345 6789'],
    [44, '2079460958', '20 7946 0958', '020 7946 0958'],
    [44, '7911123456', '7911 123456', '07911 123456'],
    [44, '1214960123', '121 496 0123', '0121 496 0123'],
    [44, '1632960001', '1632 960001', '01632 960001'],
    [46, '701234567', '70 123 45 67', '070-123 45 67'],
    [49, '15123456789', '1512 3456789', '01512 3456789'],
    [55, '11961234567', '11 96123-4567', '(11) 96123-4567'],
    [61, '212345678', '2 1234 5678', '(02) 1234 5678'],
    [81, '9012345678', '90-1234-5678', '090-1234-5678'],
  ];
  for (const [code, digits, international, national] of cases) {
    it(`groups +${code} ${digits}`, () => {
      assert.deepEqual(writeNumber(code, digits), { international, national });
    });
  }

  it('leaves alone what has another length or a country without a known custom', () => {
    assert.equal(writeNumber(31, '20123456'), undefined);
    assert.equal(writeNumber(358, '91234567'), undefined);
    const found = parsePhoneNumber('+358 9 1234567', undefined);
    assert.ok(!('problem' in found));
    assert.equal(found.internationalFormatted, '+358 91234567');
    assert.equal(found.nationalFormatted, '091234567');
  });
});
