import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.Reference;
import io.weaviate.client6.v1.api.collections.WeaviateObject;
import io.weaviate.client6.v1.api.collections.query.Filter;
import io.weaviate.client6.v1.api.collections.query.QueryReference;
import io.weaviate.client6.v1.api.collections.query.QueryResponse;
import io.weaviate.client6.v1.api.collections.query.QueryResponseGrouped;
import io.weaviate.client6.v1.api.collections.query.SortBy;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Objects as they are read. */
final class Reads {
  static List<Object> numbers(QueryResponse<Map<String, Object>> found) {
    return found.objects().stream().map(each -> each.properties().get("n")).toList();
  }

  static List<List<Object>> distances(QueryResponse<Map<String, Object>> found) {
    return found.objects().stream()
        .map(each -> List.<Object>of(each.properties().get("n"), each.queryMetadata().distance())).toList();
  }

  static List<List<Object>> scores(QueryResponse<Map<String, Object>> found) {
    return found.objects().stream()
        .map(each -> List.<Object>of(each.properties().get("n"), each.queryMetadata().score())).toList();
  }

  static Map<String, Object> groups(QueryResponseGrouped<Map<String, Object>> found) {
    var groups = new LinkedHashMap<String, Object>();
    found.groups().forEach((name, group) -> groups.put(name,
        group.objects().stream().map(each -> each.properties().get("n")).toList()));
    return groups;
  }

  static void fetching(CollectionHandle<Map<String, Object>> shelf) {
    var query = shelf.query;
    Answer.to("by id", withText(query.fetchObjectById(Library.bookId(4)).orElseThrow().properties()));
    Answer.to("by id, nothing there", query.fetchObjectById(Library.authorId(0)).orElse(null));
    var five = query.fetchObjectById(Library.bookId(5), q -> q.includeVector("plain", "tokens")).orElseThrow();
    Answer.to("vectors by name", Map.of(
        "plain", five.vectors().getSingle("plain"), "tokens", five.vectors().getMulti("tokens")));
    var after = query.fetchObjects(q -> q.limit(5).after(Library.bookId(0)));
    Answer.to("cursor", after.objects().size());
    var few = query.fetchObjects(q -> q
        .limit(3).sort(SortBy.property("n")).returnProperties("title"));
    Answer.to("chosen properties", few.objects().stream().map(WeaviateObject::properties).toList());
    Answer.to("sorted by several", numbers(query.fetchObjects(q -> q
        .sort(SortBy.property("note"), SortBy.property("price").desc()).limit(8).offset(16))));
    var linked = query.fetchObjects(q -> q
        .filters(Filter.property("n").lt(4))
        .sort(SortBy.property("n"))
        .returnProperties("n")
        .returnReferences(
            QueryReference.single("writtenBy", r -> r.returnProperties("name")),
            QueryReference.multi("seeAlso", Library.BOOKS, r -> r.returnProperties("n"))));
    Answer.to("references in answers", linked.objects().stream()
        .map(each -> List.of(each.properties().get("n"), references(each.references()))).toList());
  }

  private static Map<String, Object> withText(Map<String, Object> properties) {
    var shown = new LinkedHashMap<>(properties);
    shown.computeIfPresent("isbn", (name, id) -> id.toString());
    return shown;
  }

  private static Map<String, Object> references(Map<String, List<Reference>> found) {
    var shown = new LinkedHashMap<String, Object>();
    if (found == null) return shown;
    found.forEach((name, targets) -> shown.put(name,
        targets.stream().map(each -> each.asWeaviateObject().properties()).toList()));
    shown.values().removeIf(targets -> ((List<?>) targets).isEmpty());
    return shown;
  }

  static void everything(CollectionHandle<Map<String, Object>> shelf) {
    var seen = new ArrayList<Long>();
    for (var each : shelf.paginate(p -> p.pageSize(7))) seen.add((Long) each.properties().get("n"));
    Answer.to("iterator", seen.stream().sorted().toList());
    var sizes = new ArrayList<Integer>();
    for (var each : shelf.paginate(p -> p.returnProperties("title").includeVector("plain"))) {
      sizes.add(each.properties().size() + each.vectors().size());
    }
    Answer.to("iterator, chosen", sizes.stream().distinct().toList());
  }

  private Reads() {}
}
