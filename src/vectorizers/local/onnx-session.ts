// An ONNX model in memory, run on this thread. The only file that imports onnxruntime-node, when the
// first model is loaded: it is an optional dependency with a large native library.

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { DatabaseError } from '../../engine/errors.ts';

type Runtime = typeof import('onnxruntime-node');

/** Numbers in a shape, row-major; 64-bit integers are the tensor type int64. */
export interface OnnxTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | BigInt64Array;
}

/** What an output of floats holds. */
export interface OnnxOutput {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** A loaded model. One run at a time: the session's threads are all of it. */
export class OnnxSession {
  readonly #runtime: Runtime;
  readonly #session: InferenceSession;

  private constructor(runtime: Runtime, session: InferenceSession) {
    this.#runtime = runtime;
    this.#session = session;
  }

  /**
   * Loads a model file, and the weights beside it where it keeps them apart. Throws DatabaseError
   * 'vectorizer-failed' when the run-time is not installed or the model is not one that it reads.
   */
  static async open(path: string, options: { readonly threads: number }): Promise<OnnxSession> {
    const runtime = await importRuntime();
    try {
      const session = await runtime.InferenceSession.create(path, {
        intraOpNumThreads: options.threads,
        interOpNumThreads: 1,
        logSeverityLevel: 3,
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

  get inputNames(): readonly string[] {
    return this.#session.inputNames;
  }

  get outputNames(): readonly string[] {
    return this.#session.outputNames;
  }

  /**
   * Computes one output from all inputs. The array belongs to the caller. Throws DatabaseError
   * 'vectorizer-failed' when the output is not of 32-bit floats.
   */
  async run(inputs: Readonly<Record<string, OnnxTensor>>, output: string): Promise<OnnxOutput> {
    const { Tensor } = this.#runtime;
    const feeds: Record<string, Tensor> = {};
    for (const [name, { data, shape }] of Object.entries(inputs)) {
      feeds[name] =
        data instanceof Float32Array
          ? new Tensor('float32', data, shape)
          : new Tensor('int64', data, shape);
    }
    const result = (await this.#session.run(feeds, [output]))[output];
    if (!(result?.data instanceof Float32Array)) {
      throw new DatabaseError('vectorizer-failed', {
        message: `the model's output ${output} is of ${result?.type ?? 'no type'}, expected float32`,
      });
    }
    return { data: result.data, shape: result.dims };
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
