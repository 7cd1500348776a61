"""LangChain's vector store: every way of adding, searching and deleting that it has."""

import asyncio
from datetime import datetime, timezone

from animals import IDS, KINDS, NUMBERS, TEXTS, connect, connect_async, done, raises, ranked
from animals import vector
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_weaviate.vectorstores import WeaviateVectorStore
from weaviate.classes.config import Configure, DataType, Property
from weaviate.classes.query import Filter, HybridFusion

NAME = "LangchainAnimals"
TODAY = datetime(2026, 5, 17, 12, 30, tzinfo=timezone.utc)


class Words(Embeddings):
    def embed_documents(self, texts):
        return [vector(text) for text in texts]

    def embed_query(self, text):
        return vector(text)


def metadata(n):
    return {"n": n, "kind": KINDS[n], "tags": [KINDS[n], f"t{n % 2}"], "seen": TODAY}


def numbers(documents):
    return [int(document.metadata["n"]) for document in documents]


client = connect()
client.collections.delete(NAME)

# --- a store from texts, and one over what is there
store = WeaviateVectorStore.from_texts(
    TEXTS[:4],
    Words(),
    metadatas=[metadata(n) for n in NUMBERS[:4]],
    client=client,
    index_name=NAME,
    ids=IDS[:4],
)
assert len(client.collections.use(NAME)) == 4
store = WeaviateVectorStore(client, NAME, "text", Words(), attributes=["n", "kind", "tags", "seen"])
documents = [Document(page_content=TEXTS[n], metadata=metadata(n)) for n in NUMBERS]
assert store.add_documents(documents[4:], ids=IDS[4:]) == IDS[4:]
assert len(client.collections.use(NAME)) == len(TEXTS)
stored = client.collections.use(NAME).query.fetch_object_by_id(IDS[4], include_vector=True)
assert stored.properties == {"text": TEXTS[4], **metadata(4)}, stored.properties
assert stored.vector["default"] == vector(TEXTS[4])
assert store.embeddings.embed_query("red") == vector("red")
done("store")

# --- the nearest; LangChain searches hybrid, with vectors alone at alpha 1
query = "red fox"
(first,) = store.similarity_search(query, k=1, alpha=1)
assert first.page_content == TEXTS[0]
assert first.metadata == metadata(0), first.metadata
found = store.similarity_search(query, k=10, alpha=1)
assert numbers(found) == ranked(query), numbers(found)
assert len(store.similarity_search("grey forest")) == 4
scored = store.similarity_search_with_score(query, k=3, alpha=1)
assert [score for _, score in scored][0] == 1
assert [score for _, score in scored] == sorted((score for _, score in scored), reverse=True)
relevance = store.similarity_search_with_relevance_scores(query, k=2, alpha=1)
assert all(0 < score <= 1 for _, score in relevance), relevance
found = store.similarity_search_by_vector(vector("green frog"), k=2)
assert numbers(found) == ranked("green frog")[:2]
(found,) = store.similarity_search(
    "blue whale",
    k=1,
    return_uuids=True,
    include_vector=True,
    return_metadata=["creation_time"],
)
assert found.metadata["uuid"] == IDS[3] and found.metadata["vector"] == vector(TEXTS[3])
assert found.metadata["creation_time"].tzinfo is not None
done("similarity")

# --- varied results
near = store.similarity_search("red fox wolf", k=2, alpha=1)
varied = store.max_marginal_relevance_search("red fox wolf", k=2, fetch_k=6, lambda_mult=0.1)
assert numbers(near) == [0, 1]
assert numbers(varied) == [0, 2], numbers(varied)
assert "vector" not in varied[0].metadata
by_vector = store.max_marginal_relevance_search_by_vector(
    vector("red fox wolf"), k=2, fetch_k=6, lambda_mult=0.1
)
assert numbers(by_vector) == numbers(varied)
done("variety")

