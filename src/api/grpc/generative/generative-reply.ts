// What was written about hits, as results of a reply. A text that could not be made has no result; the
// prompt that is shown for debugging then says why.

import type { Generated } from '../../../database/search/generate-hits.ts';
import type {
  GenerativeMetadata,
  GenerativeReply,
  GenerativeResult,
} from '../generated/messages.ts';
import type { MessageInit } from '../protocol.ts';
import type { GenerativeFields } from './generative-request.ts';

/** One value beside each generator. */
export function encodeGenerated(
  generated: readonly Generated[],
  { debug, metadata }: GenerativeFields['single'],
): MessageInit<GenerativeResult> {
  return {
    values: generated.flatMap((one, index): MessageInit<GenerativeReply>[] => {
      if (one.kind === 'text') {
        return [
          {
            result: one.text,
            ...(debug && { debug: { full_prompt: one.prompt } }),
            ...(metadata[index] && { metadata: encodeMetadata(one.module, one.usage) }),
          },
        ];
      }
      // A place without a result where others follow, or where there is something to say.
      if (!debug && generated.length === 1) return [];
      const told = `${one.prompt}\n\nfailed: ${one.error.message}`;
      return [{ result: '', ...(debug && { debug: { full_prompt: told } }) }];
    }),
  };
}

/** The first text, for clients that know of one; undefined when it failed. */
export function firstText(generated: readonly Generated[]): string | undefined {
  const [first] = generated;
  return first?.kind === 'text' ? first.text : undefined;
}

type Usage = Extract<Generated, { readonly kind: 'text' }>['usage'];

function encodeMetadata(module: string, usage: Usage = {}): MessageInit<GenerativeMetadata> {
  const { inputTokens, outputTokens, totalTokens } = usage;
  const tokens = {
    ...(inputTokens === undefined ? {} : { prompt_tokens: inputTokens }),
    ...(outputTokens === undefined ? {} : { completion_tokens: outputTokens }),
    ...(totalTokens === undefined ? {} : { total_tokens: totalTokens }),
  };
  const amounts = {
    ...(inputTokens === undefined ? {} : { input_tokens: inputTokens }),
    ...(outputTokens === undefined ? {} : { output_tokens: outputTokens }),
  };
  switch (module) {
    case 'generative-anthropic':
      return { anthropic: { usage: amounts } };
    case 'generative-cohere':
      return { cohere: { tokens: amounts } };
    case 'generative-dummy':
      return { dummy: {} };
    case 'generative-ollama':
      return { ollama: {} };
    case 'generative-google':
      return {
        google: {
          usage_metadata: {
            ...(inputTokens === undefined ? {} : { prompt_token_count: inputTokens }),
            ...(outputTokens === undefined ? {} : { candidates_token_count: outputTokens }),
            ...(totalTokens === undefined ? {} : { total_token_count: totalTokens }),
          },
        },
      };
    case 'generative-anyscale':
      return { anyscale: {} };
    case 'generative-mistral':
      return { mistral: { usage: tokens } };
    case 'generative-nvidia':
      return { nvidia: { usage: tokens } };
    case 'generative-databricks':
      return { databricks: { usage: tokens } };
    case 'generative-friendliai':
      return { friendliai: { usage: tokens } };
    case 'generative-xai':
      return { xai: { usage: tokens } };
    case 'generative-deepseek':
      return { deepseek: { usage: tokens } };
    case 'generative-digitalocean':
      return { digitalocean: { usage: tokens } };
    case 'generative-meta':
      return { meta: { usage: tokens } };
    default:
      return { openai: { usage: tokens } };
  }
}
