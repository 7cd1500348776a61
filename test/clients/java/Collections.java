import io.weaviate.client6.v1.api.WeaviateClient;
import io.weaviate.client6.v1.api.collections.CollectionConfig;
import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.Property;
import io.weaviate.client6.v1.api.collections.ReferenceProperty;
import io.weaviate.client6.v1.api.collections.Tokenization;
import io.weaviate.client6.v1.api.collections.Vectors;
import io.weaviate.client6.v1.api.collections.VectorConfig;
import io.weaviate.client6.v1.api.collections.generative.DummyGenerative;
import io.weaviate.client6.v1.api.collections.query.Filter;
import io.weaviate.client6.v1.api.collections.query.Rerank;
import io.weaviate.client6.v1.api.collections.query.Target;
import io.weaviate.client6.v1.api.collections.rerankers.DummyReranker;
import io.weaviate.client6.v1.api.collections.vectorindex.Hnsw;
import io.weaviate.client6.v1.api.collections.vectorindex.MultiVector;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The server, its collections, and what is done with a collection as a whole. */
final class Collections {
  static void server(WeaviateClient client) throws IOException {
    Answer.to("ready and live", List.of(client.isReady(), client.isLive()));
    var nodes = client.cluster.listNodes();
    var isSame = nodes.get(0).version().equals(client.meta().version());
    Answer.to("node", List.of(nodes.size(), nodes.get(0).status().toString(), isSame));
  }

  static void create(WeaviateClient client) throws Exception {
    var authors = client.collections.create(Library.AUTHORS, c -> c
        .properties(Property.text("name"), Property.integer("born"))
        .vectorConfig(VectorConfig.selfProvided()));
    client.collections.create(books());
    client.alias.create(Library.BOOKS, Library.SHELF);
    client.collections.use(Library.SHELF).config.addReference("seeAlso", Library.AUTHORS, Library.BOOKS);
    Answer.to("a second collection of a name",
        Answer.statusOf(() -> client.collections.create(Library.BOOKS)));
    Answer.to("collection exists", client.collections.exists(Library.BOOKS));
    for (var n = 0; n < 4; n++) {
      var id = Library.authorId(n);
      var vector = new float[] {1, n};
      authors.data.insert(Map.of("name", "author " + n, "born", 1900 + n),
          o -> o.uuid(id).vectors(Vectors.of(vector)));
    }
  }

  private static CollectionConfig books() {
    return CollectionConfig.of(Library.BOOKS, c -> c
        .description("what stands on the shelf")
        .properties(
            Property.integer("n", p -> p.indexRangeFilters(true)),
            Property.text("title"),
            Property.text("note", p -> p.tokenization(Tokenization.FIELD)),
            Property.number("price"),
            Property.date("published"),
            Property.textArray("genres", p -> p.tokenization(Tokenization.FIELD)),
            Property.bool("inStock"),
            Property.uuid("isbn"),
            Property.geoCoordinates("shop"),
            Property.phoneNumber("phone"),
            Property.object("details",
                p -> p.nestedProperties(Property.text("publisher"), Property.integer("edition"))),
            Property.objectArray("reviews",
                p -> p.nestedProperties(Property.integer("stars"), Property.text("text"))))
        .references(ReferenceProperty.to("writtenBy", Library.AUTHORS))
        .vectorConfig(
            VectorConfig.selfProvided("plain"),
            VectorConfig.selfProvided("tokens",
                v -> v.vectorIndex(Hnsw.of(h -> h.multiVector(MultiVector.of())))),
            VectorConfig.text2vecTransformers("meaning", v -> v.sourceProperties("title")))
        .invertedIndex(i -> i
            .bm25(b -> b.b(0.75f).k1(1.2f))
            .indexNulls(true)
            .indexPropertyLength(true)
            .indexTimestamps(true))
        .rerankerModules(new DummyReranker())
        .generativeModule(new DummyGenerative()));
  }

  static void configuration(WeaviateClient client, CollectionHandle<Map<String, Object>> shelf)
      throws IOException {
    var config = shelf.config.get().orElseThrow();
    var inverted = config.invertedIndex();
    var names = config.properties().stream().map(Property::propertyName).sorted().toList();
    Answer.to("collection", List.of(config.collectionName().equals(Library.BOOKS), names));
    Answer.to("references", config.references().stream()
        .map(each -> List.of(each.propertyName(), each.dataTypes().size())).toList());
    Answer.to("vectors", config.vectors().keySet().stream().sorted().toList());
    var note = config.properties().stream().filter(p -> p.propertyName().equals("note")).findFirst();
    var index = config.vectors().get("tokens").vectorIndex().asHnsw();
    Answer.to("settings", List.of(
        config.description(), note.orElseThrow().tokenization().toString(),
        inverted.bm25().k1(), inverted.bm25().b(), inverted.indexNulls(),
        inverted.indexPropertyLength(), inverted.indexTimestamps(), index.multiVector() != null,
        config.rerankerModules().size(), config.generativeModule()._kind().toString()));
    shelf.config.update(c -> c.description("what stands on the shelf now"));
    var now = client.collections.getConfig(Library.BOOKS).orElseThrow();
    Answer.to("changed", List.of(client.collections.list().size(), now.description()));
    Answer.to("aliases", client.alias.list(a -> a.collection(Library.BOOKS)).stream()
        .map(each -> each.alias().equals(Library.SHELF)).toList());
    Answer.to("shards", shelf.config.getShards().stream().map(each -> each.status()).toList());
    Answer.to("length", shelf.size());
    var spoken = client.tokenize.forProperty("The red Fox", Library.BOOKS, "title");
    Answer.to("tokens", List.of(spoken.indexed(), spoken.query()));
  }

  static void modules(CollectionHandle<Map<String, Object>> shelf) {
    var near = Target.text("meaning", "red fox and river");
    var ranked = shelf.query.nearText(near, q -> q
        .limit(4).rerank(Rerank.by("title", r -> r.query("any"))).returnProperties("title"));
    Answer.to("reranked", ranked.objects().stream().map(each -> each.properties().get("title")).toList());
    var written = shelf.generate.bm25("fox river", q -> q.limit(2).returnProperties("title"),
        g -> g.singlePrompt("about {title}").groupedTask("sum up"));
    Answer.to("generated", written.objects().stream()
        .map(each -> each.generative().text().contains("about " + each.properties().get("title"))).toList());
    Answer.to("generated of all", written.generative().text().contains("sum up"));
  }

  static void aliases(WeaviateClient client) throws IOException {
    client.alias.create(Library.AUTHORS, "Writer");
    client.alias.update("Writer", Library.BOOKS);
    var now = client.alias.get("Writer").orElseThrow();
    var all = client.alias.list().size();
    client.alias.delete("Writer");
    Answer.to("alias", List.of(now.collection(), all, client.alias.list().size()));
  }

  static void deleting(WeaviateClient client, CollectionHandle<Map<String, Object>> books)
      throws IOException {
    var gone = books.data.deleteMany(Filter.property("published").gte(Library.month(12)));
    Answer.to("deleted by a filter", List.of(gone.successful(), books.size()));
    var found = books.query.nearVector(Target.vector("tokens", Library.tokens(23)), q -> q.limit(1));
    Answer.to("what is deleted is not found", (Long) found.objects().get(0).properties().get("n") < 12);
    client.collections.delete(Library.BOOKS);
    Answer.to("collection exists no more", client.collections.exists(Library.BOOKS));
    client.collections.deleteAll();
    Answer.to("nothing is left", client.collections.list().size());
  }

  private Collections() {}
}
