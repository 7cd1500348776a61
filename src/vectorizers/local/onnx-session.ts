// An ONNX model in memory, run on this thread. The only file that imports onnxruntime-node, when the
// first model is loaded: it is an optional dependency with a large native library.

import type { InferenceSession } from 'onnxruntime-node';
import { DatabaseError } from '../../engine/errors.ts';

type Runtime = typeof import('onnxruntime-node');

/** Runs a BERT encoder: token ids in, one state vector for each token out. */
export class OnnxSession {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;

  private constructor(runtime: Runtime, session: InferenceSession) {
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * Loads a model from its bytes. Throws DatabaseError 'vectorizer-failed' when the run-time is not
   * installed or the model is not one that it reads.
   */
  static async open(
    model: Uint8Array,
    options: { readonly threads: number },
  ): Promise<OnnxSession> {
    const runtime = await importRuntime();
    try {
      const session = await runtime.InferenceSession.create(model, {
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        // Idle threads sleep instead of spinning: the processors belong to searches meanwhile.
        extra: { 'session.intra_op.allow_spinning': '0' },
      });
      return new OnnxSession(runtime, session);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DatabaseError(
        'vectorizer-failed',
        { message: `the model cannot be loaded: ${reason}` },
        { cause },
      );
    }
  }

  /**
   * States of `count` sequences of `length` tokens each, without padding: `[count × length × dims]`.
   * The array belongs to the caller.
   */
  async run(ids: BigInt64Array, count: number, length: number): Promise<Float32Array> {
    const { Tensor } = this.#runtime;
    const shape = [count, length];
    const result = await this.#session.run({
      input_ids: new Tensor('int64', ids, shape),
      attention_mask: new Tensor('int64', new BigInt64Array(ids.length).fill(1n), shape),
      token_type_ids: new Tensor('int64', new BigInt64Array(ids.length), shape),
    });
    const states = result['last_hidden_state']?.data;
    if (!(states instanceof Float32Array)) {
      throw new DatabaseError('vectorizer-failed', {
        message: 'the model has no float output last_hidden_state',
      });
    }
    return states;
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}

async function importRuntime(): Promise<Runtime> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new DatabaseError(
      'vectorizer-failed',
      {
        message: `local models need the optional package onnxruntime-node, which cannot be loaded on ${process.platform}-${process.arch} (npm install --include=optional)`,
      },
      { cause },
    );
  }
}
