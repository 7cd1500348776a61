// Has a generator write about the hits of a search: for each of them, and once for all of them. A hit
// whose text can't be made says why; it does not keep the others from theirs.

import type { Document } from '../../engine/document.ts';
import { DatabaseError } from '../../engine/errors.ts';
import type { CollectionSchema } from '../../engine/schema.ts';
import type {
  GeneratedText,
  GenerateOptions,
  GenerateTask,
  Generator,
} from '../../generators/generator.ts';
import { imageBase64 } from '../../vectorizers/base64.ts';
import type { SearchHit, SearchResult } from '../search.ts';
import { checkTemplate, fillTemplate, groupedPrompt } from './prompts.ts';

/** Which generator writes, with what besides the prompt. */
export interface GeneratorChoice {
  /** Absent: the collection's own. */
  readonly module?: string;
  /** Settings for this query, as the module names them; they count before the collection's. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Base64, sent with every prompt. */
  readonly images?: readonly string[];
  /** Properties of objects whose images are sent with their prompts; type blob. */
  readonly imageProperties?: readonly string[];
}

/** What is to be written; at least one of both. */
export interface GenerateRequest {
  /** Once for each hit; `{name}` in the prompt is the hit's property. */
  readonly single?: {
    readonly prompt: string;
    /** One text is written by each; default: by the collection's own generator. */
    readonly by?: readonly GeneratorChoice[];
  };
  /** Once for all hits, whose properties follow the task as JSON. */
  readonly grouped?: {
    readonly task: string;
    /** Default: all that can be read. */
    readonly properties?: readonly string[];
    readonly by?: readonly GeneratorChoice[];
  };
}

/** What became of one prompt. */
export type Generated =
  | ({ readonly kind: 'text'; readonly module: string; readonly prompt: string } & GeneratedText)
  | {
      readonly kind: 'failed';
      readonly module: string;
      readonly prompt: string;
      readonly error: Error;
    };

/** What generation needs besides the hits. */
export interface GenerateScope {
  readonly schema: CollectionSchema;
  /** Throws DatabaseError where the collection has none and the query names none. */
  readonly generator: (choice: GeneratorChoice) => Generator;
  readonly options: GenerateOptions;
}

/** Calls that a query has under way at a time. */
const callsMax = 8;
/** Generators that a query may name. */
const choicesMax = 16;
/** Texts that a query may have written about its hits: each is a call that somebody pays for. */
const singlesMax = 1000;
/** Characters of a prompt or a task, before anything is put into it. */
const promptCharactersMax = 100_000;

/**
 * The hits with what was written about each, of groups about their best hit, and what was written about
 * all of them. Throws DatabaseError for a prompt that fits no object, and the first failure when every
 * prompt failed or the one for all hits did.
 */
export async function generateForHits(
  result: SearchResult,
  { single, grouped }: GenerateRequest,
  scope: GenerateScope,
): Promise<SearchResult> {
  if (!single && !grouped) {
    throw invalid('generate: neither a prompt for each hit nor a task for all of them was given');
  }
  for (const given of [single?.prompt ?? '', grouped?.task ?? '']) checkLength(given);
  if (single) checkTemplate(single.prompt, scope.schema);
  const bySingle = single ? writersOf(single.by, scope) : [];
  const byGrouped = grouped ? writersOf(grouped.by, scope) : [];
  const told = result.groups ? result.groups.flatMap(({ hits }) => hits.slice(0, 1)) : result.hits;
  const all = result.groups ? result.groups.flatMap(({ hits }) => hits) : result.hits;
  const singles = told.length * bySingle.length;
  if (singles > singlesMax) {
    throw invalid(
      `generate: ${singles} texts about single hits; the maximum is ${singlesMax}: lower the limit`,
    );
  }
  const prompt = (hit: SearchHit): string =>
    fillTemplate(single?.prompt ?? '', hit.document.properties);
  const calls = told.flatMap((hit) =>
    bySingle.map((writer) => () => write(writer, () => prompt(hit), [hit], scope)),
  );
  const objects = distinct(all);
  const about = objects.map(({ document }) => document.properties);
  const whole = (): string =>
    groupedPrompt(grouped?.task ?? '', grouped?.properties ?? [], about, scope.schema);
  if (objects.length > 0)
    calls.push(...byGrouped.map((writer) => () => write(writer, whole, objects, scope)));
  const written = await inTurns(calls);
  const ofHits = written.slice(0, singles);
  const ofAll = written.slice(ofHits.length);
  throwFailure(ofHits, ofAll);
  const generated = (index: number): { readonly generated?: readonly Generated[] } =>
    single
      ? { generated: ofHits.slice(index * bySingle.length, (index + 1) * bySingle.length) }
      : {};
  return {
    ...result,
    hits: result.hits.map((hit, index) => ({ ...hit, ...generated(index) })),
    ...(result.groups && {
      groups: result.groups.map((group, index) => ({ ...group, ...generated(index) })),
    }),
    ...(ofAll.length > 0 && { generated: ofAll }),
  };
}

