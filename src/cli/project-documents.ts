// The project's own documents as passages to import: README and everything under docs.

import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { nameUuid, urlNamespace } from '../ingest/name-uuid.ts';
import { cutPassages, type Passage } from './passages.ts';

/** A passage with where it comes from. */
export interface DocumentPassage extends Passage {
  /** Follows from source, title and index: importing again replaces. */
  readonly uuid: string;
  /** Path below the project's folder, with slashes. */
  readonly source: string;
}

/** The folder of the project (or of the installed package) that this file belongs to. */
export function projectFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) throw new Error('no package.json above the command line');
  }
}

/** Passages of README.md and docs, in the order of their paths. */
export function projectPassages(folder: string): readonly DocumentPassage[] {
  const paths = globSync(['README.md', 'docs/**/*.md'], { cwd: folder });
  return paths
    .map((path) => path.split(sep).join('/'))
    .sort()
    .flatMap((source) =>
      cutPassages(readFileSync(join(folder, source), 'utf8')).map((passage) => {
        const name = `${source}#${passage.title}#${passage.index}`;
        return { ...passage, source, uuid: nameUuid(urlNamespace, name) };
      }),
    );
}
