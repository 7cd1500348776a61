// Tokenizer files small enough for tests, one of each family that models use, with markers added to the
// vocabulary as the exports of late-interaction models have them.

/** A byte-level BPE tokenizer as ModernBERT has: NFC, a few merges, every byte a token. */
export function tinyBytePairs(): string {
  const bytes = byteCharacters();
  const merges = ['t h', 'th e', 'Ġ the', 'f o', 'fo x', 'Ġ fox', 'Ã ©', "' s"];
  const words = [...bytes, ...merges.map((merge) => merge.replace(' ', ''))];
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const added = (content: string, flags: object = {}): object => ({
    id: added.next++,
    content,
    ...plain,
    ...flags,
  });
  added.next = words.length;
  const [start, end] = [added('[CLS]', special), added('[SEP]', special)];
  return JSON.stringify({
    ...file,
    added_tokens: [
      start,
      end,
      added('[MASK]', { ...special, lstrip: true }),
      added('[Q] '),
      added('[D] '),
      added('   '),
    ],
    normalizer: { type: 'NFC' },
    pre_tokenizer: {
      type: 'ByteLevel',
      add_prefix_space: false,
      trim_offsets: true,
      use_regex: true,
    },
    post_processor: around('[CLS]', words.length, '[SEP]', words.length + 1),
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  });
}

const unigramEntries: readonly (readonly [string, number])[] = [
  ['<s>', 0],
  ['<pad>', 0],
  ['</s>', 0],
  ['<unk>', 0],
  ['▁', -3],
  ['▁the', -2],
  ['▁fox', -2.5],
  ['fi', -2.5],
  ['▁A', -4],
  ...Array.from('abcdefghijklmnopqrstuvwxyz', (letter) => [letter, -5] as const),
  ['é', -5],
  ['東', -6],
  ['京', -6],
  ['東京', -7],
  ['s', -4.5],
];

/** Entries of the character map: ligature, wide letter, e with an accent, tab, and nothing for a joiner. */
const mapped: Readonly<Record<string, string>> = {
  ﬁ: 'fi',
  Ａ: 'A',
  'e\u0301': 'é',
  '\t': ' ',
  '\u200b': ' ',
  '\u0007': '',
};

/** A Unigram tokenizer as XLM-R has: a character map, words marked with ▁, the mask. */
export function tinyUnigram(): string {
  const vocab = [...new Map(unigramEntries)];
  const added = (id: number, content: string, flags: object): object => ({
    id,
    content,
    ...plain,
    ...flags,
  });
  return JSON.stringify({
    ...file,
    added_tokens: [
      ...['<s>', '<pad>', '</s>', '<unk>'].map((content, id) => added(id, content, special)),
      added(vocab.length, '<mask>', { ...special, lstrip: true }),
      added(vocab.length + 1, '[QueryMarker]', {}),
      added(vocab.length + 2, '[DocumentMarker]', {}),
    ],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Precompiled', precompiled_charsmap: characterMap(mapped) },
        { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
      ],
    },
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: around('<s>', 0, '</s>', 2),
    model: { type: 'Unigram', unk_id: 3, vocab, byte_fallback: false },
  });
}

const file = { version: '1.0', truncation: null, padding: null, decoder: null };
const plain = {
  single_word: false,
  lstrip: false,
  rstrip: false,
  normalized: true,
  special: false,
};
const special = { normalized: false, special: true };

function around(start: string, startId: number, end: string, endId: number): object {
  const marker = (id: string): object => ({ SpecialToken: { id, type_id: 0 } });
  const entry = (id: string, number: number): object => ({ id, ids: [number], tokens: [id] });
  const sequence = { Sequence: { id: 'A', type_id: 0 } };
  return {
    type: 'TemplateProcessing',
    single: [marker(start), sequence, marker(end)],
    pair: [sequence, { Sequence: { id: 'B', type_id: 1 } }],
    special_tokens: { [start]: entry(start, startId), [end]: entry(end, endId) },
  };
}

/** Bytes as GPT-2 writes them, in the order of the bytes. */
function byteCharacters(): readonly string[] {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isVisible = /[!-~¡-¬®-ÿ]/.test(String.fromCharCode(byte));
    return String.fromCharCode(isVisible ? byte : next++);
  });
}

/** A double-array trie over UTF-8 bytes, each node's children in a block of their own, and its texts. */
function characterMap(entries: Readonly<Record<string, string>>): string {
  const units: number[] = new Array(512).fill(0);
  let texts = '';
  const baseOf = new Map<number, number>();
  const childrenOf = (node: number): number => {
    const known = baseOf.get(node);
    if (known !== undefined) return known;
    const base = 256 * (baseOf.size + 1);
    baseOf.set(node, base);
    for (let unit = units.length; unit < base + 256; unit += 1) units.push(0);
    units[node] = ((units[node] ?? 0) & 0x1ff) | ((node ^ base) << 10);
    return base;
  };
  for (const [from, to] of Object.entries(entries)) {
    let node = 0;
    for (const byte of Buffer.from(from)) {
      node = childrenOf(node) + byte;
      units[node] = ((units[node] ?? 0) & ~0xff) | byte;
    }
    units[childrenOf(node)] = Buffer.byteLength(texts);
    units[node] = (units[node] ?? 0) | 0x100;
    texts += `${to}\0`;
  }
  const bytes = Buffer.alloc(4 + 4 * units.length);
  bytes.writeUInt32LE(4 * units.length);
  for (const [index, unit] of units.entries()) bytes.writeUInt32LE(unit >>> 0, 4 + 4 * index);
  return Buffer.concat([bytes, Buffer.from(texts)]).toString('base64');
}
