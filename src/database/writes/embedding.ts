// Objects that come without a vector get it from the vectorizer of its name, whole batches at a time.
// A vector that came with the object always wins; one whose sources did not change is kept.

import { assert } from '../../engine/assert.ts';
import type {
  Document,
  PooledGroups,
  Properties,
  TokenPlaces,
  VectorValue,
} from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import { isVectorizerModule } from '../../vectorizers/modules.ts';
import { type SourceConfig, sourceProperties, sourceText } from '../../vectorizers/source-text.ts';
import type { Embedding, Vectorizer } from '../../vectorizers/vectorizer.ts';
import type { CollectionConfig, VectorConfig } from '../collection-config.ts';
import type { RequestContext, StoredTimes } from '../object-input.ts';
import { hashBlobs, isBlobHash } from '../schema/blob-hash.ts';
import { checkPlaces, checkVector } from './vector-checks.ts';

/** An object on its way: checked, perhaps without vectors yet, perhaps failed. */
export interface Draft {
  readonly uuid: string;
  /** As the caller sent them. */
  readonly given: Properties;
  /** As in ObjectInput. */
  readonly integerLists?: ReadonlySet<string>;
  /** The configuration without and with the properties that auto-schema adds for this object. */
  readonly before: CollectionConfig;
  readonly config: CollectionConfig;
  /** As they will be stored, checked against `config`. */
  properties: Properties;
  readonly vectors: Map<string, VectorValue>;
  /** Of those of the vectors that are pooled already. */
  readonly pooled: Map<string, PooledGroups>;
  /** Of those of the vectors of which they are known. */
  readonly places: Map<string, TokenPlaces>;
  /** Where the words of text properties stand, by property. */
  readonly words: ReadonlyMap<string, TokenPlaces>;
  /** As in ObjectInput. */
  readonly stored?: StoredTimes;
  /** What the object replaces, with its vectors; only looked at where a vector is missing. */
  readonly older: () => Document | undefined;
  error?: DatabaseError;
}

/** A vector name with the provider that makes its vectors. */
export interface VectorSource {
  readonly config: VectorConfig;
  readonly vectorizer: Vectorizer;
}

/** What is embedded with, and how much may come of it. */
export interface EmbeddingTarget {
  readonly sources: readonly VectorSource[];
  /** Token vectors that one object may have under one name. */
  readonly vectorsMax: number;
  readonly write: Write;
}

/** One object, a batch, or what is stored already: messages differ, the first two as on the reference. */
export type Write = 'single' | 'batch' | 'stored';

/** Fills in the missing vectors of drafts that have not failed; sets `error` where that fails. */
export async function embedMissing(
  target: EmbeddingTarget,
  drafts: readonly Draft[],
  context: RequestContext,
): Promise<void> {
  for (const source of target.sources) {
    const missing = drafts.filter(
      (draft) => !draft.error && !draft.vectors.has(source.config.name) && !reuse(source, draft),
    );
    if (missing.length > 0) await embed(target, source, missing, context);
  }
}

async function embed(
  { vectorsMax, write }: EmbeddingTarget,
  { config, vectorizer }: VectorSource,
  drafts: readonly Draft[],
  context: RequestContext,
): Promise<void> {
  const whole = drafts.filter((draft) => {
    const lost = lostBlob(draft, config);
    if (lost === undefined) return true;
    const problem = `property '${lost}' is stored as the hash of its blob only: send the blob again, or a vector`;
    draft.error = vectorizeError(config.name, write, new Error(problem));
    return false;
  });
  if (whole.length === 0) return;
  const inputs = whole.map((draft) => sourceText(sourceOf(draft.config, config), draft.properties));
  const embeddings = await vectorizer.embedObjects(inputs, context);
  takeEmbeddings({ name: config.name, vectorsMax, write }, whole, embeddings);
}

/** A property that the vector is made from and of which only a hash is left. */
function lostBlob({ config, properties }: Draft, vector: VectorConfig): string | undefined {
  const names = sourceProperties(sourceOf(config, vector));
  return names.find((name) => {
    const value = properties[name];
    const isHashed = config.properties.some((one) => one.name === name && one.type === 'blobHash');
    return isHashed && typeof value === 'string' && isBlobHash(value);
  });
}

/** Gives each draft the vector of its embedding; sets `error` where there is none to be had. */
export function takeEmbeddings(
  { name, vectorsMax, write }: { readonly name: string } & Omit<EmbeddingTarget, 'sources'>,
  drafts: readonly Draft[],
  embeddings: readonly Embedding[],
): void {
  for (const [index, draft] of drafts.entries()) {
    const place = { collection: draft.config.name, name };
    const embedding = embeddings[index];
    if (embedding === undefined) {
      draft.error = vectorizeError(name, write, new Error('the vectorizer gave no result'));
    } else if (embedding.kind === 'failed') {
      draft.error = vectorizeError(name, write, embedding.error);
    } else if (embedding.kind === 'vector') {
      try {
        checkVector(embedding.vector, place, vectorsMax);
        if (embedding.places) checkPlaces(embedding.places, embedding.vector, place);
        draft.vectors.set(name, embedding.vector);
        if (embedding.places) draft.places.set(name, embedding.places);
      } catch (error) {
        draft.error = vectorizeError(name, write, error as Error);
      }
    }
  }
}

/** The older version's vector, when everything that it was made from is the same. */
function reuse({ config }: VectorSource, draft: Draft): boolean {
  const older = draft.older();
  const vector = older?.vectors.get(config.name);
  if (!older || !vector) return false;
  const names = sourceProperties(sourceOf(draft.config, config));
  const properties = hashBlobs(draft.config.properties, draft.properties);
  const same = names.every((name) => equal(older.properties[name], properties[name]));
  if (same) keepVector(draft, older, config.name);
  return same;
}

/** Gives a draft the vector of an older version, as it is stored. */
export function keepVector(draft: Draft, older: Document, name: string): void {
  const vector = older.vectors.get(name);
  const groups = older.pooled?.get(name);
  const places = older.places?.get(name);
  if (vector) draft.vectors.set(name, vector);
  if (groups) draft.pooled.set(name, groups);
  if (places) draft.places.set(name, places);
  else draft.places.delete(name);
}

/** The words that an object has after a change: those that come, and those of texts that stay. */
export function keptWords(
  older: Document,
  properties: Properties,
  given: ReadonlyMap<string, TokenPlaces> = new Map(),
): ReadonlyMap<string, TokenPlaces> {
  const words = new Map(given);
  for (const [name, places] of older.words ?? []) {
    const isSame = properties[name] === older.properties[name];
    if (isSame && !words.has(name)) words.set(name, places);
  }
  return words;
}

/** What the texts and images of a vector are made from. */
function sourceOf(collection: CollectionConfig, config: VectorConfig): SourceConfig {
  const { module, settings } = config.vectorizer;
  assert(isVectorizerModule(module), `${module} makes vectors`);
  return { collection: collection.name, module, settings, properties: collection.properties };
}

function equal(a: unknown, b: unknown): boolean {
  return JSON.stringify(a ?? null) === JSON.stringify(b ?? null);
}

function vectorizeError(name: string, write: Write, cause: Error): DatabaseError {
  const prefixes = {
    single: `vectorize target vector ${name}: update vector: `,
    batch: '',
    stored: `vectorize target vector ${name}: `,
  };
  const message = `${prefixes[write]}${cause.message}`;
  return new DatabaseError('vectorizer-failed', { message }, { cause });
}
