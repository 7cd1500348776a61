"""Imports the documents of a flat vector file with the official client and prints what that cost as JSON.

Arguments: REST port, gRPC port, collection, file, manner ("batch" or "insert_many"), batch size.
"""

import array
import json
import resource
import sys
import time

import weaviate
from weaviate.classes.config import Configure, DataType, Property
from weaviate.classes.data import DataObject


def read_vectors(path):
    with open(path, "rb") as file:
        head = array.array("I")
        head.fromfile(file, 2)
        dims, count = head
        tokens = array.array("I")
        tokens.fromfile(file, count)
        documents = []
        for length in tokens:
            values = array.array("f")
            values.fromfile(file, length * dims)
            rows = values.tolist()
            documents.append([rows[i : i + dims] for i in range(0, len(rows), dims)])
        return documents


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def properties_of(index, document):
    return {"text": " ".join(f"word{(index * 31 + i) % 20000}" for i in range(len(document))), "number": index}


def main():
    port, grpc_port, name, path, manner, size = sys.argv[1:]
    documents = read_vectors(path)
    with weaviate.connect_to_local(port=int(port), grpc_port=int(grpc_port)) as client:
        collection = client.collections.create(
            name,
            properties=[
                Property(name="text", data_type=DataType.TEXT),
                Property(name="number", data_type=DataType.INT),
            ],
            vector_config=[Configure.MultiVectors.self_provided(name="mv")],
        )
        start, cpu = time.perf_counter(), cpu_seconds()
        if manner == "batch":
            with collection.batch.fixed_size(batch_size=int(size), concurrent_requests=2) as batch:
                for index, document in enumerate(documents):
                    batch.add_object(properties=properties_of(index, document), vector={"mv": document})
            failed = len(collection.batch.failed_objects)
        else:
            failed = 0
            for first in range(0, len(documents), int(size)):
                part = documents[first : first + int(size)]
                objects = [
                    DataObject(properties=properties_of(first + i, document), vector={"mv": document})
                    for i, document in enumerate(part)
                ]
                failed += len(collection.data.insert_many(objects).errors)
        wall, cpu = time.perf_counter() - start, cpu_seconds() - cpu
        stored = collection.aggregate.over_all(total_count=True).total_count
    print(json.dumps({"seconds": wall, "cpuSeconds": cpu, "failed": failed, "stored": stored}))


main()
