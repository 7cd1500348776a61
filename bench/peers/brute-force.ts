// Our own scan of everything with int8 kernels: exact, and what every index is measured against.

import { openKernels } from '../../src/engine/kernels/kernels.ts';
import { MaxSimScorer, prepareQuery } from '../../src/engine/multivector/maxsim.ts';
import { MemoryTokenVectors } from '../../src/engine/multivector/memory-token-vectors.ts';
import type { Peer } from './peer.ts';

/** Everything is in memory; the folder stays empty. */
export async function openBruteForce(_folder: string): Promise<Peer> {
  const kernels = openKernels({ forcePlain: false, clock: performance });
  const vectors = MemoryTokenVectors.open({ normalized: true, rows: kernels.createRows() });
  const scorer = MaxSimScorer.open(kernels);
  return {
    import: async (documents) => {
      let doc = 0;
      for (const document of documents) vectors.append(doc++, document);
    },
    search: async (query, k) =>
      Array.from(scorer.topExact(prepareQuery(query, true), vectors, 'all', k).docs),
    close: async () => undefined,
  };
}
