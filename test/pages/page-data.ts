// Real PDFs beside the project, with questions that were written by hand after reading their pages.
// Where they are not there, what needs them skips.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(import.meta.dirname, '..', '..', '..', 'shared', 'data', 'pdf');

/** A question and the pages, from 1, that answer it. */
export interface PageQuestion {
  readonly text: string;
  readonly file: string;
  readonly pages: readonly number[];
}

export interface PageData {
  readonly files: readonly { readonly name: string; readonly path: string }[];
  readonly questions: readonly PageQuestion[];
}

/** Undefined where there is no such folder. */
export function loadPageData(): PageData | undefined {
  const path = join(folder, 'questions.jsonl');
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').trim().split('\n');
  const questions = lines.map((line) => JSON.parse(line) as PageQuestion);
  const names = [...new Set(questions.map(({ file }) => file))].sort();
  return { questions, files: names.map((name) => ({ name, path: join(folder, name) })) };
}
