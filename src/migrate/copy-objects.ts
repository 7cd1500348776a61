// Copying the objects of one place. Where the destination has some already, ids and times of both sides are
// read first and only what differs is copied; after the destination's last object everything is, but for what
// others write there meanwhile.

import type { ObjectReader } from './object-reader.ts';
import { inBatches, type ObjectWriter, type RefusedObject } from './object-writer.ts';
import { PageSize } from './page-size.ts';
import { isFault } from './remote-fault.ts';
import { firstUuid, objectBytes, type StoredObject, uuidBefore } from './stored-object.ts';
import { VersionCursor } from './version-walk.ts';

/** Both sides of one place. */
export interface PlaceEnds {
  readonly source: ObjectReader;
  readonly destination: ObjectReader;
  readonly writer: ObjectWriter;
}

export interface CopyOptions {
  /** Objects in a request, at most. */
  readonly batchMax: number;
  /** What the destination has besides or has changed since: left alone, or made like the source. */
  readonly others: 'keep' | 'replace';
  readonly signal: AbortSignal;
  /** Told of objects that are done with, and bytes that were copied for them. */
  readonly onProgress: (objects: number, bytes: number) => void;
  readonly onRefused: (refused: RefusedObject) => void;
}

/** What was done. */
export interface CopyCounts {
  copied: number;
  /** Objects of the same id and time. */
  unchanged: number;
  refused: number;
  /** Newer at the destination, and left so. */
  newer: number;
  /** Only at the destination, and left there. */
  extra: number;
  /** Only at the destination, and not any more. */
  deleted: number;
}

/** Requests on their way to the destination at once. */
const writesMax = 2;
/** Ids that are looked at before objects are read. */
const lookAhead = 1_000;

/** Throws RemoteFault, or the signal's reason; what is written stays, and a second run goes on with it. */
export class ObjectCopy {
  readonly #ends: PlaceEnds;
  readonly #options: CopyOptions;
  readonly #pageSize: PageSize;
  readonly #writes = new Set<Promise<void>>();
  readonly counts: CopyCounts = {
    ...{ copied: 0, unchanged: 0, refused: 0, newer: 0, extra: 0, deleted: 0 },
  };

  constructor(ends: PlaceEnds, options: CopyOptions) {
    this.#ends = ends;
    this.#options = options;
    this.#pageSize = new PageSize(options.batchMax);
  }

  async run(): Promise<CopyCounts> {
    try {
      const after = await this.#copyDifferences();
      if (after !== 'all') await this.#copyRest(after);
      await Promise.all(this.#writes);
    } finally {
      await Promise.allSettled(this.#writes);
    }
    return this.counts;
  }

  /**
   * Up to the destination's last object. Resolves to the id that everything after is missing; undefined when
   * the destination is empty, 'all' when nothing is missing after.
   */
  async #copyDifferences(): Promise<string | undefined | 'all'> {
    const { source, destination } = this.#ends;
    const theirs = new VersionCursor(destination);
    if (!(await theirs.peek())) return undefined;
    const ours = new VersionCursor(source);
    let last: string | undefined;
    let wanted: WantedRun[] = [];
    let extra: string[] = [];
    for (let looked = 1; ; looked += 1) {
      const [one, other] = [await ours.peek(), await theirs.peek()];
      if (looked % lookAhead === 0 || !other) {
        await this.#copyRuns(wanted);
        await this.#settleExtra(extra);
        [wanted, extra] = [[], []];
      }
      if (!other) return one ? last : 'all';
      if (one && one.uuid <= other.uuid) {
        const isSame = one.uuid === other.uuid;
        if (isSame) theirs.take();
        if (this.#wants(one.updatedAt, isSame ? other.updatedAt : undefined)) {
          addToRuns(wanted, one.uuid, last);
        } else this.#options.onProgress(1, 0);
        ours.take();
        last = one.uuid;
      } else {
        extra.push(other.uuid);
        theirs.take();
      }
    }
  }

  #wants(ours: number, theirs: number | undefined): boolean {
    if (theirs === undefined || theirs < ours) return true;
    if (theirs === ours) this.counts.unchanged += 1;
    else if (this.#options.others === 'replace') return true;
    else this.counts.newer += 1;
    return false;
  }

  async #settleExtra(uuids: readonly string[]): Promise<void> {
    if (this.#options.others === 'keep') this.counts.extra += uuids.length;
    else if (uuids.length > 0) {
      await this.#ends.writer.delete(uuids);
      this.counts.deleted += uuids.length;
    }
  }

  async #copyRuns(runs: readonly WantedRun[]): Promise<void> {
    for (const { after, uuids, last: end } of runs) {
      let from = after;
      // What was deleted meanwhile never comes: the run ends at its last id.
      while (uuids.size > 0 && (from ?? '') < end) {
        const page = await this.#read(from, uuids.size);
        const last = page.at(-1);
        // Before the first cursor there may be nothing any more.
        if (!last && from !== undefined) break;
        from = last?.uuid ?? firstUuid;
        await this.#write(page.filter(({ uuid }) => uuids.delete(uuid)));
      }
    }
  }

