// Made by scripts/proto-types.ts from the files in ../proto. Do not change it by hand.
// Fields without presence hold their default when they are absent; the others are undefined.

export interface AggregateReply {
  readonly took: number;
  readonly single_result: AggregateReplySingle | undefined;
  readonly grouped_results: AggregateReplyGrouped | undefined;
}

export interface AggregateReplyAggregations {
  readonly aggregations: readonly AggregateReplyAggregationsAggregation[];
}

export interface AggregateReplyAggregationsAggregation {
  readonly property: string;
  readonly int: AggregateReplyAggregationsAggregationInteger | undefined;
  readonly number: AggregateReplyAggregationsAggregationNumber | undefined;
  readonly text: AggregateReplyAggregationsAggregationText | undefined;
  readonly boolean: AggregateReplyAggregationsAggregationBoolean | undefined;
  readonly date: AggregateReplyAggregationsAggregationDate | undefined;
  readonly reference: AggregateReplyAggregationsAggregationReference | undefined;
}

export interface AggregateReplyAggregationsAggregationBoolean {
  readonly count: number | undefined;
  readonly type: string | undefined;
  readonly total_true: number | undefined;
  readonly total_false: number | undefined;
  readonly percentage_true: number | undefined;
  readonly percentage_false: number | undefined;
}

export interface AggregateReplyAggregationsAggregationDate {
  readonly count: number | undefined;
  readonly type: string | undefined;
  readonly median: string | undefined;
  readonly mode: string | undefined;
  readonly maximum: string | undefined;
  readonly minimum: string | undefined;
}

export interface AggregateReplyAggregationsAggregationInteger {
  readonly count: number | undefined;
  readonly type: string | undefined;
  readonly mean: number | undefined;
  readonly median: number | undefined;
  readonly mode: number | undefined;
  readonly maximum: number | undefined;
  readonly minimum: number | undefined;
  readonly sum: number | undefined;
}

export interface AggregateReplyAggregationsAggregationNumber {
  readonly count: number | undefined;
  readonly type: string | undefined;
  readonly mean: number | undefined;
  readonly median: number | undefined;
  readonly mode: number | undefined;
  readonly maximum: number | undefined;
  readonly minimum: number | undefined;
  readonly sum: number | undefined;
}

export interface AggregateReplyAggregationsAggregationReference {
  readonly type: string | undefined;
  readonly pointing_to: readonly string[];
}

export interface AggregateReplyAggregationsAggregationText {
  readonly count: number | undefined;
  readonly type: string | undefined;
  readonly top_occurences: AggregateReplyAggregationsAggregationTextTopOccurrences | undefined;
}

export interface AggregateReplyAggregationsAggregationTextTopOccurrences {
  readonly items: readonly AggregateReplyAggregationsAggregationTextTopOccurrencesTopOccurrence[];
}

export interface AggregateReplyAggregationsAggregationTextTopOccurrencesTopOccurrence {
  readonly value: string;
  readonly occurs: number;
}

export interface AggregateReplyGroup {
  readonly objects_count: number | undefined;
  readonly aggregations: AggregateReplyAggregations | undefined;
  readonly grouped_by: AggregateReplyGroupGroupedBy | undefined;
}

export interface AggregateReplyGroupGroupedBy {
  readonly path: readonly string[];
  readonly text: string | undefined;
  readonly int: number | undefined;
  readonly boolean: boolean | undefined;
  readonly number: number | undefined;
  readonly texts: TextArray | undefined;
  readonly ints: IntArray | undefined;
  readonly booleans: BooleanArray | undefined;
  readonly numbers: NumberArray | undefined;
  readonly geo: GeoCoordinatesFilter | undefined;
}

export interface AggregateReplyGrouped {
  readonly groups: readonly AggregateReplyGroup[];
}

export interface AggregateReplySingle {
  readonly objects_count: number | undefined;
  readonly aggregations: AggregateReplyAggregations | undefined;
}

export interface AggregateRequest {
  readonly collection: string;
  readonly tenant: string;
  readonly objects_count: boolean;
  readonly aggregations: readonly AggregateRequestAggregation[];
  readonly object_limit: number | undefined;
  readonly group_by: AggregateRequestGroupBy | undefined;
  readonly limit: number | undefined;
  readonly filters: Filters | undefined;
  readonly hybrid: Hybrid | undefined;
  readonly near_vector: NearVector | undefined;
  readonly near_object: NearObject | undefined;
  readonly near_text: NearTextSearch | undefined;
  readonly near_image: NearImageSearch | undefined;
  readonly near_audio: NearAudioSearch | undefined;
  readonly near_video: NearVideoSearch | undefined;
  readonly near_depth: NearDepthSearch | undefined;
  readonly near_thermal: NearThermalSearch | undefined;
  readonly near_imu: NearIMUSearch | undefined;
}

export interface AggregateRequestAggregation {
  readonly property: string;
  readonly int: AggregateRequestAggregationInteger | undefined;
  readonly number: AggregateRequestAggregationNumber | undefined;
  readonly text: AggregateRequestAggregationText | undefined;
  readonly boolean: AggregateRequestAggregationBoolean | undefined;
  readonly date: AggregateRequestAggregationDate | undefined;
  readonly reference: AggregateRequestAggregationReference | undefined;
}

export interface AggregateRequestAggregationBoolean {
  readonly count: boolean;
  readonly type: boolean;
  readonly total_true: boolean;
  readonly total_false: boolean;
  readonly percentage_true: boolean;
  readonly percentage_false: boolean;
}

export interface AggregateRequestAggregationDate {
  readonly count: boolean;
  readonly type: boolean;
  readonly median: boolean;
  readonly mode: boolean;
  readonly maximum: boolean;
  readonly minimum: boolean;
}

export interface AggregateRequestAggregationInteger {
  readonly count: boolean;
  readonly type: boolean;
  readonly sum: boolean;
  readonly mean: boolean;
  readonly mode: boolean;
  readonly median: boolean;
  readonly maximum: boolean;
  readonly minimum: boolean;
}

export interface AggregateRequestAggregationNumber {
  readonly count: boolean;
  readonly type: boolean;
  readonly sum: boolean;
  readonly mean: boolean;
  readonly mode: boolean;
  readonly median: boolean;
  readonly maximum: boolean;
  readonly minimum: boolean;
}

export interface AggregateRequestAggregationReference {
  readonly type: boolean;
  readonly pointing_to: boolean;
}

export interface AggregateRequestAggregationText {
  readonly count: boolean;
  readonly type: boolean;
  readonly top_occurences: boolean;
  readonly top_occurences_limit: number | undefined;
}

export interface AggregateRequestGroupBy {
  readonly collection: string;
  readonly property: string;
}

export interface BM25 {
  readonly query: string;
  readonly properties: readonly string[];
  readonly search_operator: SearchOperatorOptions | undefined;
}

export interface BatchDeleteObject {
  readonly uuid: Uint8Array;
  readonly successful: boolean;
  readonly error: string | undefined;
}

export interface BatchDeleteReply {
  readonly took: number;
  readonly failed: number;
  readonly matches: number;
  readonly successful: number;
  readonly objects: readonly BatchDeleteObject[];
}

export interface BatchDeleteRequest {
  readonly collection: string;
  readonly filters: Filters | undefined;
  readonly verbose: boolean;
  readonly dry_run: boolean;
  readonly consistency_level: number | undefined;
  readonly tenant: string | undefined;
}

