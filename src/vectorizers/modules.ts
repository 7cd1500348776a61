// The modules that the clients name in a collection's settings, and what each embeds.

/** Modules that have a vectorizer; both names of the first two mean the same service. */
export const vectorizerModules = [
  'text2colbert-jinaai',
  'text2multivec-jinaai',
  'multi2multivec-jinaai',
  'multi2multivec-weaviate',
] as const;
export type VectorizerModule = (typeof vectorizerModules)[number];

/** True when a module name is one that this server has a vectorizer for. */
export function isVectorizerModule(name: string): name is VectorizerModule {
  return (vectorizerModules as readonly string[]).includes(name);
}

/** True for modules whose sources are named text and image fields instead of all text. */
export function isMultimodal(module: VectorizerModule): boolean {
  return module === 'multi2multivec-jinaai' || module === 'multi2multivec-weaviate';
}
