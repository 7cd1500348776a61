// Points in time to the nanosecond, from and to RFC 3339 text; the seconds may be missing, as in the
// dates of the Java client. A double holds the milliseconds of any year that the text form has; what is
// finer stands beside it.

/** A point in time. */
export interface Instant {
  /** Whole milliseconds since 1970, rounded down. */
  readonly ms: number;
  /** Nanoseconds after `ms`: 0 … 999,999. */
  readonly nanos: number;
}

const pattern =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?)?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * Reads `2024-01-02T03:04:05.678901234+01:00`, also `2024-01-02T03:04+01:00`; digits of the fraction after
 * the ninth are cut off.
 * Undefined for anything else, also for days and times that no calendar has (30 February, 24:00:00,
 * 23:59:60).
 */
export function parseInstant(text: string): Instant | undefined {
  const found = pattern.exec(text);
  if (!found) return undefined;
  const [year, month, day, hour, minute, second] = found
    .slice(1, 7)
    .map((field) => Number(field ?? 0)) as Fields;
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const offsetHours = Number(found[9] ?? 0);
  const offsetMinutes = Number(found[10] ?? 0);
  if (offsetHours > 23 || offsetMinutes > 59) return undefined;
  const fraction = (found[7] ?? '').slice(0, 9).padEnd(9, '0');
  const sign = found[8] === '-' ? -1 : 1;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second, Number(fraction.slice(0, 3)));
  return {
    ms: date.getTime() - sign * (offsetHours * 60 + offsetMinutes) * 60_000,
    nanos: Number(fraction.slice(3)),
  };
}

type Fields = [number, number, number, number, number, number];

/**
 * The form in which dates are stored: with seconds, the zone is kept, Z stands for no offset, the
 * fraction has at most nine digits and no zeros at its end. Undefined when parseInstant would refuse the text.
 */
export function normaliseDate(text: string): string | undefined {
  if (!parseInstant(text)) return undefined;
  const found = pattern.exec(text);
  if (!found) return undefined;
  const fraction = (found[7] ?? '').slice(0, 9).replace(/0+$/, '');
  const zone = `${found[8] ?? '+'}${found[9] ?? '00'}:${found[10] ?? '00'}`;
  const noOffset = zone === '+00:00' || zone === '-00:00';
  return `${text.slice(0, 16)}:${found[6] ?? '00'}${fraction && `.${fraction}`}${noOffset ? 'Z' : zone}`;
}

function daysOf(year: number, month: number): number {
  if (month === 2) {
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    return leap ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}