export interface BatchObject {
  readonly uuid: string;
  readonly vector: readonly number[];
  readonly properties: BatchObjectProperties | undefined;
  readonly collection: string;
  readonly tenant: string;
  readonly vector_bytes: Uint8Array;
  readonly vectors: readonly Vectors[];
  readonly stored: BatchObjectStored | undefined;
}

export interface BatchObjectMultiTargetRefProps {
  readonly uuids: readonly string[];
  readonly prop_name: string;
  readonly target_collection: string;
}

export interface BatchObjectProperties {
  readonly non_ref_properties: GoogleStruct | undefined;
  readonly single_target_ref_props: readonly BatchObjectSingleTargetRefProps[];
  readonly multi_target_ref_props: readonly BatchObjectMultiTargetRefProps[];
  readonly number_array_properties: readonly NumberArrayProperties[];
  readonly int_array_properties: readonly IntArrayProperties[];
  readonly text_array_properties: readonly TextArrayProperties[];
  readonly boolean_array_properties: readonly BooleanArrayProperties[];
  readonly object_properties: readonly ObjectProperties[];
  readonly object_array_properties: readonly ObjectArrayProperties[];
  readonly empty_list_props: readonly string[];
}

export interface BatchObjectSingleTargetRefProps {
  readonly uuids: readonly string[];
  readonly prop_name: string;
}

export interface BatchObjectStored {
  readonly creation_time_unix: number;
  readonly last_update_time_unix: number;
}

export interface BatchObjectsReply {
  readonly took: number;
  readonly errors: readonly BatchObjectsReplyBatchError[];
}

export interface BatchObjectsReplyBatchError {
  readonly index: number;
  readonly error: string;
}

export interface BatchObjectsRequest {
  readonly objects: readonly BatchObject[];
  readonly consistency_level: number | undefined;
}

export interface BatchReference {
  readonly name: string;
  readonly from_collection: string;
  readonly from_uuid: string;
  readonly to_collection: string | undefined;
  readonly to_uuid: string;
  readonly tenant: string;
}

export interface BatchReferencesReply {
  readonly took: number;
  readonly errors: readonly BatchReferencesReplyBatchError[];
}

export interface BatchReferencesReplyBatchError {
  readonly index: number;
  readonly error: string;
}

export interface BatchReferencesRequest {
  readonly references: readonly BatchReference[];
  readonly consistency_level: number | undefined;
}

export interface BatchStreamReply {
  readonly results: BatchStreamReplyResults | undefined;
  readonly shutting_down: BatchStreamReplyShuttingDown | undefined;
  readonly started: BatchStreamReplyStarted | undefined;
  readonly backoff: BatchStreamReplyBackoff | undefined;
  readonly acks: BatchStreamReplyAcks | undefined;
  readonly out_of_memory: BatchStreamReplyOutOfMemory | undefined;
}

export interface BatchStreamReplyAcks {
  readonly uuids: readonly string[];
  readonly beacons: readonly string[];
}

export interface BatchStreamReplyBackoff {
  readonly batch_size: number;
}

export interface BatchStreamReplyOutOfMemory {
  readonly uuids: readonly string[];
  readonly beacons: readonly string[];
  readonly wait_time: number;
}

export interface BatchStreamReplyResults {
  readonly errors: readonly BatchStreamReplyResultsError[];
  readonly successes: readonly BatchStreamReplyResultsSuccess[];
}

export interface BatchStreamReplyResultsError {
  readonly error: string;
  readonly uuid: string | undefined;
  readonly beacon: string | undefined;
}

export interface BatchStreamReplyResultsSuccess {
  readonly uuid: string | undefined;
  readonly beacon: string | undefined;
}

export interface BatchStreamReplyShuttingDown {
}

export interface BatchStreamReplyStarted {
}

export interface BatchStreamRequest {
  readonly start: BatchStreamRequestStart | undefined;
  readonly data: BatchStreamRequestData | undefined;
  readonly stop: BatchStreamRequestStop | undefined;
}

export interface BatchStreamRequestData {
  readonly objects: BatchStreamRequestDataObjects | undefined;
  readonly references: BatchStreamRequestDataReferences | undefined;
}

export interface BatchStreamRequestDataObjects {
  readonly values: readonly BatchObject[];
}

export interface BatchStreamRequestDataReferences {
  readonly values: readonly BatchReference[];
}

export interface BatchStreamRequestStart {
  readonly consistency_level: number | undefined;
}

export interface BatchStreamRequestStop {
}

export interface BoolValues {
  readonly values: readonly boolean[];
}

export interface BooleanArray {
  readonly values: readonly boolean[];
}

export interface BooleanArrayProperties {
  readonly values: readonly boolean[];
  readonly prop_name: string;
}

export interface Boost {
  readonly conditions: readonly BoostCondition[];
  readonly weight: number | undefined;
  readonly depth: number | undefined;
}

export interface BoostCondition {
  readonly filter: Filters | undefined;
  readonly time_decay: BoostTimeDecayFunction | undefined;
  readonly property_value: BoostPropertyValueFunction | undefined;
  readonly numeric_decay: BoostNumericDecayFunction | undefined;
  readonly weight: number | undefined;
}

export const BoostDecayCurve = {
  DECAY_CURVE_UNSPECIFIED: 0,
  DECAY_CURVE_GAUSS: 1,
  DECAY_CURVE_LINEAR: 2,
  DECAY_CURVE_EXPONENTIAL: 3,
} as const;

export interface BoostNumericDecayFunction {
  readonly property: string;
  readonly origin: number;
  readonly scale: number;
  readonly offset: number | undefined;
  readonly curve: number | undefined;
  readonly decay_value: number | undefined;
}

export interface BoostPropertyValueFunction {
  readonly property: string;
  readonly modifier: number | undefined;
}

export const BoostPropertyValueModifier = {
  PROPERTY_VALUE_MODIFIER_UNSPECIFIED: 0,
  PROPERTY_VALUE_MODIFIER_LOG1P: 1,
  PROPERTY_VALUE_MODIFIER_SQRT: 2,
} as const;

export interface BoostTimeDecayFunction {
  readonly property: string;
  readonly origin: string;
  readonly scale: string;
  readonly offset: string | undefined;
  readonly curve: number | undefined;
  readonly decay_value: number | undefined;
}

export const CombinationMethod = {
  COMBINATION_METHOD_UNSPECIFIED: 0,
  COMBINATION_METHOD_TYPE_SUM: 1,
  COMBINATION_METHOD_TYPE_MIN: 2,
  COMBINATION_METHOD_TYPE_AVERAGE: 3,
  COMBINATION_METHOD_TYPE_RELATIVE_SCORE: 4,
  COMBINATION_METHOD_TYPE_MANUAL: 5,
} as const;

export const ConsistencyLevel = {
  CONSISTENCY_LEVEL_UNSPECIFIED: 0,
  CONSISTENCY_LEVEL_ONE: 1,
  CONSISTENCY_LEVEL_QUORUM: 2,
  CONSISTENCY_LEVEL_ALL: 3,
} as const;

export interface DateValues {
  readonly values: readonly string[];
}

export interface FilterReferenceCount {
  readonly on: string;
}

