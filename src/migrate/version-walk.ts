// Two lists of ids in the same order, read side by side: what one side has and the other lacks, and what is
// newer where. What is there tells how far a copy is; no file has to remember it.

import type { ObjectReader } from './object-reader.ts';
import { isFault } from './remote-fault.ts';
import { firstUuid, type ObjectVersion } from './stored-object.ts';

/** An object of either side, or of both. */
export interface VersionPair {
  readonly source: ObjectVersion | undefined;
  readonly destination: ObjectVersion | undefined;
}

/** Ids and times are small. */
const pageCount = 1_000;

/** The versions of one side in order of id, page by page, the next page asked for while one is looked at. */
async function* versionPages(reader: ObjectReader): AsyncGenerator<readonly ObjectVersion[]> {
  yield await reader.versions(undefined, 1);
  let count = pageCount;
  const read = async (after: string): Promise<readonly ObjectVersion[]> => {
    for (;;) {
      try {
        return await reader.versions(after, count);
      } catch (error) {
        if (!isFault(error, 'too-large') || count === 1) throw error;
        count = Math.ceil(count / 2);
      }
    }
  };
  let asked = read(firstUuid);
  for (;;) {
    const page = await asked;
    const last = page.at(-1);
    if (!last) return;
    asked = read(last.uuid);
    // Whoever stops early leaves this call alone.
    asked.catch(() => undefined);
    yield page;
  }
}

/** Reads one side one by one. */
export class VersionCursor {
  readonly #pages: AsyncGenerator<readonly ObjectVersion[]>;
  #page: readonly ObjectVersion[] = [];
  #at = 0;
  #ended = false;

  constructor(reader: ObjectReader) {
    this.#pages = versionPages(reader);
  }

  /** The next one, without taking it; undefined at the end. */
  async peek(): Promise<ObjectVersion | undefined> {
    while (this.#at === this.#page.length && !this.#ended) {
      const { value, done } = await this.#pages.next();
      [this.#page, this.#at] = [value ?? [], 0];
      if (done) this.#ended = true;
    }
    return this.#page[this.#at];
  }

  take(): void {
    this.#at += 1;
  }
}

/** All objects of both sides in order of id. */
export async function* pairVersions(
  source: VersionCursor,
  destination: VersionCursor,
): AsyncGenerator<VersionPair> {
  for (;;) {
    const [ours, theirs] = [await source.peek(), await destination.peek()];
    if (!ours && !theirs) return;
    const hasSource = ours !== undefined && (!theirs || ours.uuid <= theirs.uuid);
    const hasDestination = theirs !== undefined && (!ours || theirs.uuid <= ours.uuid);
    if (hasSource) source.take();
    if (hasDestination) destination.take();
    yield {
      source: hasSource ? ours : undefined,
      destination: hasDestination ? theirs : undefined,
    };
  }
}
