// The explain_score text of a reply, made from the engine's explanation. Clients only show it, but people
// compare the numbers, so they are printed as float32 in the shortest form that reads back equal.

import type { LegExplanation, Query, ScoreExplanation } from '../../../engine/query/query.ts';
import type { VectorLegName } from '../hybrid-search.ts';

/** Empty for a search that has no explanation. Notes stand at the end, each on a line. */
export function explainScore(
  explanation: ScoreExplanation | undefined,
  query: Query,
  uuid: string,
  vectorLeg: VectorLegName,
): string {
  if (explanation === undefined) return '';
  const notes = explainBoost(explanation) + explanation.notes.map((note) => `\n${note}`).join('');
  switch (query.kind) {
    case 'hybrid':
      return explainLegs(explanation.legs, query.fusion, uuid, vectorLeg) + notes;
    case 'keyword':
      return explainTerms(explanation) + notes;
    case 'fetch':
    case 'vector':
      return notes;
  }
}

/** What the search itself gave, and what each condition said; both from 0 to 1. */
function explainBoost({ boost }: ScoreExplanation): string {
  if (boost === undefined) return '';
  const signals = boost.signals.map(formatFloat32).join(', ');
  return `\nBoost: search ${formatFloat32(boost.search)}, conditions ${signals}`;
}

/** A term that stands in several properties has a pair of numbers for each, in the order given. */
function explainTerms(explanation: ScoreExplanation): string {
  const parts = explanation.terms.map(
    ({ term, frequency, propertyLength }) =>
      `, BM25F_${term}_frequency:${frequency}, BM25F_${term}_propLength:${propertyLength}`,
  );
  return [...new Set(parts)].join('');
}

function explainLegs(
  legs: readonly LegExplanation[],
  fusion: 'ranked' | 'relativeScore',
  uuid: string,
  vectorLeg: VectorLegName,
): string {
  const find = (leg: LegExplanation['leg']): readonly LegExplanation[] =>
    legs.filter((each) => each.leg === leg);
  const [keyword, vector] = [find('keyword'), find('vector')];
  const head = ({ leg }: LegExplanation): string => {
    const set = leg === 'keyword' ? 'keyword,bm25' : `vector,${vectorLeg}`;
    return `\nHybrid (Result Set ${set}) Document ${uuid}`;
  };
  if (fusion === 'ranked') {
    return [...vector, ...keyword]
      .map((leg) => `${head(leg)} contributed ${formatFloat32(leg.contribution)} to the score`)
      .join('');
  }
  return [...keyword, ...vector]
    .map((leg) => {
      // The vector leg's raw value on the wire is 1 - distance.
      const original = leg.leg === 'vector' ? 1 + leg.score : leg.score;
      const normalized = formatFloat32(leg.contribution);
      return `${head(leg)}: original score ${formatFloat32(original)}, normalized score: ${normalized}`;
    })
    .join(' - ');
}

/** The shortest decimal that reads back as the same float32; with an exponent below 1e-4 and from 1e6 on. */
export function formatFloat32(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single) || single === 0) return String(Math.abs(single));
  const [mantissa = '', exponentText = '0'] = shortestExponential(single).split('e');
  const exponent = Number(exponentText);
  if (exponent >= -4 && exponent < 6) return plainDecimal(mantissa, exponent);
  const sign = exponent < 0 ? '-' : '+';
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
}

function shortestExponential(single: number): string {
  for (let digits = 0; digits < 8; digits += 1) {
    const text = single.toExponential(digits);
    if (Math.fround(Number(text)) === single) return text;
  }
  return single.toExponential(8);
}

/** `-1.25`, 3 to `-1250`. */
function plainDecimal(mantissa: string, exponent: number): string {
  const negative = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${negative}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  const fraction = digits.slice(exponent + 1);
  return `${negative}${whole}${fraction && `.${fraction}`}`;
}