export interface FilterReferenceMultiTarget {
  readonly on: string;
  readonly target: FilterTarget | undefined;
  readonly target_collection: string;
}

export interface FilterReferenceSingleTarget {
  readonly on: string;
  readonly target: FilterTarget | undefined;
}

export interface FilterTarget {
  readonly property: string | undefined;
  readonly single_target: FilterReferenceSingleTarget | undefined;
  readonly multi_target: FilterReferenceMultiTarget | undefined;
  readonly count: FilterReferenceCount | undefined;
}

export interface Filters {
  readonly operator: number;
  readonly on: readonly string[];
  readonly filters: readonly Filters[];
  readonly value_text: string | undefined;
  readonly value_int: number | undefined;
  readonly value_boolean: boolean | undefined;
  readonly value_number: number | undefined;
  readonly value_text_array: TextArray | undefined;
  readonly value_int_array: IntArray | undefined;
  readonly value_boolean_array: BooleanArray | undefined;
  readonly value_number_array: NumberArray | undefined;
  readonly value_geo: GeoCoordinatesFilter | undefined;
  readonly target: FilterTarget | undefined;
}

export const FiltersOperator = {
  OPERATOR_UNSPECIFIED: 0,
  OPERATOR_EQUAL: 1,
  OPERATOR_NOT_EQUAL: 2,
  OPERATOR_GREATER_THAN: 3,
  OPERATOR_GREATER_THAN_EQUAL: 4,
  OPERATOR_LESS_THAN: 5,
  OPERATOR_LESS_THAN_EQUAL: 6,
  OPERATOR_AND: 7,
  OPERATOR_OR: 8,
  OPERATOR_WITHIN_GEO_RANGE: 9,
  OPERATOR_LIKE: 10,
  OPERATOR_IS_NULL: 11,
  OPERATOR_CONTAINS_ANY: 12,
  OPERATOR_CONTAINS_ALL: 13,
  OPERATOR_CONTAINS_NONE: 14,
  OPERATOR_NOT: 15,
} as const;

export interface GenerativeAWS {
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly service: string | undefined;
  readonly region: string | undefined;
  readonly endpoint: string | undefined;
  readonly target_model: string | undefined;
  readonly target_variant: string | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
  readonly max_tokens: number | undefined;
  readonly stop_sequences: TextArray | undefined;
}

export interface GenerativeAWSMetadata {
}

export interface GenerativeAnthropic {
  readonly base_url: string | undefined;
  readonly max_tokens: number | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_k: number | undefined;
  readonly top_p: number | undefined;
  readonly stop_sequences: TextArray | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
}

export interface GenerativeAnthropicMetadata {
  readonly usage: GenerativeAnthropicMetadataUsage | undefined;
}

export interface GenerativeAnthropicMetadataUsage {
  readonly input_tokens: number;
  readonly output_tokens: number;
}

export interface GenerativeAnyscale {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
}

export interface GenerativeAnyscaleMetadata {
}

export interface GenerativeCohere {
  readonly base_url: string | undefined;
  readonly frequency_penalty: number | undefined;
  readonly max_tokens: number | undefined;
  readonly model: string | undefined;
  readonly k: number | undefined;
  readonly p: number | undefined;
  readonly presence_penalty: number | undefined;
  readonly stop_sequences: TextArray | undefined;
  readonly temperature: number | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
}

export interface GenerativeCohereMetadata {
  readonly api_version: GenerativeCohereMetadataApiVersion | undefined;
  readonly billed_units: GenerativeCohereMetadataBilledUnits | undefined;
  readonly tokens: GenerativeCohereMetadataTokens | undefined;
  readonly warnings: TextArray | undefined;
}

export interface GenerativeCohereMetadataApiVersion {
  readonly version: string | undefined;
  readonly is_deprecated: boolean | undefined;
  readonly is_experimental: boolean | undefined;
}

export interface GenerativeCohereMetadataBilledUnits {
  readonly input_tokens: number | undefined;
  readonly output_tokens: number | undefined;
  readonly search_units: number | undefined;
  readonly classifications: number | undefined;
}

export interface GenerativeCohereMetadataTokens {
  readonly input_tokens: number | undefined;
  readonly output_tokens: number | undefined;
}

export interface GenerativeContextualAI {
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  readonly max_new_tokens: number | undefined;
  readonly system_prompt: string | undefined;
  readonly avoid_commentary: boolean | undefined;
  readonly knowledge: TextArray | undefined;
}

export interface GenerativeDatabricks {
  readonly endpoint: string | undefined;
  readonly model: string | undefined;
  readonly frequency_penalty: number | undefined;
  readonly log_probs: boolean | undefined;
  readonly top_log_probs: number | undefined;
  readonly max_tokens: number | undefined;
  readonly n: number | undefined;
  readonly presence_penalty: number | undefined;
  readonly stop: TextArray | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
}

export interface GenerativeDatabricksMetadata {
  readonly usage: GenerativeDatabricksMetadataUsage | undefined;
}

export interface GenerativeDatabricksMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeDebug {
  readonly full_prompt: string | undefined;
}

export interface GenerativeDeepseek {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly max_tokens: number | undefined;
  readonly frequency_penalty: number | undefined;
  readonly presence_penalty: number | undefined;
  readonly top_p: number | undefined;
  readonly stop: TextArray | undefined;
}

export interface GenerativeDeepseekMetadata {
  readonly usage: GenerativeDeepseekMetadataUsage | undefined;
}

export interface GenerativeDeepseekMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeDigitalOcean {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  readonly max_tokens: number | undefined;
  readonly frequency_penalty: number | undefined;
  readonly presence_penalty: number | undefined;
  readonly stop: TextArray | undefined;
}

export interface GenerativeDigitalOceanMetadata {
  readonly usage: GenerativeDigitalOceanMetadataUsage | undefined;
}

export interface GenerativeDigitalOceanMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeDummy {
}

export interface GenerativeDummyMetadata {
}

export interface GenerativeFriendliAI {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly max_tokens: number | undefined;
  readonly temperature: number | undefined;
  readonly n: number | undefined;
  readonly top_p: number | undefined;
}

export interface GenerativeFriendliAIMetadata {
  readonly usage: GenerativeFriendliAIMetadataUsage | undefined;
}

export interface GenerativeFriendliAIMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeGoogle {
  readonly frequency_penalty: number | undefined;
  readonly max_tokens: number | undefined;
  readonly model: string | undefined;
  readonly presence_penalty: number | undefined;
  readonly temperature: number | undefined;
  readonly top_k: number | undefined;
  readonly top_p: number | undefined;
  readonly stop_sequences: TextArray | undefined;
  readonly api_endpoint: string | undefined;
  readonly project_id: string | undefined;
  readonly endpoint_id: string | undefined;
  readonly region: string | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
  readonly location: string | undefined;
}

export interface GenerativeGoogleMetadata {
  readonly metadata: GenerativeGoogleMetadataMetadata | undefined;
  readonly usage_metadata: GenerativeGoogleMetadataUsageMetadata | undefined;
}

export interface GenerativeGoogleMetadataMetadata {
  readonly token_metadata: GenerativeGoogleMetadataTokenMetadata | undefined;
}

