"""Haystack's document store and its retrievers: writing, every search and filter, figures, and deleting."""

import asyncio
import os

os.environ["HAYSTACK_TELEMETRY_ENABLED"] = "False"

from animals import GRPC_PORT, HOST, KEY, KINDS, NUMBERS, PORT, TEXTS, cosine, done, raises, ranked
from animals import vector
from haystack import Document, Pipeline, component
from haystack.components.writers import DocumentWriter
from haystack.dataclasses import ByteStream
from haystack.document_stores.errors import DocumentStoreError, DuplicateDocumentError
from haystack.document_stores.types import DuplicatePolicy
from haystack_integrations.components.retrievers.weaviate import (
    WeaviateBM25Retriever,
    WeaviateEmbeddingRetriever,
    WeaviateHybridRetriever,
)
from haystack_integrations.document_stores.weaviate import AuthApiKey, WeaviateDocumentStore

NAME = "HaystackAnimals"
os.environ["WEAVIATE_API_KEY"] = KEY
SEEN = [f"2026-0{n + 1}-01T00:00:00Z" for n in NUMBERS]


def store_of(name, **settings):
    return WeaviateDocumentStore(
        url=f"http://{HOST}:{PORT}",
        grpc_port=GRPC_PORT,
        auth_client_secret=AuthApiKey(),
        collection_settings={
            "class": name,
            "invertedIndexConfig": {"indexNullState": True},
            **settings,
        },
    )


def document(n):
    meta = {"n": n, "kind": KINDS[n], "tags": [KINDS[n], f"t{n % 2}"], "seen": SEEN[n]}
    if n == 5:
        del meta["kind"]
    return Document(id=f"animal {n}", content=TEXTS[n], embedding=vector(TEXTS[n]), meta=meta)


def numbers(documents):
    return [int(document.meta["n"]) for document in documents]


store = store_of(NAME)
store.client.collections.delete(NAME)
store.close()

# --- writing, with every policy for what is already there
assert store.count_documents() == 0
pipeline = Pipeline()
pipeline.add_component("writer", DocumentWriter(document_store=store))
written = pipeline.run({"writer": {"documents": [document(n) for n in NUMBERS[:4]]}})
assert written["writer"]["documents_written"] == 4
assert store.write_documents([document(4)], DuplicatePolicy.FAIL) == 1
message = raises(
    DuplicateDocumentError,
    lambda: store.write_documents([document(4), document(5)], DuplicatePolicy.FAIL),
)
assert "animal 4" in message and "animal 5" not in message, message
assert store.write_documents([document(n) for n in NUMBERS], DuplicatePolicy.SKIP) == 0
assert store.write_documents([document(0)], DuplicatePolicy.OVERWRITE) == 1
assert store.count_documents() == len(TEXTS)
picture = Document(id="picture", content="a picture", blob=ByteStream(b"\x89PNG", {}, "image/png"))
assert store.write_documents([picture]) == 1
assert store.count_documents() == len(TEXTS) + 1
again = WeaviateDocumentStore.from_dict(store.to_dict())
found = {document.id: document for document in again.filter_documents()}
assert len(found) == len(TEXTS) + 1
assert found["animal 3"] == document(3), found["animal 3"]
assert found["picture"].blob == picture.blob and found["picture"].embedding is None
again.close()
store.delete_documents(["picture", "nobody"])
assert store.count_documents() == len(TEXTS)
broken = Document(id="broken", content="x", embedding=[1.0, 2.0])
message = raises(DocumentStoreError, lambda: store.write_documents([broken]))
assert "'broken'" in message and "the unnamed vector" in message, message
done("writing")


# --- filters
def where(field, operator, value):
    return {"field": f"meta.{field}", "operator": operator, "value": value}


def both(operator, *conditions):
    return {"operator": operator, "conditions": list(conditions)}


def matches(filters):
    return sorted(numbers(store.filter_documents(filters)))


