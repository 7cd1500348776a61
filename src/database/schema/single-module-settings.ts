// Settings of the modules that make one vector of an object: their fields, with the reference's defaults.

import { DatabaseError } from '../../engine/errors.ts';
import { vectorDimsMax } from '../../engine/limits.ts';
import type { SingleModule } from '../../vectorizers/modules.ts';
import { isAzure } from '../../vectorizers/single/azure.ts';
import type { JsonObject } from '../collection-config.ts';
import { type ModuleRow, propertySettings } from './module-row.ts';
import {
  choice,
  flag,
  optionalInteger,
  optionalNames,
  optionalText,
  readObject,
  requiredText,
  type SettingField,
  type SettingFields,
  text,
} from './setting-fields.ts';

const dimensions: SettingField = optionalInteger(1, vectorDimsMax);

/** A module that reads the texts of an object. */
function textRow(
  isNamed: boolean,
  fields: SettingFields,
  check?: (settings: JsonObject, where: string) => void,
): ModuleRow {
  return {
    makesMultiVectors: false,
    fields: { vectorizeClassName: flag(isNamed), properties: optionalNames, ...fields },
    property: propertySettings,
    ...(check ? { check } : {}),
  };
}

/** A row of a module that knows too little without settings. */
function needing(row: ModuleRow): ModuleRow {
  return { ...row, needsSettings: true };
}

/** A module that reads the texts and images of named fields. */
function fieldsRow(fields: SettingFields): ModuleRow {
  return {
    makesMultiVectors: false,
    needsSettings: true,
    fields: {
      vectorizeClassName: flag(false),
      imageFields: optionalNames,
      textFields: optionalNames,
      ...fields,
    },
    check: checkFields,
  };
}

const truncations = ['NONE', 'START', 'END', 'LEFT', 'RIGHT'];

const google: ModuleRow = needing(
  textRow(
    false,
    {
      apiEndpoint: text('us-central1-aiplatform.googleapis.com'),
      modelId: optionalText,
      model: optionalText,
      projectId: optionalText,
      location: optionalText,
      taskType: optionalText,
      titleProperty: optionalText,
      dimensions,
    },
    checkGoogle,
  ),
);

/** A row for each of them. */
export const singleModuleRows: Readonly<Record<SingleModule, ModuleRow>> = {
  'text2vec-transformers': textRow(
    true,
    {
      poolingStrategy: choice('masked_mean', ['masked_mean', 'cls']),
      inferenceUrl: optionalText,
      passageInferenceUrl: optionalText,
      queryInferenceUrl: optionalText,
      dimensions,
    },
    checkInferenceUrls,
  ),
  'text2vec-contextionary': textRow(true, {}),
  'text2vec-model2vec': textRow(true, { inferenceUrl: optionalText }),
  'text2vec-openai': textRow(
    true,
    {
      baseURL: text('https://api.openai.com'),
      model: optionalText,
      modelVersion: optionalText,
      type: choiceOrNothing(['text', 'code']),
      resourceName: optionalText,
      deploymentId: optionalText,
      apiVersion: optionalText,
      dimensions,
    },
    checkAzure,
  ),
  'text2vec-cohere': textRow(true, {
    baseURL: text('https://api.cohere.ai'),
    model: text('embed-multilingual-v3.0'),
    truncate: choice('END', truncations),
    dimensions,
  }),
  'text2vec-jinaai': textRow(false, {
    baseURL: text('https://api.jina.ai'),
    model: text('jina-embeddings-v4'),
    dimensions,
  }),
  'text2vec-voyageai': textRow(true, {
    baseURL: text('https://api.voyageai.com/v1'),
    model: text('voyage-3'),
    truncate: flag(true),
    dimensions,
  }),
  'text2vec-mistral': textRow(true, {
    baseURL: text('https://api.mistral.ai/v1/embeddings'),
    model: text('mistral-embed'),
  }),
  'text2vec-ollama': textRow(false, {
    apiEndpoint: text('http://localhost:11434'),
    model: text('nomic-embed-text'),
  }),
  'text2vec-huggingface': textRow(
    true,
    {
      model: optionalText,
      passageModel: optionalText,
      queryModel: optionalText,
      endpointURL: optionalText,
      endpointUrl: optionalText,
    },
    checkHuggingFace,
  ),
  'text2vec-google': google,
  'text2vec-palm': google,
  'text2vec-nvidia': textRow(false, {
    baseURL: text('https://integrate.api.nvidia.com'),
    model: text('nvidia/nv-embed-v1'),
  }),
  'text2vec-databricks': needing(
    textRow(true, { endpoint: requiredText, instruction: optionalText }),
  ),
  'text2vec-morph': textRow(false, {
    baseURL: text('https://api.morphllm.com'),
    model: text('morph-embedding-v3'),
  }),
  'text2vec-digitalocean': needing(
    textRow(false, {
      baseURL: text('https://inference.do-ai.run'),
      model: requiredText,
    }),
  ),
  'text2vec-weaviate': textRow(true, {
    baseURL: optionalText,
    model: text('Snowflake/snowflake-arctic-embed-l-v2.0'),
    dimensions,
  }),
  'multi2vec-clip': fieldsRow({ inferenceUrl: optionalText }),
  'multi2vec-cohere': fieldsRow({
    baseURL: text('https://api.cohere.com'),
    model: text('embed-multilingual-v3.0'),
    truncate: choice('END', truncations),
    dimensions,
  }),
  'multi2vec-jinaai': fieldsRow({
    baseURL: text('https://api.jina.ai'),
    model: text('jina-clip-v2'),
    dimensions,
  }),
  'multi2vec-voyageai': fieldsRow({
    baseURL: text('https://api.voyageai.com/v1'),
    model: text('voyage-multimodal-3'),
    dimensions,
  }),
  'multi2vec-nvidia': fieldsRow({
    baseURL: text('https://integrate.api.nvidia.com'),
    model: text('nvidia/nvclip'),
  }),
};

