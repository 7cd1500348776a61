// Comparing both sides of one place: every id and time, and of a random sample everything.

import { objectDifferences } from './object-differences.ts';
import type { ObjectReader } from './object-reader.ts';
import type { ObjectVersion } from './stored-object.ts';
import { pairVersions, VersionCursor } from './version-walk.ts';
import { referenceNames } from './wire-class.ts';

/** An object that is not the same on both sides, and why. */
export interface Difference {
  readonly uuid: string;
  readonly message: string;
}

export interface VerifyOptions {
  /** Objects that are compared completely; fewer where there are fewer. */
  readonly sample: number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Told of objects whose ids and times are compared. */
  readonly onProgress: (objects: number) => void;
  /** Told of each difference. */
  readonly onDifference: (difference: Difference) => void;
}

/** Objects that are compared at once. */
const comparedMax = 4;

/** What was found. */
export interface Verification {
  readonly sourceCount: number;
  readonly destinationCount: number;
  readonly sampled: number;
  readonly differences: number;
}

/** Throws RemoteFault. */
export async function verifyObjects(
  source: ObjectReader,
  destination: ObjectReader,
  options: VerifyOptions,
): Promise<Verification> {
  const { signal, onProgress, onDifference } = options;
  let [sourceCount, destinationCount, differences] = [0, 0, 0];
  const tell = (uuid: string, message: string): void => {
    differences += 1;
    onDifference({ uuid, message });
  };
  const sample = new Sample(options);
  const pairs = pairVersions(new VersionCursor(source), new VersionCursor(destination));
  for await (const { source: ours, destination: theirs } of pairs) {
    signal.throwIfAborted();
    onProgress(1);
    if (ours) sourceCount += 1;
    if (theirs) destinationCount += 1;
    const problem = versionProblem(ours, theirs);
    if (problem !== undefined) tell((ours ?? theirs)?.uuid ?? '', problem);
    else if (ours) sample.offer(ours.uuid);
  }
  const references = new Set(referenceNames(source.place.class));
  const compare = async (uuid: string): Promise<void> => {
    const [ours, theirs] = await Promise.all([source.one(uuid), destination.one(uuid)]);
    if (!ours || !theirs) tell(uuid, `deleted meanwhile ${ours ? 'here' : 'there'}`);
    else for (const one of objectDifferences(ours, theirs, references)) tell(uuid, one);
  };
  for (let from = 0; from < sample.uuids.length; from += comparedMax) {
    signal.throwIfAborted();
    await Promise.all(sample.uuids.slice(from, from + comparedMax).map(compare));
  }
  return { sourceCount, destinationCount, sampled: sample.uuids.length, differences };
}

function versionProblem(
  ours: ObjectVersion | undefined,
  theirs: ObjectVersion | undefined,
): string | undefined {
  if (!theirs) return 'missing here';
  if (!ours) return 'only here';
  if (ours.updatedAt > theirs.updatedAt) return 'changed there since it was copied';
  return ours.updatedAt < theirs.updatedAt ? 'changed here since it was copied' : undefined;
}

/** So many of a stream of unknown length, each with the same chance (reservoir sampling). */
class Sample {
  readonly #options: Pick<VerifyOptions, 'sample' | 'random'>;
  readonly uuids: string[] = [];
  #offered = 0;

  constructor(options: Pick<VerifyOptions, 'sample' | 'random'>) {
    this.#options = options;
  }

  offer(uuid: string): void {
    const { sample, random } = this.#options;
    this.#offered += 1;
    if (this.uuids.length < sample) {
      this.uuids.push(uuid);
      return;
    }
    const at = Math.floor(random() * this.#offered);
    if (at < sample) this.uuids[at] = uuid;
  }
}
