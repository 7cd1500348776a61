// Takes the code out of the two public tutorials where their texts lie beside the project, so that the
// tests run what is printed there and not a copy of it.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const languages = ['python', 'typescript'] as const;
export type Language = (typeof languages)[number];

/** Code by heading, each in both languages; several blocks under one heading are joined. */
export type TutorialCode = ReadonlyMap<string, Readonly<Record<Language, string>>>;

/** Where the tutorials are: beside the project for its developers and its checks. */
const folder = join(import.meta.dirname, '../../../shared/tutorials');

/** Undefined when the texts are not there. */
export function readTutorial(file: string): string | undefined {
  try {
    return readFileSync(join(folder, file), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const heading = /^(\d\.\d(?:\.\d)?)\. /;
const blockStart = "If a snippet doesn't work or you have feedback, please open a GitHub issue.";
/** The first line of a block's second half: the block is Python first, then TypeScript. */
const typescriptStart =
  /^(import .* from '|await |let |const |async function |\/\/ An example|\/\/ Recommended)/;
/** What a line of TypeScript at the left margin looks like; anything else is prose again. */
const typescriptLine =
  /^($|\s|[}\])/]|import |await |let |const |async |for |console\.|response = |client\.)/;

/** The blocks of the first tutorial, a plain text, by the number of their heading ("1.4.1"). */
export function parseTextTutorial(text: string): TutorialCode {
  const sections = new Map<string, Record<Language, string>>();
  const lines = text.split('\n');
  let section = '';
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    section = heading.exec(line)?.[1] ?? section;
    if (line.trim() !== blockStart) continue;
    const start = at + 1;
    let split = start;
    while (split < lines.length && !isTypescriptStart(lines[split] ?? '')) split += 1;
    let end = split;
    while (end < lines.length && typescriptLine.test(lines[end] ?? '')) end += 1;
    const code = sections.get(section) ?? { python: '', typescript: '' };
    sections.set(section, {
      python: `${code.python}${lines.slice(start, split).join('\n')}\n`,
      typescript: `${code.typescript}${lines.slice(split, end).join('\n')}\n`,
    });
    at = end - 1;
  }
  return sections;
}

function isTypescriptStart(line: string): boolean {
  return typescriptStart.test(line) && !/^import \w+$/.test(line);
}

/** The blocks of the second tutorial by name: "## NAME (python)" before a fenced block. */
export function parseFencedTutorial(text: string): TutorialCode {
  const sections = new Map<string, Record<Language, string>>();
  for (const [, name = '', language, body = ''] of text.matchAll(
    /^## (\w+) \((python|ts)\)\n```\w+\n([\s\S]*?)^```/gm,
  )) {
    const code = sections.get(name) ?? { python: '', typescript: '' };
    code[language === 'python' ? 'python' : 'typescript'] = body;
    sections.set(name, code);
  }
  return sections;
}
