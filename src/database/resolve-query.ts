// From a query to something that the engine can run: names of vectors are looked up, texts, images
// and objects become query vectors. The only waits of a search are here.

import { unreachable } from '../engine/assert.ts';
import { tokenCount, type VectorValue } from '../engine/document.ts';
import { DatabaseError } from '../engine/errors.ts';
import { queryTargetsMax, queryTokenVectorsMax, searchResultsMax } from '../engine/limits.ts';
import type { Diverse, Executable, Likeness, Unlimited } from '../engine/query/execute.ts';
import type {
  Diversity,
  HybridQuery,
  Query,
  Targets,
  VectorInput,
  VectorQuery,
  VectorSearch,
} from '../engine/query/query.ts';
import type { CollectionConfig, VectorConfig } from './collection-config.ts';
import type { RequestContext } from './object-input.ts';
import { efOf } from './schema/index-settings.ts';
import { checkDiversity } from './search/diversity.ts';
import { type QueryScope, resolveInput } from './search/query-vectors.ts';
import { checkDims, checkVector } from './writes/vector-checks.ts';

/** Throws DatabaseError for a query that the collection can't answer. */
export async function resolveQuery(
  query: Query,
  scope: QueryScope,
  context: RequestContext,
): Promise<Executable> {
  checkPage(query);
  const page = pageOf(query);
  switch (query.kind) {
    case 'fetch':
      return { kind: 'fetch', page, query };
    case 'keyword':
      return { kind: 'keyword', page, keyword: query.search };
    case 'vector': {
      const vector = await resolveVector(query.search, scope, context);
      const diverse = diverseVector(query, vector);
      const notes = leftOut(query.search.targets, scope);
      return { kind: 'vector', page, vector, diverse, notes };
    }
    case 'hybrid': {
      const parts = await resolveHybrid(query, scope, context);
      const diverse = diverseHybrid(query, parts.vector?.request, scope.config);
      return { kind: 'hybrid', page, ...parts, diverse };
    }
    default:
      return unreachable(query);
  }
}

/** What is taken of the ranked hits: the page, or the candidates of a diverse selection. */
function pageOf(query: Query): Executable['page'] {
  const { offset, limit, autocut } = query;
  const boost = query.kind === 'fetch' ? undefined : query.boost;
  const diversity = diversityOf(query);
  if (!diversity) return { offset, limit, autocut, boost };
  checkDiversity(diversity);
  return { offset: 0, limit: diversity.candidates, autocut, boost };
}

/** The diversity that a query asks for. */
function diversityOf(query: Query): Diversity | undefined {
  return query.kind === 'vector' || query.kind === 'hybrid' ? query.diversity : undefined;
}

/** Hits are compared by the vectors that were searched. */
function diverseVector(query: VectorQuery, searched: Unlimited): Diverse | undefined {
  return query.diversity && { ...query.diversity, likeness: likenessBy(searched, 'score') };
}

/** Where the vector leg does not run, by the vectors that it would have searched. */
function diverseHybrid(
  { diversity, vector }: HybridQuery,
  searched: Unlimited | undefined,
  config: CollectionConfig,
): Diverse | undefined {
  if (!diversity) return undefined;
  if (searched) return { ...diversity, likeness: likenessBy(searched, 'place') };
  const { targets: wanted } = vector;
  const targets = resolveTargets(wanted, config).map((schema, index) => ({
    schema,
    weight: wanted.weights[index] ?? 1,
    tokens: comparedTokens,
  }));
  const { combination } = wanted;
  return { ...diversity, likeness: { targets, combination, scale: 'place' } };
}

/** Token vectors of an object that are compared where no query vector says how many. */
const comparedTokens = 32;

function likenessBy({ targets, combination }: Unlimited, scale: Likeness['scale']): Likeness {
  const compared = targets.map(({ vector, ...target }) => {
    return { ...target, tokens: tokenCount(vector) };
  });
  return { targets: compared, combination, scale };
}

function checkPage({ offset, limit }: Query): void {
  if (offset + limit <= searchResultsMax) return;
  const message =
    `invalid pagination params: query maximum results exceeded: offset ${offset} + limit ${limit} ` +
    `is more than ${searchResultsMax}`;
  throw new DatabaseError('invalid-argument', { message });
}

type HybridParts = Omit<Extract<Executable, { kind: 'hybrid' }>, 'kind' | 'page'>;

