// The normalizer of a tokenizer.json as changes of an aligned text: every character keeps its place in
// the original. Each step works on pieces of text that do not influence each other, so that the result
// is that of the whole text.

import { DatabaseError } from '../../../engine/errors.ts';
import type { AlignedText } from './aligned-text.ts';
import { CharacterMap } from './character-map.ts';

/** Changes a text before it is cut into tokens. */
export type Normalizer = (text: AlignedText) => AlignedText;

/** One step of a tokenizer.json; what else it holds depends on its type. */
export interface StepConfig {
  readonly type: string;
  readonly [key: string]: unknown;
}

type Form = 'NFC' | 'NFD' | 'NFKC' | 'NFKD';

/** Characters that no others are composed with: a mark belongs to what it stands on, Hangul together. */
const clusters = /[\u1100-\u11ff\ua960-\ua97c\ud7b0-\ud7fb]+|\P{M}\p{M}*|\p{M}+/gsu;
const chinese =
  /[\u{4e00}-\u{9fff}\u{3400}-\u{4dbf}\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\u{f900}-\u{faff}\u{2f800}-\u{2fa1f}]/gu;
/** Not a tab or line end, which count as white space. */
const unwanted = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const whiteSpace = /(?! )[\t\n\r\p{White_Space}]/gu;
const printableAscii = /^[\x20-\x7e]*$/;

/** Throws DatabaseError 'vectorizer-failed' for a type that is not known. */
export function createNormalizer(config: StepConfig | null): Normalizer {
  if (config === null) return (text) => text;
  switch (config.type) {
    case 'Sequence': {
      const steps = (config['normalizers'] as readonly StepConfig[]).map(createNormalizer);
      return (text) => steps.reduce((changed, step) => step(changed), text);
    }
    case 'BertNormalizer':
      return bertNormalizer(config);
    case 'NFC':
    case 'NFD':
    case 'NFKC':
    case 'NFKD': {
      const form: Form = config.type;
      return (text) => compose(text, form);
    }
    case 'Lowercase':
      return lowerCase;
    case 'StripAccents':
      return (text) => text.replaced(/\p{M}/gu, () => '');
    case 'Strip':
      return (text) => strip(text, config['strip_left'] !== false, config['strip_right'] !== false);
    case 'Prepend': {
      const text = String(config['prepend'] ?? '');
      return (given) => (given.text === '' ? given : given.edited([{ from: 0, to: 0, text }]));
    }
    case 'Replace': {
      const pattern = stepPattern(config);
      const content = String(config['content'] ?? '');
      return (text) => text.replaced(pattern, () => content);
    }
    case 'Precompiled': {
      const map = CharacterMap.parse(String(config['precompiled_charsmap'] ?? ''));
      return (text) => map.apply(text);
    }
    default:
      throw unknownStep('normalizer', config.type);
  }
}

/** Takes white space off both ends. */
export function trimmed(text: AlignedText): AlignedText {
  return strip(text, true, true);
}

/** Lower case of the whole text, where a character may become several. */
export function lowerCase(text: AlignedText): AlignedText {
  if (printableAscii.test(text.text)) return text.rewritten(text.text.toLowerCase());
  return text.replaced(/\p{Changes_When_Lowercased}/gu, (character) => character.toLowerCase());
}

/** The pattern of a step, as the wire form of the tokenizer library writes it. */
export function stepPattern(config: StepConfig): RegExp {
  const pattern = config['pattern'] as { readonly String?: string; readonly Regex?: string };
  try {
    return new RegExp(pattern.Regex ?? escapePattern(pattern.String ?? ''), 'gu');
  } catch (cause) {
    throw new DatabaseError(
      'vectorizer-failed',
      { message: `the tokenizer has a pattern that is not understood: ${pattern.Regex}` },
      { cause },
    );
  }
}

/** A pattern that matches the text itself. */
export function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
}

/** The error for a step that this program can't do. */
export function unknownStep(kind: string, type: string): DatabaseError {
  return new DatabaseError('vectorizer-failed', {
    message: `the tokenizer has a ${kind} of the type ${type}, which is not known here`,
  });
}

function bertNormalizer(config: StepConfig): Normalizer {
  const isLower = config['lowercase'] !== false;
  const isStripping = (config['strip_accents'] ?? isLower) === true;
  return (text) => {
    if (printableAscii.test(text.text)) return isLower ? lowerCase(text) : text;
    let changed = text;
    if (config['clean_text'] !== false) {
      changed = changed.replaced(unwanted, () => '').replaced(whiteSpace, () => ' ');
    }
    if (config['handle_chinese_chars'] !== false) {
      changed = changed.replaced(chinese, (character) => ` ${character} `);
    }
    if (isStripping) changed = compose(changed, 'NFD').replaced(/\p{Mn}/gu, () => '');
    return isLower ? lowerCase(changed) : changed;
  };
}

function compose(text: AlignedText, form: Form): AlignedText {
  if (text.text.normalize(form) === text.text) return text;
  return text.replaced(clusters, (cluster) => cluster.normalize(form));
}

function strip(text: AlignedText, isLeft: boolean, isRight: boolean): AlignedText {
  const { text: given } = text;
  const left = isLeft ? (/^\p{White_Space}+/u.exec(given)?.[0].length ?? 0) : 0;
  const right = isRight ? blanksBefore(given, left, given.length) : 0;
  return text.slice(left, given.length - right);
}

const blank = /^\p{White_Space}$/u;

/**
 * White space that ends at `to` and does not begin before `from`, in units. A pattern for the end of a
 * text would be tried at every blank of it: the square of a long run of them.
 */
export function blanksBefore(text: string, from: number, to: number): number {
  let at = to;
  while (at > from && blank.test(text[at - 1] ?? '')) at -= 1;
  return to - at;
}
