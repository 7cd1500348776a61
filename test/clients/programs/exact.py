"""Asks for the profile of a vector search, as usual and with the header for exact search: `exact.py QUERY.json`."""

import json
import os
import sys

import weaviate
from weaviate.classes.query import MetadataQuery

with open(sys.argv[1], encoding="utf-8") as file:
    query = json.load(file)


def profile(headers):
    client = weaviate.connect_to_local(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        grpc_port=int(os.environ["GRPC_PORT"]),
        headers=headers,
    )
    found = client.collections.use("Passages").query.near_vector(
        query, limit=3, return_metadata=MetadataQuery(query_profile=True, explain_score=True)
    )
    shard = found.query_profile.shards[0]
    client.close()
    return {
        "shard": [shard.name, shard.node],
        "searches": {name: search.details for name, search in shard.searches.items()},
        "plan": [one.metadata.explain_score for one in found.objects],
        "uuids": [str(one.uuid) for one in found.objects],
    }


print(json.dumps([profile(None), profile({"X-Tesserae-Exact": "true"})]))
