// A day with the older official Java client, which searches over GraphQL only: it fills a library, asks what it
// can ask, and prints each answer as a line of JSON for the test that knows the right ones.

import io.weaviate.client.Config;
import io.weaviate.client.WeaviateAuthClient;
import io.weaviate.client.WeaviateClient;
import io.weaviate.client.base.Result;
import io.weaviate.client.v1.auth.exception.AuthException;
import io.weaviate.client.v1.batch.model.BatchDeleteOutput;
import io.weaviate.client.v1.batch.model.ObjectGetResponse;
import io.weaviate.client.v1.data.model.WeaviateObject;
import io.weaviate.client.v1.filters.Operator;
import io.weaviate.client.v1.filters.WhereFilter;
import io.weaviate.client.v1.misc.model.BM25Config;
import io.weaviate.client.v1.misc.model.InvertedIndexConfig;
import io.weaviate.client.v1.misc.model.MultiTenancyConfig;
import io.weaviate.client.v1.misc.model.MultiVectorConfig;
import io.weaviate.client.v1.misc.model.VectorIndexConfig;
import io.weaviate.client.v1.schema.model.ActivityStatus;
import io.weaviate.client.v1.schema.model.DataType;
import io.weaviate.client.v1.schema.model.Property;
import io.weaviate.client.v1.schema.model.Tenant;
import io.weaviate.client.v1.schema.model.WeaviateClass;
import io.weaviate.client.v1.schema.model.WeaviateClass.VectorConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

public final class OldJourney {
  private final WeaviateClient rest;
  private final WeaviateClient grpc;

  private OldJourney(String host, String grpcHost) throws AuthException {
    var key = "the-key";
    rest = WeaviateAuthClient.apiKey(new Config("http", host), key);
    grpc = WeaviateAuthClient.apiKey(new Config("http", host, false, grpcHost), key);
    var without = new WeaviateClient(new Config("http", host)).schema().getter().run();
    OldAnswer.to("without a key", without.getError().getStatusCode());
  }

  public static void main(String[] arguments) throws AuthException {
    var day = new OldJourney(
        "127.0.0.1:" + System.getenv("PORT"), "127.0.0.1:" + System.getenv("GRPC_PORT"));
    day.server();
    day.collections();
    day.batches();
    day.singleObjects();
    var search = new OldSearches(day.rest);
    search.vectors();
    search.texts();
    search.filters();
    search.aggregates();
    search.modules();
    day.tenants();
    day.deleting();
  }

  /** What a call says; fails with its error. */
  static <T> T must(Result<T> result) {
    if (result.hasErrors()) throw new IllegalStateException(result.getError().toString());
    return result.getResult();
  }

  private void server() {
    var meta = must(rest.misc().metaGetter().run());
    var node = must(rest.cluster().nodesStatusGetter().run()).getNodes()[0];
    OldAnswer.to("ready and live",
        List.of(must(rest.misc().readyChecker().run()), must(rest.misc().liveChecker().run())));
    OldAnswer.to("node", List.of(node.getStatus(), node.getVersion().equals(meta.getVersion())));
  }

  private static Property property(String name, String... types) {
    return Property.builder().name(name).dataType(List.of(types)).build();
  }

  private static VectorConfig vector(String module, Map<String, Object> settings, boolean isMulti) {
    var index = VectorIndexConfig.builder();
    if (isMulti) index.multiVector(MultiVectorConfig.builder().enabled(true).build());
    return VectorConfig.builder()
        .vectorizer(Map.of(module, settings)).vectorIndexType("hnsw").vectorIndexConfig(index.build()).build();
  }

