// What a peer has to do to be measured beside Tesserae. A peer in JavaScript implements `Peer` and is run
// by peer-host.ts; one in another language speaks the same lines itself (next-plaid/src/main.rs,
// faiss_peer.py). peer-list.ts names them all.

import type { VectorValue } from '../../src/engine/document.ts';

/** Names and values of what a search may be told; what they mean is the peer's own matter. */
export type PeerSettings = Readonly<Record<string, number>>;

/** A searchable index of multi-vectors, in a process of its own with an empty folder. */
export interface Peer {
  /**
   * Stores documents, numbered from 0, with rows of unit length; resolves when searches are as fast as
   * they get.
   */
  import(documents: Iterable<VectorValue>): Promise<void>;
  /** Numbers of the k best documents by MaxSim, best first. */
  search(query: VectorValue, k: number, settings: PeerSettings): Promise<readonly number[]>;
  close(): Promise<void>;
}

/** Makes a peer that keeps its files in the folder. */
export type OpenPeer = (folder: string) => Promise<Peer>;

/** What a peer's process is told, a line of JSON each. Files are as vector-file.ts has them. */
export type PeerCall =
  | { readonly op: 'import'; readonly vectors: string }
  | {
      readonly op: 'search';
      readonly queries: string;
      readonly k: number;
      readonly settings: PeerSettings;
    };

/** A line that answers: of every query in turn the documents and the milliseconds. */
export interface PeerAnswer {
  readonly answers?: readonly (readonly number[])[];
  readonly ms?: readonly number[];
  /** Why it failed. */
  readonly error?: string;
}
