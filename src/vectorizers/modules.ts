// The modules that the clients name in a collection's settings, and what each embeds.

/** Modules that have a vectorizer; both names of the first two mean the same service. */
export const vectorizerModules = [
  'text2colbert-jinaai',
  'text2multivec-jinaai',
  'multi2multivec-jinaai',
  'multi2multivec-weaviate',
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
};

/** True when a module name is one that this server has a vectorizer for. */
export function isVectorizerModule(name: string): name is VectorizerModule {
  return (vectorizerModules as readonly string[]).includes(name);
}

/** True for modules whose sources are named text and image fields instead of all text. */
export function isMultimodal(module: VectorizerModule): boolean {
  return module === 'multi2multivec-jinaai' || module === 'multi2multivec-weaviate';
}
