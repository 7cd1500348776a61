// Telephone numbers as far as the international numbering plan says: country calling codes and the
// digits that are dialled before national numbers. Which of a country's numbers are in use is not known
// here.

import { writeNumber } from './phone-format.ts';

/** A number as it is stored and answered. */
export interface PhoneNumber {
  readonly input: string;
  /** Two upper-case letters, when given. */
  readonly defaultCountry?: string;
  readonly countryCode: number;
  readonly national: number;
  /** `+31 20 123 4567`; digits in one group where the country's custom is not known. */
  readonly internationalFormatted: string;
  readonly nationalFormatted: string;
  /** Whether it has as many digits as a number in that country may have at all. */
  readonly valid: boolean;
}

/** Calling code of every country and territory with one, by ISO 3166 code. */
const table =
  'AC247 AD376 AE971 AF93 AG1 AI1 AL355 AM374 AO244 AR54 AS1 AT43 AU61 AW297 AX358 AZ994 BA387 BB1 ' +
  'BD880 BE32 BF226 BG359 BH973 BI257 BJ229 BL590 BM1 BN673 BO591 BQ599 BR55 BS1 BT975 BW267 BY375 ' +
  'BZ501 CA1 CC61 CD243 CF236 CG242 CH41 CI225 CK682 CL56 CM237 CN86 CO57 CR506 CU53 CV238 CW599 ' +
  'CX61 CY357 CZ420 DE49 DJ253 DK45 DM1 DO1 DZ213 EC593 EE372 EG20 EH212 ER291 ES34 ET251 FI358 ' +
  'FJ679 FK500 FM691 FO298 FR33 GA241 GB44 GD1 GE995 GF594 GG44 GH233 GI350 GL299 GM220 GN224 GP590 ' +
  'GQ240 GR30 GT502 GU1 GW245 GY592 HK852 HN504 HR385 HT509 HU36 ID62 IE353 IL972 IM44 IN91 IO246 ' +
  'IQ964 IR98 IS354 IT39 JE44 JM1 JO962 JP81 KE254 KG996 KH855 KI686 KM269 KN1 KP850 KR82 KW965 KY1 ' +
  'KZ7 LA856 LB961 LC1 LI423 LK94 LR231 LS266 LT370 LU352 LV371 LY218 MA212 MC377 MD373 ME382 MF590 ' +
  'MG261 MH692 MK389 ML223 MM95 MN976 MO853 MP1 MQ596 MR222 MS1 MT356 MU230 MV960 MW265 MX52 MY60 ' +
  'MZ258 NA264 NC687 NE227 NF672 NG234 NI505 NL31 NO47 NP977 NR674 NU683 NZ64 OM968 PA507 PE51 PF689 ' +
  'PG675 PH63 PK92 PL48 PM508 PR1 PS970 PT351 PW680 PY595 QA974 RE262 RO40 RS381 RU7 RW250 SA966 ' +
  'SB677 SC248 SD249 SE46 SG65 SH290 SI386 SJ47 SK421 SL232 SM378 SN221 SO252 SR597 SS211 ST239 ' +
  'SV503 SX1 SY963 SZ268 TA290 TC1 TD235 TG228 TH66 TJ992 TK690 TL670 TM993 TN216 TO676 TR90 TT1 ' +
  'TV688 TW886 TZ255 UA380 UG256 US1 UY598 UZ998 VA39 VC1 VE58 VG1 VI1 VN84 VU678 WF681 WS685 XK383 ' +
  'YE967 YT262 ZA27 ZM260 ZW263';