sea = where("kind", "==", "sea")
assert matches(sea) == [3, 4]
assert matches(where("kind", "!=", "sea")) == [0, 1, 2, 5]
assert matches(where("kind", "==", None)) == [5]
assert matches(where("kind", "!=", None)) == [0, 1, 2, 3, 4]
assert matches(where("n", ">", 3)) == [4, 5]
assert matches(where("n", ">=", 3.0)) == [3, 4, 5]
assert matches(where("n", "<", 1)) == [0]
assert matches(where("n", "<=", 1)) == [0, 1]
assert matches(where("n", ">", None)) == []
assert matches(where("n", "in", [1, 3, 9])) == [1, 3]
assert matches(where("n", "not in", [1, 3, 9])) == [0, 2, 4, 5]
assert matches(where("tags", "in", ["pond", "t1"])) == [1, 3, 5]
assert matches(where("seen", "<", SEEN[2])) == [0, 1]
assert matches(where("seen", ">=", "2026-05-01T00:00:00Z")) == [4, 5]
contains = {"field": "content", "operator": "contains", "value": "owl"}
assert matches(contains) == [2]
assert matches(both("NOT", contains)) == [0, 1, 3, 4, 5]
assert matches(both("AND", sea, where("n", ">", 3))) == [4]
assert matches(both("OR", sea, where("n", "==", 0))) == [0, 3, 4]
assert matches(both("NOT", sea, where("n", ">", 3))) == [0, 1, 2, 3, 5]
assert matches(both("AND", both("OR", sea, where("n", "<", 2)), where("n", ">", 0))) == [1, 3, 4]
done("filters")


# --- retrievers, alone and in a pipeline
@component
class Words:
    @component.output_types(embedding=list[float])
    def run(self, text: str):
        return {"embedding": vector(text)}


embedding = WeaviateEmbeddingRetriever(document_store=store, top_k=10)
found = embedding.run(query_embedding=vector("red fox"))["documents"]
assert numbers(found) == ranked("red fox")
for f in found:
    assert abs(f.score - (1 + cosine("red fox", f.content)) / 2) < 1e-5, f
assert found[0].embedding == vector(TEXTS[0])
near = WeaviateEmbeddingRetriever(document_store=store, certainty=0.8)
assert numbers(near.run(query_embedding=vector("red fox"))["documents"]) == [0, 1]
near = WeaviateEmbeddingRetriever(document_store=store, distance=0.1)
assert numbers(near.run(query_embedding=vector("red fox"))["documents"]) == [0]
keywords = WeaviateBM25Retriever(document_store=store, top_k=3)
found = keywords.run(query="howls grey")["documents"]
assert numbers(found)[0] == 2 and sorted(numbers(found)) == [1, 2, 4]
assert found[0].score > found[1].score > 0
found = keywords.run(query="grey", filters=sea, top_k=5)["documents"]
assert numbers(found) == [4]
for alpha, nearest in [(0.1, 3), (0.9, 0)]:
    hybrid = WeaviateHybridRetriever(document_store=store, alpha=alpha)
    found = hybrid.run(query="sings", query_embedding=vector("red fox"), top_k=6)["documents"]
    assert numbers(found)[0] == nearest, (alpha, numbers(found))
found = hybrid.run(
    query="sings", query_embedding=vector("red fox"), alpha=1, max_vector_distance=0.1
)
assert numbers(found["documents"]) == [0]
search = Pipeline()
search.add_component("words", Words())
search.add_component("retriever", WeaviateEmbeddingRetriever(document_store=store, top_k=2))
search.connect("words.embedding", "retriever.query_embedding")
answer = search.run({"words": {"text": "green frog"}, "retriever": {"filters": sea}})
assert numbers(answer["retriever"]["documents"]) == ranked("green frog", [3, 4])
done("retrievers")