function checkLength(given: string): void {
  if (given.length <= promptCharactersMax) return;
  throw invalid(
    `generate: a prompt has ${given.length} characters; the maximum is ${promptCharactersMax}`,
  );
}

interface Writer {
  readonly generator: Generator;
  readonly choice: GeneratorChoice;
}

function writersOf(by: readonly GeneratorChoice[] = [{}], scope: GenerateScope): Writer[] {
  if (by.length > choicesMax) {
    throw invalid(`generate: ${by.length} generators are named; the maximum is ${choicesMax}`);
  }
  return (by.length > 0 ? by : [{}]).map((choice) => {
    for (const property of choice.imageProperties ?? []) checkImages(property, scope.schema);
    return { generator: scope.generator(choice), choice };
  });
}

function checkImages(property: string, { properties, collection }: CollectionSchema): void {
  const found = properties.find(({ name }) => name === property);
  if (!found) throw new DatabaseError('property-missing', { property, collection });
  if (found.type === 'blob') return;
  throw invalid(`generate: image property '${property}' is ${found.type}; allowed: blob`);
}

/** Never throws. */
async function write(
  { generator, choice }: Writer,
  makePrompt: () => string,
  hits: readonly SearchHit[],
  { options }: GenerateScope,
): Promise<Generated> {
  const { module } = generator;
  let prompt = '';
  try {
    prompt = makePrompt();
    const images = imagesOf(
      choice,
      hits.map(({ document }) => document),
    );
    const task: GenerateTask = { prompt, images };
    return { kind: 'text', module, prompt, ...(await generator.generate(task, options)) };
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    return { kind: 'failed', module, prompt, error };
  }
}

function imagesOf(
  { images = [], imageProperties = [] }: GeneratorChoice,
  documents: readonly Document[],
): string[] {
  const stored = documents.flatMap(({ properties }) =>
    imageProperties.flatMap((name) => {
      const value = properties[name];
      return typeof value === 'string' && value !== ''
        ? [imageBase64(value, `generate: image property '${name}'`)]
        : [];
    }),
  );
  return [...images.map((image) => imageBase64(image, 'generate: image')), ...stored];
}

/** Results beside the calls, of which few run at a time. */
async function inTurns<Result>(calls: readonly (() => Promise<Result>)[]): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = calls.entries();
  const turn = async (): Promise<void> => {
    for (const [index, call] of waiting) results[index] = await call();
  };
  await Promise.all(Array.from({ length: Math.min(callsMax, calls.length) }, turn));
  return results;
}

function throwFailure(ofHits: readonly Generated[], ofAll: readonly Generated[]): void {
  const failures = [...ofAll, ...ofHits].flatMap((one) => (one.kind === 'failed' ? one.error : []));
  const isLost = ofHits.length > 0 && ofHits.every(({ kind }) => kind === 'failed');
  const [first] = failures;
  if (first && (isLost || ofAll.some(({ kind }) => kind === 'failed'))) throw first;
}

/** An object may be in several groups. */
function distinct(hits: readonly SearchHit[]): SearchHit[] {
  return [...new Map(hits.map((hit) => [hit.document.uuid, hit])).values()];
}

function invalid(message: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message });
}
