// Holds what a replay found against the list of known differences.

import { IdMap } from './compare.ts';
import type { Difference } from './differences.ts';
import { readTopic } from './recording.ts';
import { type CaseOutcome, compareAnswer } from './replay.ts';

/** What is wrong: differences that are not listed, entries that no longer differ; empty when nothing. */
export function judge(
  topic: string,
  outcomes: readonly CaseOutcome[],
  listed: readonly Difference[],
): readonly string[] {
  const entries = listed.filter((entry) => entry.topic === topic);
  const unknown = entries
    .filter((entry) => !outcomes.some(({ name }) => name === entry.case))
    .map((entry) => `${topic}#${entry.case} is listed and is no case`);
  return [...unknown, ...outcomes.flatMap((outcome) => judgeCase(outcome, entries))];
}

function judgeCase(outcome: CaseOutcome, listed: readonly Difference[]): string[] {
  const name = `${outcome.topic}#${outcome.name}`;
  const entries = listed.filter((entry) => entry.case === outcome.name);
  const pieces = entries.flatMap((entry) => entry.at);
  const unlisted = outcome.differences
    .filter((line) => !pieces.some((piece) => line.includes(piece)))
    .map((line) => `${name} ${line}`);
  const gone = pieces
    .filter((piece) => !outcome.differences.some((line) => line.includes(piece)))
    .map((piece) => `${name} is listed with "${piece}" and no longer differs there`);
  return [...unlisted, ...gone, ...entries.flatMap((entry) => compareLike(entry, outcome))];
}

/** Compares what was answered with the recording that it should equal instead of its own. */
function compareLike({ topic, like }: Difference, outcome: CaseOutcome): string[] {
  if (like === undefined) return [];
  const model = readTopic(topic).find(({ name }) => name === like);
  if (model === undefined) return [`${topic}#${like} is no case`];
  const ids = new IdMap();
  return model.calls.flatMap((call, index) => {
    const answer = outcome.answers[index];
    const lines = answer ? compareAnswer(call, call, answer, ids) : [': no such call'];
    return lines.map((line) => `${topic}#${outcome.name}, as ${like}: call ${index + 1}${line}`);
  });
}

/** `30 equal, 2 better, 0 skipped`, and how many are not listed, if any. */
export function countOutcomes(
  outcomes: readonly CaseOutcome[],
  listed: readonly Difference[],
): string {
  const counts = { equal: 0, better: 0, skipped: 0, unlisted: 0 };
  for (const { topic, name, differences, skipped } of outcomes) {
    const entries = listed.filter((entry) => entry.topic === topic && entry.case === name);
    if (skipped !== '') counts.skipped += 1;
    else if (differences.length === 0) counts.equal += 1;
    else if (entries.length === 0) counts.unlisted += 1;
    else counts.better += 1;
  }
  const text = `${counts.equal} equal, ${counts.better} better, ${counts.skipped} skipped`;
  return counts.unlisted === 0 ? text : `${text}, ${counts.unlisted} not listed`;
}
