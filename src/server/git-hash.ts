// The commit that a clone runs, for /v1/meta. Read from the files of git: there may be no git program.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const hash = /^[0-9a-f]{40}$/;

/** The commit checked out in `root`; undefined where it is not a clone. */
export function gitHash(root: string): string | undefined {
  const head = read(join(root, '.git/HEAD'));
  if (head === undefined) return undefined;
  const reference = /^ref: (.+)$/.exec(head)?.[1];
  const found =
    reference === undefined
      ? head
      : (read(join(root, '.git', reference)) ?? packed(root, reference));
  return found !== undefined && hash.test(found) ? found : undefined;
}

function packed(root: string, reference: string): string | undefined {
  const lines = read(join(root, '.git/packed-refs'))?.split('\n') ?? [];
  return lines.find((line) => line.endsWith(` ${reference}`))?.split(' ')[0];
}

/** Undefined when there is no such file, or it may not be read: the hash is only a courtesy. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}
