// How national numbers are grouped: the customs of some thirty countries, which cover most numbers that
// are stored. Numbers of other countries, and of lengths that a country does not use, stay in one group.

/** Both written forms of a number. */
export interface WrittenNumber {
  /** Behind the calling code: `20 123 4567`. */
  readonly international: string;
  /** With what is dialled before it inside the country: `020 123 4567`. */
  readonly national: string;
}

/** One custom: which numbers it is for, and their groups; `$1` … in the forms stand for the groups. */
interface Custom {
  readonly numbers: RegExp;
  readonly international: string;
  readonly national: string;
}

/**
 * A custom from its parts: digits that the number begins with (a pattern), the sizes of its groups, and
 * how it is written inside the country (`0` before the international form when absent).
 */
function custom(starts: string, sizes: string, forms: readonly string[] = []): Custom {
  const groups = Array.from(sizes, (size) => `(\\d{${size}})`).join('');
  const spaced = Array.from(sizes, (_, at) => `$${at + 1}`).join(' ');
  const [national = `0${spaced}`, international = spaced] = forms;
  return { numbers: new RegExp(`^(?=${starts})${groups}$`), international, national };
}

const asAbroad = (sizes: string): readonly string[] => [
  Array.from(sizes, (_, at) => `$${at + 1}`).join(' '),
];

const northAmerica = custom('[2-9]', '334', ['($1) $2-$3', '$1-$2-$3']);

const customs: ReadonlyMap<number, readonly Custom[]> = new Map([
  [1, [northAmerica]],
  [7, [custom('[3489]', '3322', ['8 ($1) $2-$3-$4', '$1 $2-$3-$4'])]],
  [27, [custom('[1-8]', '234')]],
  [30, [custom('[26]', '334', asAbroad('334'))]],
  [
    31,
    [
      custom('6[1-58]', '18'),
      custom('1[035]|2[0346]|3[03568]|4[0356]|5[0358]|7', '234'),
      custom('[1-5]', '333'),
    ],
  ],
  [32, [custom('4[5-9]', '3222'), custom('[239]|4[23]', '1322'), custom('[15-8]', '2222')]],
  [33, [custom('[1-9]', '12222')]],
  [34, [custom('[5-9]', '3222', asAbroad('3222'))]],
  [
    39,
    [
      custom('3', '334', asAbroad('334')),
      custom('0[26]', '244', asAbroad('244')),
      custom('0', '334', asAbroad('334')),
    ],
  ],
  [41, [custom('[2-9]', '2322')]],
  [
    44,
    [
      custom('2', '244'),
      custom('7[1-57-9]', '46'),
      custom('11|1[2-69]1|3|8|9', '334'),
      custom('1', '46'),
    ],
  ],
  [45, [custom('[2-9]', '2222', asAbroad('2222'))]],
  [46, [custom('7', '2322', ['0$1-$2 $3 $4']), custom('8', '1323', ['0$1-$2 $3 $4'])]],
  [47, [custom('[489]', '323', asAbroad('323')), custom('[235-7]', '2222', asAbroad('2222'))]],
  [
    48,
    [
      custom('45|5[0137]|6|7[2389]|88', '333', asAbroad('333')),
      custom('[1-9]', '2322', asAbroad('2322')),
    ],
  ],
  [
    49,
    [
      custom('15', '47'),
      custom('1[67]', '37'),
      custom('1[67]', '38'),
      ...['5', '6', '7', '8', '9'].map((size) => custom('30|40|69|89', `2${size}`)),
    ],
  ],
  [52, [custom('33|5[56]|81', '244', asAbroad('244')), custom('[2-9]', '334', asAbroad('334'))]],
  [
    55,
    [
      custom('[1-9][1-9]9', '254', ['($1) $2-$3', '$1 $2-$3']),
      custom('[1-9][1-9][2-5]', '244', ['($1) $2-$3', '$1 $2-$3']),
    ],
  ],
  [61, [custom('4', '333'), custom('[2378]', '144', ['(0$1) $2 $3'])]],
  [65, [custom('[3689]', '44', asAbroad('44'))]],
  [81, [custom('[5789]0', '244', ['0$1-$2-$3', '$1-$2-$3'])]],
  [82, [custom('1', '244', ['0$1-$2-$3', '$1-$2-$3'])]],
  [86, [custom('1[3-9]', '344', asAbroad('344'))]],
  [90, [custom('5', '3322')]],
  [91, [custom('[6-9]', '55')]],
  [351, [custom('9', '333', asAbroad('333')), custom('2', '333', asAbroad('333'))]],
  [353, [custom('8', '234'), custom('1', '134', ['(0$1) $2 $3'])]],
  [420, [custom('[2-9]', '333', asAbroad('333'))]],
  [972, [custom('5', '234', ['0$1-$2-$3', '$1-$2-$3'])]],
]);

/** The number in groups; undefined where no custom is known for it. */
export function writeNumber(countryCode: number, national: string): WrittenNumber | undefined {
  for (const { numbers, international, national: inside } of customs.get(countryCode) ?? []) {
    if (!numbers.test(national)) continue;
    return {
      international: national.replace(numbers, international),
      national: national.replace(numbers, inside),
    };
  }
  return undefined;
}
