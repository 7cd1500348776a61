// Letters with accents, ligatures and other forms of Latin letters become plain ASCII letters.

/** Letters that no decomposition takes apart, with what they are written as. */
const written: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', ẞ: 'SS', æ: 'ae', Æ: 'AE', œ: 'oe', Œ: 'OE', ø: 'o', Ø: 'O', þ: 'th', Þ: 'TH' },
  ...{ ł: 'l', Ł: 'L', đ: 'd', Đ: 'D', ð: 'd', Ð: 'D', ħ: 'h', Ħ: 'H', ŧ: 't', Ŧ: 'T' },
  ...{ ı: 'i', ŋ: 'n', Ŋ: 'N', ĸ: 'q', ɓ: 'b', ƀ: 'b', ƈ: 'c', ɖ: 'd', ɗ: 'd', ƒ: 'f' },
  ...{ ɠ: 'g', ƙ: 'k', ɲ: 'n', ƥ: 'p', ƭ: 't', ʋ: 'v', ƴ: 'y', ƶ: 'z', ǝ: 'e', ə: 'e' },
};

const ascii = /^[\0-\x7f]*$/;
const foreign = /[^\0-\x7f]/gu;
/** Marks that no letter of their own has been made of. */
const marked = /([A-Za-z])\p{Mn}+/gu;

/**
 * The text with every letter that is an ASCII letter but for its form: `École` becomes `Ecole`. Letters of
 * other scripts stay, and so do those of `except`, in small and in capital letters.
 */
export function foldToAscii(text: string, except: readonly string[]): string {
  if (ascii.test(text)) return text;
  const kept = keptLetters(except);
  return text
    .normalize('NFC')
    .replace(marked, '$1')
    .replace(foreign, (letter) => (kept.has(letter) ? letter : plain(letter)));
}

function plain(letter: string): string {
  const known = written[letter];
  if (known !== undefined) return known;
  if (!/\p{L}/u.test(letter)) return letter;
  const base = letter.normalize('NFKD').replace(/\p{Mn}/gu, '');
  if (ascii.test(base)) return base;
  return written[base] ?? letter;
}

function keptLetters(except: readonly string[]): ReadonlySet<string> {
  return new Set(
    except.flatMap((letter) => {
      const composed = letter.normalize('NFC');
      return [composed, composed.toLowerCase(), composed.toUpperCase()];
    }),
  );
}
