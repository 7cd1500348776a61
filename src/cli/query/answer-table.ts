// An answer as lines for a terminal: the hits with the passage that matched, its words marked.

import { styleText } from 'node:util';
import type { TextAnswer, TextHit } from '../../database/text-query/text-query.ts';
import { plain } from '../plain-text.ts';
import { shorten } from '../text-table.ts';

const boxesShown = 4;
const titleLength = 60;

/** Ends with a line break. Words that matched are bold; without colours they stand between asterisks. */
export function answerTable({ hits, mode, vectors, notes }: TextAnswer): string {
  const by = mode === 'keyword' ? 'keywords' : `${mode}, comparing ${plain(vectors.join(', '))}`;
  if (hits.length === 0) return `No hit (${by}).\n`;
  const body = hits.map((hit, index) => hitLines(hit, index + 1)).join('\n');
  const said = notes.map((note) => `Note: ${plain(note)}.\n`).join('');
  return `${body}\n${hits.length === 1 ? '1 hit' : `${hits.length} hits`} by ${by}.\n${said}`;
}

function hitLines(hit: TextHit, rank: number): string {
  const { source, page, title = '', score, uuid } = hit;
  const place =
    source === undefined ? uuid : page === undefined ? source : `${source}, page ${page}`;
  const head = `${String(rank).padStart(2)}. ${styled('cyan', plain(place))}`;
  const lines = [`${head}  ${score.toFixed(3)}  ${shorten(plain(title), titleLength)}`.trimEnd()];
  const passage = snippetLine(hit);
  if (passage !== '') lines.push(`    ${passage}`);
  const places = hit.places.slice(0, boxesShown).map(({ x, y, width, height, text }) => {
    const box = [x, y, width, height].map((value) => Math.round(value)).join(' ');
    return text === '' ? `[${box}]` : `${plain(text)} [${box}]`;
  });
  const more = hit.places.length - places.length;
  if (places.length > 0)
    lines.push(`    ${places.join('  ')}${more > 0 ? `  and ${more} more` : ''}`);
  return `${lines.join('\n')}\n`;
}

/** The passage with its marks; of objects without one the start of their longest text. */
function snippetLine({ snippet, properties }: TextHit): string {
  if (!snippet) {
    const texts = Object.values(properties).filter((value) => typeof value === 'string');
    const longest = texts.toSorted((a, b) => b.length - a.length)[0] ?? '';
    return shorten(oneLine(plain(longest)), 160);
  }
  let at = 0;
  let line = '';
  for (const [start, end] of snippet.marks) {
    line += plain(snippet.text.slice(at, start));
    line += styled('bold', plain(snippet.text.slice(start, end)), '*');
    at = end;
  }
  return oneLine(line + plain(snippet.text.slice(at)));
}

function oneLine(text: string): string {
  return text.replace(/ +/g, ' ').trim();
}

/** `around` stands on both sides where the terminal shows no styles. */
function styled(style: 'bold' | 'cyan', text: string, around = ''): string {
  const shown = styleText(style, text);
  return shown === text ? `${around}${text}${around}` : shown;
}
