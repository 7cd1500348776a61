// Pages with questions about them: imports a folder of PDFs as `tesserae import` does, asks the questions of
// its questions.jsonl, and says how good the answers are. The test asks with it, and so does the bench.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ndcg } from '../src/cli/ranking-metrics.ts';
import type { Collection } from '../src/database/collection.ts';
import type { Database } from '../src/database/database.ts';
import {
  answerText,
  type TextAnswer,
  type TextQuery,
} from '../src/database/text-query/text-query.ts';
import type { PageFiles } from '../src/ingest/import-pages.ts';
import type { ImportSummary } from '../src/ingest/import-run.ts';
import { Importer } from '../src/ingest/importer.ts';
import { findSources } from '../src/ingest/sources.ts';

/** A question, and the pages (from 1) of a file that answer it. */
export interface PageQuestion {
  readonly text: string;
  readonly file: string;
  readonly pages: readonly number[];
}

/** Lines of `{"text": …, "file": …, "pages": […]}`. */
export function readQuestions(folder: string): readonly PageQuestion[] {
  const lines = readFileSync(join(folder, 'questions.jsonl'), 'utf8').split('\n');
  return lines.filter((line) => line.trim() !== '').map((line) => JSON.parse(line) as PageQuestion);
}

/** Imports every PDF of a folder into the collection `Pages`; throws when one fails. */
export async function importFolder(
  database: Database,
  folder: string,
  openPages: () => PageFiles,
): Promise<ImportSummary> {
  const { sources } = await findSources([folder]);
  await using importer = await Importer.open({ database, openPages });
  const pdfs = sources.filter(({ name }) => name.endsWith('.pdf'));
  return await importer.run(pdfs, {
    ...{ collection: 'Pages', textModel: 'minilm' },
    onProblem: ({ source, message }) => {
      throw new Error(`${source}: ${message}`);
    },
  });
}

/** Answers beside the questions, and the mean nDCG@10 of them. */
export interface AskedQuestions {
  readonly ndcg: number;
  readonly answers: readonly TextAnswer[];
}

/** Asks one question after the other. */
export async function askAll(
  collection: Collection,
  questions: readonly PageQuestion[],
  how: Omit<TextQuery, 'text'> = {},
): Promise<AskedQuestions> {
  const answers: TextAnswer[] = [];
  let sum = 0;
  for (const { text, file, pages } of questions) {
    const answer = await answerText(collection, { ...how, text }, { headers: {} });
    const ranking = answer.hits.map(({ source, page }) => `${source} ${page}`);
    const right = new Map(pages.map((page) => [`${file} ${page}`, 1]));
    sum += ndcg(ranking, right, 10);
    answers.push(answer);
  }
  return { ndcg: sum / questions.length, answers };
}
