// The demo's questions: each asked by late interaction, by keyword and by both, with the ranked
// passages, and for the best one which word answered which.

import { styleText } from 'node:util';
import type { Collection } from '../database/collection.ts';
import type { SearchHit } from '../database/search.ts';
import type { Query } from '../engine/query/query.ts';
import { shorten, textTable } from './text-table.ts';

/** Asked in words that the documents partly do not use. */
const questions = [
  'What happens to my objects when the power fails?',
  'How are many vectors for each document compared with a question?',
  'How do I run it without internet access?',
] as const;

const hitsShown = 3;
const columnWidth = 100;
const hybridAlpha = 0.7;
const context = { headers: {} };

export interface AnswerOptions {
  readonly collection: Collection;
  /** Absent: by keyword only. */
  readonly model: string | undefined;
  /** Takes lines without their end. */
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Asks every question and prints the answers. */
export async function showAnswers(options: AnswerOptions): Promise<void> {
  const { collection, model, print, signal } = options;
  for (const [index, question] of questions.entries()) {
    signal.throwIfAborted();
    print(styleText('bold', `${index + 1}. ${question}\n`));
    const ways = model === undefined ? (['keywords'] as const) : wayNames;
    for (const way of ways) {
      const hits = await ask(collection, question, way);
      print(styleText('cyan', `   ${way}`));
      print(indent(hits.length === 0 ? 'no hit\n' : hitTable(hits)));
    }
    const way = model === undefined ? 'keywords' : 'late interaction';
    const [best] = await ask(collection, question, way, true);
    if (!best) continue;
    print(`   ${styleText('cyan', 'best passage')}  ${sourceOf(best)}\n`);
    print(indent(quote(best)));
    if (model !== undefined) print(indent(alignmentTable(best)));
  }
}

const wayNames = ['late interaction', 'keywords', 'hybrid'] as const;
type Way = (typeof wayNames)[number];

async function ask(
  collection: Collection,
  question: string,
  way: Way,
  matches = false,
): Promise<readonly SearchHit[]> {
  const query = queryOf(question, way);
  const options = { explain: false, vectors: false, matches };
  const { hits } = await collection.search(query, options, context);
  return hits;
}

function queryOf(text: string, way: Way): Query {
  const page = { offset: 0, limit: hitsShown, autocut: 0 };
  const targets = { names: [], combination: 'minimum', weights: [] } as const;
  const keyword = { text, operator: { kind: 'or', matchesMin: 1 } } as const;
  switch (way) {
    case 'late interaction': {
      const input = { kind: 'text', concepts: [text], moves: false } as const;
      return { kind: 'vector', ...page, search: { input, targets } };
    }
    case 'keywords':
      return { kind: 'keyword', ...page, search: keyword };
    case 'hybrid': {
      const fusion = 'relativeScore';
      return { kind: 'hybrid', ...page, alpha: hybridAlpha, fusion, keyword, vector: { targets } };
    }
  }
}

function hitTable(hits: readonly SearchHit[]): string {
  const columns = [
    { title: 'score', align: 'right' },
    { title: 'document', align: 'left' },
    { title: 'under', align: 'left' },
  ] as const;
  const rows = hits.map((hit) => [
    (hit.score ?? 0).toFixed(3),
    sourceOf(hit),
    shorten(textOf(hit, 'title'), columnWidth - 40),
  ]);
  return textTable(columns, rows);
}

/** Up to a few lines of the passage. */
function quote(hit: SearchHit): string {
  const words = textOf(hit, 'text').split(/\s+/);
  const lines: string[] = [''];
  for (const word of words) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length < columnWidth - 10) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(` ${word}`);
  }
  const shown = lines.slice(0, 4).map((line) => `|${line}`);
  return `${shown.join('\n')}${lines.length > shown.length ? ' …' : ''}\n`;
}

/** The words of the question with the words of the passage that answered them. */
function alignmentTable({ matches }: SearchHit): string {
  const [found] = matches?.vectors ?? [];
  if (!found) return '';
  const columns = [
    { title: 'question', align: 'left' },
    { title: 'passage', align: 'left' },
    { title: 'cosine', align: 'right' },
  ] as const;
  const asked = found.tokens.filter(({ query }) => query.text !== '');
  const rows = asked.map(({ query, words, score }) => [
    query.text,
    words.map(({ text }) => text).join(' ') || '(marker)',
    score.toFixed(3),
  ]);
  const markers = found.tokens.length - asked.length;
  const note = `${found.score.toFixed(3)} in all, with the model's ${markers} markers of its own`;
  return `${textTable(columns, rows)}${note}\n`;
}

function sourceOf(hit: SearchHit): string {
  return textOf(hit, 'source');
}

function textOf({ document }: SearchHit, name: string): string {
  const value = document.properties[name];
  return typeof value === 'string' ? value : '';
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '     ');
}
