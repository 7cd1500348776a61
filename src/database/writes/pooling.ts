// Token pooling of what is written: before the log, so that log, segments and answers only ever hold the
// pooled vectors.

import { setImmediate } from 'node:timers/promises';
import type { VectorValue } from '../../engine/document.ts';
import type { TokenPooler } from '../../engine/multivector/pool-tokens.ts';
import type { VectorConfig } from '../collection-config.ts';
import { type Draft, keepVector } from './embedding.ts';

/** Multiplications before other work gets its turn, after some 6 ms: 512 vectors of 128, or 30 times 64. */
const productsMax = 2 ** 24;

/**
 * Pools the new vectors of drafts that have not failed, where the configurations of their names say so.
 * Vectors that an object keeps are not pooled again, nor those that come back as they are stored.
 */
export async function poolVectors(
  pooler: TokenPooler,
  drafts: readonly Draft[],
  configs: readonly VectorConfig[],
): Promise<void> {
  let products = 0;
  for (const draft of drafts) {
    for (const { name, metric, pooling } of configs) {
      const vector = pooling && newVector(draft, name);
      if (!vector) continue;
      const steps = pooler.steps(vector, { ...pooling, normalized: metric === 'cosine' });
      let step = steps.next();
      for (; !step.done; step = steps.next()) {
        products += step.value * step.value * vector.dims;
        if (products < productsMax) continue;
        products = 0;
        await setImmediate();
      }
      draft.vectors.set(name, step.value.vector);
      draft.pooled.set(name, step.value.groups);
    }
  }
}

/** The vector of a draft under a name when it is not pooled yet. */
function newVector(draft: Draft, name: string): VectorValue | undefined {
  const vector = draft.vectors.get(name);
  if (!vector || draft.error || draft.pooled.has(name)) return undefined;
  const older = draft.older();
  const stored = older?.pooled?.has(name) ? older.vectors.get(name) : undefined;
  if (!older || !stored || !isSame(stored, vector)) return vector;
  keepVector(draft, older, name);
  return undefined;
}

function isSame(a: VectorValue, b: VectorValue): boolean {
  if (a.dims !== b.dims || a.values.length !== b.values.length) return false;
  return a.values.every((value, index) => value === b.values[index]);
}