export interface GenerativeGoogleMetadataTokenCount {
  readonly total_billable_characters: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeGoogleMetadataTokenMetadata {
  readonly input_token_count: GenerativeGoogleMetadataTokenCount | undefined;
  readonly output_token_count: GenerativeGoogleMetadataTokenCount | undefined;
}

export interface GenerativeGoogleMetadataUsageMetadata {
  readonly prompt_token_count: number | undefined;
  readonly candidates_token_count: number | undefined;
  readonly total_token_count: number | undefined;
}

export interface GenerativeMeta {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  readonly max_tokens: number | undefined;
  readonly frequency_penalty: number | undefined;
  readonly presence_penalty: number | undefined;
  readonly reasoning_effort: number | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
}

export interface GenerativeMetaMetadata {
  readonly usage: GenerativeMetaMetadataUsage | undefined;
}

export interface GenerativeMetaMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export const GenerativeMetaReasoningEffort = {
  REASONING_EFFORT_UNSPECIFIED: 0,
  REASONING_EFFORT_NONE: 1,
  REASONING_EFFORT_MINIMAL: 2,
  REASONING_EFFORT_LOW: 3,
  REASONING_EFFORT_MEDIUM: 4,
  REASONING_EFFORT_HIGH: 5,
  REASONING_EFFORT_XHIGH: 6,
} as const;

export interface GenerativeMetadata {
  readonly anthropic: GenerativeAnthropicMetadata | undefined;
  readonly anyscale: GenerativeAnyscaleMetadata | undefined;
  readonly aws: GenerativeAWSMetadata | undefined;
  readonly cohere: GenerativeCohereMetadata | undefined;
  readonly dummy: GenerativeDummyMetadata | undefined;
  readonly mistral: GenerativeMistralMetadata | undefined;
  readonly ollama: GenerativeOllamaMetadata | undefined;
  readonly openai: GenerativeOpenAIMetadata | undefined;
  readonly google: GenerativeGoogleMetadata | undefined;
  readonly databricks: GenerativeDatabricksMetadata | undefined;
  readonly friendliai: GenerativeFriendliAIMetadata | undefined;
  readonly nvidia: GenerativeNvidiaMetadata | undefined;
  readonly xai: GenerativeXAIMetadata | undefined;
  readonly deepseek: GenerativeDeepseekMetadata | undefined;
  readonly digitalocean: GenerativeDigitalOceanMetadata | undefined;
  readonly meta: GenerativeMetaMetadata | undefined;
}

export interface GenerativeMistral {
  readonly base_url: string | undefined;
  readonly max_tokens: number | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
}

export interface GenerativeMistralMetadata {
  readonly usage: GenerativeMistralMetadataUsage | undefined;
}

export interface GenerativeMistralMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeNvidia {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  readonly max_tokens: number | undefined;
}

export interface GenerativeNvidiaMetadata {
  readonly usage: GenerativeNvidiaMetadataUsage | undefined;
}

export interface GenerativeNvidiaMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GenerativeOllama {
  readonly api_endpoint: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
}

export interface GenerativeOllamaMetadata {
}

export interface GenerativeOpenAI {
  readonly frequency_penalty: number | undefined;
  readonly max_tokens: number | undefined;
  readonly model: string | undefined;
  readonly n: number | undefined;
  readonly presence_penalty: number | undefined;
  readonly stop: TextArray | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  readonly base_url: string | undefined;
  readonly api_version: string | undefined;
  readonly resource_name: string | undefined;
  readonly deployment_id: string | undefined;
  readonly is_azure: boolean | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
  readonly reasoning_effort: number | undefined;
  readonly verbosity: number | undefined;
}

export interface GenerativeOpenAIMetadata {
  readonly usage: GenerativeOpenAIMetadataUsage | undefined;
}

export interface GenerativeOpenAIMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export const GenerativeOpenAIReasoningEffort = {
  REASONING_EFFORT_UNSPECIFIED: 0,
  REASONING_EFFORT_MINIMAL: 1,
  REASONING_EFFORT_LOW: 2,
  REASONING_EFFORT_MEDIUM: 3,
  REASONING_EFFORT_HIGH: 4,
} as const;

export const GenerativeOpenAIVerbosity = {
  VERBOSITY_UNSPECIFIED: 0,
  VERBOSITY_LOW: 1,
  VERBOSITY_MEDIUM: 2,
  VERBOSITY_HIGH: 3,
} as const;

export interface GenerativeProvider {
  readonly return_metadata: boolean;
  readonly anthropic: GenerativeAnthropic | undefined;
  readonly anyscale: GenerativeAnyscale | undefined;
  readonly aws: GenerativeAWS | undefined;
  readonly cohere: GenerativeCohere | undefined;
  readonly dummy: GenerativeDummy | undefined;
  readonly mistral: GenerativeMistral | undefined;
  readonly ollama: GenerativeOllama | undefined;
  readonly openai: GenerativeOpenAI | undefined;
  readonly google: GenerativeGoogle | undefined;
  readonly databricks: GenerativeDatabricks | undefined;
  readonly friendliai: GenerativeFriendliAI | undefined;
  readonly nvidia: GenerativeNvidia | undefined;
  readonly xai: GenerativeXAI | undefined;
  readonly contextualai: GenerativeContextualAI | undefined;
  readonly deepseek: GenerativeDeepseek | undefined;
  readonly digitalocean: GenerativeDigitalOcean | undefined;
  readonly meta: GenerativeMeta | undefined;
}

export interface GenerativeReply {
  readonly result: string;
  readonly debug: GenerativeDebug | undefined;
  readonly metadata: GenerativeMetadata | undefined;
}

export interface GenerativeResult {
  readonly values: readonly GenerativeReply[];
}

export interface GenerativeSearch {
  readonly single_response_prompt: string;
  readonly grouped_response_task: string;
  readonly grouped_properties: readonly string[];
  readonly single: GenerativeSearchSingle | undefined;
  readonly grouped: GenerativeSearchGrouped | undefined;
}

export interface GenerativeSearchGrouped {
  readonly task: string;
  readonly properties: TextArray | undefined;
  readonly queries: readonly GenerativeProvider[];
  readonly debug: boolean;
}

export interface GenerativeSearchSingle {
  readonly prompt: string;
  readonly debug: boolean;
  readonly queries: readonly GenerativeProvider[];
}

export interface GenerativeXAI {
  readonly base_url: string | undefined;
  readonly model: string | undefined;
  readonly temperature: number | undefined;
  readonly top_p: number | undefined;
  readonly max_tokens: number | undefined;
  readonly images: TextArray | undefined;
  readonly image_properties: TextArray | undefined;
}

export interface GenerativeXAIMetadata {
  readonly usage: GenerativeXAIMetadataUsage | undefined;
}

export interface GenerativeXAIMetadataUsage {
  readonly prompt_tokens: number | undefined;
  readonly completion_tokens: number | undefined;
  readonly total_tokens: number | undefined;
}

export interface GeoCoordinate {
  readonly longitude: number;
  readonly latitude: number;
}

export interface GeoCoordinatesFilter {
  readonly latitude: number;
  readonly longitude: number;
  readonly distance: number;
}

export interface GoogleListValue {
  readonly values: readonly GoogleValue[];
}

export const GoogleNullValue = {
  NULL_VALUE: 0,
} as const;

export interface GoogleStruct {
  readonly fields: { readonly [key: string]: GoogleValue };
}

export interface GoogleValue {
  readonly nullValue: number | undefined;
  readonly numberValue: number | undefined;
  readonly stringValue: string | undefined;
  readonly boolValue: boolean | undefined;
  readonly structValue: GoogleStruct | undefined;
  readonly listValue: GoogleListValue | undefined;
}

export interface GroupBy {
  readonly path: readonly string[];
  readonly number_of_groups: number;
  readonly objects_per_group: number;
}

export interface GroupByResult {
  readonly name: string;
  readonly min_distance: number;
  readonly max_distance: number;
  readonly number_of_objects: number;
  readonly objects: readonly SearchResult[];
  readonly rerank: RerankReply | undefined;
  readonly generative: GenerativeReply | undefined;
  readonly generative_result: GenerativeResult | undefined;
}

export interface HealthCheckRequest {
  readonly service: string;
}

export interface HealthCheckResponse {
  readonly status: number;
}

export const HealthCheckResponseServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
  SERVICE_UNKNOWN: 3,
} as const;

