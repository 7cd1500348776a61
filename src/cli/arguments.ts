// What commands share in reading their arguments: help, what is wrong with them, and which data is meant.

import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';

/** A command whose arguments are read before anything is done. */
export interface CommandForm<Settings extends object> {
  readonly name: string;
  readonly usage: string;
  /** The settings, or what is wrong with the arguments. */
  readonly read: (args: readonly string[]) => Settings | string;
  /** Resolves to the exit status; throws DatabaseError for operating errors. */
  readonly act: (settings: Settings) => Promise<number>;
}

/** Answers `--help`, refuses wrong arguments with status 2, else does what the command does. */
export async function runCommand<Settings extends object>(
  { name, usage, read, act }: CommandForm<Settings>,
  args: readonly string[],
): Promise<number> {
  if (args.includes('--help') || args.includes('-h')) {
    process.stdout.write(usage);
    return 0;
  }
  const settings = read(args);
  if (typeof settings !== 'string') return await act(settings);
  process.stderr.write(`tesserae ${name}: ${settings}\n\n${usage}`);
  return 2;
}

/** What Node makes of arguments with these options. */
type ParsedArguments<Options extends ParseArgsOptionsConfig> = ReturnType<
  typeof parseArgs<{ args: string[]; allowPositionals: true; options: Options }>
>;

/** Options by name and everything else in order, or what is wrong with them. */
export function parseArguments<Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
): ParsedArguments<Options> | string {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Says that there should be one, as a collection. */
export function expectedOne(what: string, given: readonly string[]): string {
  return `expected one ${what}, got ${given.length === 0 ? 'none' : given.join(' ')}`;
}

/** Which data a command is about: a directory, unless a server is named. */
export interface DataPlace {
  readonly data: string;
  readonly url: string | undefined;
  readonly key: string | undefined;
}

/** The place that `--data`, `--url`, `--key` and the environment name, or what is wrong with them. */
export function readDataPlace({
  data,
  url,
  key,
}: {
  readonly data?: string | undefined;
  readonly url?: string | undefined;
  readonly key?: string | undefined;
}): DataPlace | string {
  if (url !== undefined && data !== undefined) return 'either --data or --url';
  return { data: dataPath(data), url, key: key ?? process.env['TESSERAE_API_KEY'] };
}

/** The data directory that was named, here or in the environment, else `data`. */
export function dataPath(given: string | undefined): string {
  return given ?? process.env['PERSISTENCE_DATA_PATH'] ?? 'data';
}

/** What is wrong with a `--batch`; undefined when nothing is. */
export function batchProblem(given: string | undefined): string | undefined {
  if (given === undefined || /^[1-9]\d{0,3}$/.test(given)) return undefined;
  return `--batch is ${given}; allowed: whole numbers from 1 to 9999`;
}
