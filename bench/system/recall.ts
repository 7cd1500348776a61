// How much of the exact best the server returns, without and with filters.

import assert from 'node:assert/strict';
import { exactAnswers } from '../exact-answers.ts';
import { allowedShares, numberBelow, shareWords } from '../filters.ts';
import { mean } from '../statistics.ts';
import { decodeHits, encodeSearch, WireClient } from '../wire.ts';
import type { ServerRun } from './server-run.ts';

/** Recall of one query set and filter: the share of the exact top k that was returned. */
export interface JudgedRecall {
  readonly name: string;
  readonly k: number;
  readonly recall: number;
}

const depths = [10, 100] as const;

/** Recall at 10 and 100 of every query set and filter. */
export async function measureRecall(run: ServerRun): Promise<JudgedRecall[]> {
  await run.start('recall');
  const { judged, cached } = run.sizes;
  const asked = { judged, shares: allowedShares, k: Math.max(...depths) };
  const exact = exactAnswers(run.corpus, asked, cached);
  const indexes = new Map(
    Array.from({ length: run.corpus.count }, (_, index) => [run.uuidOf(index), index]),
  );
  const client = WireClient.open(run.server.grpcPort);
  const recalls: JudgedRecall[] = [];
  for (const [s, { name, queries }] of run.corpus.querySets.entries()) {
    for (const [f, share] of allowedShares.entries()) {
      const row = `${name}, ${shareWords(share)}`;
      const figures: Record<string, number> = { queries: Math.min(judged, queries.length) };
      for (const k of depths) {
        const shares: number[] = [];
        for (const [q, best] of exact[s]![f]!.entries()) {
          const request = encodeSearch(run.asked(queries[q]!, k, numberBelow(share)));
          const hits = decodeHits(await client.search(request));
          const wanted = new Set(best.slice(0, k));
          assert.equal(hits.length, wanted.size, `as many hits as there are, ${row}`);
          const right = hits.filter(({ uuid }) => wanted.has(indexes.get(uuid)!));
          shares.push(wanted.size === 0 ? 1 : right.length / wanted.size);
        }
        recalls.push({ name: row, k, recall: mean(shares) });
        figures[`recall@${k}`] = mean(shares);
        figures[`worst query @${k}`] = Math.min(...shares);
      }
      run.report.row('recall against exact MaxSim', row, figures);
    }
  }
  client.close();
  return recalls;
}
