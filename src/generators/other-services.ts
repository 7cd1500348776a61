// Services that generate in ways of their own: Anthropic, Cohere, Ollama, Google, Contextual AI.

import { providerError } from '../vectorizers/http-provider.ts';
import {
  type Ask,
  at,
  type GeneratorRow,
  generated,
  mediaType,
  renamed,
  settingOf,
  textIn,
  textSettingOf,
} from './chat-request.ts';

/** Anthropic demands a limit. */
const anthropicTokensMax = 4096;

const anthropic: GeneratorRow = {
  service: 'Anthropic',
  key: { owner: 'anthropic', header: 'x-api-key' },
  field: 'baseURL',
  baseUrlHeader: 'x-anthropic-baseurl',
  operator: 'anthropicBaseUrl',
  own: ['https://api.anthropic.com'],
  model: 'claude-sonnet-4-5',
  images: true,
  request: ({ task, settings, model }) => ({
    path: '/v1/messages',
    headers: { 'anthropic-version': '2023-06-01' },
    body: {
      model,
      messages: [
        {
          role: 'user',
          content: [
            ...task.images.map((data) => ({
              type: 'image',
              source: { type: 'base64', media_type: mediaType(data), data },
            })),
            { type: 'text', text: task.prompt },
          ],
        },
      ],
      max_tokens: settingOf(settings, 'maxTokens') ?? anthropicTokensMax,
      ...renamed(settings, {
        temperature: 'temperature',
        topK: 'top_k',
        topP: 'top_p',
        stopSequences: 'stop_sequences',
      }),
    },
  }),
  read: (reply) =>
    generated(textIn(at(reply, 'content')), {
      inputTokens: at(reply, 'usage', 'input_tokens'),
      outputTokens: at(reply, 'usage', 'output_tokens'),
    }),
};

const cohere: GeneratorRow = {
  service: 'Cohere',
  key: { owner: 'cohere' },
  field: 'baseURL',
  baseUrlHeader: 'x-cohere-baseurl',
  operator: 'cohereBaseUrl',
  own: ['https://api.cohere.com', 'https://api.cohere.ai'],
  model: 'command-a-03-2025',
  images: true,
  request: ({ task, settings, model }) => ({
    path: '/v2/chat',
    body: {
      model,
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: task.prompt },
            ...task.images.map((base64) => ({
              type: 'image_url',
              image_url: { url: `data:${mediaType(base64)};base64,${base64}` },
            })),
          ],
        },
      ],
      stream: false,
      ...renamed(settings, {
        maxTokens: 'max_tokens',
        temperature: 'temperature',
        k: 'k',
        p: 'p',
        stopSequences: 'stop_sequences',
        frequencyPenalty: 'frequency_penalty',
        presencePenalty: 'presence_penalty',
      }),
    },
  }),
  read: (reply) =>
    generated(textIn(at(reply, 'message', 'content')), {
      inputTokens: at(reply, 'usage', 'tokens', 'input_tokens'),
      outputTokens: at(reply, 'usage', 'tokens', 'output_tokens'),
    }),
};

const ollama: GeneratorRow = {
  service: 'Ollama',
  field: 'apiEndpoint',
  baseUrlHeader: 'x-ollama-baseurl',
  operator: 'ollamaBaseUrl',
  own: ['http://localhost:11434'],
  model: 'llama3',
  images: true,
  request: ({ task, settings, model }) => ({
    path: '/api/generate',
    body: {
      model,
      prompt: task.prompt,
      stream: false,
      ...(task.images.length > 0 && { images: task.images }),
      options: renamed(settings, { temperature: 'temperature' }),
    },
  }),
  read: (reply) =>
    generated(textIn(at(reply, 'response')), {
      inputTokens: at(reply, 'prompt_eval_count'),
      outputTokens: at(reply, 'eval_count'),
    }),
};

