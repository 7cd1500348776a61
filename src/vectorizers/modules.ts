// The modules that the clients name in a collection's settings, and what each embeds.

/**
 * Modules that have a vectorizer; both names of the first two mean the same service. The last two make
 * one vector of a text, the others a multi-vector.
 */
export const vectorizerModules = [
  'text2colbert-jinaai',
  'text2multivec-jinaai',
  'multi2multivec-jinaai',
  'multi2multivec-weaviate',
  'text2vec-transformers',
  'text2vec-contextionary',
] as const;
export type VectorizerModule = (typeof vectorizerModules)[number];

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
  'text2multivec-jinaai': {
    documentationHref: 'https://jina.ai/embeddings/',
    name: 'JinaAI Multivec Module',
  },
  'text2vec-contextionary': {
    documentationHref: 'https://github.com/weaviate/contextionary',
    name: 'Contextionary, served by the local text model',
  },
  'text2vec-transformers': {
    documentationHref: 'https://docs.weaviate.io/weaviate/model-providers/transformers/embeddings',
    name: 'Transformers Module',
  },
};

/** True when a module name is one that this server has a vectorizer for. */
export function isVectorizerModule(name: string): name is VectorizerModule {
  return (vectorizerModules as readonly string[]).includes(name);
}

/** True for modules that make one vector of a text. */
export function makesSingleVectors(module: VectorizerModule): boolean {
  return module === 'text2vec-transformers' || module === 'text2vec-contextionary';
}

/** True for modules whose sources are named text and image fields instead of all text. */
export function isMultimodal(module: VectorizerModule): boolean {
  return module === 'multi2multivec-jinaai' || module === 'multi2multivec-weaviate';
}
