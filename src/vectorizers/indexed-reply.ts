// Replies in the form that most services share: {"data": [{"index": 0, ...}]}.

import { isRecord } from './http-provider.ts';
import { checkedCount } from './service-protocol.ts';
import type { Embedding } from './vectorizer.ts';

/**
 * Embeddings of a reply, beside the inputs of its call: by `index` where every entry has one of its
 * own, else in order. Throws when it holds no list or more entries than inputs.
 */
export function readIndexedReply(
  body: unknown,
  count: number,
  read: (entry: Readonly<Record<string, unknown>>) => Embedding,
): readonly Embedding[] {
  const data = isRecord(body) ? body['data'] : undefined;
  const entries = checkedCount(data, count, 'data').map((entry) => (isRecord(entry) ? entry : {}));
  const indexes = new Set(entries.map((entry) => entry['index']));
  const isIndexed = indexes.size === entries.length && [...indexes].every(isIndexBelow(count));
  const results: Embedding[] = [];
  for (const [order, entry] of entries.entries()) {
    results[isIndexed ? Number(entry['index']) : order] = read(entry);
  }
  return results;
}

function isIndexBelow(count: number): (value: unknown) => boolean {
  return (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) < count;
}
