// What a request wants written about its hits: prompts, and the generators that it names with settings of
// their own. The messages' words become those of the modules' settings.

import type { GenerateRequest, GeneratorChoice } from '../../../database/search/generate-hits.ts';
import {
  GenerativeMetaReasoningEffort,
  GenerativeOpenAIReasoningEffort,
  GenerativeOpenAIVerbosity,
  type GenerativeProvider,
  type GenerativeSearch,
  type TextArray,
} from '../generated/messages.ts';

/** What is told of each text besides the text. */
interface TextFields {
  /** The prompt in full. */
  readonly debug: boolean;
  /** What it cost; beside each generator. */
  readonly metadata: readonly boolean[];
}

/** What was written, as the reply shows it. */
export interface GenerativeFields {
  readonly single: TextFields;
  readonly grouped: TextFields;
  /** The request has the fields of older clients, which read other fields of the reply. */
  readonly older: boolean;
}

/**
 * What a request wants written about its hits, and which fields of the reply tell it. Undefined where there
 * is neither a prompt nor a task: clients send a message without both for prompts that are left out.
 */
export function decodeGenerative(
  message: GenerativeSearch,
): { readonly generate: GenerateRequest; readonly generative: GenerativeFields } | undefined {
  const { single_response_prompt: prompt, grouped_response_task: task } = message;
  const older = { prompt, task, properties: message.grouped_properties };
  const { single, grouped } = message;
  if (!single?.prompt && !grouped?.task && !prompt && !task) return undefined;
  const properties = grouped?.properties?.values ?? older.properties;
  const by = single?.queries.map(decodeChoice) ?? [];
  const byGrouped = grouped?.queries.map(decodeChoice) ?? [];
  const fieldsOf = (given: typeof single | typeof grouped): TextFields => ({
    debug: given?.debug ?? false,
    metadata: given?.queries.map(({ return_metadata }) => return_metadata) ?? [],
  });
  return {
    generate: {
      ...((single?.prompt || older.prompt) && {
        single: { prompt: single?.prompt || older.prompt, by },
      }),
      ...((grouped?.task || older.task) && {
        grouped: { task: grouped?.task || older.task, properties, by: byGrouped },
      }),
    },
    generative: {
      single: fieldsOf(single),
      grouped: fieldsOf(grouped),
      older: older.prompt !== '' || older.task !== '',
    },
  };
}

type ProviderKind = Exclude<keyof GenerativeProvider, 'return_metadata'>;

const kinds: readonly ProviderKind[] = [
  'anthropic',
  'anyscale',
  'aws',
  'cohere',
  'dummy',
  'mistral',
  'ollama',
  'openai',
  'google',
  'databricks',
  'friendliai',
  'nvidia',
  'xai',
  'contextualai',
  'deepseek',
  'digitalocean',
  'meta',
];

type SettingValue = string | number | boolean | TextArray | undefined;

/** The TypeScript client names no generator where it has no message for one: the collection's own. */
function decodeChoice(provider: GenerativeProvider): GeneratorChoice {
  const kind = kinds.find((name) => provider[name] !== undefined);
  if (kind === undefined) return {};
  const fields = { ...provider[kind] } as Readonly<Record<string, SettingValue>>;
  const { images, image_properties, ...settings } = fields;
  return {
    module: `generative-${kind}`,
    settings: Object.fromEntries(
      Object.entries(settings).flatMap(([name, value]) => {
        const setting = settingOf(kind, name, value);
        return setting === undefined ? [] : [[settingName(name), setting]];
      }),
    ),
    images: textsOf(images),
    imageProperties: textsOf(image_properties),
  };
}

function textsOf(value: SettingValue): readonly string[] {
  return typeof value === 'object' ? value.values : [];
}

/** `max_tokens` is `maxTokens` in a collection's settings. */
function settingName(name: string): string {
  if (name === 'base_url') return 'baseURL';
  return name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function settingOf(kind: ProviderKind, name: string, value: SettingValue): unknown {
  if (name === 'reasoning_effort') {
    const efforts =
      kind === 'meta' ? GenerativeMetaReasoningEffort : GenerativeOpenAIReasoningEffort;
    return wordOf(efforts, value);
  }
  if (name === 'verbosity') return wordOf(GenerativeOpenAIVerbosity, value);
  if (typeof value !== 'object') return value;
  // The TypeScript client sends empty lists of what was not set; services refuse an empty `stop`.
  return value.values.length > 0 ? value.values : undefined;
}

/** `REASONING_EFFORT_LOW` is `low`; undefined for the unspecified. */
function wordOf(values: Readonly<Record<string, number>>, value: SettingValue): string | undefined {
  const name = Object.keys(values).find((known) => values[known] === value && value !== 0);
  return name?.slice(name.lastIndexOf('_') + 1).toLowerCase();
}