# --- what is known of the metadata
assert store.count_documents_by_filter(sea) == 2
assert store.get_metadata_fields_info() == {
    "n": {"type": "number"},
    "kind": {"type": "text"},
    "tags": {"type": "text[]"},
    "seen": {"type": "date"},
}
assert store.get_metadata_field_min_max("meta.n") == {"min": 0, "max": 5}
seen = store.get_metadata_field_min_max("seen")
assert [str(seen[end])[:7] for end in ("min", "max")] == ["2026-01", "2026-06"], seen
unique = store.count_unique_metadata_by_filter(where("n", ">", 1), ["kind", "meta.n", "tags"])
assert unique == {"kind": 2, "n": 4, "tags": 5}, unique
assert store.get_metadata_field_unique_values("kind") == (["land", "sea"], 2)
assert store.get_metadata_field_unique_values("tags", search_term="T", size=1) == (["t0"], 2)
assert store.get_metadata_field_unique_values("n", filters=sea) == ([3, 4], 2)
done("figures")

# --- updates and deletes by filter
assert store.update_by_filter(sea, {"kind": "ocean", "deep": True}) == 2
assert matches(where("kind", "==", "ocean")) == matches(where("deep", "==", True)) == [3, 4]
found = embedding.run(query_embedding=vector(TEXTS[3]), top_k=1)["documents"]
assert numbers(found) == [3] and found[0].meta["deep"] is True
assert store.delete_by_filter(where("kind", "==", "ocean")) == 2
assert matches({}) == [0, 1, 2, 5]
store.delete_documents(["animal 0"])
assert matches({}) == [1, 2, 5]
store.delete_all_documents(batch_size=2)
assert store.count_documents() == 0
store.write_documents([document(1)])
store.delete_all_documents(recreate_index=True)
assert store.count_documents() == 0
assert "seen" in store.get_metadata_fields_info()
store.write_documents([document(n) for n in NUMBERS])
done("deleting")


# --- the same with the asynchronous client
async def asynchronously():
    other = store_of(NAME)
    await other.delete_all_documents_async()
    assert await other.write_documents_async([document(n) for n in NUMBERS]) == len(TEXTS)
    assert await other.write_documents_async([document(0)], DuplicatePolicy.SKIP) == 0
    assert await other.count_documents_async() == len(TEXTS)
    assert sorted(numbers(await other.filter_documents_async(sea))) == [3, 4]
    found = await WeaviateEmbeddingRetriever(document_store=other).run_async(vector("red fox"))
    assert numbers(found["documents"]) == ranked("red fox")
    found = await WeaviateBM25Retriever(document_store=other).run_async("howls")
    assert numbers(found["documents"]) == [2]
    found = await WeaviateHybridRetriever(document_store=other).run_async("sings", vector("frog"))
    assert sorted(numbers(found["documents"])[:2]) == [3, 5]
    assert await other.update_by_filter_async(sea, {"kind": "ocean"}) == 2
    assert await other.delete_by_filter_async(where("kind", "==", "ocean")) == 2
    await other.delete_documents_async(["animal 0"])
    assert await other.count_documents_async() == 3
    await other.delete_all_documents_async(recreate_index=True)
    assert await other.count_documents_async() == 0
    await other.close_async()


asyncio.run(asynchronously())
done("async")
store.client.collections.delete(NAME)
store.close()

# --- vectors that the server makes
own = store_of(
    f"{NAME}Own",
    vectorizer="text2vec-transformers",
    moduleConfig={"text2vec-transformers": {"vectorizeClassName": False}},
    properties=[
        {
            "name": "_original_id",
            "dataType": ["text"],
            "moduleConfig": {"text2vec-transformers": {"skip": True}},
        },
        {"name": "content", "dataType": ["text"]},
    ],
)
own.client.collections.delete(f"{NAME}Own")
own.close()
own.write_documents([Document(id=text, content=text) for text in ["red fox", "blue whale"]])
whale, fox = sorted(own.filter_documents(), key=lambda document: document.id)
assert whale.embedding and fox.embedding and whale.embedding != fox.embedding
found = WeaviateEmbeddingRetriever(document_store=own).run(query_embedding=whale.embedding)
assert [document.id for document in found["documents"]] == ["blue whale", "red fox"]
near = own.collection.query.near_text("red fox", limit=1)
assert near.objects[0].properties["_original_id"] == "red fox"
own.client.collections.delete(f"{NAME}Own")
own.close()
done("texts")