export interface Hybrid {
  readonly query: string;
  readonly properties: readonly string[];
  readonly vector: readonly number[];
  readonly alpha: number;
  readonly fusion_type: number;
  readonly vector_bytes: Uint8Array;
  readonly target_vectors: readonly string[];
  readonly near_text: NearTextSearch | undefined;
  readonly near_vector: NearVector | undefined;
  readonly targets: Targets | undefined;
  readonly bm25_search_operator: SearchOperatorOptions | undefined;
  readonly alpha_param: number | undefined;
  readonly use_alpha_param: boolean;
  readonly selection: Selection | undefined;
  readonly vector_distance: number | undefined;
  readonly vectors: readonly Vectors[];
}

export const HybridFusionType = {
  FUSION_TYPE_UNSPECIFIED: 0,
  FUSION_TYPE_RANKED: 1,
  FUSION_TYPE_RELATIVE_SCORE: 2,
} as const;

export interface IntArray {
  readonly values: readonly number[];
}

export interface IntArrayProperties {
  readonly values: readonly number[];
  readonly prop_name: string;
}

export interface IntValues {
  readonly values: Uint8Array;
}

export interface ListValue {
  readonly number_values: NumberValues | undefined;
  readonly bool_values: BoolValues | undefined;
  readonly object_values: ObjectValues | undefined;
  readonly date_values: DateValues | undefined;
  readonly uuid_values: UuidValues | undefined;
  readonly int_values: IntValues | undefined;
  readonly text_values: TextValues | undefined;
}

export interface MetadataRequest {
  readonly uuid: boolean;
  readonly vector: boolean;
  readonly creation_time_unix: boolean;
  readonly last_update_time_unix: boolean;
  readonly distance: boolean;
  readonly certainty: boolean;
  readonly score: boolean;
  readonly explain_score: boolean;
  readonly is_consistent: boolean;
  readonly vectors: readonly string[];
  readonly query_profile: boolean;
}

export interface MetadataResult {
  readonly id: string;
  readonly vector: readonly number[];
  readonly creation_time_unix: number;
  readonly creation_time_unix_present: boolean;
  readonly last_update_time_unix: number;
  readonly last_update_time_unix_present: boolean;
  readonly distance: number;
  readonly distance_present: boolean;
  readonly certainty: number;
  readonly certainty_present: boolean;
  readonly score: number;
  readonly score_present: boolean;
  readonly explain_score: string;
  readonly explain_score_present: boolean;
  readonly is_consistent: boolean | undefined;
  readonly generative: string;
  readonly generative_present: boolean;
  readonly is_consistent_present: boolean;
  readonly vector_bytes: Uint8Array;
  readonly id_as_bytes: Uint8Array;
  readonly rerank_score: number;
  readonly rerank_score_present: boolean;
  readonly vectors: readonly Vectors[];
}

