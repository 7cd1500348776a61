"""Fills a collection from a plan, or asks it the plan's questions: `restart.py fill|ask PLAN.json`."""

import json
import os
import sys

import weaviate
from weaviate.classes.config import Configure, DataType, Property, VectorDistances
from weaviate.classes.query import MetadataQuery

NAME = "RestartPython"

action, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    plan = json.load(file)
client = weaviate.connect_to_local(
    host="127.0.0.1", port=int(os.environ["PORT"]), grpc_port=int(os.environ["GRPC_PORT"])
)


def index(metric):
    return Configure.VectorIndex.hnsw(distance_metric=VectorDistances(metric))


def fill():
    collection = client.collections.create(
        NAME,
        properties=[
            Property(name="n", data_type=DataType.INT),
            Property(name="text", data_type=DataType.TEXT),
        ],
        vector_config=[
            (Configure.MultiVectors if kind == "multi" else Configure.Vectors).self_provided(
                name=name, vector_index_config=index(metric)
            )
            for name, kind, metric in plan["vectors"]
        ],
    )
    with collection.batch.fixed_size(batch_size=4) as batch:
        for one in plan["insert"]:
            batch.add_object(
                properties=one["properties"], vector=one["vectors"], uuid=one["id"]
            )
    assert collection.batch.failed_objects == []
    for one in plan["update"]:
        collection.data.update(one["id"], properties=one["properties"], vector=one["vectors"])
    for one in plan["replace"]:
        collection.data.replace(one["id"], properties=one["properties"])
    for one in plan["delete"]:
        assert collection.data.delete_by_id(one)


def answers():
    collection = client.collections.use(NAME)
    distances = MetadataQuery(distance=True)
    answer = {"count": len(collection), "near": {}, "object": {}, "vectors": {}}
    for name, query in plan["queries"].items():
        found = collection.query.near_vector(
            query, target_vector=name, limit=50, return_metadata=distances
        )
        answer["near"][name] = [[str(o.uuid), o.metadata.distance] for o in found.objects]
        found = collection.query.near_object(
            plan["insert"][0]["id"], target_vector=name, limit=50, return_metadata=distances
        )
        answer["object"][name] = [[str(o.uuid), o.metadata.distance] for o in found.objects]
    first = next(iter(plan["queries"]))
    for one in collection.iterator(include_vector=True):
        answer["vectors"][str(one.uuid)] = one.vector
    found = collection.query.hybrid(
        "word",
        vector={first: plan["queries"][first]},
        target_vector=first,
        limit=50,
        return_metadata=MetadataQuery(score=True),
    )
    answer["hybrid"] = [[str(o.uuid), o.metadata.score] for o in found.objects]
    return answer


if action == "fill":
    fill()
print(json.dumps(answers()))
client.close()
