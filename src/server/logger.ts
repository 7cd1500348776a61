// The server's log: one JSON object a line. Nothing that a caller sends, and no key, goes into it.

/** From the most to the least talkative. */
export const logLevels = ['trace', 'debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Details of a line, beside time, level and message. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

export interface Logger {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** An error with its stack and its causes. */
  error(message: string, error: unknown): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** Takes a line with its end. */
  readonly write: (line: string) => void;
}

export function createLogger({ level, clock, write }: LoggerOptions): Logger {
  const rankMin = logLevels.indexOf(level);
  const log = (at: LogLevel, message: string, fields: LogFields = {}): void => {
    if (logLevels.indexOf(at) < rankMin) return;
    const time = new Date(clock()).toISOString();
    write(`${JSON.stringify({ time, level: at, message, ...fields })}\n`);
  };
  return { log, error: (message, error) => log('error', message, { error: describeError(error) }) };
}

function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.stack ?? `${error.name}: ${error.message}`;
  return error.cause === undefined ? own : `${own}\ncaused by ${describeError(error.cause)}`;
}
