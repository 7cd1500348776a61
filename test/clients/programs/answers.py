"""Reranks hits and has texts written about them: prints what it got as one line of JSON."""

import json
import os

import weaviate
from weaviate.classes.config import Configure, DataType, Property, Reconfigure
from weaviate.classes.generate import GenerativeConfig, GenerativeParameters
from weaviate.classes.query import Rerank

client = weaviate.connect_to_local(
    host="127.0.0.1", port=int(os.environ["PORT"]), grpc_port=int(os.environ["GRPC_PORT"])
)
tiles = client.collections.create(
    "AnswersPython",
    properties=[Property(name="text", data_type=DataType.TEXT)],
    reranker_config=Configure.Reranker.cohere(),
    generative_config=Configure.Generative.openai(model="writer"),
)
tiles.config.update(reranker_config=Reconfigure.Reranker.custom("reranker-dummy"))
tiles.data.insert_many([{"text": "tile"}, {"text": "tile of glass"}, {"text": "tile of clay"}])

rerank = Rerank(prop="text", query="any")
ranked = tiles.query.bm25("tile", rerank=rerank)
plain = tiles.query.bm25("tile", limit=2)
written = tiles.generate.bm25(
    "tile",
    rerank=rerank,
    single_prompt=GenerativeParameters.single_prompt("about {text}", debug=True, metadata=True),
    grouped_task="sum up",
    generative_provider=GenerativeConfig.openai(temperature=0.5),
)
shown = {
    "ranked": [[one.properties["text"], one.metadata.rerank_score] for one in ranked.objects],
    "plain": len(plain.objects),
    "written": [[one.generative.text, one.generative.debug.full_prompt] for one in written.objects],
    "whole": written.generative.text,
}
client.close()
print(json.dumps(shown))