function choiceOrNothing(allowed: readonly string[]): SettingField {
  return (given, path) => (given === undefined ? undefined : choice('', allowed)(given, path));
}

/** One address for all texts, or one for objects and one for queries. */
function checkInferenceUrls(settings: JsonObject, where: string): void {
  const { inferenceUrl, passageInferenceUrl, queryInferenceUrl } = settings;
  const isDivided = passageInferenceUrl !== undefined || queryInferenceUrl !== undefined;
  const problem =
    inferenceUrl !== undefined && isDivided
      ? 'inferenceUrl stands beside passageInferenceUrl or queryInferenceUrl; give it or those two'
      : isDivided && (passageInferenceUrl === undefined || queryInferenceUrl === undefined)
        ? 'passageInferenceUrl and queryInferenceUrl go together; one of them is missing'
        : undefined;
  if (problem === undefined) return;
  throw new DatabaseError('invalid-argument', { message: `${where}: ${problem}` });
}

function checkAzure(settings: JsonObject, where: string): void {
  const { resourceName, deploymentId, baseURL } = settings;
  if (!isAzure({ settings }) && !resourceName && !deploymentId) return;
  const isElsewhere = baseURL !== 'https://api.openai.com';
  if (deploymentId && (resourceName || isElsewhere)) return;
  throw invalidSettings(where, 'resourceName and deploymentId go together; one of them is missing');
}

function checkHuggingFace({ model, passageModel }: JsonObject, where: string): void {
  if (!model || !passageModel) return;
  throw invalidSettings(where, 'model stands beside passageModel; give one of them');
}

function checkGoogle({ apiEndpoint, projectId }: JsonObject, where: string): void {
  if (!String(apiEndpoint).endsWith('-aiplatform.googleapis.com') || projectId) return;
  throw invalidSettings(where, 'projectId is missing, which Vertex AI needs');
}

/** At least one field, and a weight for each of a kind or for none. */
function checkFields(settings: JsonObject, where: string): void {
  const kinds = ['imageFields', 'textFields'];
  if (!kinds.some((kind) => lengthOf(settings[kind]) > 0)) {
    throw invalidSettings(where, 'textFields or imageFields must name a property');
  }
  const weights = readObject(settings['weights'], `${where}.weights`);
  for (const kind of kinds) {
    const given = weights[kind];
    if (given === undefined || given === null) continue;
    const isRight = Array.isArray(given) && given.every(isWeight);
    if (isRight && given.length === lengthOf(settings[kind])) continue;
    throw invalidSettings(
      where,
      `weights.${kind} must be a list of numbers, at least 0, as long as ${kind}`,
    );
  }
}

function isWeight(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function lengthOf(value: unknown): number {
  return Array.isArray(value) ? value.length : 0;
}

function invalidSettings(where: string, problem: string): DatabaseError {
  return new DatabaseError('invalid-argument', { message: `${where}: ${problem}` });
}
