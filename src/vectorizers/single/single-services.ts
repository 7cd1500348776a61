// Which service each module of single vectors speaks to.

import type { SingleModule } from '../modules.ts';
import { transformersProtocol } from '../transformers.ts';
import { cohereProtocol } from './cohere.ts';
import { embeddingsProtocol } from './embeddings-services.ts';
import { googleProtocol } from './google.ts';
import {
  clipProtocol,
  huggingFaceProtocol,
  ollamaProtocol,
  weaviateTextProtocol,
} from './inference-servers.ts';
import {
  jinaSingleProtocol,
  nvidiaMultimodalProtocol,
  voyageMultimodalProtocol,
} from './multimodal-services.ts';
import type { MakeProtocol } from './single-protocol.ts';

/** How the service of a module is spoken to. */
export const singleProtocols: Readonly<Record<SingleModule, MakeProtocol>> = {
  'text2vec-transformers': transformersProtocol,
  'text2vec-contextionary': transformersProtocol,
  'text2vec-model2vec': transformersProtocol,
  'text2vec-openai': embeddingsProtocol('openai'),
  'text2vec-cohere': cohereProtocol('text'),
  'text2vec-jinaai': embeddingsProtocol('jinaai'),
  'text2vec-voyageai': embeddingsProtocol('voyageai'),
  'text2vec-mistral': embeddingsProtocol('mistral'),
  'text2vec-ollama': ollamaProtocol,
  'text2vec-huggingface': huggingFaceProtocol,
  'text2vec-google': googleProtocol,
  'text2vec-palm': googleProtocol,
  'text2vec-nvidia': embeddingsProtocol('nvidia'),
  'text2vec-databricks': embeddingsProtocol('databricks'),
  'text2vec-morph': embeddingsProtocol('morph'),
  'text2vec-digitalocean': embeddingsProtocol('digitalocean'),
  'text2vec-weaviate': weaviateTextProtocol,
  'multi2vec-clip': clipProtocol,
  'multi2vec-cohere': cohereProtocol('multi'),
  'multi2vec-jinaai': jinaSingleProtocol,
  'multi2vec-voyageai': voyageMultimodalProtocol,
  'multi2vec-nvidia': nvidiaMultimodalProtocol,
};
