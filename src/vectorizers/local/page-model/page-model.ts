// A late-interaction page model: the picture of a page to token vectors with their boxes, and queries to
// vectors that are compared with them. Runs on the calling thread; the server calls it in a process of
// its own (page-encoder.ts). Pages go through one at a time: a page's tiles are up to 17 × 3 MB.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { assert } from '../../../engine/assert.ts';
import { DatabaseError } from '../../../engine/errors.ts';
import type { RgbImage } from '../../../pages/page.ts';
import { OnnxSession } from '../onnx-session.ts';
import { TextTokenizer } from '../tokenizer.ts';
import { imageTokenBoxes, pageGrid, tileCount } from './page-grid.ts';
import { type PageModelSettings, readPageModelSettings } from './page-model-settings.ts';
import { PagePrompts, type TextPrompt } from './page-prompt.ts';
import { pageTiles } from './page-tiles.ts';

/** Token vectors, `[tokens × dims]`, as the model gives them: of unit length. */
export interface EncodedTokens {
  readonly dims: number;
  readonly vectors: Float32Array<ArrayBuffer>;
}

/** Of a text, with the place of each token in it: `[tokens × 2]`, equal where it stands for none. */
export interface EncodedQuery extends EncodedTokens {
  readonly spans: Uint32Array<ArrayBuffer>;
}

/**
 * Of a page, the prompt's words included, with the box of each token: `[tokens × 4]` x, y, width, height
 * in 1/65535 of the page, all zero for words and for the tile of the whole page.
 */
export interface EncodedPage extends EncodedTokens {
  readonly boxes: Uint16Array<ArrayBuffer>;
}

export interface PageModelOptions {
  /** Holds model.onnx, tokenizer.json and, of the configuration files, those that there are. */
  readonly directory: string;
  readonly threads: number;
}

/** Tokens of one text. The attention of all to all bounds it; a page has about 1,100. */
const textTokensMax = 2_048;
const inputNames = ['input_ids', 'attention_mask', 'pixel_values'] as const;
const outputName = 'embeddings';
const channels = 3;

export class PageModel {
  readonly #session: OnnxSession;
  readonly #prompts: PagePrompts;
  readonly #settings: PageModelSettings;
  readonly #outputName: string;
  /** What a text brings in place of a page: the graph skips tiles of zeros. */
  readonly #noTile: Float32Array;

  private constructor(session: OnnxSession, prompts: PagePrompts, settings: PageModelSettings) {
    this.#session = session;
    this.#prompts = prompts;
    this.#settings = settings;
    this.#outputName = checkedOutput(session);
    this.#noTile = new Float32Array(channels * settings.grid.tileEdge ** 2);
  }

  /**
   * Throws DatabaseError 'vectorizer-failed' when an optional package or a token is missing, or a
   * setting or the graph is not a page model's; the system's error when a file is missing.
   */
  static async open({ directory, threads }: PageModelOptions): Promise<PageModel> {
    const settings = readPageModelSettings(directory);
    const json = await readFile(join(directory, 'tokenizer.json'), 'utf8');
    const prompts = new PagePrompts(
      await TextTokenizer.create(json),
      settings.grid.tokensPerEdge ** 2,
    );
    const session = await OnnxSession.open(join(directory, 'model.onnx'), { threads });
    try {
      return new PageModel(session, prompts, settings);
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** Vectors and boxes of one page. Throws DatabaseError 'vectorizer-failed'. */
  async encodePage(page: RgbImage): Promise<EncodedPage> {
    const { grid: settings, scale } = this.#settings;
    const { tileEdge, tokensPerEdge } = settings;
    const grid = pageGrid(page, settings);
    const { ids, imagePositions } = this.#prompts.page(grid);
    const tiles = pageTiles(page, grid, { tileEdge, scale });
    const encoded = await this.#run(ids, tiles, tileCount(grid));
    const boxes = new Uint16Array(ids.length * 4);
    const imageBoxes = imageTokenBoxes(grid, tokensPerEdge);
    for (const [token, position] of imagePositions.entries()) {
      boxes.set(imageBoxes.subarray(token * 4, token * 4 + 4), position * 4);
    }
    return { ...encoded, boxes };
  }

  /** Vectors of a query, those of its augmentation included. Throws DatabaseError 'vectorizer-failed'. */
  encodeQuery(text: string): Promise<EncodedQuery> {
    return this.#encodeText(this.#prompts.query(text));
  }

  /** Vectors of a text that belongs to an object. Throws DatabaseError 'vectorizer-failed'. */
  encodeText(text: string): Promise<EncodedQuery> {
    return this.#encodeText(this.#prompts.text(text));
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  async #encodeText({ ids, spans }: TextPrompt): Promise<EncodedQuery> {
    if (ids.length > textTokensMax) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the text has ${ids.length} tokens, the maximum of a page model is ${textTokensMax}`,
      });
    }
    return { ...(await this.#run(ids, this.#noTile, 1)), spans };
  }

  async #run(ids: readonly number[], pixels: Float32Array, tiles: number): Promise<EncodedTokens> {
    const { tileEdge } = this.#settings.grid;
    const shape = [1, ids.length];
    const { data, shape: found } = await this.#session.run(
      {
        input_ids: { shape, data: BigInt64Array.from(ids, BigInt) },
        attention_mask: { shape, data: new BigInt64Array(ids.length).fill(1n) },
        pixel_values: { shape: [1, tiles, channels, tileEdge, tileEdge], data: pixels },
      },
      this.#outputName,
    );
    const [batch, rows, dims = 0] = found;
    if (found.length !== 3 || batch !== 1 || rows !== ids.length || dims === 0) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the model's output has the shape [${found}], expected [1,${ids.length},dims]`,
      });
    }
    assert(data.length === rows * dims, 'an output holds what its shape says');
    return { dims, vectors: data as Float32Array<ArrayBuffer> };
  }
}

/** The name of the graph's vectors: the known one, else its first output. */
function checkedOutput({ inputNames: found, outputNames }: OnnxSession): string {
  const missing = inputNames.filter((name) => !found.includes(name));
  const unknown = found.filter((name) => !inputNames.some((known) => known === name));
  if (missing.length + unknown.length > 0) {
    throw new DatabaseError('vectorizer-failed', {
      message: `the model takes ${found.join(', ')}; a page model takes ${inputNames.join(', ')}`,
    });
  }
  return outputNames.includes(outputName) ? outputName : (outputNames[0] ?? outputName);
}
