// The modules that the clients name in a collection's settings, and what each embeds.

/** Modules that make multi-vectors; both names of the first two mean the same service. */
const multiModules = [
  'text2colbert-jinaai',
  'text2multivec-jinaai',
  'multi2multivec-jinaai',
  'multi2multivec-weaviate',
] as const;

/** Modules that make one vector of an object. */
const singleModules = [
  'text2vec-transformers',
  'text2vec-contextionary',
  'text2vec-model2vec',
  'text2vec-openai',
  'text2vec-cohere',
  'text2vec-jinaai',
  'text2vec-voyageai',
  'text2vec-mistral',
  'text2vec-ollama',
  'text2vec-huggingface',
  'text2vec-google',
  'text2vec-palm',
  'text2vec-nvidia',
  'text2vec-databricks',
  'text2vec-morph',
  'text2vec-digitalocean',
  'text2vec-weaviate',
  'multi2vec-clip',
  'multi2vec-cohere',
  'multi2vec-jinaai',
  'multi2vec-voyageai',
  'multi2vec-nvidia',
] as const;
export type SingleModule = (typeof singleModules)[number];

export type VectorizerModule = (typeof multiModules)[number] | SingleModule;

/** Modules that have a vectorizer. */
export const vectorizerModules: readonly VectorizerModule[] = [...multiModules, ...singleModules];

/** What clients are told of the modules: names and links of the reference, which lists no older names. */
export const moduleInfo: Readonly<
  Record<string, { readonly name: string; readonly documentationHref: string }>
> = {
  'multi2multivec-jinaai': {
    documentationHref: 'https://jina.ai/embeddings/',
    name: 'JinaAI CLIP Multivec Module',
  },
  'multi2multivec-weaviate': {
    documentationHref: 'https://docs.weaviate.io/cloud/embeddings',
    name: 'Weaviate Multivec Embedding Module',
  },
  'multi2vec-clip': {
    documentationHref:
      'https://docs.weaviate.io/weaviate/model-providers/transformers/embeddings-multimodal',
    name: 'CLIP Module',
  },
  'multi2vec-cohere': {
    documentationHref: 'https://docs.cohere.com/reference/embed',
    name: 'Cohere Module',
  },
  'multi2vec-jinaai': {
    documentationHref: 'https://jina.ai/embeddings/',
    name: 'JinaAI CLIP Module',
  },
  'multi2vec-nvidia': {
    documentationHref:
      'https://docs.weaviate.io/weaviate/model-providers/nvidia/embeddings-multimodal',
    name: 'NVIDIA CLIP Module',
  },
  'multi2vec-voyageai': {
    documentationHref: 'https://docs.voyageai.com/docs/multimodal-embeddings',
    name: 'VoyageAI Multi Modal Module',
  },
  'text2multivec-jinaai': {
    documentationHref: 'https://jina.ai/embeddings/',
    name: 'JinaAI Multivec Module',
  },
  'text2vec-cohere': {
    documentationHref: 'https://docs.cohere.com/reference/embed',
    name: 'Cohere Module',
  },
  'text2vec-contextionary': {
    documentationHref: 'https://github.com/weaviate/contextionary',
    name: 'Contextionary, served by the local text model',
  },
  'text2vec-databricks': {
    documentationHref: 'https://docs.weaviate.io/weaviate/model-providers/databricks/embeddings',
    name: 'Databricks Foundation Models Module',
  },
  'text2vec-digitalocean': {
    documentationHref: 'https://docs.digitalocean.com/products/gradient-ai-platform/',
    name: 'DigitalOcean Module',
  },
  'text2vec-google': {
    documentationHref: 'https://docs.weaviate.io/weaviate/model-providers/google/embeddings',
    name: 'Google Module',
  },
  'text2vec-huggingface': {
    documentationHref: 'https://huggingface.co/docs/inference-providers/tasks/feature-extraction',
    name: 'Hugging Face Module',
  },
  'text2vec-jinaai': {
    documentationHref: 'https://jina.ai/embeddings/',
    name: 'JinaAI Module',
  },
  'text2vec-mistral': {
    documentationHref: 'https://docs.mistral.ai/capabilities/embeddings/',
    name: 'Mistral Module',
  },
  'text2vec-model2vec': {
    documentationHref: 'https://docs.weaviate.io/weaviate/model-providers/model2vec/embeddings',
    name: 'Model2Vec Module',
  },
  'text2vec-morph': {
    documentationHref: 'https://docs.morphllm.com/',
    name: 'Morph Module',
  },
  'text2vec-nvidia': {
    documentationHref: 'https://docs.weaviate.io/weaviate/model-providers/nvidia/embeddings',
    name: 'NVIDIA Module',
  },
  'text2vec-ollama': {
    documentationHref: 'https://github.com/ollama/ollama/blob/main/docs/api.md#generate-embeddings',
    name: 'Ollama Module',
  },
  'text2vec-openai': {
    documentationHref: 'https://platform.openai.com/docs/guides/embeddings',
    name: 'OpenAI Module',
  },
  'text2vec-transformers': {
    documentationHref: 'https://docs.weaviate.io/weaviate/model-providers/transformers/embeddings',
    name: 'Transformers Module',
  },
  'text2vec-voyageai': {
    documentationHref: 'https://docs.voyageai.com/docs/embeddings',
    name: 'VoyageAI Module',
  },
  'text2vec-weaviate': {
    documentationHref: 'https://docs.weaviate.io/cloud/embeddings',
    name: 'Weaviate Embedding Module',
  },
};

/** True when a module name is one that this server has a vectorizer for. */
export function isVectorizerModule(name: string): name is VectorizerModule {
  return (vectorizerModules as readonly string[]).includes(name);
}

/** True for modules that make one vector of an object. */
export function makesSingleVectors(module: VectorizerModule): module is SingleModule {
  return (singleModules as readonly string[]).includes(module);
}

/** True for modules whose sources are named text and image fields instead of all text. */
export function isMultimodal(module: VectorizerModule): boolean {
  return module.startsWith('multi2');
}