const googleRow: Pick<GeneratorRow, 'service' | 'model' | 'images' | 'read'> = {
  service: 'Google',
  model: 'gemini-2.5-flash',
  images: true,
  read: (reply) =>
    generated(textIn(at(reply, 'candidates', 0, 'content', 'parts')), {
      inputTokens: at(reply, 'usageMetadata', 'promptTokenCount'),
      outputTokens: at(reply, 'usageMetadata', 'candidatesTokenCount'),
      totalTokens: at(reply, 'usageMetadata', 'totalTokenCount'),
    }),
};

function googleBody({ task, settings }: Ask): object {
  const images = task.images.map((data) => ({ inlineData: { mimeType: mediaType(data), data } }));
  return {
    contents: [{ role: 'user', parts: [{ text: task.prompt }, ...images] }],
    generationConfig: renamed(settings, {
      temperature: 'temperature',
      maxOutputTokens: 'maxOutputTokens',
      maxTokens: 'maxOutputTokens',
      topK: 'topK',
      topP: 'topP',
      stopSequences: 'stopSequences',
      frequencyPenalty: 'frequencyPenalty',
      presencePenalty: 'presencePenalty',
    }),
  };
}

const studio: GeneratorRow = {
  ...googleRow,
  key: { owner: 'googleStudio', header: 'x-goog-api-key' },
  field: 'apiEndpoint',
  operator: 'googleBaseUrl',
  own: ['https://generativelanguage.googleapis.com'],
  request: (ask) => ({
    path: `/v1beta/models/${encodeURIComponent(ask.model)}:generateContent`,
    body: googleBody(ask),
  }),
};

function vertex(settings: Readonly<Record<string, unknown>>): GeneratorRow {
  const region =
    textSettingOf(settings, 'location') ?? textSettingOf(settings, 'region') ?? 'us-central1';
  const project = textSettingOf(settings, 'projectId');
  if (project === undefined) throw providerError('generative-google: projectId is missing');
  const below = `/v1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(region)}`;
  const endpoint = textSettingOf(settings, 'endpointId');
  return {
    ...googleRow,
    key: { owner: 'googleVertex' },
    field: 'apiEndpoint',
    operator: 'googleBaseUrl',
    own: [`https://${encodeURIComponent(region)}-aiplatform.googleapis.com`],
    request: (ask) => ({
      path:
        endpoint === undefined
          ? `${below}/publishers/google/models/${encodeURIComponent(ask.model)}:generateContent`
          : `${below}/endpoints/${encodeURIComponent(endpoint)}:generateContent`,
      body: googleBody(ask),
    }),
  };
}

/** AI Studio where the settings name its host or no project, Vertex AI otherwise. */
export function googleServiceRow(settings: Readonly<Record<string, unknown>>): GeneratorRow {
  const isStudio =
    /generativelanguage\.googleapis\.com\/?$/.test(textSettingOf(settings, 'apiEndpoint') ?? '') ||
    textSettingOf(settings, 'projectId') === undefined;
  return isStudio ? studio : vertex(settings);
}

const contextualAi: GeneratorRow = {
  service: 'Contextual AI',
  key: { owner: 'contextualai' },
  field: 'baseURL',
  own: ['https://api.contextual.ai'],
  model: 'v2',
  images: false,
  request: ({ task, settings, model }) => ({
    path: '/v1/generate',
    body: {
      model,
      messages: [{ role: 'user', content: task.prompt }],
      knowledge: settingOf(settings, 'knowledge') ?? [],
      ...renamed(settings, {
        temperature: 'temperature',
        topP: 'top_p',
        maxNewTokens: 'max_new_tokens',
        systemPrompt: 'system_prompt',
        avoidCommentary: 'avoid_commentary',
      }),
    },
  }),
  read: (reply) => generated(textIn(at(reply, 'response')), {}),
};

/** By module. */
export const otherRows: Readonly<Record<string, GeneratorRow>> = {
  'generative-anthropic': anthropic,
  'generative-cohere': cohere,
  'generative-ollama': ollama,
  'generative-contextualai': contextualAi,
};
