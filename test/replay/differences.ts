// Every place where this server answers the recordings otherwise than the reference did. The replay fails
// on a difference that is not listed, and on a listed one that is gone.

export interface Difference {
  readonly topic: string;
  readonly case: string;
  /** Why ours is better: the recorded answer is a defect, or says something of its own server. */
  readonly reason: string;
  /**
   * The case's differences, each by a piece of its line. Every line must hold one of them and every
   * piece must be found, so that a listed case can't hide a new difference.
   */
  readonly at: readonly string[];
  /** A case of the topic whose recorded replies ours must equal instead. */
  readonly like?: string;
}

interface Entry {
  readonly at: readonly string[];
  readonly like?: string;
}

function listed(
  topic: string,
  { reason }: Pick<Difference, 'reason'>,
  cases: Readonly<Record<string, Entry>>,
): readonly Difference[] {
  return Object.entries(cases).map(([name, entry]) => ({
    topic,
    case: name,
    reason,
    ...entry,
  }));
}

const better = (reason: string): Pick<Difference, 'reason'> => ({ reason });

const keywordsAnswer = better(
  'hybrid search without a query vector, where no vectorizer is configured, answers from the keyword leg; the reference fails',
);
const clientError = better("a mistake of the client's is answered 4xx; the reference says 500");
const offlineBatch = better(
  'batches are embedded without any download; the reference panics when it reaches no network',
);
const noTokens = better(
  'a multi-vector of zero tokens is no vector: the object is stored without one; the reference stores an empty one',
);
const queryChecked = better(
  'NaN, infinities and torn tokens in a query are refused; the reference answers with meaningless distances',
);
const alphaChecked = better('alpha outside 0 to 1 is refused; the reference computes with it');
const everyProperty = better(
  "explain_score keeps every property's numbers; on the reference one property overwrites another's",
);
const selfHosted = better(
  'multi2multivec-weaviate needs no cluster URL and takes images as queries; the reference refuses both',
);

const noDangling = better(
  'an alias goes with its collection; on the reference it stays and leads nowhere',
);
const notByAlias = better(
  'deleting a collection by its alias is refused; the reference says 200 and deletes nothing',
);

const normalised = better(
  'cosine normalises both sides of a multi-vector, before and after a restart; the reference takes stored tokens as they are until a restart',
);
const joined = better(
  'token vectors that the TypeScript client sends one by one under a name are joined; the reference refuses the object',
);

const statusChanges = (from: number | string, to: number | string): Entry => ({
  at: [`status: recorded ${from}, got ${to}`],
});
const nothingRecorded = (like: string): Entry => ({ at: ['results: recorded nothing'], like });

const anyIndex = better(
  'every index type takes multi-vectors, and a dynamic one is made; the reference drops the flag or refuses the vectors or the index',
);
const settingsChecked = better(
  'settings without a meaning are refused; the reference keeps them, and the index can not be searched',
);

/** Configurations of the recordings whose token vectors are not of unit length. */
const normalisedConfigurations = [
  'default_self_provided',
  'distance_cosine',
  'hnsw_all_params',
  'multi2vec_jinaai',
  'muvera_default',
  'muvera_params',
  'muvera_quantizer_bq',
  'muvera_quantizer_pq',
  'muvera_quantizer_rq1',
  'muvera_quantizer_rq',
  'muvera_quantizer_sq',
  'quantizer_bq',
  'quantizer_bq_rescore',
  'quantizer_none',
  'quantizer_pq',
  'quantizer_rq1',
  'quantizer_rq4',
  'quantizer_rq8_rescore',
  'quantizer_rq',
  'quantizer_sq',
  'quantizer_sq_params',
  'text2vec_jinaai_bare',
  'text2vec_jinaai_default',
] as const;

const byOriginals: Entry = {
  at: ['].metadata.distance: recorded -', '].metadata.certainty: recorded '],
};
const dynamicIsMade: Entry = {
  at: ['call 1 status: recorded 422, got 200', 'call 2 status: recorded 404, got 200'],
};
const refusedFromTheStart: Entry = {
  at: [
    'call 1 status: recorded 200, got 422',
    'call 2 status: recorded 200, got 404',
    'call 3 status: recorded 200, got 422',
  ],
};

