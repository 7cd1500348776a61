// The text models that this process runs, each loaded once, when first used, and shared by every
// collection.

import { join } from 'node:path';
import { DatabaseError } from '../../engine/errors.ts';
import { openModelFolder, type TextModelFiles, weightBytes } from './model-folder.ts';
import {
  encoderSize,
  type LocalModelSettings,
  type LocatedModel,
  locateModel,
} from './model-location.ts';
import { modelState } from './model-store.ts';
import type { ModelEntry } from './models.ts';
import { OpenEncoders } from './open-encoders.ts';
import { TokenEncoder } from './token-encoder.ts';

export class LocalModels implements AsyncDisposable {
  readonly #settings: LocalModelSettings;
  readonly #encoders = new OpenEncoders((name) => this.#load(name));

  constructor(settings: LocalModelSettings) {
    this.#settings = settings;
  }

  /**
   * The encoder of a model. Throws DatabaseError 'vectorizer-failed' when it was not pulled or can't
   * run, 'invalid-argument' when there is none of this name or its folder is wrong; a later call tries
   * again.
   */
  async encoder(name: string): Promise<TokenEncoder> {
    return await this.#encoders.get(name);
  }

  /** Ends every worker. */
  async close(): Promise<void> {
    await this.#encoders[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #load(name: string): Promise<TokenEncoder> {
    const files = await textModelFiles(locateModel(name, this.#settings), this.#settings);
    return await TokenEncoder.open({
      files,
      ...encoderSize(files.weightBytes, this.#settings.workers),
    });
  }
}

/**
 * The files of a text model that a name stands for. Throws DatabaseError 'vectorizer-failed' when it was
 * not pulled or is damaged, 'invalid-argument' when it is a model of page images or its folder is wrong.
 */
export async function textModelFiles(
  model: LocatedModel,
  settings: LocalModelSettings,
): Promise<TextModelFiles> {
  const { name } = model;
  if (model.kind === 'page') {
    throw new DatabaseError('invalid-argument', {
      message: `the local model ${name} embeds page images and queries for them, not texts`,
    });
  }
  const longText = settings.longText ?? 'windows';
  if (model.from === 'folder') return await openModelFolder(model.path, longText);
  const path = await pulledPath(model.entry, settings.directory);
  const { settings: own } = model.entry;
  if (own === undefined) return await openModelFolder(path, longText);
  const weights = join(path, 'model.onnx');
  return {
    model: weights,
    tokenizer: join(path, 'tokenizer.json'),
    settings: { ...own, document: { ...own.document, longText } },
    weightBytes: await weightBytes(weights),
  };
}

async function pulledPath(entry: ModelEntry, directory: string): Promise<string> {
  const state = await modelState(entry, directory);
  if (state.kind === 'present') return state.path;
  const problem =
    state.kind === 'absent' ? `is not in ${directory}` : `is damaged: ${state.problem}`;
  throw new DatabaseError('vectorizer-failed', {
    message: `the local model ${entry.name} ${problem}; run: tesserae models pull ${entry.name}`,
  });
}