  /** The next page is read while one is written. */
  async #copyRest(start: string | undefined): Promise<void> {
    if (start === undefined) await this.#write(await this.#read(undefined, 1), 'asking');
    let asked = this.#read(start ?? firstUuid);
    for (;;) {
      const page = await asked;
      const last = page.at(-1);
      if (!last) return;
      asked = this.#read(last.uuid);
      // Should writing fail first, nobody waits for this page.
      asked.catch(() => undefined);
      await this.#write(page, 'asking');
    }
  }

  /** A page that is not empty unless there are no more; objects that can't be read are told of and left out. */
  async #read(after: string | undefined, countMax = Infinity): Promise<readonly StoredObject[]> {
    const { source } = this.#ends;
    let from = after;
    for (;;) {
      this.#options.signal.throwIfAborted();
      try {
        const page = await source.objects(from, Math.min(countMax, this.#pageSize.count));
        if (page.length > 0) await source.checkShape();
        this.#pageSize.learn(page);
        return page;
      } catch (error) {
        if (!isFault(error, 'too-large')) throw error;
        if (this.#pageSize.halve()) continue;
        const [lost] = await source.versions(from, 1);
        if (!lost) return [];
        this.#refuse({ uuid: lost.uuid, message: `can't be read: ${error.message}` });
        from = lost.uuid;
      }
    }
  }

  /**
   * Resolves when there is room for the next page; failures come with a later call, or the end. `asking`:
   * nobody has looked yet what the destination has of them.
   */
  async #write(page: readonly StoredObject[], kind: 'asking' | 'looked' = 'looked'): Promise<void> {
    for (const batch of inBatches(page, this.#options.batchMax)) {
      while (this.#writes.size >= writesMax) await Promise.race(this.#writes);
      this.#options.signal.throwIfAborted();
      const write = this.#writeBatch(batch, kind);
      this.#writes.add(write);
      write.then(
        () => this.#writes.delete(write),
        // Stays, and fails whoever waits for it.
        () => undefined,
      );
    }
  }

  async #writeBatch(all: readonly StoredObject[], kind: 'asking' | 'looked'): Promise<void> {
    const isAsking = kind === 'asking' && this.#options.others === 'keep';
    const batch = isAsking ? await this.#withoutWritten(all) : all;
    if (batch.length === 0) return;
    const refused = await this.#ends.writer.write(batch);
    for (const one of refused) this.#refuse(one);
    const failed = new Set(refused.map(({ uuid }) => uuid));
    const written = batch.filter(({ uuid }) => !failed.has(uuid));
    this.counts.copied += written.length;
    const bytes = written.reduce((sum, object) => sum + objectBytes(object), 0);
    this.#options.onProgress(written.length, bytes);
    await this.#ends.destination.checkSameServer(written);
  }

  /** Others may have written to the destination since its last object was seen. */
  async #withoutWritten(batch: readonly StoredObject[]): Promise<readonly StoredObject[]> {
    const [first, last] = [batch[0], batch.at(-1)];
    if (!first || !last) return batch;
    const theirs = new Map<string, number>();
    let after = first.uuid === firstUuid ? undefined : uuidBefore(first.uuid);
    for (;;) {
      const [found] = await this.#ends.destination.versions(after, 1);
      if (found ? found.uuid > last.uuid : after !== undefined) break;
      if (found) theirs.set(found.uuid, found.updatedAt);
      after = found?.uuid ?? firstUuid;
    }
    return batch.filter(({ uuid, updatedAt }) => {
      const isWanted = this.#wants(updatedAt, theirs.get(uuid));
      if (!isWanted) this.#options.onProgress(1, 0);
      return isWanted;
    });
  }

  #refuse({ uuid, message }: RefusedObject): void {
    this.counts.refused += 1;
    this.#options.onProgress(1, 0);
    this.#options.onRefused({ uuid, message });
  }
}

/** Objects that follow one another at the source, after an id. */
interface WantedRun {
  readonly after: string | undefined;
  readonly uuids: Set<string>;
  last: string;
}

/** `before`: the source's id before this one. */
function addToRuns(runs: WantedRun[], uuid: string, before: string | undefined): void {
  const run = runs.at(-1);
  if (run && run.last === before) {
    run.uuids.add(uuid);
    run.last = uuid;
    return;
  }
  // The very first id has no cursor before it.
  const after = before ?? (uuid === firstUuid ? undefined : firstUuid);
  runs.push({ after, uuids: new Set([uuid]), last: uuid });
}