  private void collections() {
    must(rest.schema().classCreator().withClass(WeaviateClass.builder()
        .className(Library.AUTHORS)
        .properties(List.of(property("name", DataType.TEXT), property("born", DataType.INT)))
        .vectorizer("none").build()).run());
    var note = Property.builder()
        .name("note").dataType(List.of(DataType.TEXT)).tokenization("field").build();
    var genres = Property.builder()
        .name("genres").dataType(List.of(DataType.TEXT_ARRAY)).tokenization("field").build();
    must(rest.schema().classCreator().withClass(WeaviateClass.builder()
        .className(Library.BOOKS)
        .properties(List.of(
            property("n", DataType.INT), property("title", DataType.TEXT), note,
            property("price", DataType.NUMBER), genres, property("inStock", DataType.BOOLEAN),
            property("writtenBy", Library.AUTHORS)))
        .invertedIndexConfig(InvertedIndexConfig.builder()
            .bm25(BM25Config.builder().b(0.75f).k1(1.2f).build())
            .indexNullState(true).indexPropertyLength(true).indexTimestamps(true).build())
        .vectorConfig(Map.of(
            "plain", vector("none", Map.of(), false),
            "tokens", vector("none", Map.of(), true),
            "meaning", vector("text2vec-transformers", Map.of("properties", List.of("title")), false)))
        .moduleConfig(Map.of("reranker-dummy", Map.of(), "generative-dummy", Map.of()))
        .build()).run());
    must(rest.alias().creator().withAlias(Library.SHELF).withClassName(Library.BOOKS).run());
    var made = must(rest.schema().classGetter().withClassName(Library.BOOKS).run());
    OldAnswer.to("collection", List.of(
        made.getProperties().stream().map(Property::getName).toList(),
        made.getVectorConfig().keySet().stream().sorted().toList(),
        made.getVectorConfig().get("tokens").getVectorIndexConfig().getMultiVector().isEnabled(),
        made.getInvertedIndexConfig().getIndexNullState()));
    var again = rest.schema().classCreator()
        .withClass(WeaviateClass.builder().className(Library.BOOKS).build()).run();
    OldAnswer.to("a second collection of a name", again.getError().getStatusCode());
  }

  private static Map<String, Object> book(int n) {
    var book = new HashMap<String, Object>();
    book.put("n", n);
    book.put("title", Library.title(n));
    book.put("price", 5 + n / 4.0);
    book.put("genres", Library.genres(n).toArray(String[]::new));
    book.put("inStock", n % 2 == 0);
    if (n % 4 == 0) book.put("note", "signed");
    return book;
  }

  /** Authors over REST, books over gRPC, each with one that fails. The client can't read tokens over REST. */
  private void batches() {
    var failed = new ArrayList<Long>();
    try (var batcher = rest.batch().objectsBatcher()) {
      for (var n = 0; n < 4; n++) {
        batcher.withObject(WeaviateObject.builder().className(Library.AUTHORS).id(Library.authorId(n))
            .properties(Map.of("name", "author " + n, "born", 1900 + n))
            .vector(new Float[] {1f, (float) n}).build());
      }
      batcher.withObject(WeaviateObject.builder()
          .className(Library.AUTHORS).properties(Map.of("born", "no number")).build());
      failed.add(failures(batcher.run().getResult()));
    }
    try (var batcher = grpc.batch().objectsBatcher()) {
      for (var n = 0; n < Library.COUNT - 1; n++) {
        batcher.withObject(WeaviateObject.builder()
            .className(Library.BOOKS).id(Library.bookId(n)).properties(book(n))
            .vectors(Map.of("plain", OldSearches.boxed(Library.plain(n))))
            .multiVectors(Map.of("tokens", OldSearches.boxed(Library.tokens(n)))).build());
      }
      batcher.withObject(WeaviateObject.builder()
          .className(Library.BOOKS).properties(Map.of("n", "no number")).build());
      failed.add(failures(batcher.run().getResult()));
    }
    OldAnswer.to("failures", failed);
  }

  private static long failures(ObjectGetResponse[] replies) {
    return Arrays.stream(replies).filter(each -> each.getResult().getErrors() != null).count();
  }

