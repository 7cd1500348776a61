// The process of a peer in JavaScript: node bench/peers/peer-host.ts NAME FOLDER opens it and does what
// lines on standard input tell (PeerCall), a line of answer each (PeerAnswer), until the input ends.

import { createInterface } from 'node:readline';
import { readVectorFile } from '../vector-file.ts';
import { openBruteForce } from './brute-force.ts';
import { openLanceDb } from './lancedb.ts';
import type { OpenPeer, Peer, PeerAnswer, PeerCall } from './peer.ts';
import { openTesserae } from './tesserae.ts';

const peers: Readonly<Record<string, OpenPeer>> = {
  'brute-force': openBruteForce,
  lancedb: openLanceDb,
  tesserae: openTesserae,
};

async function answer(peer: Peer, call: PeerCall): Promise<PeerAnswer> {
  if (call.op === 'import') {
    await peer.import(readVectorFile(call.vectors));
    return {};
  }
  const answers: (readonly number[])[] = [];
  const ms: number[] = [];
  for (const query of readVectorFile(call.queries)) {
    const start = performance.now();
    answers.push(await peer.search(query, call.k, call.settings));
    ms.push(performance.now() - start);
  }
  return { answers, ms };
}

const [name = '', folder = ''] = process.argv.slice(2);
const openPeer = peers[name];
if (openPeer === undefined) throw new Error(`no peer ${name}: ${Object.keys(peers).join(', ')}`);
const peer = await openPeer(folder);
for await (const line of createInterface({ input: process.stdin })) {
  const call = JSON.parse(line) as PeerCall;
  const told = await answer(peer, call).catch(
    (error: unknown): PeerAnswer => ({ error: String(error) }),
  );
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
await peer.close();