const forgotten = better(
  'a replace without a vector takes the old vector out of the index; the reference then shows distances of other objects',
);
const vectorsChecked = better(
  'NaN, infinities and torn tokens of an object are refused; the reference stores them, answers empty bodies and finds them first',
);
/** Hits at other places, compared by their ids. */
const otherHits: Entry = { at: ['results ids: recorded ['] };
const otherDistances: Entry = {
  at: ['results ids: recorded [', 'metadata.distance: recorded', 'metadata.certainty: recorded'],
};

const legacyObject = '8fc6802a-3263-5257-b54d-bef25ecbaf3f';

export const differences: readonly Difference[] = [
  ...listed('seed_python', keywordsAnswer, { hybrid_as_in_seed: statusChanges('UNKNOWN', 'OK') }),
  ...listed('seed_typescript', keywordsAnswer, {
    hybrid_as_in_seed: statusChanges('UNKNOWN', 'OK'),
  }),
  ...listed('hybrid', keywordsAnswer, {
    no_vector_self_provided: statusChanges('UNKNOWN', 'OK'),
    no_vector_no_target: statusChanges('UNKNOWN', 'OK'),
  }),
  ...listed(
    'seed_python',
    better(
      'an Authorization header is accepted where no scheme is configured; the reference says 401',
    ),
    { hybrid_with_vector: { at: ['call 3 status: recorded 401, got 200'] } },
  ),
  ...listed('seed_python', offlineBatch, {
    'batch_import#3': { at: ['call 2.errors: recorded [{"error":"panic'], like: 'batch_import' },
    'length#3': { at: ['objects_count: recorded "0", got "3"'], like: 'length' },
    'fetch_shapes#2': nothingRecorded('fetch_shapes'),
    'near_text#3': nothingRecorded('near_text'),
    'near_text_no_target#2': nothingRecorded('near_text_no_target'),
    'near_text_two_concepts#2': nothingRecorded('near_text_two_concepts'),
    'hybrid#2': nothingRecorded('hybrid'),
    'near_vector#3': nothingRecorded('near_vector'),
    'hybrid_manual_vector#2': nothingRecorded('hybrid_manual_vector'),
    'update_text_revectorises#2': {
      ...statusChanges(404, 204),
      like: 'update_text_revectorises',
    },
    'update_other_property_no_revectorise#2': {
      ...statusChanges(404, 204),
      like: 'update_other_property_no_revectorise',
    },
    'embedding_short_reply_batch#2': {
      at: ['call 1.errors: recorded [{"error":"panic'],
      like: 'embedding_short_reply_batch',
    },
    'no_api_key_query#2': { at: ['call 4.errors: recorded [{"error":"panic'] },
  }),
  ...listed('seed_python', noTokens, {
    embedding_empty_reply: { at: ['vectors: recorded {"multi_vector":[]}, got nothing'] },
    'embedding_empty_reply#2': { at: ['vectors: recorded {"multi_vector":[]}, got nothing'] },
  }),
  ...listed('embedding_module', noTokens, {
    empty_embeddings: { at: ['vectors: recorded {"mv":[]}, got nothing'] },
    empty_embeddings_get: { at: ['vectors: recorded {"mv":[]}, got nothing'] },
  }),
  ...listed('seed_multimodal', selfHosted, {
    near_image: statusChanges('UNKNOWN', 'OK'),
    no_cluster_header: statusChanges('UNKNOWN', 'OK'),
  }),
  ...listed('objects', clientError, {
    rest_wrong_dim: statusChanges(500, 422),
    rest_ragged: statusChanges(500, 422),
    rest_id_property: statusChanges(500, 422),
    python_insert_wrong_dim: statusChanges(500, 422),
    python_insert_ragged: statusChanges(500, 422),
  }),
  ...listed(
    'objects',
    better(
      'an object that is refused is not stored; the reference answers 500 for an unnamed vector and stores it',
    ),
    {
      rest_legacy_vector_field: statusChanges(500, 422),
      state_after_bad: { at: [`"${legacyObject}",`] },
      delete_many_dry_run: {
        at: [
          'matches: recorded "6", got "5"',
          'successful: recorded "6", got "5"',
          '"j8aAKjJjUle1Tb7yXsuvPw=="',
        ],
      },
    },
  ),
  ...listed('objects', normalised, {
    search_after_bad: {
      at: [
        'results ids: recorded ["b72f1bcd-e229-57e2-bb24-d01077785f16","4f3f2898-69e3-5a0d-820a-c4e87987dbce"',
        'results[b72f1bcd-e229-57e2-bb24-d01077785f16].metadata.distance: recorded -2, got -1',
        'results[b72f1bcd-e229-57e2-bb24-d01077785f16].metadata.certainty: recorded 2, got 1.5',
      ],
    },
  }),
  ...listed('typescript_misc', normalised, {
    near_vector: {
      at: [
        'results ids: recorded ["9261f6ed-0db9-59a5-8f63-38a833f4c584","fe6d35c4-41ad-509e-bd1e-0bc72974e94e"]',
        'results[fe6d35c4-41ad-509e-bd1e-0bc72974e94e].metadata.distance: recorded -2, got -1.88',
        'results[fe6d35c4-41ad-509e-bd1e-0bc72974e94e].metadata.certainty: recorded 2, got 1.94',
      ],
    },
    near_object: {
      at: [
        'results[1].metadata.distance: recorded -2, got -1.995',
        'results[1].metadata.certainty: recorded 2, got 1.997',
        'results[2].metadata.distance: recorded -2, got -1.98',
        'results[2].metadata.certainty: recorded 2, got 1.99',
        'results[3].metadata.distance: recorded -2, got -1.957',
        'results[3].metadata.certainty: recorded 2, got 1.978',
      ],
    },
  }),
  ...listed('typescript_misc', joined, {
    insertMany: { at: ['errors: recorded [{"error":"vector \\"mv\\" in collection'] },
    ingest_stream: {
      at: [
        'successes: recorded [], got [{"uuid":"9261f6ed-0db9-59a5-8f63-38a833f4c584"}',
        'errors: recorded [{"error":"vector \\"mv\\" in collection',
      ],
    },
  }),
  ...listed(
    'typescript_misc',
    better(
      'the objects of shards are counted as they are stored; on the reference the count comes later, and it makes up names of shards',
    ),
    {
      nodes: {
        at: [
          'shards[0].name: recorded "rP7mrxFpb3gJ", got "main"',
          'shards[0].objectCount: recorded 0, got 1',
          'shards[1].objectCount: recorded 0, got 1',
          'stats.objectCount: recorded 0, got 2',
        ],
      },
    },
  ),
  ...listed(
    'multi_target',
    better(
      'certainty that is asked for together with several queries of one target is left out, as for several targets; the reference refuses the search',
    ),
    { list_of_queries_one_target: statusChanges('UNKNOWN', 'OK') },
  ),
  ...listed('rerank_generate', normalised, {
    dummy_rerank: {
      at: [
        'results[0].metadata.distance: recorded -0.9, got -0.99',
        'results[0].metadata.certainty: recorded 1.45, got 1.49',
      ],
    },
  }),
  ...listed('objects', forgotten, {
    search_after_replace_without_vector: {
      at: [
        'results ids: recorded ["7408226e-c105-5dd6-a946-653a850670fc","b72f1bcd-e229-57e2-bb24-d01077785f16"',
        'results[7408226e-c105-5dd6-a946-653a850670fc].metadata.distance: recorded -1, got nothing',
        'results[7408226e-c105-5dd6-a946-653a850670fc].metadata.certainty: recorded 1.5, got 1',
      ],
    },
  }),
  ...listed('near_vector', queryChecked, {
    ragged_query: statusChanges('OK', 'UNKNOWN'),
    nan_query: statusChanges('OK', 'UNKNOWN'),
    inf_query: statusChanges('OK', 'UNKNOWN'),
  }),
  ...listed(
    'near_vector',
    better(
      'a filtered vector search leaves out objects without a vector; the reference shows them at distance Infinity',
    ),
    { with_filter: { at: ['"812ee8e2-e8d3-5fef-b14a-29b75378d2ed"], got ['] } },
  ),
  ...listed('hybrid', alphaChecked, {
    alpha_2: statusChanges('OK', 'UNKNOWN'),
    alpha_negative: statusChanges('OK', 'UNKNOWN'),
  }),
  ...listed('bm25', everyProperty, {
    database: {
      at: [
        'results[0].metadata.explain_score: recorded ", BM25F_',
        'results[1].metadata.explain_score: recorded ", BM25F_',
      ],
    },
    boost: {
      at: [
        'results[0].metadata.explain_score: recorded ", BM25F_',
        'results[1].metadata.explain_score: recorded ", BM25F_',
      ],
    },
    limit_offset: { at: ['results[0].metadata.explain_score: recorded ", BM25F_'] },
    autocut: { at: ['results[0].metadata.explain_score: recorded ", BM25F_'] },
    filter: { at: ['results[0].metadata.explain_score: recorded ", BM25F_'] },
  }),
  ...listed(
    'schema',
    better(
      'a vector name may have hyphens, on creation as on update; the reference refuses them on creation alone',
    ),
    {
      raw_bad_vector_name: {
        at: ['call 1 status: recorded 422, got 200', 'call 2 status: recorded 404, got 200'],
      },
    },
  ),
  ...listed(
    'references',
    better(
      'an object whose last reference was removed takes new ones, and filters find what was added; the reference reports a failure, stores the reference and does not index it',
    ),
    {
      reference_add_many: {
        at: ['result.errors: recorded {"error"', 'status: recorded "FAILED", got "SUCCESS"'],
      },
      filter_by_ref: { at: ['results: recorded nothing, got [{"properties"'] },
    },
  ),
  ...listed('aliases', clientError, { create_name_of_collection: statusChanges(500, 422) }),
  ...listed('aliases', notByAlias, {
    delete_collection_via_alias: statusChanges(200, 422),
    delete_by_alias_name: statusChanges(200, 422),
  }),
  ...listed('aliases', noDangling, {
    after_target_deleted: statusChanges(200, 404),
    delete: statusChanges(204, 404),
    create_collection_named_like_alias: {
      at: ['call 5.aliases', 'call 6 status: recorded 204', 'call 7 status: recorded 204'],
    },
    delete_target_then_use_alias: statusChanges(200, 404),
    search_dangling_alias: statusChanges(204, 404),
  }),
  ...listed(
    'query_collection',
    better(
      "the reply to an insert shows the object's properties; the reference adds its times to them",
    ),
    {
      insert_all_types: {
        at: ['properties._creationTimeUnix: recorded', 'properties._lastUpdateTimeUnix: recorded'],
      },
    },
  ),
  ...listed(
    'filters',
    better(
      'filters look inside objects; on the reference that is a preview which has to be switched on',
    ),
    { nested_prop: statusChanges('UNKNOWN', 'OK') },
  ),
  ...listed(
    'schema',
    normalised,
    Object.fromEntries(
      normalisedConfigurations.map((name) => [`${name}__insert_and_search`, byOriginals]),
    ),
  ),
  ...listed('schema', anyIndex, {
    raw_flat_multivector_enabled: {
      at: [
        'call 1.vectorConfig.mv.vectorIndexConfig.multivector: recorded nothing',
        'call 2.vectorConfig.mv.vectorIndexConfig.multivector: recorded nothing',
        'call 3 status: recorded 422, got 200',
      ],
    },
    raw_hfresh_multivector_enabled: statusChanges(422, 200),
    raw_dynamic_multivector_enabled: dynamicIsMade,
    raw_dynamic_nested_multivector: dynamicIsMade,
    raw_dynamic_single: dynamicIsMade,
  }),
  ...listed('schema', settingsChecked, {
    raw_aggregation_unknown: refusedFromTheStart,
    raw_muvera_bad_ksim: refusedFromTheStart,
  }),
  ...listed(
    'schema',
    better('the only shard of a collection is called main; the reference makes up a name'),
    {
      update_matrix: { at: ['call 16[0].name: recorded "Kkyo4fUemRmZ", got "main"'] },
    },
  ),
  ...listed('autoschema_names', clientError, { rest_mixed: statusChanges(500, 422) }),
  ...listed(
    'autoschema_names',
    better(
      'deleting a collection whose name can not be is as deleting a missing one; the reference answers 400',
    ),
    {
      class_Ünï: statusChanges(400, 200),
    },
  ),
  ...listed('raw_grpc', joined, {
    batch_multi_repeated_single_same_name: { at: ['errors: recorded [{"error":'] },
    batch_multi_index_field: { at: ['errors: recorded [{"error":'] },
  }),
  ...listed('raw_grpc', vectorsChecked, {
    batch_nan: { at: ['errors: recorded nothing, got [{"error":'] },
    batch_inf: { at: ['errors: recorded nothing, got [{"error":'] },
    batch_not_multiple: { at: ['errors: recorded nothing, got [{"error":'] },
    search_after_nan: { at: ['results ids: recorded ["b2f2f28d'] },
    rest_get_nan_object: statusChanges(200, 404),
    rest_list_with_nan: { at: ['recorded nothing, got {"deprecations":[],"objects":['] },
    search_lowercase_collection: {
      at: [
        'results ids: recorded [null,null,null,null,null,null], got [null,null,null]',
        'recorded "nm", got "ok"',
        'recorded "nan", got "ok"',
        'recorded "inf", got "ok"',
        'recorded "lg", got "ok"',
        'recorded "z", got "ok"',
      ],
    },
    search_without_uses_flags: { at: ['recorded "nm", got "ok"'] },
    near_vector_multi_fp32: { at: ['results ids: recorded ["b2f2f28d'] },
  }),
  ...listed(
    'raw_grpc',
    better('what is wrong with one object of a batch is told of it; the reference panics'),
    {
      batch_one_byte: statusChanges('UNKNOWN', 'OK'),
      batch_no_collection: statusChanges('UNKNOWN', 'OK'),
    },
  ),
  ...listed('raw_grpc', queryChecked, { near_vector_empty_bytes: statusChanges('OK', 'UNKNOWN') }),
  ...listed(
    'auth',
    better(
      'rights come first: who may not read a collection does not learn whether it has tenants',
    ),
    { tenants_other: statusChanges('UNKNOWN', 'PERMISSION_DENIED') },
  ),
  ...listed('limits', normalised, {
    near_vector_default_limit_env_25: otherHits,
    near_vector_default_limit_no_env: otherHits,
    hybrid_default_limit_env_25: otherHits,
    hybrid_default: otherHits,
    hybrid_limit_120: otherHits,
    hybrid_offset_100: otherHits,
  }),
  ...listed(
    'limits',
    better('of equal scores those with the least ids are the first; on the reference any are'),
    { bm25_default_limit_env_25: otherHits },
  ),
  ...listed(
    'graphql',
    better('GraphQL searches multi-vectors, alone and as targets; the reference refuses them'),
    {
      near_vector_multi: {
        at: ['data.Get.Gq: recorded null', 'errors: recorded [{'],
      },
    },
  ),
  ...listed('defects_restart', normalised, {
    pre_RsCos: otherDistances,
    pre_RsMuv: otherDistances,
    post_RsMuv: otherDistances,
    pre_RsRq: otherDistances,
    'post_RsRq#2': otherDistances,
  }),
  ...listed('defects_replace', normalised, {
    Dmulti_before: { at: ['metadata.distance: recorded'] },
    Dmuvera_before: { at: ['metadata.distance: recorded'] },
    Dmuvera_after: { at: ['metadata.distance: recorded'] },
  }),
  ...listed('defects_replace', forgotten, {
    Dmulti_after: { at: ['metadata.distance: recorded'] },
    Dsingle_after: { at: ['metadata.distance: recorded'] },
  }),
  ...listed('defects_muvera_dimensions', clientError, {
    clean_insert_2d: statusChanges(500, 422),
    clean_insert_5d: statusChanges(500, 422),
    clean_insert_ragged: statusChanges(500, 422),
  }),
  ...listed(
    'defects_muvera_dimensions',
    better(
      'the first object fixes the number of dimensions, for objects and queries; with MUVERA on the reference a query can, and then both are taken and not found',
    ),
    {
      clean_query_5d: statusChanges('OK', 'UNKNOWN'),
      then_insert_2d: statusChanges(200, 422),
      then_query_2d: statusChanges('OK', 'UNKNOWN'),
    },
  ),
];
