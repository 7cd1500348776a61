import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.query.Filter;
import io.weaviate.client6.v1.api.collections.query.Metadata;
import io.weaviate.client6.v1.api.collections.query.SortBy;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.Map;

/** Filters of every operator. The client has none on references. */
final class Filters {
  static void all(CollectionHandle<Map<String, Object>> shelf) {
    var below6 = Filter.property("n").lt(6);
    var below9 = Filter.property("n").lt(9);
    var first = shelf.query.fetchObjectById(Library.bookId(0),
        q -> q.returnMetadata(Metadata.CREATION_TIME_UNIX)).orElseThrow().createdAt();
    var created = OffsetDateTime.ofInstant(Instant.ofEpochMilli(first), ZoneOffset.UTC);
    var conditions = new LinkedHashMap<String, Filter>();
    conditions.put("equal", Filter.property("title").eq("fox river"));
    conditions.put("not equal", Filter.and(Filter.property("note").ne("signed"), below6));
    conditions.put("less", Filter.property("price").lt(5.5));
    conditions.put("less or equal", Filter.property("price").lte(5.5));
    conditions.put("greater", Filter.property("published").gt(Library.month(21)));
    conditions.put("greater or equal", Filter.property("published").gte(Library.month(21)));
    conditions.put("like", Filter.and(Filter.property("title").like("*hal*"), Filter.property("n").lt(8)));
    conditions.put("any", Filter.and(Filter.property("genres").containsAny("poems", "travel"), below6));
    conditions.put("all", Filter.and(Filter.property("genres").containsAll("all", "novel"), below9));
    conditions.put("none", Filter.and(Filter.property("genres").containsNone("poems", "travel"), below9));
    conditions.put("null", Filter.and(Filter.property("note").isNull(), below6));
    conditions.put("not null", Filter.and(Filter.property("phone").isNotNull(), Filter.property("n").lt(12)));
    conditions.put("length", Filter.and(Filter.propertyLen("genres").eq(2), Filter.property("n").lt(2)));
    conditions.put("boolean", Filter.and(Filter.property("inStock").eq(true), below6));
    conditions.put("uuid", Filter.property("isbn").eq(Library.id("isbn", 7)));
    conditions.put("range", Filter.property("shop").withinGeoRange(51, 13, 30_000));
    conditions.put("or", Filter.or(
        Filter.property("n").eq(2), Filter.property("n").eq(20), Filter.property("n").eq(200)));
    conditions.put("not", Filter.not(Filter.property("n").gt(1)));
    conditions.put("id", Filter.uuid().eq(Library.bookId(9)));
    conditions.put("ids", Filter.uuid().containsAny(Library.bookId(9), Library.bookId(8)));
    conditions.put("time", Filter.and(Filter.createdAt().lte(created), Filter.uuid().eq(Library.bookId(0))));
    conditions.put("update time", Filter.lastUpdatedAt().lt(Library.month(0)));
    conditions.forEach((name, condition) -> Answer.to("filter: " + name, Reads.numbers(
        shelf.query.fetchObjects(q -> q.filters(condition).sort(SortBy.property("n")).limit(50)))));
  }

  private Filters() {}
}
