// The pre-tokenizer of a tokenizer.json: cuts an aligned text into the pieces (words, mostly) that are
// made into tokens one by one.

import type { AlignedText } from './aligned-text.ts';
import { escapePattern, type StepConfig, stepPattern, unknownStep } from './normalizer.ts';

/** Cuts pieces into smaller ones. */
export type PreTokenizer = (pieces: readonly AlignedText[]) => readonly AlignedText[];

const behaviours = [
  'isolated',
  'removed',
  'contiguous',
  'mergedwithprevious',
  'mergedwithnext',
] as const;
type Behaviour = (typeof behaviours)[number];

const punctuation = '\\p{P}\\u0021-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007e';
const wordCharacters = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}';
/** English endings, words, numbers and the rest, each with a space before it; runs of white space. */
const bytePieces =
  /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/gu;

/** Throws DatabaseError 'vectorizer-failed' for a type that is not known. */
export function createPreTokenizer(config: StepConfig | null): PreTokenizer {
  if (config === null) return (pieces) => pieces;
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['pretokenizers'] as readonly StepConfig[]).map(createPreTokenizer);
      return (pieces) => steps.reduce((cut, step) => step(cut), pieces);
    }
    case 'BertPreTokenizer':
      return matches(new RegExp(`[^\\p{White_Space}${punctuation}]+|[${punctuation}]`, 'gu'));
    case 'WhitespaceSplit':
      return matches(/\P{White_Space}+/gu);
    case 'Whitespace':
      return matches(
        new RegExp(`[${wordCharacters}]+|[^${wordCharacters}\\p{White_Space}]+`, 'gu'),
      );
    case 'Punctuation':
      return splitter(new RegExp(`[${punctuation}]`, 'gu'), behaviourOf(config));
    case 'Digits':
      return splitter(/\p{N}/gu, config['individual_digits'] === true ? 'isolated' : 'contiguous');
    case 'Split':
      return config['invert'] === true
        ? inverted(stepPattern(config), behaviourOf(config))
        : splitter(stepPattern(config), behaviourOf(config));
    case 'Metaspace':
      return metaspace(config);
    case 'ByteLevel':
      return byteLevel(config);
    default:
      throw unknownStep('pre-tokenizer', config.type);
  }
}

function behaviourOf(config: StepConfig): Behaviour {
  const word = String(config['behavior'] ?? 'Isolated').toLowerCase();
  const found = behaviours.find((behaviour) => behaviour === word);
  if (found === undefined) throw unknownStep('behavior', word);
  return found;
}

function matches(pattern: RegExp): PreTokenizer {
  return (pieces) =>
    pieces.flatMap((piece) =>
      Array.from(piece.text.matchAll(pattern), ({ 0: match, index }) =>
        piece.slice(index, index + match.length),
      ),
    );
}

interface Part {
  readonly from: number;
  readonly to: number;
  readonly isMatch: boolean;
}

function splitter(pattern: RegExp, behaviour: Behaviour): PreTokenizer {
  return (pieces) =>
    pieces.flatMap((piece) => joinParts(piece, partsOf(piece, pattern), behaviour));
}

/** As splitter, where what the pattern does not match are the separators. */
function inverted(pattern: RegExp, behaviour: Behaviour): PreTokenizer {
  return (pieces) =>
    pieces.flatMap((piece) => {
      const parts = partsOf(piece, pattern).map((part) => ({ ...part, isMatch: !part.isMatch }));
      return joinParts(piece, parts, behaviour);
    });
}

function partsOf({ text }: AlignedText, pattern: RegExp): readonly Part[] {
  const parts: Part[] = [];
  let at = 0;
  const between = (to: number): void => {
    if (to > at) parts.push({ from: at, to, isMatch: false });
  };
  for (const { 0: match, index } of text.matchAll(pattern)) {
    if (match === '') continue;
    between(index);
    at = index + match.length;
    parts.push({ from: index, to: at, isMatch: true });
  }
  between(text.length);
  return parts;
}

function joinParts(
  piece: AlignedText,
  parts: readonly Part[],
  behaviour: Behaviour,
): readonly AlignedText[] {
  const joined: Part[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.isMatch && behaviour === 'removed') continue;
    const isJoined =
      last !== undefined &&
      ((behaviour === 'contiguous' && last.isMatch === part.isMatch) ||
        (behaviour === 'mergedwithprevious' && part.isMatch && !last.isMatch) ||
        (behaviour === 'mergedwithnext' && last.isMatch && !part.isMatch));
    if (isJoined) joined[joined.length - 1] = { ...last, to: part.to, isMatch: part.isMatch };
    else joined.push(part);
  }
  return joined.map(({ from, to }) => piece.slice(from, to));
}

/** Spaces become a visible mark, one stands before the first word, and words are cut before it. */
function metaspace(config: StepConfig): PreTokenizer {
  const mark = String(config['replacement'] ?? '▁');
  const isPlain = config['add_prefix_space'] === false;
  const scheme = String(config['prepend_scheme'] ?? (isPlain ? 'never' : 'always'));
  const isCut = config['split'] !== false;
  const cut = splitter(new RegExp(escapePattern(mark), 'gu'), 'mergedwithnext');
  return (pieces) => {
    const marked = pieces.map((piece) => {
      const spaced = piece.text.includes(' ') ? piece.replaced(/ /g, () => mark) : piece;
      const isFirst = piece.span(0, 0).start === 0;
      const isWanted = scheme === 'always' || (scheme === 'first' && isFirst);
      if (!isWanted || spaced.text.startsWith(mark)) return spaced;
      return spaced.edited([{ from: 0, to: 0, text: mark }]);
    });
    return isCut ? cut(marked) : marked;
  };
}

/** Bytes as visible characters: those that are printable stand for themselves. */
function byteLevel(config: StepConfig): PreTokenizer {
  const isSpaced = config['add_prefix_space'] === true;
  const cut: PreTokenizer =
    config['use_regex'] === false ? (pieces) => pieces : splitter(bytePieces, 'isolated');
  return (pieces) => {
    const spaced = pieces.map((piece) =>
      isSpaced && !piece.text.startsWith(' ')
        ? piece.edited([{ from: 0, to: 0, text: ' ' }])
        : piece,
    );
    return cut(spaced).map((piece) =>
      /^[ !-~]*$/.test(piece.text)
        ? piece.rewritten(piece.text.replaceAll(' ', byteCharacters[32] ?? ''))
        : piece.replaced(/./gsu, byteText),
    );
  };
}

const encoder = new TextEncoder();

function byteText(character: string): string {
  return Array.from(encoder.encode(character), (byte) => byteCharacters[byte]).join('');
}

/** The character for each byte: itself where it is printable, else one from U+0100 upwards, in order. */
const byteCharacters: readonly string[] = (() => {
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    return String.fromCharCode(isPrintable ? byte : next++);
  });
})();
