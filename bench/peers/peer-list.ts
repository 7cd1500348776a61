// The peers that are measured: how each is started, how it is told to search, and why it is left out where
// it is not installed. A new one is a row here and a program that speaks peer.ts's lines.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerSettings } from './peer.ts';
import { peersFolder } from './peers-folder.ts';

/** A way to search, with its name in the report. */
export interface PeerSearch {
  readonly name: string;
  readonly settings: PeerSettings;
}

export interface ListedPeer {
  readonly name: string;
  /** The command, which is given the folder as its last argument. */
  readonly command: readonly string[];
  /** What must be there, and how it gets there. */
  readonly needs?: { readonly path: string; readonly install: string };
  readonly searches: readonly PeerSearch[];
}

const hosted = (name: string): string[] => [
  process.execPath,
  '--no-liftoff',
  join(import.meta.dirname, 'peer-host.ts'),
  name,
];
const defaults = { name: 'defaults', settings: {} };
const python = join(peersFolder, 'python', 'bin', 'python');
const nextPlaid = join(peersFolder, 'next-plaid', 'target', 'release', 'next-plaid-peer');

/** In the order in which they are measured. */
export const peers: readonly ListedPeer[] = [
  { name: 'our int8 brute force', command: hosted('brute-force'), searches: [defaults] },
  { name: 'Tesserae, library', command: hosted('tesserae'), searches: [defaults] },
  {
    name: 'LanceDB, IVF_PQ',
    command: hosted('lancedb'),
    needs: {
      path: join(peersFolder, 'node_modules', '@lancedb', 'lancedb'),
      install: 'npm install --prefix ~/.cache/tesserae/peers @lancedb/lancedb',
    },
    searches: [
      { name: 'defaults (20 probes)', settings: { nprobes: 20 } },
      { name: '20 probes, refine 10', settings: { nprobes: 20, refine: 10 } },
      { name: '50 probes, refine 50', settings: { nprobes: 50, refine: 50 } },
    ],
  },
  {
    name: 'NextPlaid, 4 bit',
    command: [nextPlaid],
    needs: {
      path: nextPlaid,
      install:
        'cp -r bench/peers/next-plaid ~/.cache/tesserae/peers/ && ' +
        'cargo build --release --manifest-path ~/.cache/tesserae/peers/next-plaid/Cargo.toml',
    },
    searches: [
      { name: '8 probes, 256 scored', settings: { probes: 8, scored: 256 } },
      { name: 'defaults (8 probes, 4096 scored)', settings: { probes: 8, scored: 4096 } },
      {
        name: '32 probes, 4096 scored, no threshold',
        settings: { probes: 32, scored: 4096, threshold: -1 },
      },
    ],
  },
  {
    name: 'FAISS, IVF_PQ over tokens, f32 rescoring',
    command: [python, join(import.meta.dirname, 'faiss_peer.py')],
    needs: {
      path: join(peersFolder, 'python', 'lib'),
      install:
        'python3 -m venv ~/.cache/tesserae/peers/python && ' +
        '~/.cache/tesserae/peers/python/bin/pip install faiss-cpu numpy',
    },
    searches: [
      { name: '8 probes, 64 tokens each', settings: { probes: 8, tokens: 64 } },
      { name: '16 probes, 256 tokens each', settings: { probes: 16, tokens: 256 } },
      { name: '32 probes, 1024 tokens each', settings: { probes: 32, tokens: 1024 } },
    ],
  },
];

/** Why a peer can't be measured here; undefined where it can. */
export function missing({ needs }: ListedPeer): string | undefined {
  if (needs === undefined || existsSync(needs.path)) return undefined;
  return `not installed: ${needs.install}`;
}
