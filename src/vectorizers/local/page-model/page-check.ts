// What a page model makes of a query and of a page, beside what it should: for `tesserae models check`
// and for the tests that a user with the weights runs.

import type { ModelReference } from '../models.ts';
import { PageEncoder } from './page-encoder.ts';
import type { EncodedTokens, PageModelOptions } from './page-model.ts';

/** Vectors of a query as other implementations of ColModernVBERT compute them in 32-bit floats. */
export const colModernVbertReference: ModelReference = {
  text: 'hello world',
  starts: [
    [0.05, 0.06557, 0.04026, 0.14981, 0.1842, 0.0263, -0.18706],
    [-0.05664, -0.14028, 0.00649, -0.02849, 0.09034, -0.01494, 0.10693],
    [-0.10147, -0.00716, 0.09084, -0.08236, -0.01849, -0.00972, -0.00461],
    [-0.1233, -0.10814, -0.02337, -0.00329, 0.05984, 0.09934, 0.09846],
  ],
  tolerance: 0.002,
};

/** What was seen. */
export interface PageModelReport {
  readonly dims: number;
  readonly queryTokens: number;
  readonly pageTokens: number;
  /** Of those, the ones that have a box on the page. */
  readonly placedTokens: number;
  /** How long the page took, loading not counted. */
  readonly pageMs: number;
  /** Largest difference to the reference; absent when there is none. */
  readonly difference?: number;
}

/** A page of A4 at 200 dots an inch, as scanners make them. */
export const probePage = { width: 1_654, height: 2_339 } as const;

/** Throws DatabaseError 'vectorizer-failed' when the model can't be loaded or run. */
export async function checkPageModel(
  options: PageModelOptions,
  reference: ModelReference | undefined,
): Promise<PageModelReport> {
  await using encoder = await PageEncoder.open(options);
  const query = await encoder.encodeQuery((reference ?? colModernVbertReference).text);
  const { width, height } = probePage;
  const rgb = new Uint8Array(width * height * 3).fill(255);
  const start = performance.now();
  const page = await encoder.encodePage({ width, height, rgb });
  const pageMs = performance.now() - start;
  let placedTokens = 0;
  for (let at = 2; at < page.boxes.length; at += 4) if (page.boxes[at] !== 0) placedTokens += 1;
  return {
    dims: page.dims,
    queryTokens: query.vectors.length / query.dims,
    pageTokens: page.vectors.length / page.dims,
    placedTokens,
    pageMs,
    ...(reference === undefined ? {} : { difference: largestDifference(query, reference) }),
  };
}

/** Infinite where the vectors are too few or too short. */
function largestDifference({ dims, vectors }: EncodedTokens, { starts }: ModelReference): number {
  const differences = starts.flatMap((row, token) =>
    row.map((value, index) => {
      const found = index < dims ? vectors[token * dims + index] : undefined;
      return found === undefined ? Number.POSITIVE_INFINITY : Math.abs(found - value);
    }),
  );
  return Math.max(...differences);
}
