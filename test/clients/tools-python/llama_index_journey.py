"""LlamaIndex' vector store: what it adds, every query mode and filter that it has, and what it deletes."""

import asyncio

from animals import IDS, KINDS, NUMBERS, TEXTS, connect, connect_async, done, ranked, vector
from llama_index.core import StorageContext, VectorStoreIndex
from llama_index.core.embeddings import BaseEmbedding
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode
from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
    VectorStoreQuery,
    VectorStoreQueryMode,
)
from llama_index.vector_stores.weaviate import WeaviateVectorStore
from weaviate.classes.config import Configure, DataType, Property
from weaviate.classes.query import Filter

NAME = "LlamaIndexAnimals"
HYBRID = VectorStoreQueryMode.HYBRID


class Words(BaseEmbedding):
    def _get_query_embedding(self, query):
        return vector(query)

    def _get_text_embedding(self, text):
        return vector(text)

    async def _aget_query_embedding(self, query):
        return vector(query)


def node(n, document="book"):
    """The n-th text as a node of a document."""
    return TextNode(
        id_=IDS[n],
        text=TEXTS[n],
        embedding=vector(TEXTS[n]),
        metadata={"n": n, "kind": KINDS[n], "tags": [KINDS[n], f"t{n % 2}"], "weight": n / 2},
        excluded_embed_metadata_keys=["n", "kind", "tags", "weight"],
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=document)},
    )


def numbers(result):
    return [found.metadata["n"] for found in result.nodes]


def query(text, k=10, **more):
    return VectorStoreQuery(query_embedding=vector(text), similarity_top_k=k, **more)


client = connect()
client.collections.delete(NAME)

# --- nodes in, and the same nodes out
store = WeaviateVectorStore(weaviate_client=client, index_name=NAME)
assert store.add([node(n) for n in NUMBERS[:4]]) == IDS[:4]
own_batch = {"custom_batch": client.batch.fixed_size(batch_size=1)}
store = WeaviateVectorStore(weaviate_client=client, index_name=NAME, client_kwargs=own_batch)
store.add([node(n, "film") for n in NUMBERS[4:]])
animals = client.collections.use(NAME)
assert len(animals) == len(TEXTS)
store = WeaviateVectorStore(weaviate_client=client, index_name=NAME)
(found,) = store.query(query(TEXTS[2], 1)).nodes
assert found == node(2), found
assert found.embedding == vector(TEXTS[2]) and found.ref_doc_id == "book"
done("store")

# --- queries
result = store.query(query("red fox"))
assert numbers(result) == ranked("red fox")
assert result.ids == [IDS[n] for n in ranked("red fox")]
assert result.similarities[0] == 1
assert result.similarities == sorted(result.similarities, reverse=True)
result = store.query(query("red fox", 6, query_str="sings", mode=HYBRID, alpha=0.1))
assert numbers(result)[0] == 3, numbers(result)
result = store.query(query("red fox", 6, query_str="sings", mode=HYBRID, alpha=0.9))
assert numbers(result)[0] == 0, numbers(result)
result = store.query(query("red fox", 6, query_str="sings", mode=HYBRID), alpha=0)
assert numbers(result) == [3]
result = store.query(query("red fox", node_ids=IDS[3:5]))
assert sorted(numbers(result)) == [3, 4]
result = store.query(query("red fox"), filters=Filter.by_property("kind").equal("pond"))
assert numbers(result) == [5]
result = store.query(query("red fox"), max_vector_distance=0.35)
assert numbers(result) == [0, 1], numbers(result)
done("queries")


# --- filters
def filtered(*filters, condition=FilterCondition.AND):
    parts = [
        MetadataFilter(key=f[0], operator=f[1], value=f[2]) if isinstance(f, tuple) else f
        for f in filters
    ]
    return MetadataFilters(filters=parts, condition=condition)


def matches(filters):
    return sorted(numbers(store.query(query("red fox", filters=filters))))


sea = ("kind", FilterOperator.EQ, "sea")
assert matches(filtered(sea)) == [3, 4]
assert matches(filtered(("kind", FilterOperator.NE, "sea"))) == [0, 1, 2, 5]
assert matches(filtered(("n", FilterOperator.EQ, 2))) == [2]
assert matches(filtered(("n", FilterOperator.GT, 3))) == [4, 5]
assert matches(filtered(("n", FilterOperator.GTE, "3"))) == [3, 4, 5]
assert matches(filtered(("weight", FilterOperator.LT, 1))) == [0, 1]
assert matches(filtered(("weight", FilterOperator.LTE, 1))) == [0, 1, 2]
assert matches(filtered(("tags", FilterOperator.ANY, ["pond", "t0"]))) == [0, 2, 4, 5]
assert matches(filtered(("tags", FilterOperator.ALL, ["land", "t0"]))) == [0, 2]
assert matches(filtered(sea, ("n", FilterOperator.GT, 3))) == [4]
either = filtered(sea, ("n", FilterOperator.EQ, 0), condition=FilterCondition.OR)
assert matches(either) == [0, 3, 4]
assert matches(filtered(either, ("n", FilterOperator.LT, 4))) == [0, 3]
done("filters")

