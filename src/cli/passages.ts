// Cuts Markdown into passages that are worth finding on their own: each lies under one heading, is a
// few paragraphs long and keeps its name when other parts of the document change.

/** One passage of a document. */
export interface Passage {
  /** Headings above the text, outermost first, joined by ` › `. */
  readonly title: string;
  /** Plain text: marks of emphasis, links and table rules are gone. */
  readonly text: string;
  /** Number of the passage among those with the same title, from 0. */
  readonly index: number;
}

/** A passage ends before the block that would make it longer than this; a local model's window holds it. */
const wordsMax = 150;

interface Section {
  readonly headings: readonly string[];
  readonly blocks: string[];
}

/** The passages of a Markdown text in order; a heading without text below it gives none. */
export function cutPassages(markdown: string): readonly Passage[] {
  const counts = new Map<string, number>();
  return sections(markdown).flatMap(({ headings, blocks }) => {
    const title = headings.filter((heading) => heading !== '').join(' › ');
    return packBlocks(blocks).map((text) => {
      const index = counts.get(title) ?? 0;
      counts.set(title, index + 1);
      return { title, text, index };
    });
  });
}

/** Headings with the blocks between them: paragraphs, lists, tables and fenced code. */
function sections(markdown: string): readonly Section[] {
  const found: Section[] = [{ headings: [], blocks: [] }];
  let lines: string[] = [];
  let fence: string | undefined;
  const endBlock = (): void => {
    const text = lines.join('\n').trim();
    if (text !== '') found.at(-1)?.blocks.push(text);
    lines = [];
  };
  for (const line of markdown.split(/\r?\n/)) {
    const mark = /^\s*(```+|~~~+)/.exec(line)?.[1];
    if (fence !== undefined) {
      if (mark?.startsWith(fence)) fence = undefined;
      else lines.push(line);
      continue;
    }
    const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(line);
    if (mark !== undefined) {
      fence = mark;
    } else if (heading) {
      endBlock();
      const level = heading[1]?.length ?? 1;
      const above = found.at(-1)?.headings.slice(0, level - 1) ?? [];
      while (above.length < level - 1) above.push('');
      found.push({ headings: [...above, plainText(heading[2] ?? '')], blocks: [] });
    } else if (line.trim() === '') {
      endBlock();
    } else if (!/^\s*\|?[\s:|-]+\|[\s:|-]*$/.test(line)) {
      lines.push(plainText(line));
    }
  }
  endBlock();
  return found;
}

/** Joins neighbouring blocks, and cuts those that are too long, into texts of at most `wordsMax` words. */
function packBlocks(blocks: readonly string[]): readonly string[] {
  const packed: string[] = [];
  let words = 0;
  for (const piece of blocks.flatMap(cutBlock)) {
    const count = wordCount(piece.text);
    const current = packed.at(-1);
    if (current !== undefined && words + count <= wordsMax) {
      packed[packed.length - 1] = `${current}${piece.joint}${piece.text}`;
      words += count;
    } else {
      packed.push(piece.text);
      words = count;
    }
  }
  return packed;
}

interface Piece {
  readonly text: string;
  /** What stands between this piece and the one before. */
  readonly joint: string;
}

/** A block in pieces of at most `wordsMax` words: whole lines, else sentences, else runs of words. */
function cutBlock(block: string): readonly Piece[] {
  if (wordCount(block) <= wordsMax) return [{ text: block, joint: '\n\n' }];
  const pieces = block.split('\n').flatMap((line) => cutLine(line));
  return pieces.map((text, index) => ({ text, joint: index === 0 ? '\n\n' : '\n' }));
}

function cutLine(line: string): readonly string[] {
  if (wordCount(line) <= wordsMax) return [line];
  return line.split(/(?<=[.!?])\s+/).flatMap((sentence) => {
    const words = sentence.split(/\s+/);
    const parts: string[] = [];
    for (let from = 0; from < words.length; from += wordsMax) {
      parts.push(words.slice(from, from + wordsMax).join(' '));
    }
    return parts;
  });
}

function wordCount(text: string): number {
  return text.match(/\S+/g)?.length ?? 0;
}

/** A line of Markdown as a reader sees it. */
function plainText(line: string): string {
  return line
    .replace(/!?\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__)(?=\S)(.+?)\1/g, '$2')
    .replace(/(?<![\w*])\*(?=\S)([^*]+)\*(?!\w)/g, '$1')
    .replace(/`+([^`]+)`+/g, '$1')
    .replace(/^\s*>\s?/, '')
    .replace(/^\s*\|(.*)\|\s*$/, (_, row: string) => cellsOf(row).join(' | '))
    .trimEnd();
}

/** The cells of a table's row that are not empty. */
function cellsOf(row: string): readonly string[] {
  return row
    .split('|')
    .map((cell) => cell.trim())
    .filter((cell) => cell !== '');
}