export interface NearAudioSearch {
  readonly audio: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearDepthSearch {
  readonly depth: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearIMUSearch {
  readonly imu: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearImageSearch {
  readonly image: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearObject {
  readonly id: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearTextSearch {
  readonly query: readonly string[];
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly move_to: NearTextSearchMove | undefined;
  readonly move_away: NearTextSearchMove | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearTextSearchMove {
  readonly force: number;
  readonly concepts: readonly string[];
  readonly uuids: readonly string[];
}

export interface NearThermalSearch {
  readonly thermal: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NearVector {
  readonly vector: readonly number[];
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly vector_bytes: Uint8Array;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly vector_per_target: { readonly [key: string]: Uint8Array };
  readonly vector_for_targets: readonly VectorForTarget[];
  readonly vectors: readonly Vectors[];
  readonly selection: Selection | undefined;
}

export interface NearVideoSearch {
  readonly video: string;
  readonly certainty: number | undefined;
  readonly distance: number | undefined;
  readonly target_vectors: readonly string[];
  readonly targets: Targets | undefined;
  readonly selection: Selection | undefined;
}

export interface NumberArray {
  readonly values: readonly number[];
}

export interface NumberArrayProperties {
  readonly values: readonly number[];
  readonly prop_name: string;
  readonly values_bytes: Uint8Array;
}

export interface NumberValues {
  readonly values: Uint8Array;
}

export interface ObjectArrayProperties {
  readonly values: readonly ObjectPropertiesValue[];
  readonly prop_name: string;
}

export interface ObjectProperties {
  readonly value: ObjectPropertiesValue | undefined;
  readonly prop_name: string;
}

export interface ObjectPropertiesRequest {
  readonly prop_name: string;
  readonly primitive_properties: readonly string[];
  readonly object_properties: readonly ObjectPropertiesRequest[];
}

export interface ObjectPropertiesValue {
  readonly non_ref_properties: GoogleStruct | undefined;
  readonly number_array_properties: readonly NumberArrayProperties[];
  readonly int_array_properties: readonly IntArrayProperties[];
  readonly text_array_properties: readonly TextArrayProperties[];
  readonly boolean_array_properties: readonly BooleanArrayProperties[];
  readonly object_properties: readonly ObjectProperties[];
  readonly object_array_properties: readonly ObjectArrayProperties[];
  readonly empty_list_props: readonly string[];
}

export interface ObjectValues {
  readonly values: readonly Properties[];
}

export interface PhoneNumber {
  readonly country_code: number;
  readonly default_country: string;
  readonly input: string;
  readonly international_formatted: string;
  readonly national: number;
  readonly national_formatted: string;
  readonly valid: boolean;
}

export interface Properties {
  readonly fields: { readonly [key: string]: Value };
}

export interface PropertiesRequest {
  readonly non_ref_properties: readonly string[];
  readonly ref_properties: readonly RefPropertiesRequest[];
  readonly object_properties: readonly ObjectPropertiesRequest[];
  readonly return_all_nonref_properties: boolean;
}

export interface PropertiesResult {
  readonly ref_props: readonly RefPropertiesResult[];
  readonly target_collection: string;
  readonly metadata: MetadataResult | undefined;
  readonly non_ref_props: Properties | undefined;
  readonly ref_props_requested: boolean;
}

export interface QueryProfile {
  readonly shards: readonly QueryProfileShardProfile[];
}

export interface QueryProfileSearchProfile {
  readonly details: { readonly [key: string]: string };
}

export interface QueryProfileShardProfile {
  readonly name: string;
  readonly node: string;
  readonly searches: { readonly [key: string]: QueryProfileSearchProfile };
}

export interface RefPropertiesRequest {
  readonly reference_property: string;
  readonly properties: PropertiesRequest | undefined;
  readonly metadata: MetadataRequest | undefined;
  readonly target_collection: string;
}

export interface RefPropertiesResult {
  readonly properties: readonly PropertiesResult[];
  readonly prop_name: string;
}

export interface Rerank {
  readonly property: string;
  readonly query: string | undefined;
}

export interface RerankReply {
  readonly score: number;
}

export interface SearchOperatorOptions {
  readonly operator: number;
  readonly minimum_or_tokens_match: number | undefined;
}

export const SearchOperatorOptionsOperator = {
  OPERATOR_UNSPECIFIED: 0,
  OPERATOR_OR: 1,
  OPERATOR_AND: 2,
  OPERATOR_AND_CROSS: 3,
} as const;

export interface SearchReply {
  readonly took: number;
  readonly results: readonly SearchResult[];
  readonly generative_grouped_result: string | undefined;
  readonly group_by_results: readonly GroupByResult[];
  readonly generative_grouped_results: GenerativeResult | undefined;
  readonly query_profile: QueryProfile | undefined;
}

export interface SearchRequest {
  readonly collection: string;
  readonly tenant: string;
  readonly consistency_level: number | undefined;
  readonly properties: PropertiesRequest | undefined;
  readonly metadata: MetadataRequest | undefined;
  readonly group_by: GroupBy | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly autocut: number;
  readonly after: string;
  readonly sort_by: readonly SortBy[];
  readonly filters: Filters | undefined;
  readonly hybrid_search: Hybrid | undefined;
  readonly bm25_search: BM25 | undefined;
  readonly near_vector: NearVector | undefined;
  readonly near_object: NearObject | undefined;
  readonly near_text: NearTextSearch | undefined;
  readonly near_image: NearImageSearch | undefined;
  readonly near_audio: NearAudioSearch | undefined;
  readonly near_video: NearVideoSearch | undefined;
  readonly near_depth: NearDepthSearch | undefined;
  readonly near_thermal: NearThermalSearch | undefined;
  readonly near_imu: NearIMUSearch | undefined;
  readonly generative: GenerativeSearch | undefined;
  readonly rerank: Rerank | undefined;
  readonly boost: Boost | undefined;
  readonly uses_123_api: boolean;
  readonly uses_125_api: boolean;
  readonly uses_127_api: boolean;
}

export interface SearchResult {
  readonly properties: PropertiesResult | undefined;
  readonly metadata: MetadataResult | undefined;
  readonly generative: GenerativeResult | undefined;
}

export interface Selection {
  readonly mmr: SelectionMMR | undefined;
}

export interface SelectionMMR {
  readonly limit: number | undefined;
  readonly balance: number | undefined;
}

export interface SortBy {
  readonly ascending: boolean;
  readonly path: readonly string[];
}

export interface Targets {
  readonly target_vectors: readonly string[];
  readonly combination: number;
  readonly weights_for_targets: readonly WeightsForTarget[];
}

export interface Tenant {
  readonly name: string;
  readonly activity_status: number;
}

export const TenantActivityStatus = {
  TENANT_ACTIVITY_STATUS_UNSPECIFIED: 0,
  TENANT_ACTIVITY_STATUS_HOT: 1,
  TENANT_ACTIVITY_STATUS_COLD: 2,
  TENANT_ACTIVITY_STATUS_FROZEN: 4,
  TENANT_ACTIVITY_STATUS_UNFREEZING: 5,
  TENANT_ACTIVITY_STATUS_FREEZING: 6,
  TENANT_ACTIVITY_STATUS_ACTIVE: 7,
  TENANT_ACTIVITY_STATUS_INACTIVE: 8,
  TENANT_ACTIVITY_STATUS_OFFLOADED: 9,
  TENANT_ACTIVITY_STATUS_OFFLOADING: 10,
  TENANT_ACTIVITY_STATUS_ONLOADING: 11,
} as const;

export interface TenantNames {
  readonly values: readonly string[];
}

export interface TenantsGetReply {
  readonly took: number;
  readonly tenants: readonly Tenant[];
}

export interface TenantsGetRequest {
  readonly collection: string;
  readonly names: TenantNames | undefined;
}

export interface TextArray {
  readonly values: readonly string[];
}

export interface TextArrayProperties {
  readonly values: readonly string[];
  readonly prop_name: string;
}

export interface TextValues {
  readonly values: readonly string[];
}

export interface UuidValues {
  readonly values: readonly string[];
}

export interface Value {
  readonly number_value: number | undefined;
  readonly bool_value: boolean | undefined;
  readonly object_value: Properties | undefined;
  readonly list_value: ListValue | undefined;
  readonly date_value: string | undefined;
  readonly uuid_value: string | undefined;
  readonly int_value: number | undefined;
  readonly geo_value: GeoCoordinate | undefined;
  readonly blob_value: string | undefined;
  readonly phone_value: PhoneNumber | undefined;
  readonly null_value: number | undefined;
  readonly text_value: string | undefined;
}

export interface VectorForTarget {
  readonly name: string;
  readonly vector_bytes: Uint8Array;
  readonly vectors: readonly Vectors[];
}

export interface Vectors {
  readonly name: string;
  readonly index: number;
  readonly vector_bytes: Uint8Array;
  readonly type: number;
}

export const VectorsVectorType = {
  VECTOR_TYPE_UNSPECIFIED: 0,
  VECTOR_TYPE_SINGLE_FP32: 1,
  VECTOR_TYPE_MULTI_FP32: 2,
} as const;

export interface WeaviateHealthCheckRequest {
  readonly service: string;
}

export interface WeaviateHealthCheckResponse {
  readonly status: number;
}

export const WeaviateHealthCheckResponseServingStatus = {
  UNKNOWN: 0,
  SERVING: 1,
  NOT_SERVING: 2,
} as const;

export interface WeightsForTarget {
  readonly target: string;
  readonly weight: number;
}

/** Every message by its full protobuf name. */
export interface MessageTypes {
  'weaviate.v1.AggregateReply': AggregateReply;
  'weaviate.v1.AggregateReply.Aggregations': AggregateReplyAggregations;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation': AggregateReplyAggregationsAggregation;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Boolean': AggregateReplyAggregationsAggregationBoolean;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Date': AggregateReplyAggregationsAggregationDate;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Integer': AggregateReplyAggregationsAggregationInteger;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Number': AggregateReplyAggregationsAggregationNumber;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Reference': AggregateReplyAggregationsAggregationReference;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Text': AggregateReplyAggregationsAggregationText;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Text.TopOccurrences': AggregateReplyAggregationsAggregationTextTopOccurrences;
  'weaviate.v1.AggregateReply.Aggregations.Aggregation.Text.TopOccurrences.TopOccurrence': AggregateReplyAggregationsAggregationTextTopOccurrencesTopOccurrence;
  'weaviate.v1.AggregateReply.Group': AggregateReplyGroup;
  'weaviate.v1.AggregateReply.Group.GroupedBy': AggregateReplyGroupGroupedBy;
  'weaviate.v1.AggregateReply.Grouped': AggregateReplyGrouped;
  'weaviate.v1.AggregateReply.Single': AggregateReplySingle;
  'weaviate.v1.AggregateRequest': AggregateRequest;
  'weaviate.v1.AggregateRequest.Aggregation': AggregateRequestAggregation;
  'weaviate.v1.AggregateRequest.Aggregation.Boolean': AggregateRequestAggregationBoolean;
  'weaviate.v1.AggregateRequest.Aggregation.Date': AggregateRequestAggregationDate;
  'weaviate.v1.AggregateRequest.Aggregation.Integer': AggregateRequestAggregationInteger;
  'weaviate.v1.AggregateRequest.Aggregation.Number': AggregateRequestAggregationNumber;
  'weaviate.v1.AggregateRequest.Aggregation.Reference': AggregateRequestAggregationReference;
  'weaviate.v1.AggregateRequest.Aggregation.Text': AggregateRequestAggregationText;
  'weaviate.v1.AggregateRequest.GroupBy': AggregateRequestGroupBy;
  'weaviate.v1.BM25': BM25;
  'weaviate.v1.BatchDeleteObject': BatchDeleteObject;
  'weaviate.v1.BatchDeleteReply': BatchDeleteReply;
  'weaviate.v1.BatchDeleteRequest': BatchDeleteRequest;
  'weaviate.v1.BatchObject': BatchObject;
  'weaviate.v1.BatchObject.MultiTargetRefProps': BatchObjectMultiTargetRefProps;
  'weaviate.v1.BatchObject.Properties': BatchObjectProperties;
  'weaviate.v1.BatchObject.SingleTargetRefProps': BatchObjectSingleTargetRefProps;
  'weaviate.v1.BatchObject.Stored': BatchObjectStored;
  'weaviate.v1.BatchObjectsReply': BatchObjectsReply;
  'weaviate.v1.BatchObjectsReply.BatchError': BatchObjectsReplyBatchError;
  'weaviate.v1.BatchObjectsRequest': BatchObjectsRequest;
  'weaviate.v1.BatchReference': BatchReference;
  'weaviate.v1.BatchReferencesReply': BatchReferencesReply;
  'weaviate.v1.BatchReferencesReply.BatchError': BatchReferencesReplyBatchError;
  'weaviate.v1.BatchReferencesRequest': BatchReferencesRequest;
  'weaviate.v1.BatchStreamReply': BatchStreamReply;
  'weaviate.v1.BatchStreamReply.Acks': BatchStreamReplyAcks;
  'weaviate.v1.BatchStreamReply.Backoff': BatchStreamReplyBackoff;
  'weaviate.v1.BatchStreamReply.OutOfMemory': BatchStreamReplyOutOfMemory;
  'weaviate.v1.BatchStreamReply.Results': BatchStreamReplyResults;
  'weaviate.v1.BatchStreamReply.Results.Error': BatchStreamReplyResultsError;
  'weaviate.v1.BatchStreamReply.Results.Success': BatchStreamReplyResultsSuccess;
  'weaviate.v1.BatchStreamReply.ShuttingDown': BatchStreamReplyShuttingDown;
  'weaviate.v1.BatchStreamReply.Started': BatchStreamReplyStarted;
  'weaviate.v1.BatchStreamRequest': BatchStreamRequest;
  'weaviate.v1.BatchStreamRequest.Data': BatchStreamRequestData;
  'weaviate.v1.BatchStreamRequest.Data.Objects': BatchStreamRequestDataObjects;
  'weaviate.v1.BatchStreamRequest.Data.References': BatchStreamRequestDataReferences;
  'weaviate.v1.BatchStreamRequest.Start': BatchStreamRequestStart;
  'weaviate.v1.BatchStreamRequest.Stop': BatchStreamRequestStop;
  'weaviate.v1.BoolValues': BoolValues;
  'weaviate.v1.BooleanArray': BooleanArray;
  'weaviate.v1.BooleanArrayProperties': BooleanArrayProperties;
  'weaviate.v1.Boost': Boost;
  'weaviate.v1.Boost.Condition': BoostCondition;
  'weaviate.v1.Boost.NumericDecayFunction': BoostNumericDecayFunction;
  'weaviate.v1.Boost.PropertyValueFunction': BoostPropertyValueFunction;
  'weaviate.v1.Boost.TimeDecayFunction': BoostTimeDecayFunction;
  'weaviate.v1.DateValues': DateValues;
  'weaviate.v1.FilterReferenceCount': FilterReferenceCount;
  'weaviate.v1.FilterReferenceMultiTarget': FilterReferenceMultiTarget;
  'weaviate.v1.FilterReferenceSingleTarget': FilterReferenceSingleTarget;
  'weaviate.v1.FilterTarget': FilterTarget;
  'weaviate.v1.Filters': Filters;
  'weaviate.v1.GenerativeAWS': GenerativeAWS;
  'weaviate.v1.GenerativeAWSMetadata': GenerativeAWSMetadata;
  'weaviate.v1.GenerativeAnthropic': GenerativeAnthropic;
  'weaviate.v1.GenerativeAnthropicMetadata': GenerativeAnthropicMetadata;
  'weaviate.v1.GenerativeAnthropicMetadata.Usage': GenerativeAnthropicMetadataUsage;
  'weaviate.v1.GenerativeAnyscale': GenerativeAnyscale;
  'weaviate.v1.GenerativeAnyscaleMetadata': GenerativeAnyscaleMetadata;
  'weaviate.v1.GenerativeCohere': GenerativeCohere;
  'weaviate.v1.GenerativeCohereMetadata': GenerativeCohereMetadata;
  'weaviate.v1.GenerativeCohereMetadata.ApiVersion': GenerativeCohereMetadataApiVersion;
  'weaviate.v1.GenerativeCohereMetadata.BilledUnits': GenerativeCohereMetadataBilledUnits;
  'weaviate.v1.GenerativeCohereMetadata.Tokens': GenerativeCohereMetadataTokens;
  'weaviate.v1.GenerativeContextualAI': GenerativeContextualAI;
  'weaviate.v1.GenerativeDatabricks': GenerativeDatabricks;
  'weaviate.v1.GenerativeDatabricksMetadata': GenerativeDatabricksMetadata;
  'weaviate.v1.GenerativeDatabricksMetadata.Usage': GenerativeDatabricksMetadataUsage;
  'weaviate.v1.GenerativeDebug': GenerativeDebug;
  'weaviate.v1.GenerativeDeepseek': GenerativeDeepseek;
  'weaviate.v1.GenerativeDeepseekMetadata': GenerativeDeepseekMetadata;
  'weaviate.v1.GenerativeDeepseekMetadata.Usage': GenerativeDeepseekMetadataUsage;
  'weaviate.v1.GenerativeDigitalOcean': GenerativeDigitalOcean;
  'weaviate.v1.GenerativeDigitalOceanMetadata': GenerativeDigitalOceanMetadata;
  'weaviate.v1.GenerativeDigitalOceanMetadata.Usage': GenerativeDigitalOceanMetadataUsage;
  'weaviate.v1.GenerativeDummy': GenerativeDummy;
  'weaviate.v1.GenerativeDummyMetadata': GenerativeDummyMetadata;
  'weaviate.v1.GenerativeFriendliAI': GenerativeFriendliAI;
  'weaviate.v1.GenerativeFriendliAIMetadata': GenerativeFriendliAIMetadata;
  'weaviate.v1.GenerativeFriendliAIMetadata.Usage': GenerativeFriendliAIMetadataUsage;
  'weaviate.v1.GenerativeGoogle': GenerativeGoogle;
  'weaviate.v1.GenerativeGoogleMetadata': GenerativeGoogleMetadata;
  'weaviate.v1.GenerativeGoogleMetadata.Metadata': GenerativeGoogleMetadataMetadata;
  'weaviate.v1.GenerativeGoogleMetadata.TokenCount': GenerativeGoogleMetadataTokenCount;
  'weaviate.v1.GenerativeGoogleMetadata.TokenMetadata': GenerativeGoogleMetadataTokenMetadata;
  'weaviate.v1.GenerativeGoogleMetadata.UsageMetadata': GenerativeGoogleMetadataUsageMetadata;
  'weaviate.v1.GenerativeMeta': GenerativeMeta;
  'weaviate.v1.GenerativeMetaMetadata': GenerativeMetaMetadata;
  'weaviate.v1.GenerativeMetaMetadata.Usage': GenerativeMetaMetadataUsage;
  'weaviate.v1.GenerativeMetadata': GenerativeMetadata;
  'weaviate.v1.GenerativeMistral': GenerativeMistral;
  'weaviate.v1.GenerativeMistralMetadata': GenerativeMistralMetadata;
  'weaviate.v1.GenerativeMistralMetadata.Usage': GenerativeMistralMetadataUsage;
  'weaviate.v1.GenerativeNvidia': GenerativeNvidia;
  'weaviate.v1.GenerativeNvidiaMetadata': GenerativeNvidiaMetadata;
  'weaviate.v1.GenerativeNvidiaMetadata.Usage': GenerativeNvidiaMetadataUsage;
  'weaviate.v1.GenerativeOllama': GenerativeOllama;
  'weaviate.v1.GenerativeOllamaMetadata': GenerativeOllamaMetadata;
  'weaviate.v1.GenerativeOpenAI': GenerativeOpenAI;
  'weaviate.v1.GenerativeOpenAIMetadata': GenerativeOpenAIMetadata;
  'weaviate.v1.GenerativeOpenAIMetadata.Usage': GenerativeOpenAIMetadataUsage;
  'weaviate.v1.GenerativeProvider': GenerativeProvider;
  'weaviate.v1.GenerativeReply': GenerativeReply;
  'weaviate.v1.GenerativeResult': GenerativeResult;
  'weaviate.v1.GenerativeSearch': GenerativeSearch;
  'weaviate.v1.GenerativeSearch.Grouped': GenerativeSearchGrouped;
  'weaviate.v1.GenerativeSearch.Single': GenerativeSearchSingle;
  'weaviate.v1.GenerativeXAI': GenerativeXAI;
  'weaviate.v1.GenerativeXAIMetadata': GenerativeXAIMetadata;
  'weaviate.v1.GenerativeXAIMetadata.Usage': GenerativeXAIMetadataUsage;
  'weaviate.v1.GeoCoordinate': GeoCoordinate;
  'weaviate.v1.GeoCoordinatesFilter': GeoCoordinatesFilter;
  'google.protobuf.ListValue': GoogleListValue;
  'google.protobuf.Struct': GoogleStruct;
  'google.protobuf.Value': GoogleValue;
  'weaviate.v1.GroupBy': GroupBy;
  'weaviate.v1.GroupByResult': GroupByResult;
  'grpc.health.v1.HealthCheckRequest': HealthCheckRequest;
  'grpc.health.v1.HealthCheckResponse': HealthCheckResponse;
  'weaviate.v1.Hybrid': Hybrid;
  'weaviate.v1.IntArray': IntArray;
  'weaviate.v1.IntArrayProperties': IntArrayProperties;
  'weaviate.v1.IntValues': IntValues;
  'weaviate.v1.ListValue': ListValue;
  'weaviate.v1.MetadataRequest': MetadataRequest;
  'weaviate.v1.MetadataResult': MetadataResult;
  'weaviate.v1.NearAudioSearch': NearAudioSearch;
  'weaviate.v1.NearDepthSearch': NearDepthSearch;
  'weaviate.v1.NearIMUSearch': NearIMUSearch;
  'weaviate.v1.NearImageSearch': NearImageSearch;
  'weaviate.v1.NearObject': NearObject;
  'weaviate.v1.NearTextSearch': NearTextSearch;
  'weaviate.v1.NearTextSearch.Move': NearTextSearchMove;
  'weaviate.v1.NearThermalSearch': NearThermalSearch;
  'weaviate.v1.NearVector': NearVector;
  'weaviate.v1.NearVideoSearch': NearVideoSearch;
  'weaviate.v1.NumberArray': NumberArray;
  'weaviate.v1.NumberArrayProperties': NumberArrayProperties;
  'weaviate.v1.NumberValues': NumberValues;
  'weaviate.v1.ObjectArrayProperties': ObjectArrayProperties;
  'weaviate.v1.ObjectProperties': ObjectProperties;
  'weaviate.v1.ObjectPropertiesRequest': ObjectPropertiesRequest;
  'weaviate.v1.ObjectPropertiesValue': ObjectPropertiesValue;
  'weaviate.v1.ObjectValues': ObjectValues;
  'weaviate.v1.PhoneNumber': PhoneNumber;
  'weaviate.v1.Properties': Properties;
  'weaviate.v1.PropertiesRequest': PropertiesRequest;
  'weaviate.v1.PropertiesResult': PropertiesResult;
  'weaviate.v1.QueryProfile': QueryProfile;
  'weaviate.v1.QueryProfile.SearchProfile': QueryProfileSearchProfile;
  'weaviate.v1.QueryProfile.ShardProfile': QueryProfileShardProfile;
  'weaviate.v1.RefPropertiesRequest': RefPropertiesRequest;
  'weaviate.v1.RefPropertiesResult': RefPropertiesResult;
  'weaviate.v1.Rerank': Rerank;
  'weaviate.v1.RerankReply': RerankReply;
  'weaviate.v1.SearchOperatorOptions': SearchOperatorOptions;
  'weaviate.v1.SearchReply': SearchReply;
  'weaviate.v1.SearchRequest': SearchRequest;
  'weaviate.v1.SearchResult': SearchResult;
  'weaviate.v1.Selection': Selection;
  'weaviate.v1.Selection.MMR': SelectionMMR;
  'weaviate.v1.SortBy': SortBy;
  'weaviate.v1.Targets': Targets;
  'weaviate.v1.Tenant': Tenant;
  'weaviate.v1.TenantNames': TenantNames;
  'weaviate.v1.TenantsGetReply': TenantsGetReply;
  'weaviate.v1.TenantsGetRequest': TenantsGetRequest;
  'weaviate.v1.TextArray': TextArray;
  'weaviate.v1.TextArrayProperties': TextArrayProperties;
  'weaviate.v1.TextValues': TextValues;
  'weaviate.v1.UuidValues': UuidValues;
  'weaviate.v1.Value': Value;
  'weaviate.v1.VectorForTarget': VectorForTarget;
  'weaviate.v1.Vectors': Vectors;
  'weaviate.v1.WeaviateHealthCheckRequest': WeaviateHealthCheckRequest;
  'weaviate.v1.WeaviateHealthCheckResponse': WeaviateHealthCheckResponse;
  'weaviate.v1.WeightsForTarget': WeightsForTarget;
}
