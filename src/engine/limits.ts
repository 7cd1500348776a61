// Every maximum that a caller can meet, with the reason where there is one. docs/LIMITS.md lists them.

/** Token vectors of one object under one vector name, unless the operator says another number. */
export const objectTokenVectorsMax = 16_384;
/** The largest number that the operator may say: a million vectors of 128 are half a gibibyte. */
export const objectTokenVectorsLimit = 1_048_576;
/** Token vectors of one query. */
export const queryTokenVectorsMax = 1_024;
/** Query vectors of one search, each for a vector name: every one of them is a search. */
export const queryTargetsMax = 256;
/** Texts that one query's single vector is made of, and objects and texts that it is moved by. */
export const queryConceptsMax = 256;
/** Components of one vector; the wire's 16-bit dimension would allow 65,535. */
export const vectorDimsMax = 4_096;
/** `offset + limit` of a search, as on the reference (QUERY_MAXIMUM_RESULTS). */
export const searchResultsMax = 10_000;
/** Nesting of lists and objects in the body of a REST request. */
export const bodyDepthMax = 256;
/** Texts and images of one embedding request. */
export const embeddingInputsMax = 512;
/** Characters of its texts together: what comes back has hundreds of numbers for each few of them. */
export const embeddingCharactersMax = 200_000;
/** Images of it. */
export const embeddingImagesMax = 16;
/** Embedding requests with documents that are worked on at a time; others wait. */
export const embeddingRequestsMax = 4;
/** Those that may wait. */
export const embeddingRequestsWaitingMax = 64;
/** Values that an aggregation lists of a property unless it says a number. */
export const topOccurrencesDefault = 5;
/** Groups of an aggregation that says no number: those with the most objects. */
export const aggregateGroupsDefault = 100;
/** Objects that one reply shows because others refer to them, as often as it shows them. */
export const referencedObjectsMax = 200_000;
/** References on the way of a filter to what it compares. */
export const filterReferencesMax = 32;
/** Objects that one delete-by-filter call removes. */
export const deleteManyMax = 10_000;
/** Objects of a search over GraphQL that says no limit, as on the reference. */
export const graphqlLimitDefault = 100;
/** Tokens of a GraphQL query: a multi-vector of 1,024 × 128 and what stands around it. Variables have no such limit. */
export const graphqlTokensMax = 250_000;
/** Brackets of a GraphQL query inside each other; a filter takes two for each level. */
export const graphqlNestingMax = 256;
/** Fields that a GraphQL query selects, those of a fragment as often as it is used. */
export const graphqlFieldsMax = 3_000;
/** Objects that the searches of one GraphQL request may find together, by their limits. */
export const graphqlHitsMax = 20_000;
/** As referencedObjectsMax, in a reply of GraphQL, which resolves every field of each by itself. */
export const graphqlReferencedObjectsMax = 50_000;
/** Searches and aggregations of one GraphQL query, which run side by side. */
export const graphqlSearchesMax = 100;
/** Queries of one GraphQL batch, which run one after another. */
export const graphqlBatchMax = 100;
