"""The classical way with a vector library: token vectors in a FAISS IVF_PQ index name documents, exact MaxSim
over float32 originals in memory orders them. Speaks the lines of peer.ts; the last argument is a folder."""

import json
import os
import sys
import time

import faiss
import numpy

SUB_VECTORS = 16


def read_vectors(path):
    head = numpy.fromfile(path, dtype="<u4", count=2)
    dims, count = int(head[0]), int(head[1])
    tokens = numpy.fromfile(path, dtype="<u4", count=count, offset=8)
    values = numpy.fromfile(path, dtype="<f4", offset=8 + 4 * count).reshape(-1, dims)
    return values, numpy.concatenate([[0], numpy.cumsum(tokens)]).astype(numpy.int64)


class Index:
    def __init__(self, folder):
        self.folder = folder

    def load(self, path):
        self.values, self.starts = read_vectors(path)
        rows, dims = self.values.shape
        lists = int(4 * rows**0.5)
        self.index = faiss.index_factory(dims, f"IVF{lists},PQ{SUB_VECTORS}", faiss.METRIC_INNER_PRODUCT)
        sample = numpy.random.default_rng(1).choice(rows, min(rows, 64 * lists), replace=False)
        self.index.train(self.values[sample])
        self.index.add(self.values)
        self.documents = numpy.repeat(numpy.arange(len(self.starts) - 1), numpy.diff(self.starts))
        faiss.write_index(self.index, os.path.join(self.folder, "tokens.faiss"))
        self.values.tofile(os.path.join(self.folder, "originals.f32"))

    def search(self, query, k, probes=8, tokens=64):
        self.index.nprobe = probes
        _, found = self.index.search(query, tokens)
        candidates = numpy.unique(self.documents[found[found >= 0]])
        rows = numpy.concatenate([numpy.arange(self.starts[d], self.starts[d + 1]) for d in candidates])
        lengths = self.starts[candidates + 1] - self.starts[candidates]
        offsets = numpy.concatenate([[0], numpy.cumsum(lengths)[:-1]])
        scores = numpy.maximum.reduceat(query @ self.values[rows].T, offsets, axis=1).sum(axis=0)
        return candidates[numpy.argsort(-scores, kind="stable")[:k]].tolist()


def answer(index, call):
    if call["op"] == "import":
        index.load(call["vectors"])
        return {}
    queries, starts = read_vectors(call["queries"])
    answers, times = [], []
    for n in range(len(starts) - 1):
        begin = time.perf_counter()
        answers.append(index.search(queries[starts[n] : starts[n + 1]], call["k"], **call["settings"]))
        times.append((time.perf_counter() - begin) * 1000)
    return {"answers": answers, "ms": times}


def main():
    faiss.omp_set_num_threads(1)
    index = Index(sys.argv[-1])
    for line in sys.stdin:
        try:
            told = answer(index, json.loads(line))
        except Exception as error:
            told = {"error": repr(error)}
        print(json.dumps(told), flush=True)


main()
