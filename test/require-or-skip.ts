// Tests that need something a machine may not have (a model, pip) ask for it here: they skip with the
// reason on a developer's machine and fail in CI, where it must be there.

import type { TestContext } from 'node:test';
import { ensureModel } from '../src/vectorizers/local/model-store.ts';

/** What `get` gives; undefined after skipping the test when it throws. With CI=true it throws on. */
export async function requireOrSkip<T>(
  context: TestContext,
  what: string,
  get: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await get();
  } catch (error) {
    if (process.env['CI'] === 'true') throw error;
    const reason = error instanceof Error ? error.message : String(error);
    context.skip(`needs ${what}: ${reason}`);
    return undefined;
  }
}

let minilm: Promise<string> | undefined;

/** Directory of the local model minilm, pulled at most once a process; undefined after skipping. */
export async function minilmOrSkip(context: TestContext): Promise<string | undefined> {
  minilm ??= ensureModel('minilm');
  const pulled = minilm;
  return await requireOrSkip(context, 'the model minilm', () => pulled);
}
