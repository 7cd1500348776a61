import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.aggregate.Aggregate;
import io.weaviate.client6.v1.api.collections.aggregate.AggregateResponse;
import io.weaviate.client6.v1.api.collections.aggregate.AggregateResponseGroup;
import io.weaviate.client6.v1.api.collections.aggregate.AggregateResponseGrouped;
import io.weaviate.client6.v1.api.collections.aggregate.BooleanAggregation;
import io.weaviate.client6.v1.api.collections.aggregate.DateAggregation;
import io.weaviate.client6.v1.api.collections.aggregate.GroupBy;
import io.weaviate.client6.v1.api.collections.aggregate.IntegerAggregation;
import io.weaviate.client6.v1.api.collections.aggregate.NumberAggregation;
import io.weaviate.client6.v1.api.collections.aggregate.PropertyAggregation;
import io.weaviate.client6.v1.api.collections.aggregate.TextAggregation;
import io.weaviate.client6.v1.api.collections.query.Filter;
import io.weaviate.client6.v1.api.collections.query.Target;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Counts, sums and groups. */
final class Aggregates {
  private static final PropertyAggregation PRICE =
      Aggregate.number("price", p -> p.count().max().mean().median().min().mode().sum());
  private static final PropertyAggregation N = Aggregate.integer("n", p -> p.count().max().mean().min().sum());

  static void all(CollectionHandle<Map<String, Object>> shelf) {
    var aggregate = shelf.aggregate;
    Answer.to("aggregate", figures(aggregate.overAll(a -> a.includeTotalCount(true).metrics(
        PRICE, N,
        Aggregate.text("title", p -> p.topOccurrencesCount().topOccurrencesValue()),
        Aggregate.bool("inStock", p -> p.count().percentageFalse().percentageTrue().totalFalse().totalTrue()),
        Aggregate.date("published", p -> p.count().max().median().min())))));
    Answer.to("aggregate, filtered", figures(aggregate.overAll(a -> a
        .includeTotalCount(true).filters(Filter.property("n").lt(5)).metrics(PRICE, N))));
    Answer.to("aggregate, groups", figures(aggregate.overAll(
        a -> a.includeTotalCount(true).metrics(PRICE), GroupBy.property("inStock"))));
    Answer.to("aggregate, near vector", figures(aggregate.nearVector(
        Target.vector("plain", Library.plain(4)), a -> a.objectLimit(5).includeTotalCount(true).metrics(N))));
    Answer.to("aggregate, near text", figures(aggregate.nearText(
        Target.text("meaning", "red fox"),
        a -> a.objectLimit(6).includeTotalCount(true), GroupBy.property("title"))));
    Answer.to("aggregate, hybrid", figures(aggregate.hybrid(
        Target.text("meaning", "whale"), q -> q.alpha(0),
        a -> a.objectLimit(50).includeTotalCount(true))));
  }

  private static Map<String, Object> figures(AggregateResponse found) {
    return figures(found.totalCount(), found.properties());
  }

  private static List<List<Object>> figures(AggregateResponseGrouped found) {
    return found.groups().stream()
        .sorted(Comparator.comparing((AggregateResponseGroup<?> each) -> each.groupedBy().value().toString()))
        .map(each -> List.<Object>of(
            each.groupedBy().value(), figures(each.totalCount(), each.properties())))
        .toList();
  }

  private static Map<String, Object> figures(Long count, Map<String, ? extends Object> properties) {
    var shown = new LinkedHashMap<String, Object>();
    shown.put("count", count);
    properties.forEach((name, values) -> shown.put(name, figures(values)));
    return shown;
  }

  private static Map<String, Object> figures(Object values) {
    var shown = new LinkedHashMap<String, Object>();
    if (values instanceof NumberAggregation.Values v) {
      shown.put("count", v.count());
      range(shown, v.max(), v.median(), v.min());
      shown.put("mean", v.mean());
      shown.put("mode", v.mode());
      shown.put("sum", v.sum());
    } else if (values instanceof IntegerAggregation.Values v) {
      shown.put("count", v.count());
      range(shown, v.max(), v.median(), v.min());
      shown.put("mean", v.mean());
      shown.put("mode", v.mode());
      shown.put("sum", v.sum());
    } else if (values instanceof DateAggregation.Values v) {
      shown.put("count", v.count());
      range(shown, v.max(), v.median(), v.min());
    } else if (values instanceof TextAggregation.Values v) {
      shown.put("count", v.count());
      shown.put("topOccurrences", v.topOccurrences().stream()
          .map(top -> List.of(top.value(), top.occurrenceCount())).toList());
    } else if (values instanceof BooleanAggregation.Values v) {
      shown.put("count", v.count());
      shown.put("percentageFalse", v.percentageFalse());
      shown.put("percentageTrue", v.percentageTrue());
      shown.put("totalFalse", v.totalFalse());
      shown.put("totalTrue", v.totalTrue());
    }
    return shown;
  }

  private static void range(Map<String, Object> shown, Object maximum, Object median, Object minimum) {
    shown.put("maximum", maximum);
    shown.put("median", median);
    shown.put("minimum", minimum);
  }

  private Aggregates() {}
}