const codes: ReadonlyMap<string, number> = new Map(
  table.split(' ').map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
const knownCodes: ReadonlySet<number> = new Set(codes.values());

/** Longest number of the plan, calling code included (ITU-T E.164). */
const digitsMax = 15;
/** Characters of an input, those between its digits too. */
const inputLengthMax = 250;
const nationalDigitsMin = 4;

/**
 * Reads a number. `problem` says in words why it can not be read: what it is made of, no country for a
 * national number, or an unknown one.
 */
export function parsePhoneNumber(
  input: string,
  defaultCountry: string | undefined,
): PhoneNumber | { readonly problem: string } {
  const country = defaultCountry?.toUpperCase();
  const countryCode = country === undefined ? undefined : codes.get(country);
  if (country !== undefined && countryCode === undefined) {
    const seen = defaultCountry?.slice(0, 60);
    return { problem: `defaultCountry "${seen}" is not a two-letter country code` };
  }
  if (input.length > inputLengthMax) {
    const start = `${input.slice(0, 60)}…`;
    return {
      problem: `input "${start}" has ${input.length} characters; a telephone number has at most ${inputLengthMax}`,
    };
  }
  if (!/^\+?[\d\s().\-/]+$/.test(input.trim())) {
    return { problem: `input "${input}" is not a telephone number` };
  }
  const digits = input.replace(/\D/g, '');
  const prefix = country === undefined || countryCode !== 1 ? '00' : '011';
  if (input.trim().startsWith('+')) return international(input, country, digits);
  if (digits.startsWith(prefix)) return international(input, country, digits.slice(prefix.length));
  if (countryCode === undefined) {
    return { problem: `input "${input}" has no country code, and no defaultCountry was given` };
  }
  const { trunk, national } = splitTrunk(digits, countryCode);
  return complete({ input, country, countryCode, trunk, national });
}

function international(
  input: string,
  country: string | undefined,
  digits: string,
): PhoneNumber | { readonly problem: string } {
  // No calling code begins with another one.
  const code = [1, 2, 3].map((length) => digits.slice(0, length)).find((start) => isCode(start));
  if (code === undefined) {
    return { problem: `input "${input}" does not begin with the calling code of a country` };
  }
  const { trunk, national } = splitTrunk(digits.slice(code.length), Number(code));
  const found = { input, country, countryCode: Number(code), national };
  return complete({ ...found, trunk: trunk === '' ? trunkOf(Number(code)) : trunk });
}

function isCode(digits: string): boolean {
  return !digits.startsWith('0') && knownCodes.has(Number(digits));
}

/** What is dialled before a national number inside the country; it is not part of the number. */
function trunkOf(countryCode: number): string {
  switch (countryCode) {
    case 1:
      return '';
    case 7:
      return '8';
    case 36:
      return '06';
    default:
      return withoutTrunk.has(countryCode) ? '' : '0';
  }
}

/** Calling codes of countries whose numbers are dialled alike from everywhere inside, Italy's with its 0. */
const withoutTrunk: ReadonlySet<number> = new Set([
  30, 34, 39, 45, 47, 48, 52, 65, 351, 352, 354, 356, 357, 370, 371, 372, 376, 377, 378, 420, 502,
  503, 504, 505, 506, 507, 852, 853, 965, 968, 973, 974,
]);

function splitTrunk(digits: string, countryCode: number): { trunk: string; national: string } {
  const trunk = countryCode === 1 ? '1' : trunkOf(countryCode);
  const longEnough = (countryCode !== 1 && countryCode !== 7) || digits.length === 11;
  if (trunk === '' || !longEnough || !digits.startsWith(trunk)) {
    return { trunk: '', national: digits };
  }
  return { trunk: countryCode === 1 ? '' : trunk, national: digits.slice(trunk.length) };
}

function complete(found: {
  readonly input: string;
  readonly country: string | undefined;
  readonly countryCode: number;
  readonly trunk: string;
  readonly national: string;
}): PhoneNumber {
  const { input, country, countryCode, trunk, national } = found;
  const digits = `${countryCode}${national}`.length;
  const written = writeNumber(countryCode, national);
  return {
    input,
    ...(country === undefined ? {} : { defaultCountry: country }),
    countryCode,
    national: Number(national.slice(0, digitsMax)),
    internationalFormatted: `+${countryCode} ${written?.international ?? national}`,
    nationalFormatted: written?.national ?? `${trunk}${national}`,
    valid: national.length >= nationalDigitsMin && digits <= digitsMax,
  };
}