# --- filters
sea = Filter.by_property("kind").equal("sea")
found = store.similarity_search("red fox", k=10, filters=sea)
assert sorted(numbers(found)) == [3, 4]
late = sea & Filter.by_property("n").greater_than(3)
assert numbers(store.similarity_search("whale", filters=late)) == [4]
tags = Filter.by_property("tags").contains_all(["land", "t0"])
assert sorted(numbers(store.similarity_search("x", filters=tags))) == [0, 2]
either = sea | Filter.by_id().equal(IDS[5])
assert sorted(numbers(store.similarity_search("x", filters=either))) == [3, 4, 5]
then = Filter.by_property("seen").less_than(TODAY)
assert store.similarity_search("x", filters=then) == []
done("filters")

# --- keywords and vectors
found = store.similarity_search("howls", k=10, alpha=0)
assert numbers(found) == [2]
word, meaning = "sings", vector("red fox")
for alpha, nearest in [(0.1, 3), (0.9, 0)]:
    found = store.similarity_search(word, k=6, alpha=alpha, vector=meaning)
    assert numbers(found)[0] == nearest, (alpha, numbers(found))
scored = store.similarity_search_with_score(
    word, k=6, alpha=0.5, vector=meaning, fusion_type=HybridFusion.RANKED
)
assert abs(scored[0][1] - (0.5 / 60 + 0.5 / (60 + ranked("red fox").index(3)))) < 1e-6, scored
done("hybrid")

# --- retrievers
retriever = store.as_retriever(search_kwargs={"k": 2, "alpha": 1})
assert numbers(retriever.invoke("green frog")) == ranked("green frog")[:2]
batched = retriever.batch(["green frog", "blue whale"])
assert [numbers(found)[0] for found in batched] == [5, 3]
varied = store.as_retriever(search_type="mmr", search_kwargs={"k": 2, "lambda_mult": 0.1})
assert numbers(varied.invoke("red fox wolf")) == numbers(by_vector)
certain = store.as_retriever(
    search_type="similarity_score_threshold",
    search_kwargs={"score_threshold": 0.7, "k": 6, "alpha": 1},
)
# The tool bends a score s into 1 - 1 / (1 + e^s): 0.7 is a score of 0.85.
certainly = certain.invoke("red fox")
assert 0 < len(certainly) < len(TEXTS) and numbers(certainly)[0] == 0
done("retrievers")

# --- ids of its own choice, replacing and deleting
(own,) = store.add_texts(["a brown bear"], [{"n": 6, "kind": "land"}])
assert numbers(store.similarity_search("brown bear", k=1, alpha=0)) == [6]
store.add_texts(["a white bear"], [{"n": 7, "kind": "ice"}], ids=[own])
assert store.similarity_search("brown", alpha=0) == []
assert numbers(store.similarity_search("bear", alpha=0)) == [7]
store.delete([own, IDS[0]])
assert len(client.collections.use(NAME)) == len(TEXTS) - 1
assert 0 not in numbers(store.similarity_search("red fox", k=10))
assert "No ids" in raises(ValueError, lambda: store.delete())
store.add_documents(documents[:1], ids=IDS[:1])
done("deleting")


# --- the same with the asynchronous client
async def asynchronously():
    async with connect_async() as client_async:
        other = WeaviateVectorStore(
            client, NAME, "text", Words(), attributes=["n", "kind"], client_async=client_async
        )
        (own,) = await other.aadd_texts(["a brown bear"], [{"n": 6, "kind": "land"}])
        found = await other.asimilarity_search("red fox", k=10, alpha=1)
        assert numbers(found)[0] == 0 and len(found) == len(TEXTS) + 1
        scored = await other.asimilarity_search_with_score("brown", k=1, alpha=0)
        assert numbers([scored[0][0]]) == [6] and scored[0][1] == 1
        found = await other.asimilarity_search_by_vector(vector("green frog"), k=1)
        assert numbers(found) == [5]
        found = await other.amax_marginal_relevance_search(
            "red fox wolf", k=2, fetch_k=6, lambda_mult=0.1
        )
        assert numbers(found) == numbers(by_vector)
        found = await other.as_retriever(search_kwargs={"filters": sea}).ainvoke("fox")
        assert sorted(numbers(found)) == [3, 4]
        await other.adelete([own])
        assert len(client.collections.use(NAME)) == len(TEXTS)
        new = await WeaviateVectorStore.afrom_texts(
            TEXTS,
            Words(),
            metadatas=[{"n": n} for n in NUMBERS],
            client=client,
            client_async=client_async,
            index_name=f"{NAME}Async",
        )
        assert numbers(await new.asimilarity_search("blue whale", k=1)) == [3]
    client.collections.delete(f"{NAME}Async")


