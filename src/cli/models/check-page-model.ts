// `tesserae models check` of a page model: its vectors beside the published ones, and what a page takes.

import { availableParallelism } from 'node:os';
import {
  checkPageModel,
  colModernVbertReference,
  probePage,
} from '../../vectorizers/local/page-model/page-check.ts';
import { colModernVbert } from '../../vectorizers/local/page-model/page-models.ts';

/** The lines to print, and whether the vectors are as they should be; of another model nobody knows. */
export async function pageModelCheck(
  name: string,
  directory: string,
): Promise<{ readonly lines: readonly string[]; readonly isGood: boolean }> {
  const reference = name === colModernVbert ? colModernVbertReference : undefined;
  const threads = Math.max(1, Math.floor(availableParallelism() / 2));
  const report = await checkPageModel({ directory, threads }, reference);
  const { dims, queryTokens, pageTokens, placedTokens, pageMs, difference } = report;
  const lines = [
    `a query of two words gives ${queryTokens} token vectors of ${dims} numbers`,
    `a page of ${probePage.width} × ${probePage.height} pixels gives ${pageTokens}, of which ${placedTokens} have a place on it, in ${(pageMs / 1_000).toFixed(1)} s`,
  ];
  if (reference === undefined || difference === undefined) return { lines, isGood: true };
  const isGood = difference <= reference.tolerance;
  const verdict = isGood ? 'as expected' : 'NOT as expected';
  lines.push(
    `vectors ${verdict}: largest difference ${difference.toFixed(4)}, allowed ${reference.tolerance}`,
  );
  return { lines, isGood };
}
