// Reading one setting from a command-line option or an environment variable: the option wins, and a
// value that is not allowed is an error that says where it stood and what is allowed.

/** A setting that the server can't start with. */
export class SettingsError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SettingsError';
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where a setting may come from. */
export interface Source {
  readonly option?: string;
  readonly variable?: string;
}

/** Options by name without the dashes; a flag is `true`. */
export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

const yes: readonly string[] = ['true', '1', 'on', 'enabled'];
const no: readonly string[] = ['false', '0', 'off', 'disabled'];

export class SettingsReader {
  readonly #options: OptionValues;
  readonly #environment: Environment;

  constructor(options: OptionValues, environment: Environment) {
    this.#options = options;
    this.#environment = environment;
  }

  /** The text of a setting; undefined when it is absent or empty. */
  text(source: Source): string | undefined {
    return this.#find(source)?.value;
  }

  /** True or false, in the words that the reference's variables know. */
  flag(source: Source, fallback: boolean): boolean {
    const found = this.#find(source);
    if (!found) return fallback;
    const value = found.value.toLowerCase();
    if (yes.includes(value)) return true;
    if (no.includes(value)) return false;
    throw wrong(found, [...yes, ...no].join(', '));
  }

  /** A whole number between the bounds. */
  count(source: Source, fallback: number, [min, max]: readonly [number, number]): number {
    const found = this.#find(source);
    if (!found) return fallback;
    const value = Number(found.value);
    if (/^\d+$/.test(found.value) && value >= min && value <= max) return value;
    throw wrong(found, `a whole number from ${min} to ${max}`);
  }

  /** A number of bytes between the bounds, also as 512MiB or 4GiB. */
  bytes(source: Source, fallback: number, [min, max]: readonly [number, number]): number {
    const found = this.#find(source);
    if (!found) return fallback;
    const match = /^(\d+(?:\.\d+)?)\s*(k|m|g|t)?i?b?$/i.exec(found.value);
    const power = 'kmgt'.indexOf((match?.[2] ?? '').toLowerCase() || ' ') + 1;
    const value = match ? Math.floor(Number(match[1]) * 1024 ** power) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw wrong(
      found,
      `bytes, or a size as 512MiB or 4GiB, from ${sizeText(min)} to ${sizeText(max)}`,
    );
  }

  /** One of the words. */
  choice<Word extends string>(source: Source, words: readonly Word[], fallback: Word): Word {
    const found = this.#find(source);
    if (!found) return fallback;
    const word = words.find((each) => each === found.value.toLowerCase());
    if (word !== undefined) return word;
    throw wrong(found, words.join(', '));
  }

  /** Words between commas, without white space around them. */
  list(source: Source): readonly string[] {
    const words = this.text(source)?.split(',') ?? [];
    return words.map((word) => word.trim()).filter((word) => word !== '');
  }

  #find({ option, variable }: Source): Found | undefined {
    const given = option === undefined ? undefined : this.#options[option];
    if (given !== undefined && given !== '') return { where: `--${option}`, value: String(given) };
    const value = variable === undefined ? '' : (this.#environment[variable] ?? '').trim();
    return value === '' ? undefined : { where: String(variable), value };
  }
}

/** A size in the largest unit that leaves a whole number. */
function sizeText(bytes: number): string {
  const units = ['', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  while (power < units.length - 1 && bytes % 1024 ** (power + 1) === 0) power += 1;
  return `${bytes / 1024 ** power}${units[power]}`;
}

interface Found {
  readonly where: string;
  readonly value: string;
}

function wrong({ where, value }: Found, allowed: string): SettingsError {
  return new SettingsError(`${where}=${value} is not allowed: give ${allowed}`);
}
