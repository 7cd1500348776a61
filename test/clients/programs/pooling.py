"""Makes collections with token pooling, in the two ways that the client has, and uses them."""

import os

import weaviate
from weaviate.classes.config import Configure, Reconfigure
from weaviate.collections.classes.config_vector_index import _MultiVectorEncodingConfigCreate


class TokenPooling(_MultiVectorEncodingConfigCreate):
    """Stands where the client's own encodings do: `multivector.tokenPooling` on the wire."""

    factor: int = 2

    @staticmethod
    def encoding_name():
        return "tokenPooling"


client = weaviate.connect_to_local(
    host="127.0.0.1", port=int(os.environ["PORT"]), grpc_port=int(os.environ["GRPC_PORT"])
)
multivector = {"enabled": True, "tokenPooling": {"enabled": True, "factor": 2}}
made = [
    client.collections.create(
        "PooledEncoding",
        vector_config=Configure.MultiVectors.self_provided(
            name="tokens", encoding=TokenPooling(factor=2)
        ),
    ),
    client.collections.create_from_dict(
        {
            "class": "PooledDict",
            "vectorConfig": {
                "tokens": {
                    "vectorizer": {"none": {}},
                    "vectorIndexType": "hnsw",
                    "vectorIndexConfig": {"multivector": multivector},
                }
            },
        }
    ),
]
for collection in made:
    tokens = {"tokens": [[1.0, 0.0], [0.0, 0.5], [1.0, 0.0], [0.0, 0.5]]}
    pooled = {"tokens": [[1.0, 0.0], [0.0, 0.5]]}
    with collection.batch.fixed_size(batch_size=2) as batch:
        uuid = batch.add_object({"text": "page"}, vector=tokens)
    assert not collection.batch.failed_objects, collection.batch.failed_objects

    def stored():
        return collection.query.fetch_object_by_id(uuid, include_vector=True).vector

    assert stored() == pooled, stored()
    # What was read goes back: nothing changes.
    collection.data.replace(uuid, {"text": "the same page"}, vector=stored())
    assert stored() == pooled, stored()
    # An update of something else keeps the pooling.
    index = Reconfigure.VectorIndex.hnsw(ef=70)
    collection.config.update(
        vector_config=Reconfigure.Vectors.update(name="tokens", vector_index_config=index)
    )
    collection.data.update(uuid, {"text": "page"}, vector=tokens)
    assert stored() == pooled, stored()
client.close()
print("done")
