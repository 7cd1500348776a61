// Compares what a server answered with what was recorded: equal in structure, floats within a tolerance,
// what changes from run to run by its form only, and no order where the reference has none.

import type { Json, JsonObject } from '../grpc/golden-messages.ts';
import { alignResults, arrangeLikeRecorded, idOf } from './arrange.ts';
import { sameExplanation } from './explanation.ts';
import { sameNumber } from './tolerance.ts';

/** Ids that the recorded server made, with the ids that took their place here. */
export class IdMap {
  readonly #sent = new Set<string>();
  readonly #made = new Map<string, string>();

  /** Ids in what was sent are the client's: they must come back as they are. */
  noteSent(text: string): void {
    for (const id of text.match(uuidsPattern) ?? []) this.#sent.add(id);
  }

  /** Recorded text with the ids of this run. */
  translate(text: string): string {
    return text.replace(uuidsPattern, (id) => this.#made.get(id) ?? id);
  }

  /** True for a recorded id that no client sent. */
  mayStandFor(recorded: string): boolean {
    return uuidPattern.test(recorded) && !this.#sent.has(recorded);
  }

  /** True when `actual` is the id that stands for `recorded`; the first one seen is taken as such. */
  matches(recorded: string, actual: string): boolean {
    if (recorded === actual) return true;
    if (this.#sent.has(recorded)) return false;
    if (!this.#made.has(recorded)) this.#made.set(recorded, actual);
    return this.#made.get(recorded) === actual;
  }
}

const uuid = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';
const uuidsPattern = new RegExp(uuid, 'g');
const uuidPattern = new RegExp(`^${uuid}$`);

export interface CompareOptions {
  readonly ids?: IdMap;
  /** Search results come in no order at all. */
  readonly isUnordered?: boolean;
}

/** What differs, a line for each place; empty when the answer is as recorded. */
export function differencesOf(
  recorded: Json | undefined,
  actual: Json | undefined,
  { ids = new IdMap(), isUnordered = false }: CompareOptions = {},
): string[] {
  const found: string[] = [];
  compare(recorded, actual, { path: '', key: '', ids, isUnordered, found });
  return found;
}

interface Place {
  readonly path: string;
  /** The last name in the path that is no index. */
  readonly key: string;
  readonly ids: IdMap;
  readonly isUnordered: boolean;
  readonly found: string[];
}

function at(place: Place, step: string | number): Place {
  const path = typeof step === 'number' ? `${place.path}[${step}]` : `${place.path}.${step}`;
  return { ...place, path, key: typeof step === 'number' ? place.key : step };
}

function report(place: Place, recorded: Json | undefined, actual: Json | undefined): void {
  place.found.push(`${place.path || '.'}: recorded ${show(recorded)}, got ${show(actual)}`);
}

function show(value: Json | undefined): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function compare(recorded: Json | undefined, actual: Json | undefined, place: Place): void {
  if (!same(recorded, actual, place)) report(place, recorded, actual);
}

/** Each server's own, there or not: its documentation, the commit it was built from, where gRPC is. */
const ownKeys: ReadonlySet<string> = new Set(['documentationHref', 'gitHash', 'grpcPort']);

/** False for a difference at this very place; differences below it are reported by themselves. */
function same(recorded: Json | undefined, actual: Json | undefined, place: Place): boolean {
  if (ownKeys.has(place.key)) return true;
  // The wire leaves empty texts out.
  if (place.key === 'explain_score' && typeof actual === 'string') {
    if (recorded === undefined) return sameExplanation('', actual);
  }
  if (typeof recorded === 'string') return sameText(recorded, actual, place);
  if (typeof recorded === 'number') {
    if (typeof actual !== 'number') return false;
    return /^_(creation|lastUpdate)TimeUnix$/.test(place.key) || sameNumber(recorded, actual);
  }
  if (typeof recorded !== 'object' || recorded === null) return recorded === actual;
  if (Array.isArray(recorded)) {
    return Array.isArray(actual) && sameList(recorded, actual, place);
  }
  return sameObject(recorded as JsonObject, actual, place);
}

const placeholders: Readonly<Record<string, (actual: Json | undefined) => boolean>> = {
  '<time>': (actual) => /^\d{13}$/.test(String(actual)) || !Number.isNaN(Date.parse(`${actual}`)),
  '<took>': (actual) => actual === undefined || typeof actual === 'number',
  '<rate>': (actual) => typeof actual === 'number',
  '<host>': (actual) => typeof actual === 'string' && actual.startsWith('http'),
  '<server version>': (actual) => typeof actual === 'string' && /^\d+\.\d+\.\d+/.test(actual),
  '<host:port>': (actual) => typeof actual === 'string' && /:\d+$/.test(actual),
  // The recorded server was told the mock's address in the request, ours in its environment.
  'http://<embedding-mock>': (actual) => typeof actual === 'string',
};

function sameText(recorded: string, actual: Json | undefined, place: Place): boolean {
  const placeholder = placeholders[recorded];
  if (placeholder) return placeholder(actual);
  if (typeof actual !== 'string') return false;
  // Each server says in words of its own that nobody wrote the schema.
  if (recorded.includes('auto-schema')) return String(actual).includes('auto-schema');
  if (place.key === 'explain_score') return sameExplanation(recorded, actual);
  // Texts of errors are each server's own; that there is one is what clients see.
  if (isErrorText(place)) return (recorded === '') === (actual === '');
  if (/\.raft\.\w+$/.test(place.path) && /^\d+$/.test(recorded)) return /^\d+$/.test(actual);
  if (uuidPattern.test(recorded) && uuidPattern.test(actual)) {
    return place.ids.matches(recorded, actual);
  }
  if (place.key === 'id_as_bytes') return place.ids.matches(uuidOf(recorded), uuidOf(actual));
  if (/<[a-z:]+>/.test(recorded)) {
    const parts = recorded.split(/<[a-z:]+>/).map((part) => RegExp.escape(part));
    return new RegExp(`^${parts.join('.*')}$`, 's').test(actual);
  }
  return recorded === actual;
}

function isErrorText({ path, key }: Place): boolean {
  return key === 'error' || (key === 'message' && /\.errors?\b/.test(path));
}

function uuidOf(base64: string): string {
  const hex = Buffer.from(base64, 'base64').toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function sameObject(recorded: JsonObject, actual: Json | undefined, place: Place): boolean {
  if (recorded['$multivector_shape'] !== undefined) return sameTokens(recorded, actual);
  if (recorded['$multi_fp32_shape'] !== undefined) return samePackedTokens(recorded, actual);
  if (recorded['$base64'] !== undefined) return sameBytes(recorded, actual, place);
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) return false;
  const given = actual as JsonObject;
  const trimmed = recorded['$trimmed'];
  // "0 entries is fine": what is left of the cut reply is an example.
  if (typeof trimmed === 'string' && trimmed.includes('0 entries')) return true;
  for (const [key, value] of Object.entries(recorded)) {
    if (key !== '$trimmed') compare(value, given[key], at(place, key));
  }
  if (trimmed !== undefined) return true;
  for (const [key, value] of Object.entries(given)) {
    if (recorded[key] === undefined) compare(undefined, value, at(place, key));
  }
  return true;
}

function sameTokens(recorded: JsonObject, actual: Json | undefined): boolean {
  const [count, dims] = recorded['$multivector_shape'] as [number, number];
  const tokens = actual as readonly (readonly number[])[] | undefined;
  if (!Array.isArray(tokens) || tokens.length !== count) return false;
  if (!tokens.every((token) => Array.isArray(token) && token.length === dims)) return false;
  return startsWith(tokens[0] ?? [], recorded['$first_token_first4']);
}

function samePackedTokens(recorded: JsonObject, actual: Json | undefined): boolean {
  const [count, dims] = recorded['$multi_fp32_shape'] as [number, number];
  const bytes = Buffer.from(String(actual), 'base64');
  if (bytes.length !== 2 + count * dims * 4 || bytes.readUInt16LE(0) !== dims) return false;
  return startsWith(floatsOf(bytes.subarray(2)), recorded['$first4']);
}

function startsWith(values: readonly number[], first: Json | undefined): boolean {
  const wanted = (first ?? []) as readonly number[];
  return wanted.every((value, index) => sameNumber(value, values[index] ?? Number.NaN));
}

function sameBytes(recorded: JsonObject, actual: Json | undefined, place: Place): boolean {
  const base64 = recorded['$base64'] as string;
  if (typeof actual !== 'string') return false;
  if (base64 === actual) return true;
  if (place.key === 'id_as_bytes') return place.ids.matches(uuidOf(base64), uuidOf(actual));
  const isMulti = recorded['$multi_fp32'] !== undefined;
  if (!isMulti && recorded['$fp32'] === undefined) return false;
  const [a, b] = [Buffer.from(base64, 'base64'), Buffer.from(actual, 'base64')];
  if (a.length !== b.length) return false;
  if (isMulti && a.readUInt16LE(0) !== b.readUInt16LE(0)) return false;
  const start = isMulti ? 2 : 0;
  return startsWith(floatsOf(b.subarray(start)), floatsOf(a.subarray(start)));
}

function floatsOf(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readFloatLE(index * 4));
}

function sameList(recorded: readonly Json[], actual: readonly Json[], place: Place): boolean {
  const cut = recorded.findIndex((each) => typeof each === 'string' && each.startsWith('$trimmed'));
  const wanted = cut < 0 ? recorded : recorded.slice(0, cut);
  const isResults = place.key === 'results' || place.key === 'objects';
  if (isResults && !haveSameIds(wanted, actual, place)) {
    return compareById(wanted, actual, place);
  }
  if (cut < 0 && recorded.length !== actual.length) return false;
  const arranged = isResults
    ? alignResults(wanted, actual, place)
    : arrangeLikeRecorded(place.key, wanted, actual);
  wanted.forEach((each, index) => {
    compare(each, arranged[index], at(place, index));
  });
  return true;
}

/** Also true for lists of the same length whose ids the recorded server made. */
function haveSameIds(recorded: readonly Json[], actual: readonly Json[], place: Place): boolean {
  if (recorded.length !== actual.length) return false;
  const given = alignResults(recorded, actual, place).map(idOf);
  return recorded.every((each, index) => {
    const [left, right] = [idOf(each), given[index]];
    if (typeof left !== 'string' || typeof right !== 'string') return left === right;
    return left === right || place.ids.mayStandFor(left);
  });
}

/** Results that are not the recorded ones, or in another order: says so, then compares those of both. */
function compareById(recorded: readonly Json[], actual: readonly Json[], place: Place): boolean {
  const list = (results: readonly Json[]): Json => results.map((each) => idOf(each) ?? null);
  report({ ...place, path: `${place.path} ids` }, list(recorded), list(actual));
  for (const each of recorded) {
    const id = idOf(each);
    const found = actual.find((other) => idOf(other) === id);
    if (found !== undefined) compare(each, found, { ...place, path: `${place.path}[${id}]` });
  }
  return true;
}
