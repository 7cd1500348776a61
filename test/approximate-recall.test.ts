// The approximate stage on token vectors of real text: abstracts of the Cranfield collection, embedded
// by the local model, in pieces of two dozen tokens. Needs the collection and the model.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { embeddingsDirectory } from '../src/cli/embedding-cache.ts';
import { ProgressBar } from '../src/cli/progress-bar.ts';
import { TextEmbedder } from '../src/cli/text-embedder.ts';
import { CandidateSearch, type SearchPart } from '../src/engine/ann/candidate-search.ts';
import type { VectorValue } from '../src/engine/document.ts';
import { KernelMemory } from '../src/engine/kernels/kernel-memory.ts';
import { openKernels } from '../src/engine/kernels/kernels.ts';
import { MaxSimScorer, prepareQuery } from '../src/engine/multivector/maxsim.ts';
import { sourceOf, vectorsOf } from '../src/engine/multivector/vectors-for-tests.ts';
import { trainCodebook } from '../src/engine/quantize/codebook.ts';
import { encodeCodes } from '../src/engine/quantize/encode-codes.ts';
import { SegmentCodes } from '../src/engine/quantize/segment-codes.ts';
import { readBeirFolder } from '../src/ingest/formats/beir-folder.ts';
import { minilmOrSkip } from './require-or-skip.ts';

const folder = join(import.meta.dirname, '..', '..', 'shared', 'data', 'cranfield');
const abstracts = 150;
const pieceTokens = 24;
const forcePlain = process.env['TESSERAE_KERNELS'] === 'plain';

async function embed(directory: string, texts: readonly string[]): Promise<VectorValue[]> {
  await using embedder = await TextEmbedder.open({
    ...{ model: 'minilm', modelsDirectory: join(directory, '..') },
    cacheDirectory: embeddingsDirectory(),
    onPull: () => undefined,
  });
  const stream = { write: () => true };
  const bar = new ProgressBar({
    ...{ stream, clock: () => 0, label: '', itemCount: texts.length, workTotal: 1 },
  });
  const vectors: VectorValue[] = [];
  for await (const batch of embedder.embed(texts, bar)) vectors.push(...batch);
  return vectors;
}

function cut({ dims, values }: VectorValue): VectorValue[] {
  const pieces: VectorValue[] = [];
  for (let at = 0; at < values.length; at += pieceTokens * dims) {
    const piece = values.slice(at, at + pieceTokens * dims);
    pieces.push({ kind: 'multi', dims, values: piece });
  }
  return pieces;
}

test('recall at 10 and 100 is at least 0.99 on token vectors of text', async (context) => {
  if (forcePlain) return context.skip('training takes minutes with plain kernels');
  if (!existsSync(folder)) return context.skip('needs the Cranfield collection');
  const model = await minilmOrSkip(context);
  if (model === undefined) return;
  const { documents, queries } = await readBeirFolder(folder, {
    qrels: 'qrels-with-source.tsv',
  });
  const texts = [
    ...documents.slice(0, abstracts).map(({ text }) => text),
    ...queries.slice(0, 40).map(({ text }) => text),
  ];
  const embedded = await embed(model, texts);
  const vectors = vectorsOf(embedded.slice(0, abstracts).flatMap(cut), true);
  const kernels = openKernels({ forcePlain });
  const memory = KernelMemory.open();
  const search = CandidateSearch.open(kernels, memory, MaxSimScorer.open(kernels));
  const centroids = trainCodebook(kernels, vectors, { seed: 1 });
  const sections = encodeCodes(kernels, 'codes', vectors, centroids);
  const codes = SegmentCodes.open(sourceOf(sections), 'codes', memory);
  const all: SearchPart = { vectors, codes, docs: 'all' };
  const some = Uint32Array.from({ length: vectors.documentCount }, (_, doc) => doc);
  const parts = { all, tenth: { ...all, docs: some.filter((doc) => doc % 10 === 3) } };
  const questions = embedded.slice(abstracts);
  const short = questions.map(({ dims, values }, i): VectorValue => {
    const from = (i % 5) * dims;
    return { kind: 'multi', dims, values: values.slice(from, from + (1 + (i % 3)) * dims) };
  });
  for (const [name, part] of Object.entries(parts)) {
    for (const [kind, asked] of Object.entries({ questions, short })) {
      for (const k of [10, 100]) {
        let found = 0;
        for (const query of asked.map((question) => prepareQuery(question, true))) {
          const best = search.top(query, [part], k, { exact: true }).hits;
          const hits = search.top(query, [part], k, { approximate: true }).hits;
          const names = new Set(best.map(({ doc }) => doc));
          found += hits.filter(({ doc }) => names.has(doc)).length / best.length;
        }
        const recall = found / asked.length;
        assert.ok(recall >= 0.99, `${name}, ${kind}: recall@${k} is ${recall}`);
      }
    }
  }
});
