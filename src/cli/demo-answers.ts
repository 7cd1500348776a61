// The demo's questions: each asked by late interaction, by keyword and by both, with the ranked
// passages, and for the best one which word answered which.

import { styleText } from 'node:util';
import type { Collection } from '../database/collection.ts';
import type { SearchHit } from '../database/search.ts';
import type { Query } from '../engine/query/query.ts';
import { LocalModels } from '../vectorizers/local/local-models.ts';
import type { TokenEncoder } from '../vectorizers/local/token-encoder.ts';
import { sourceText } from '../vectorizers/source-text.ts';
import { shorten, textTable } from './text-table.ts';
import { alignWords } from './word-alignment.ts';

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
  /** Directory of all models. */
  readonly modelsDirectory: string;
  /** Takes lines without their end. */
  readonly print: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Asks every question and prints the answers. */
export async function showAnswers(options: AnswerOptions): Promise<void> {
  const { collection, model, modelsDirectory, print, signal } = options;
  await using models = new LocalModels({ directory: modelsDirectory });
  const encoder = model === undefined ? undefined : await models.encoder(model);
  for (const [index, question] of questions.entries()) {
    signal.throwIfAborted();
    print(styleText('bold', `${index + 1}. ${question}\n`));
    const ways = encoder ? wayNames : (['keywords'] as const);
    for (const way of ways) {
      const hits = await ask(collection, question, way);
      print(styleText('cyan', `   ${way}`));
      print(indent(hits.length === 0 ? 'no hit\n' : hitTable(hits)));
    }
    const [best] = await ask(collection, question, encoder ? 'late interaction' : 'keywords');
    if (!best) continue;
    print(`   ${styleText('cyan', 'best passage')}  ${sourceOf(best)}\n`);
    print(indent(quote(best)));
    if (encoder) print(indent(await alignmentTable(collection, question, best, encoder)));
  }
}

const wayNames = ['late interaction', 'keywords', 'hybrid'] as const;
type Way = (typeof wayNames)[number];

async function ask(
  collection: Collection,
  question: string,
  way: Way,
): Promise<readonly SearchHit[]> {
  const query = queryOf(question, way);
  const { hits } = await collection.search(query, { explain: false, vectors: true }, context);
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
async function alignmentTable(
  collection: Collection,
  question: string,
  hit: SearchHit,
  encoder: TokenEncoder,
): Promise<string> {
  const vector = hit.document.vectors.get('tokens');
  const text = embeddedText(collection, hit);
  const [ofQuestion, ofPassage] = await encoder.encode([question, text], { priority: 'urgent' });
  if (!vector || !ofQuestion || !ofPassage) return '';
  const aligned = alignWords({
    question: { text: question, encoded: ofQuestion },
    passage: { text, tokens: ofPassage.tokens, vector },
  });
  const columns = [
    { title: 'question', align: 'left' },
    { title: 'passage', align: 'left' },
    { title: 'cosine', align: 'right' },
  ] as const;
  const words = aligned.filter((token) => token.question !== '');
  const rows = words.map((token) => [
    token.question,
    token.passage || '(marker)',
    token.score.toFixed(3),
  ]);
  const sum = aligned.reduce((total, { score }) => total + score, 0);
  const markers = aligned.length - words.length;
  const note = `${sum.toFixed(3)} in all, with the model's ${markers} markers of its own`;
  return `${textTable(columns, rows)}${note}\n`;
}

/** The text that the stored vectors were made from. */
function embeddedText(collection: Collection, { document }: SearchHit): string {
  const { name, properties, vectors } = collection.config;
  const settings = vectors[0]?.vectorizer.settings ?? {};
  const source = { collection: name, module: 'text2colbert-jinaai', settings, properties } as const;
  return sourceText(source, document.properties).texts.join(' ');
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
