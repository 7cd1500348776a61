// Services that chat as OpenAI's do, `/chat/completions` with messages in and choices out: a row for each
// says its address, its key, its path and its model.

import { providerError } from '../vectorizers/http-provider.ts';
import type { ServiceRow } from '../vectorizers/module-service.ts';
import {
  type Ask,
  at,
  type GeneratorRow,
  generated,
  mediaType,
  renamed,
  textIn,
  textSettingOf,
} from './chat-request.ts';
import type { GeneratedText } from './generator.ts';

const chatNames = {
  temperature: 'temperature',
  topP: 'top_p',
  frequencyPenalty: 'frequency_penalty',
  presencePenalty: 'presence_penalty',
  stop: 'stop',
  logProbs: 'logprobs',
  topLogProbs: 'top_logprobs',
  reasoningEffort: 'reasoning_effort',
  verbosity: 'verbosity',
};

function chatBody({ task, settings, model }: Ask): object {
  const { prompt, images } = task;
  const content =
    images.length === 0
      ? prompt
      : [
          { type: 'text', text: prompt },
          ...images.map((base64) => ({
            type: 'image_url',
            image_url: { url: `data:${mediaType(base64)};base64,${base64}` },
          })),
        ];
  // Models that think count what they think, and have another name for the limit.
  const limit = /^(o\d|gpt-5)/.test(model) ? 'max_completion_tokens' : 'max_tokens';
  return {
    ...(model === '' ? {} : { model }),
    messages: [{ role: 'user', content }],
    ...renamed(settings, { ...chatNames, maxTokens: limit }),
  };
}

function readChat(reply: unknown): GeneratedText | undefined {
  return generated(textIn(at(reply, 'choices', 0, 'message', 'content')), {
    inputTokens: at(reply, 'usage', 'prompt_tokens'),
    outputTokens: at(reply, 'usage', 'completion_tokens'),
    totalTokens: at(reply, 'usage', 'total_tokens'),
  });
}

/** `path` follows the address, without its start where the address ends with that. */
function chatRow(
  service: ServiceRow,
  { model, path = '/v1/chat/completions', images = false }: ChatParts,
): GeneratorRow {
  return {
    ...service,
    model,
    images,
    request: (ask) => ({
      path: ask.url.endsWith('/v1') && path.startsWith('/v1/') ? path.slice('/v1'.length) : path,
      body: chatBody(ask),
    }),
    read: readChat,
  };
}

interface ChatParts {
  readonly model: string;
  readonly path?: string;
  readonly images?: boolean;
}

/** By module. */
export const chatRows: Readonly<Record<string, GeneratorRow>> = {
  'generative-openai': chatRow(
    {
      service: 'OpenAI',
      key: { owner: 'openai' },
      field: 'baseURL',
      baseUrlHeader: 'x-openai-baseurl',
      passedOn: { 'x-openai-organization': 'openai-organization' },
      operator: 'openaiBaseUrl',
      own: ['https://api.openai.com'],
    },
    { model: 'gpt-5-mini', images: true },
  ),
  'generative-mistral': chatRow(
    {
      service: 'Mistral',
      key: { owner: 'mistral' },
      field: 'baseURL',
      baseUrlHeader: 'x-mistral-baseurl',
      operator: 'mistralBaseUrl',
      own: ['https://api.mistral.ai'],
    },
    { model: 'mistral-small-latest' },
  ),
  'generative-nvidia': chatRow(
    {
      service: 'NVIDIA',
      key: { owner: 'nvidia' },
      field: 'baseURL',
      baseUrlHeader: 'x-nvidia-baseurl',
      operator: 'nvidiaBaseUrl',
      own: ['https://integrate.api.nvidia.com'],
    },
    { model: 'nvidia/llama-3.1-nemotron-51b-instruct' },
  ),
  'generative-xai': chatRow(
    {
      service: 'xAI',
      key: { owner: 'xai' },
      field: 'baseURL',
      baseUrlHeader: 'x-xai-baseurl',
      own: ['https://api.x.ai'],
    },
    { model: 'grok-3', images: true },
  ),
  'generative-deepseek': chatRow(
    {
      service: 'DeepSeek',
      key: { owner: 'deepseek' },
      field: 'baseURL',
      baseUrlHeader: 'x-deepseek-baseurl',
      own: ['https://api.deepseek.com'],
    },
    { model: 'deepseek-chat', path: '/chat/completions' },
  ),
  'generative-digitalocean': chatRow(
    {
      service: 'DigitalOcean',
      key: { owner: 'digitalocean' },
      field: 'baseURL',
      operator: 'digitaloceanBaseUrl',
      own: ['https://inference.do-ai.run'],
    },
    { model: 'llama3.3-70b-instruct' },
  ),
  'generative-friendliai': chatRow(
    {
      service: 'FriendliAI',
      key: { owner: 'friendliai' },
      field: 'baseURL',
      baseUrlHeader: 'x-friendli-baseurl',
      own: ['https://api.friendli.ai'],
    },
    { model: 'meta-llama-3.1-8b-instruct', path: '/serverless/v1/chat/completions' },
  ),
  'generative-anyscale': chatRow(
    {
      service: 'Anyscale',
      key: { owner: 'anyscale' },
      field: 'baseURL',
      baseUrlHeader: 'x-anyscale-baseurl',
      own: ['https://api.endpoints.anyscale.com'],
    },
    { model: 'meta-llama/Llama-2-70b-chat-hf' },
  ),
  'generative-databricks': chatRow(
    {
      service: 'Databricks',
      key: { owner: 'databricks' },
      field: 'endpoint',
      own: [],
    },
    { model: '', path: '' },
  ),
};

/** OpenAI's models as Azure runs them. Throws where the settings lack the names that its address is made of. */
export function azureRow(settings: Readonly<Record<string, unknown>>): GeneratorRow {
  const named = (name: string): string => {
    const value = textSettingOf(settings, name);
    if (value !== undefined) return encodeURIComponent(value);
    throw providerError(`generative-openai: ${name} is missing, which Azure needs`);
  };
  const version = encodeURIComponent(textSettingOf(settings, 'apiVersion') ?? '2024-06-01');
  const hasAddress = textSettingOf(settings, 'baseURL') !== undefined;
  return chatRow(
    {
      service: 'Azure OpenAI',
      key: { owner: 'azure', header: 'api-key' },
      field: 'baseURL',
      own: hasAddress ? [] : [`https://${named('resourceName')}.openai.azure.com`],
    },
    {
      model: '',
      images: true,
      path: `/openai/deployments/${named('deploymentId')}/chat/completions?api-version=${version}`,
    },
  );
}