async function resolveHybrid(
  query: HybridQuery,
  scope: QueryScope,
  context: RequestContext,
): Promise<HybridParts> {
  const { keyword, fusion, vector } = query;
  const alpha = keyword ? query.alpha : 1;
  if (!(alpha >= 0 && alpha <= 1)) {
    const message = `hybrid: alpha is ${alpha}, it must lie between 0 and 1`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const hasText = keyword !== undefined && keyword.text.trim() !== '';
  const keywordLeg = hasText && alpha < 1 ? { search: keyword, weight: 1 - alpha } : undefined;
  if (alpha === 0) return { fusion, keyword: keywordLeg, vector: undefined, notes: [] };
  const input = vector.input ?? textInput(keyword?.text);
  if (!input) {
    const message = 'hybrid: neither a query text nor a vector was given';
    throw new DatabaseError('invalid-argument', { message });
  }
  if (vector.input === undefined && keywordLeg) {
    const missing = unembeddable(vector.targets, scope);
    if (missing !== undefined) {
      const notes = [`the vector leg did not run: ${missing}; the keyword leg answers alone`];
      return {
        fusion,
        keyword: { search: keywordLeg.search, weight: 1 },
        vector: undefined,
        notes,
      };
    }
  }
  const search: VectorSearch = { ...vector, input };
  const request = await resolveVector(search, scope, context, 'hybrid');
  const notes = leftOut(vector.targets, scope);
  return { fusion, keyword: keywordLeg, vector: { request, weight: alpha }, notes };
}

/** What the vectors that are searched leave out of the objects they were made from. */
function leftOut(targets: Targets, scope: QueryScope): string[] {
  const notes = resolveTargets(targets, scope.config).flatMap(({ name }) => {
    return scope.vectorizer(name)?.leavesOut ?? [];
  });
  return [...new Set(notes)];
}

function textInput(text: string | undefined): VectorInput | undefined {
  return text === undefined || text.trim() === '' ? undefined : { kind: 'text', concepts: [text] };
}

/** Why a text can't be compared with the targets; undefined when it can. */
function unembeddable(targets: Targets, scope: QueryScope): string | undefined {
  if (scope.config.vectors.length === 0) return 'the collection has no vectors';
  const without = resolveTargets(targets, scope.config).find(({ name }) => !scope.vectorizer(name));
  if (!without) return undefined;
  return `no query vector was given and vector "${without.name}" has no vectorizer to make one`;
}

async function resolveVector(
  search: VectorSearch,
  scope: QueryScope,
  context: RequestContext,
  kind = searchName(search.input),
): Promise<Unlimited> {
  const configs = resolveTargets(search.targets, scope.config);
  const vectors = await resolveInput(search.input, configs, { scope, context, kind });
  const targets = configs.map((config, index) => {
    const vector = vectors[index];
    if (!vector)
      throw new DatabaseError('invalid-argument', { message: `${kind}: vector is required` });
    checkQueryVector(vector, config, scope);
    const weight = search.targets.weights[index] ?? 1;
    checkWeight(weight, config.name);
    return { schema: config, vector, weight, ...thoroughness(config) };
  });
  const { scoreMin } = search;
  if (Number.isNaN(scoreMin)) {
    const message = `${kind}: the least score is no number`;
    throw new DatabaseError('invalid-argument', { message });
  }
  const { combination } = search.targets;
  return { targets, combination, ...(scoreMin === undefined ? {} : { scoreMin }) };
}

function checkWeight(weight: number, name: string): void {
  if (Number.isFinite(weight)) return;
  const message = `targets: the weight of vector "${name}" is ${weight}; allowed: finite numbers`;
  throw new DatabaseError('invalid-argument', { message });
}

/** The index's `ef`, where somebody said one: it makes the search more thorough, never less. */
function thoroughness({ index }: VectorConfig): { readonly ef?: number } {
  const ef = efOf(index.settings);
  return ef === undefined ? {} : { ef };
}

function searchName(input: VectorInput): string {
  const names = {
    vectors: 'near_vector',
    text: 'nearText',
    image: 'nearImage',
    object: 'nearObject',
  };
  return names[input.kind];
}

function resolveTargets(targets: Targets, config: CollectionConfig): VectorConfig[] {
  const known = config.vectors.map(({ name }) => name);
  if (targets.names.length === 0) {
    const [only, ...others] = config.vectors;
    if (!only) {
      const message = `collection ${config.name} has no vectors to search`;
      throw new DatabaseError('invalid-argument', { message });
    }
    if (others.length === 0) return [only];
    // Searches that know of no names go on as before when a vector joins the unnamed one.
    const unnamed = config.vectors.find(({ name }) => name === '');
    if (unnamed) return [unnamed];
    const message =
      `extract target vectors: class ${config.name} has multiple vectors, ` +
      `but no target vectors were provided; they are [${known.join(', ')}]`;
    throw new DatabaseError('invalid-argument', { message });
  }
  if (targets.names.length > queryTargetsMax) {
    const message = `targets: ${targets.names.length} vectors, the maximum is ${queryTargetsMax}`;
    throw new DatabaseError('invalid-argument', { message });
  }
  return targets.names.map((name) => {
    const found = config.vectors.find((vector) => vector.name === name);
    if (found) return found;
    const message =
      `extract target vectors: class ${config.name} does not have named vector ${name} configured. ` +
      `Available named vectors [${known.join(', ')}]`;
    throw new DatabaseError('invalid-argument', { message });
  });
}

function checkQueryVector(vector: VectorValue, config: VectorConfig, scope: QueryScope): void {
  const place = { collection: scope.config.name, name: config.name };
  if (vector.kind !== config.kind) {
    const message =
      config.kind === 'multi'
        ? `near_vector: provided vector is a regular vector but vector index "${config.name}" supports multi vectors`
        : `near_vector: provided vector is a multi vector but vector index "${config.name}" supports regular vectors`;
    throw new DatabaseError('invalid-argument', { message });
  }
  checkVector(vector, place, queryTokenVectorsMax);
  checkDims(vector, place, scope.dims(config.name));
}
