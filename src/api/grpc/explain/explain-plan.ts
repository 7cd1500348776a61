// The plan of a search in words, for explain_score: what was searched, how closely, and what it took.

import type { SearchProfile } from '../../../database/search.ts';
import type { VectorProfile } from '../../../engine/query/vector-search.ts';

/** One line that begins with `Plan: `, after a line break; empty without a profile. */
export function explainPlan(profile: SearchProfile | undefined): string {
  if (!profile) return '';
  const { stages, segments, allowed, vector } = profile;
  const looks = vector ? `; ${explainVectors(vector)}` : '';
  const took = stages.map(({ name, ms }) => `${name} ${milliseconds(ms)}`).join(', ');
  const total = stages.reduce((sum, { ms }) => sum + ms, 0);
  return `\nPlan: ${plural(allowed, 'document')} of ${plural(segments, 'segment')}${looks}; took ${milliseconds(total)} (${took})`;
}

function explainVectors({ counts, times, plan }: VectorProfile): string {
  const parts: string[] = [];
  if (counts.exactParts > 0) {
    const documents = plural(counts.exactDocuments, 'document');
    parts.push(
      `exact in ${plural(counts.exactParts, 'segment')}: ${documents} in ${milliseconds(times.exact)}`,
    );
  }
  if (plan) {
    const limits = `${plan.firstMin} to ${plan.firstMax}`;
    parts.push(
      `candidates (${limits}, ${plan.deviations} deviations): ${counts.scanned} by centroids in ` +
        `${milliseconds(times.estimate)}, ${counts.firstHalves} by half of the query and ` +
        `${counts.secondHalves} by all of it in ${milliseconds(times.race)}, ` +
        `${counts.finished} from the originals in ${milliseconds(times.finish)}`,
    );
  }
  parts.push(`${plural(counts.vectors, 'token vector')} multiplied`);
  return parts.join('; ');
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function milliseconds(ms: number): string {
  return `${ms.toFixed(2)} ms`;
}