# --- an index over it, as questions are asked
index = VectorStoreIndex.from_vector_store(store, embed_model=Words())
retriever = index.as_retriever(similarity_top_k=2)
found = retriever.retrieve("green frog")
assert [f.node.metadata["n"] for f in found] == ranked("green frog")[:2]
assert found[0].node.text == TEXTS[5] and found[0].score == 1
hybrid = index.as_retriever(
    vector_store_query_mode="hybrid", alpha=0.1, similarity_top_k=3, filters=filtered(sea)
)
assert hybrid.retrieve("whale that sings")[0].node.metadata["n"] == 3
(found,) = index.as_retriever(similarity_top_k=1).retrieve("blue whale")
assert found.node.metadata["n"] == 3
client.collections.delete(f"{NAME}Index")
context = StorageContext.from_defaults(
    vector_store=WeaviateVectorStore(weaviate_client=client, index_name=f"{NAME}Index")
)
fresh = [TextNode(text=text, metadata={"n": n}) for n, text in enumerate(TEXTS)]
made = VectorStoreIndex(fresh, storage_context=context, embed_model=Words())
made.insert_nodes([TextNode(text="a brown bear", metadata={"n": 6})])
assert len(client.collections.use(f"{NAME}Index")) == 7
nearest = made.as_retriever(vector_store_query_mode="hybrid", alpha=0.1).retrieve("brown bear")
assert nearest[0].node.metadata["n"] == 6
context.vector_store.clear()
assert not client.collections.exists(f"{NAME}Index")
done("index")

# --- deleting: nodes, those of a document, those that a filter names
store.delete_nodes(node_ids=[IDS[0]])
assert sorted(numbers(store.query(query("red fox")))) == [1, 2, 3, 4, 5]
store.delete("film", filter=filtered(("kind", FilterOperator.EQ, "pond")))
assert sorted(numbers(store.query(query("red fox")))) == [1, 2, 3, 4]
store.delete("film")
assert sorted(numbers(store.query(query("red fox")))) == [1, 2, 3]
store.delete_nodes(filters=filtered(sea))
assert sorted(numbers(store.query(query("red fox")))) == [1, 2]
store.delete_nodes(node_ids=IDS[:2], filters=filtered(("n", FilterOperator.GTE, 1)))
assert sorted(numbers(store.query(query("red fox")))) == [2]
store.delete_index()
assert not client.collections.exists(NAME)
done("deleting")


# --- the same with the asynchronous client
async def asynchronously():
    async with connect_async() as client_async:
        store = WeaviateVectorStore(weaviate_client=client_async, index_name=NAME)
        await store.async_add([node(n) for n in NUMBERS])
        result = await store.aquery(query("red fox", filters=filtered(("n", FilterOperator.GT, 0))))
        assert numbers(result) == ranked("red fox", NUMBERS[1:])
        index = VectorStoreIndex.from_vector_store(store, embed_model=Words())
        (found,) = await index.as_retriever(similarity_top_k=1).aretrieve("green frog")
        assert found.node.metadata["n"] == 5
        await store.adelete_nodes(node_ids=[IDS[0]])
        await store.adelete_nodes(filters=filtered(sea))
        result = await store.aquery(query("red fox"))
        assert sorted(numbers(result)) == [1, 2, 5]
        await store.adelete("book")
        assert numbers(await store.aquery(query("red fox"))) == []
        await store.aclear()
        assert not await client_async.collections.exists(NAME)


asyncio.run(asynchronously())
done("async")

# --- a collection that others filled, whose vectors the server makes
own = client.collections.create(
    NAME,
    properties=[
        Property(name="text", data_type=DataType.TEXT),
        Property(name="kind", data_type=DataType.TEXT),
    ],
    vector_config=Configure.Vectors.text2vec_transformers(
        source_properties=["text"], vectorize_collection_name=False
    ),
    inverted_index_config=Configure.inverted_index(index_null_state=True),
)
own.data.insert({"text": "red fox", "kind": "land"}, uuid=IDS[0])
own.data.insert({"text": "blue whale"}, uuid=IDS[3])
store = WeaviateVectorStore(weaviate_client=client, index_name=NAME)
for text, nearest in [("red fox", 0), ("blue whale", 3)]:
    asked = VectorStoreQuery(query_str=text, similarity_top_k=2, mode=HYBRID)
    result = store.query(asked)
    assert [found.node_id for found in result.nodes][0] == IDS[nearest], result.nodes
    assert result.nodes[0].text == text and len(result.nodes[0].embedding) > 0
empty = filtered(("kind", FilterOperator.IS_EMPTY, None))
result = store.query(VectorStoreQuery(query_str="fox", similarity_top_k=2, filters=empty))
assert [found.text for found in result.nodes] == ["blue whale"]
done("texts")

client.collections.delete(NAME)
client.close()
