// Embeds many texts with the local model: from the cache where it has them, the rest in batches with a
// progress bar.

import type { VectorValue } from '../engine/document.ts';
import { LocalModels, textModelFiles } from '../vectorizers/local/local-models.ts';
import { type LocalModelSettings, locateModel } from '../vectorizers/local/model-location.ts';
import type { TextModelSettings } from '../vectorizers/local/model-settings.ts';
import { ensureModel, type PullEvent } from '../vectorizers/local/model-store.ts';
import type { TextRole } from '../vectorizers/local/text-model.ts';
import type { TokenEncoder } from '../vectorizers/local/token-encoder.ts';
import { EmbeddingCache, roundToHalf } from './embedding-cache.ts';
import type { ProgressBar } from './progress-bar.ts';

export interface TextEmbedderOptions {
  readonly model: string;
  /** Directory of all models. */
  readonly modelsDirectory: string;
  /** Directory of all embeddings; absent: none are kept nor read. */
  readonly cacheDirectory?: string | undefined;
  readonly onPull: (event: PullEvent) => void;
}

/** What embedding took. */
export interface EmbeddingCounts {
  readonly embedded: number;
  readonly cached: number;
}

/** Texts embedded at once: their vectors are in memory together, about 150 kB a short text. */
const batchTexts = 64;

/** Owns the model's worker; `close()` or `await using` ends it. */
export class TextEmbedder implements AsyncDisposable {
  readonly model: string;
  readonly cache: EmbeddingCache | undefined;
  readonly #models: LocalModels;
  readonly #encoder: TokenEncoder;
  /** Whether a query has other vectors than a document with the same text. */
  readonly #hasRoles: boolean;
  #embedded = 0;
  #cached = 0;

  private constructor(
    model: string,
    models: LocalModels,
    encoder: TokenEncoder,
    cache: EmbeddingCache | undefined,
    hasRoles: boolean,
  ) {
    this.model = model;
    this.#models = models;
    this.#encoder = encoder;
    this.cache = cache;
    this.#hasRoles = hasRoles;
  }

  /** Pulls the model when it is not there. Throws DatabaseError when it can't be had or run. */
  static async open(options: TextEmbedderOptions): Promise<TextEmbedder> {
    const { model, modelsDirectory: directory, cacheDirectory, onPull } = options;
    await ensureModel(model, { directory, progress: onPull });
    const settings: LocalModelSettings = {
      directory,
      ownDirectory: process.env['MODEL_DIR'] || undefined,
    };
    const models = new LocalModels(settings);
    try {
      const encoder = await models.encoder(model);
      const files = await textModelFiles(locateModel(model, settings), settings);
      const cache =
        cacheDirectory === undefined
          ? undefined
          : await EmbeddingCache.open(
              cacheDirectory,
              [files.tokenizer, files.model],
              isMarked(files.settings) ? JSON.stringify(files.settings) : '',
            );
      const hasRoles = isMarked(files.settings);
      return new TextEmbedder(model, models, encoder, cache, hasRoles);
    } catch (error) {
      await models.close();
      throw error;
    }
  }

  /** Texts since the start that the model embedded and that the cache had. */
  get counts(): EmbeddingCounts {
    return { embedded: this.#embedded, cached: this.#cached };
  }

  /**
   * Token vectors of the texts, batch after batch in their order; the next batch is embedded while the
   * caller works on one. Work on the bar is counted in characters, to which the time is proportional.
   * `role`: what the texts are, for models that mark it.
   */
  async *embed(
    texts: readonly string[],
    bar: ProgressBar,
    role: TextRole = 'document',
  ): AsyncGenerator<readonly VectorValue[], void, undefined> {
    let ahead = this.#embedAhead(texts, 0, role);
    for (let from = 0; from < texts.length; from += batchTexts) {
      const vectors = await ahead;
      ahead = this.#embedAhead(texts, from + batchTexts, role);
      const batch = texts.slice(from, from + batchTexts);
      const characters = batch.reduce((sum, text) => sum + text.length, 0);
      bar.advance(batch.length, characters);
      yield vectors;
    }
  }

  async close(): Promise<void> {
    await this.#models.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Starts a batch that is waited for later, or never when the caller gives up before. */
  #embedAhead(
    texts: readonly string[],
    from: number,
    role: TextRole,
  ): Promise<readonly VectorValue[]> {
    const started = this.#embedBatch(texts.slice(from, from + batchTexts), role);
    started.catch(() => undefined);
    return started;
  }

  async #embedBatch(texts: readonly string[], role: TextRole): Promise<readonly VectorValue[]> {
    const { cache } = this;
    const vectors = await Promise.all(texts.map(async (text) => cache?.get(this.#key(text, role))));
    const missing = texts.flatMap((text, index) => (vectors[index] ? [] : [{ text, index }]));
    const encoded = await this.#encoder.encode(
      missing.map(({ text }) => text),
      { as: role },
    );
    for (const [place, { text, index }] of missing.entries()) {
      const found = encoded[place];
      if (!found) throw new Error('the encoder gives one result beside each text');
      const vector = roundToHalf({ kind: 'multi', dims: found.dims, values: found.vectors });
      vectors[index] = vector;
      await cache?.put(this.#key(text, role), vector);
    }
    this.#embedded += missing.length;
    this.#cached += texts.length - missing.length;
    return vectors.filter((vector) => vector !== undefined);
  }

  #key(text: string, role: TextRole): string {
    return this.#hasRoles ? `${role} ${text}` : text;
  }
}

function isMarked({ query, document }: TextModelSettings): boolean {
  return query.marker !== undefined || document.marker !== undefined;
}
