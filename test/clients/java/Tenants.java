import io.weaviate.client6.v1.api.WeaviateApiException;
import io.weaviate.client6.v1.api.WeaviateClient;
import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.Property;
import io.weaviate.client6.v1.api.collections.ReferenceProperty;
import io.weaviate.client6.v1.api.collections.VectorConfig;
import io.weaviate.client6.v1.api.collections.Vectors;
import io.weaviate.client6.v1.api.collections.WeaviateObject;
import io.weaviate.client6.v1.api.collections.data.ObjectReference;
import io.weaviate.client6.v1.api.collections.query.Filter;
import io.weaviate.client6.v1.api.collections.query.Hybrid;
import io.weaviate.client6.v1.api.collections.query.NearVector;
import io.weaviate.client6.v1.api.collections.query.QueryReference;
import io.weaviate.client6.v1.api.collections.query.QueryResponse;
import io.weaviate.client6.v1.api.collections.query.Target;
import io.weaviate.client6.v1.api.collections.tenants.Tenant;
import io.weaviate.client6.v1.api.collections.vectorindex.Hnsw;
import io.weaviate.client6.v1.api.collections.vectorindex.MultiVector;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Three tenants with notes of their own, whose ids are the same. */
final class Tenants {
  private static final String NOTES = "Note";

  static void all(WeaviateClient client) throws Exception {
    var notes = client.collections.create(NOTES, c -> c
        .properties(Property.integer("n"), Property.text("text"))
        .references(ReferenceProperty.to("writtenBy", Library.AUTHORS))
        .vectorConfig(VectorConfig.selfProvided("tokens",
            v -> v.vectorIndex(Hnsw.of(h -> h.multiVector(MultiVector.of())))))
        .multiTenancy(m -> m.enabled(true).autoTenantCreation(true)));
    notes.tenants.create(Tenant.active("anna"), Tenant.active("ben"), Tenant.inactive("cleo"));
    Answer.to("tenants", states(notes));
    var anna = notes.withTenant("anna");
    var ben = notes.withTenant("ben");
    written(notes, anna, ben);
    searched(anna, ben);
    changed(notes, anna, ben);
    var dora = notes.withTenant("dora");
    dora.data.insert(note("dora", 9));
    Answer.to("tenants: made by an insertion", dora.size());
    notes.tenants.delete("ben", "cleo");
    Answer.to("tenants: deleted", states(notes));
    client.collections.delete(NOTES);
  }

  private static List<List<String>> states(CollectionHandle<Map<String, Object>> notes) {
    return notes.tenants.list().stream()
        .sorted(Comparator.comparing(Tenant::name))
        .map(each -> List.of(each.name(), each.status().toString())).toList();
  }

  private static Map<String, Object> note(String tenant, int n) {
    return Map.of("n", n, "text", Library.WORDS.get(n % 4) + " of " + tenant);
  }

  private static WeaviateObject<Map<String, Object>> object(String tenant, int n) {
    return WeaviateObject.of(o -> o
        .uuid(Library.bookId(n))
        .properties(note(tenant, n))
        .vectors(Vectors.of("tokens", Library.tokens(n))));
  }

  /** Four notes of anna, two in a batch and two in a stream, one of ben; cleo is asleep. */
  private static void written(
      CollectionHandle<Map<String, Object>> notes,
      CollectionHandle<Map<String, Object>> anna,
      CollectionHandle<Map<String, Object>> ben) throws Exception {
    anna.data.insertMany(object("anna", 0), object("anna", 1));
    try (var batch = anna.batch.start()) {
      batch.add(object("anna", 2));
      batch.add(object("anna", 3));
    }
    ben.data.insert(note("ben", 1), o -> o
        .uuid(Library.bookId(1)).vectors(Vectors.of("tokens", Library.tokens(1))));
    var cleo = notes.withTenant("cleo");
    Answer.to("tenants: refused", List.of(
        Answer.statusOf(() -> cleo.data.insert(note("cleo", 1))),
        Answer.statusOf(() -> notes.data.insert(note("", 1)))));
    anna.data.referenceAdd(Library.bookId(1), "writtenBy",
        ObjectReference.collection(Library.AUTHORS, Library.authorId(1)));
  }

  private static void searched(
      CollectionHandle<Map<String, Object>> anna, CollectionHandle<Map<String, Object>> ben) {
    var tokens = Target.vector("tokens", Library.tokens(1));
    both("near tokens", anna, ben, notes -> notes.query.nearVector(tokens, q -> q.limit(2)));
    both("keywords", anna, ben, notes -> notes.query.bm25("whale"));
    both("hybrid", anna, ben, notes -> notes.query.hybrid(
        Hybrid.of("whale", q -> q.nearVector(NearVector.of(tokens)).limit(1))));
    both("filter", anna, ben, notes -> notes.query.fetchObjects(q -> q.filters(Filter.property("n").lt(2))));
    Answer.to("tenants: aggregate", List.of(anna.size(), ben.size()));
    var linked = anna.query.fetchObjectById(Library.bookId(1), q -> q
        .returnReferences(QueryReference.single("writtenBy", r -> r.returnProperties("born")))).orElseThrow();
    Answer.to("tenants: reference", linked.references().get("writtenBy").stream()
        .map(each -> each.asWeaviateObject().properties()).toList());
    var seen = new ArrayList<Object>();
    for (var each : anna.paginate(p -> p.pageSize(3))) seen.add(each.properties().get("n"));
    Answer.to("tenants: iterator", seen.size());
  }

  private static void both(
      String name,
      CollectionHandle<Map<String, Object>> anna,
      CollectionHandle<Map<String, Object>> ben,
      Function<CollectionHandle<Map<String, Object>>, QueryResponse<Map<String, Object>>> ask) {
    Answer.to("tenants: " + name, List.of(texts(ask.apply(anna)), texts(ask.apply(ben))));
  }

  private static List<Object> texts(QueryResponse<Map<String, Object>> found) {
    return found.objects().stream().map(each -> each.properties().get("text")).toList();
  }

  /** What is changed for one is as it was for the other; who sleeps keeps what is there. */
  private static void changed(
      CollectionHandle<Map<String, Object>> notes,
      CollectionHandle<Map<String, Object>> anna,
      CollectionHandle<Map<String, Object>> ben) throws IOException {
    var id = Library.bookId(1);
    ben.data.update(id, o -> o.properties(Map.of("text", "changed")));
    Answer.to("tenants: merged", List.of(
        anna.query.fetchObjectById(id).orElseThrow().properties().get("text"),
        ben.query.fetchObjectById(id).orElseThrow().properties().get("text")));
    notes.tenants.deactivate("anna");
    Answer.to("tenants: asleep", refusal(anna));
    notes.tenants.activate("anna");
    anna.data.deleteById(Library.bookId(0));
    var gone = anna.data.deleteMany(Filter.property("n").lt(2));
    Answer.to("tenants: awake", List.of(gone.successful(), anna.size(), ben.size()));
    Answer.to("tenants: exist", List.of(notes.tenants.exists("ben"), notes.tenants.exists("nobody")));
  }

  private static boolean refusal(CollectionHandle<Map<String, Object>> notes) {
    try {
      notes.query.fetchObjects();
      return false;
    } catch (WeaviateApiException refused) {
      return refused.getMessage().contains("not active");
    }
  }

  private Tenants() {}
}