asyncio.run(asynchronously())
done("async")

# --- tenants: one of them isn't found by another
client.collections.delete(f"{NAME}Shared")
shared = WeaviateVectorStore.from_texts(
    TEXTS[:3],
    Words(),
    metadatas=[{"n": n} for n in NUMBERS[:3]],
    client=client,
    index_name=f"{NAME}Shared",
    tenant="forest",
    ids=IDS[:3],
)
shared.add_texts(TEXTS[3:], [{"n": n} for n in NUMBERS[3:]], tenant="water", ids=IDS[3:])
assert set(client.collections.use(f"{NAME}Shared").tenants.get()) == {"forest", "water"}
assert numbers(shared.similarity_search("blue whale", k=10, tenant="forest")) == ranked(
    "blue whale", NUMBERS[:3]
)
found = shared.similarity_search("red fox", k=10, alpha=1, tenant="water")
assert numbers(found) == ranked("red fox", NUMBERS[3:])
found = shared.max_marginal_relevance_search("sea", k=2, tenant="water")
assert len(found) == 2 and set(numbers(found)) <= {3, 4, 5}
of_forest = shared.as_retriever(search_kwargs={"k": 1, "tenant": "forest"})
assert numbers(of_forest.invoke("grey wolf howls")) == [2]
shared.delete(IDS, tenant="water")
assert shared.similarity_search("whale", tenant="water") == []
assert len(shared.similarity_search("whale", tenant="forest")) == 3
assert "Must use tenant" in raises(ValueError, lambda: shared.similarity_search("whale"))
assert "not enabled" in raises(ValueError, lambda: store.similarity_search("x", tenant="forest"))


async def of_tenants():
    async with connect_async() as client_async:
        other = WeaviateVectorStore(
            client, f"{NAME}Shared", "text", Words(), attributes=["n"], client_async=client_async
        )
        await other.aadd_texts(TEXTS[5:], [{"n": 5}], tenant="pond", ids=IDS[5:])
        assert numbers(await other.asimilarity_search("fox", k=10, tenant="pond")) == [5]
        assert len(await other.asimilarity_search("fox", k=10, tenant="forest")) == 3


asyncio.run(of_tenants())
client.collections.delete(f"{NAME}Shared")
done("tenants")

# --- a collection of token vectors, one of them for each word, that was filled by others
tokens = lambda text: [vector(word) for word in text.split()]
client.collections.delete(f"{NAME}Late")
late = client.collections.create(
    f"{NAME}Late",
    properties=[
        Property(name="text", data_type=DataType.TEXT),
        Property(name="n", data_type=DataType.INT),
    ],
    vector_config=Configure.MultiVectors.self_provided(name="tokens"),
)
for n in NUMBERS:
    late.data.insert({"text": TEXTS[n], "n": n}, vector={"tokens": tokens(TEXTS[n])})


class Tokens(Words):
    def embed_query(self, text):
        return tokens(text)


found = WeaviateVectorStore(client, f"{NAME}Late", "text", Tokens(), attributes=["n"])
found = found.similarity_search("grey wolf", k=2, alpha=1, target_vector="tokens")
assert sorted(numbers(found)) == [1, 2], numbers(found)
client.collections.delete(f"{NAME}Late")
done("token vectors")

client.collections.delete(NAME)
client.close()
