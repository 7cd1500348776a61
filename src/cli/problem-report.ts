// What failed of a command that goes on all the same: counted, the first ones shown at the end, all of them
// in a file where one is named.

import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { DatabaseError } from '../engine/errors.ts';
import { plain } from './plain-text.ts';

/** Problems that are shown at the end; all are in the report's file. */
const shownMax = 10;

/** Problems of one command. `await using` ends its file. */
export class ProblemReport<Problem extends object> implements AsyncDisposable {
  readonly #file: WriteStream | undefined;
  readonly #text: (problem: Problem) => string;
  readonly #shown: Problem[] = [];
  #count = 0;
  #failure: Error | undefined;

  private constructor(file: WriteStream | undefined, text: (problem: Problem) => string) {
    this.#file = file;
    this.#text = text;
    file?.on('error', (error) => {
      this.#failure = error;
    });
  }

  /** `text`: a problem in a line. Throws 'invalid-argument' when the file can't be written. */
  static async open<Problem extends object>(
    path: string | undefined,
    text: (problem: Problem) => string,
  ): Promise<ProblemReport<Problem>> {
    if (path === undefined) return new ProblemReport(undefined, text);
    const file = createWriteStream(path);
    const report = new ProblemReport(file, text);
    await once(file, 'open').catch((error: Error) => {
      throw unwritable(error);
    });
    return report;
  }

  get count(): number {
    return this.#count;
  }

  add(problem: Problem): void {
    this.#count += 1;
    if (this.#shown.length < shownMax) this.#shown.push(problem);
    this.#file?.write(`${JSON.stringify(problem)}\n`);
  }

  /** The first ones under `title`, as `3 failed`. */
  show(stream: NodeJS.WriteStream, title = `${this.#count} failed`): void {
    if (this.#count === 0) return;
    const lines = this.#shown.map((problem) => `  ${plain(this.#text(problem))}\n`);
    const rest = this.#count - lines.length;
    const more = rest > 0 ? `  and ${rest} more: --report FILE writes them all\n` : '';
    stream.write(`${title}:\n${lines.join('')}${more}`);
  }

  /** Throws when the report could not be written. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#file) return;
    this.#file.end();
    if (!this.#file.closed) await once(this.#file, 'close').catch(() => undefined);
    if (this.#failure) throw unwritable(this.#failure);
  }
}

function unwritable(cause: Error): DatabaseError {
  const message = `the report can't be written: ${cause.message}`;
  return new DatabaseError('invalid-argument', { message }, { cause });
}