  /** The last book, references, and what is written over, checked and deleted again. */
  private void singleObjects() {
    var data = rest.data();
    var id = Library.bookId(23);
    must(data.creator().withClassName(Library.BOOKS).withID(id).withProperties(Map.of("n", 0))
        .withVectors(Map.of("plain", new Float[] {9f, 9f, 9f})).run());
    must(data.updater().withMerge().withClassName(Library.BOOKS).withID(id)
        .withProperties(Map.of("note", "merged")).run());
    var merged = must(data.objectsGetter().withClassName(Library.BOOKS).withID(id).withVector().run()).get(0);
    OldAnswer.to("merged", List.of(
        merged.getProperties().get("n"), merged.getProperties().get("note"), merged.getVectors().get("plain")));
    must(data.updater().withClassName(Library.BOOKS).withID(id).withProperties(book(23))
        .withVectors(Map.of("plain", OldSearches.boxed(Library.plain(23))))
        .withMultiVectors(Map.of("tokens", OldSearches.boxed(Library.tokens(23)))).run());
    var replaced = must(data.objectsGetter().withClassName(Library.BOOKS).withID(id).withVector().run()).get(0);
    OldAnswer.to("replaced", List.of(
        replaced.getProperties().get("title"), replaced.getMultiVectors().get("tokens"),
        replaced.getProperties().containsKey("note")));
    try (var batcher = rest.batch().objectsBatcher()) {
      var references = rest.batch().referencesBatcher();
      for (var n = 0; n < Library.COUNT; n++) {
        references.withReference(rest.batch().referencePayloadBuilder()
            .withFromClassName(Library.BOOKS).withFromID(Library.bookId(n)).withFromRefProp("writtenBy")
            .withToClassName(Library.AUTHORS).withToID(Library.authorId(n % 4)).payload());
      }
      OldAnswer.to("references", Arrays.stream(must(references.run()))
          .filter(each -> each.getResult().getErrors() == null).count());
    }
    var own = must(data.creator().withClassName(Library.BOOKS).withProperties(Map.of("n", 100)).run()).getId();
    var exists = data.checker().withClassName(Library.BOOKS).withID(own);
    var before = must(exists.run());
    must(data.deleter().withClassName(Library.BOOKS).withID(own).run());
    OldAnswer.to("exists", List.of(before, must(exists.run())));
  }

  private void tenants() {
    var schema = rest.schema();
    must(schema.classCreator().withClass(WeaviateClass.builder()
        .className("Note").properties(List.of(property("text", DataType.TEXT))).vectorizer("none")
        .multiTenancyConfig(MultiTenancyConfig.builder().enabled(true).build()).build()).run());
    must(schema.tenantsCreator().withClassName("Note").withTenants(
        Tenant.builder().name("anna").build(), Tenant.builder().name("ben").build()).run());
    for (var tenant : List.of("anna", "ben")) {
      must(rest.data().creator().withClassName("Note").withTenant(tenant).withID(Library.bookId(0))
          .withProperties(Map.of("text", "note of " + tenant)).withVector(new Float[] {1f, 0f}).run());
    }
    must(schema.tenantsUpdater().withClassName("Note").withTenants(
        Tenant.builder().name("ben").activityStatus(ActivityStatus.INACTIVE).build()).run());
    var states = must(schema.tenantsGetter().withClassName("Note").run());
    OldAnswer.to("tenants", states.stream().map(each -> each.getName() + " " + each.getActivityStatus())
        .sorted().toList());
    OldAnswer.to("tenants: search", new OldSearches(rest).texts("Note", "anna", "note"));
    var asleep = rest.data().objectsGetter().withClassName("Note").withTenant("ben").run();
    OldAnswer.to("tenants: asleep", asleep.getError().getStatusCode());
    must(schema.tenantsDeleter().withClassName("Note").withTenants("ben").run());
    OldAnswer.to("tenants: exists",
        must(schema.tenantsExists().withClassName("Note").withTenant("ben").run()));
  }

  private void deleting() {
    var late = WhereFilter.builder().path("n").operator(Operator.GreaterThanEqual).valueInt(12).build();
    var counts = new ArrayList<Long>();
    for (var isDry : List.of(true, false)) {
      var gone = must(rest.batch().objectsBatchDeleter().withClassName(Library.BOOKS).withWhere(late)
          .withOutput(BatchDeleteOutput.VERBOSE).withDryRun(isDry).run()).getResults();
      counts.addAll(List.of(gone.getMatches(), gone.getSuccessful(), (long) gone.getObjects().length));
    }
    OldAnswer.to("deleting", counts);
    must(rest.schema().classDeleter().withClassName(Library.BOOKS).run());
    OldAnswer.to("collection exists no more",
        must(rest.schema().exists().withClassName(Library.BOOKS).run()));
    must(rest.schema().allDeleter().run());
    OldAnswer.to("nothing is left", must(rest.schema().getter().run()).getClasses().size());
  }
}
