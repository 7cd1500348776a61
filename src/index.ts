// The public library. src/library holds it; this file only says what belongs to it.

export type { Alias } from './database/aliases/aliases.ts';
export type {
  BackfillOptions,
  BackfillProgress,
  BackfillReport,
} from './database/backfill/backfill.ts';
export type { DeleteManyResult } from './database/collection.ts';
export type { CollectionConfig } from './database/collection-config.ts';
export type { WriteResult } from './database/object-input.ts';
export type { CheckOptions } from './database/recall/check-settings.ts';
export type { RecallReport } from './database/recall/recall-monitor.ts';
export type {
  CollectionInput,
  PropertyInput,
  VectorInput,
} from './database/schema/collection-input.ts';
export type { PropertyIndex } from './database/schema/property-index.ts';
export type { TextTerms } from './database/schema/text-terms.ts';
export type {
  Generated,
  GenerateRequest,
  GeneratorChoice,
} from './database/search/generate-hits.ts';
export type { RerankRequest } from './database/search/rerank-hits.ts';
export type { SearchProfile } from './database/search.ts';
export type { TenantInfo, TenantStatus } from './database/tenants/tenant.ts';
export type {
  GroupValue,
  Metric,
  PropertySummary,
  TopOccurrence,
} from './engine/aggregate/aggregation.ts';
export type {
  PageSize,
  Properties,
  PropertyValue,
  TokenPlaces,
  VectorValue,
} from './engine/document.ts';
export { DatabaseError, type ErrorCode } from './engine/errors.ts';
export type {
  HitMatches,
  MatchedBox,
  MatchedWord,
  TermMatches,
  TokenMatch,
  VectorMatches,
} from './engine/explain/hit-matches.ts';
export type { Snippet } from './engine/explain/snippet.ts';
export type { Filter } from './engine/filter/filter.ts';
export type {
  Combination,
  DecayCurve,
  DecayTarget,
  Fusion,
  KeywordOperator,
  ScoreExplanation,
  SortKey,
  ValueModifier,
} from './engine/query/query.ts';
export type { Tokenization } from './engine/schema.ts';
export type {
  Aggregated,
  AggregatedSearch,
  AggregateQuestion,
  Summaries,
  SummaryOf,
} from './library/aggregates.ts';
export {
  type DeleteManyOptions,
  type Explained,
  type Group,
  type Hit,
  type IterateOptions,
  type NewReference,
  TesseraeCollection,
  type Written,
} from './library/collection.ts';
export type { CollectionChanges } from './library/collection-changes.ts';
export { and, type FilterBuilder, filters, not, or } from './library/filters.ts';
export type {
  NewObject,
  PropertiesOf,
  Resolved,
  StoredObject,
  VectorData,
} from './library/objects.ts';
export type { BoostRequest, BoostWish, DiversityRequest } from './library/ranking.ts';
export type {
  FetchRequest,
  GroupRequest,
  MoveRequest,
  SearchByImage,
  SearchByKeyword,
  SearchByObject,
  SearchByText,
  SearchByVector,
  SearchByVectors,
  SearchHybrid,
  SearchPage,
  SearchRequest,
} from './library/search-requests.ts';
export type { CollectionTenants, NewTenant } from './library/tenants.ts';
export { type OpenOptions, open, Tesserae } from './library/tesserae.ts';
