import io.weaviate.client.WeaviateClient;
import io.weaviate.client.v1.filters.Operator;
import io.weaviate.client.v1.filters.WhereFilter;
import io.weaviate.client.v1.graphql.model.GraphQLResponse;
import io.weaviate.client.v1.graphql.query.Aggregate;
import io.weaviate.client.v1.graphql.query.Get;
import io.weaviate.client.v1.graphql.query.argument.Bm25Argument;
import io.weaviate.client.v1.graphql.query.argument.FusionType;
import io.weaviate.client.v1.graphql.query.argument.GroupByArgument;
import io.weaviate.client.v1.graphql.query.argument.HybridArgument;
import io.weaviate.client.v1.graphql.query.argument.NearObjectArgument;
import io.weaviate.client.v1.graphql.query.argument.NearTextArgument;
import io.weaviate.client.v1.graphql.query.argument.NearTextMoveParameters;
import io.weaviate.client.v1.graphql.query.argument.NearVectorArgument;
import io.weaviate.client.v1.graphql.query.argument.SortArgument;
import io.weaviate.client.v1.graphql.query.argument.SortOrder;
import io.weaviate.client.v1.graphql.query.argument.Targets;
import io.weaviate.client.v1.graphql.query.fields.Field;
import io.weaviate.client.v1.graphql.query.fields.GenerativeSearchBuilder;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Everything that is searched. */
final class OldSearches {
  private final WeaviateClient client;

  OldSearches(WeaviateClient client) {
    this.client = client;
  }

  static Float[] boxed(float[] vector) {
    var boxed = new Float[vector.length];
    Arrays.setAll(boxed, at -> vector[at]);
    return boxed;
  }

  static Float[][] boxed(float[][] rows) {
    return Arrays.stream(rows).map(OldSearches::boxed).toArray(Float[][]::new);
  }

  private Get get() {
    return client.graphQL().get().withClassName(Library.SHELF);
  }

  private static Field field(String name, Field... inner) {
    return Field.builder().name(name).fields(inner).build();
  }

  @SuppressWarnings("unchecked")
  private static List<Map<String, Object>> rows(GraphQLResponse<?> reply, String kind, String name) {
    if (reply.getErrors() != null) throw new IllegalStateException(Arrays.toString(reply.getErrors()));
    var data = (Map<String, Map<String, Object>>) reply.getData();
    return (List<Map<String, Object>>) data.get(kind).get(name);
  }

  private static List<Map<String, Object>> hits(Get search, Field... fields) {
    return rows(OldJourney.must(search.withFields(fields).run()), "Get", Library.SHELF);
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> within(Map<String, Object> row, String name) {
    return (Map<String, Object>) row.get(name);
  }

  private static List<Object> numbers(Get search) {
    return hits(search, field("n")).stream().map(hit -> hit.get("n")).toList();
  }

  /** Pairs of a hit's number and its distance, or score, which GraphQL shows as a text. */
  private static List<List<Object>> measured(Get search, String measure) {
    return hits(search, field("n"), field("_additional", field(measure))).stream()
        .map(hit -> List.<Object>of(
            hit.get("n"), Double.valueOf(within(hit, "_additional").get(measure).toString())))
        .toList();
  }

  private static GroupByArgument by(String path, int groups, int each) {
    return GroupByArgument.builder().path(new String[] {path}).groups(groups).objectsPerGroup(each).build();
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> groups(Get search) {
    var group = field("group", field("groupedBy", field("value")), field("hits", field("n")));
    var found = new LinkedHashMap<String, Object>();
    for (var hit : hits(search, field("_additional", group))) {
      var one = within(within(hit, "_additional"), "group");
      var members = (List<Map<String, Object>>) one.get("hits");
      found.put(within(one, "groupedBy").get("value").toString(),
          members.stream().map(each -> each.get("n")).toList());
    }
    return found;
  }

  private static NearVectorArgument.NearVectorArgumentBuilder near(int n) {
    return NearVectorArgument.builder().vector(boxed(Library.plain(n))).targetVectors(new String[] {"plain"});
  }

  void vectors() {
    OldAnswer.to("near vector", measured(get().withNearVector(near(4).build()).withLimit(5), "distance"));
    OldAnswer.to("near vector, later",
        numbers(get().withNearVector(near(4).build()).withLimit(3).withOffset(2)));
    OldAnswer.to("near vector, within", numbers(get().withNearVector(near(4).distance(0.01f).build())));
    OldAnswer.to("near vector, certain", numbers(get().withNearVector(near(4).certainty(0.999f).build())));
    OldAnswer.to("near vector, cut", !numbers(get().withNearVector(near(4).build()).withAutocut(1)).isEmpty());
    var tokens = NearVectorArgument.builder()
        .vector(boxed(Library.tokens(7))).targetVectors(new String[] {"tokens"}).build();
    OldAnswer.to("near tokens", measured(get().withNearVector(tokens).withLimit(4), "distance"));
    var object = NearObjectArgument.builder()
        .id(Library.bookId(9)).targetVectors(new String[] {"plain"}).build();
    OldAnswer.to("near object", measured(get().withNearObject(object).withLimit(4), "distance"));
    several("sum", Targets.builder().combinationMethod(Targets.CombinationMethod.sum));
    several("average", Targets.builder().combinationMethod(Targets.CombinationMethod.average));
    several("minimum", Targets.builder().combinationMethod(Targets.CombinationMethod.minimum));
    var sold = where("inStock", Operator.Equal).valueBoolean(false).build();
    OldAnswer.to("near vector, filtered",
        numbers(get().withNearVector(near(4).build()).withLimit(4).withWhere(sold)));
    OldAnswer.to("near vector, groups",
        groups(get().withNearVector(near(0).build()).withLimit(12).withGroupBy(by("genres", 3, 2))));
  }

  /** The client repeats the name of a target for each row of its tokens. */
  private void several(String name, Targets.TargetsBuilder targets) {
    var vectors = new LinkedHashMap<String, Float[][]>();
    vectors.put("plain", new Float[][] {boxed(Library.plain(6))});
    vectors.put("tokens", boxed(Library.tokens(6)));
    var both = NearVectorArgument.builder().vectorsPerTarget(vectors)
        .targets(targets.targetVectors(new String[] {"plain", "tokens"}).build()).build();
    OldAnswer.to("several vectors, " + name, measured(get().withNearVector(both).withLimit(2), "distance"));
  }

  private static NearTextArgument.NearTextArgumentBuilder meaning(String... concepts) {
    return NearTextArgument.builder().concepts(concepts).targetVectors(new String[] {"meaning"});
  }

  void texts() {
    OldAnswer.to("near text",
        measured(get().withNearText(meaning("red fox and forest").build()).withLimit(4), "distance"));
    var moved = meaning("red fox")
        .moveTo(NearTextMoveParameters.builder().concepts(new String[] {"island"}).force(0.8f).build())
        .moveAwayFrom(NearTextMoveParameters.builder().force(0.2f).objects(
            new NearTextMoveParameters.ObjectMove[] {
              NearTextMoveParameters.ObjectMove.builder().id(Library.bookId(0)).build()
            }).build());
    OldAnswer.to("near text, moved", measured(get().withNearText(moved.build()).withLimit(4), "distance"));
    var grouped = groups(
        get().withNearText(meaning("green", "tree").build()).withLimit(12).withGroupBy(by("writtenBy", 2, 2)));
    OldAnswer.to("near text, groups by reference", grouped.values());
    OldAnswer.to("keywords", measured(get().withBm25(words("fox island").build()).withLimit(6), "score"));
    var weighted = words("signed rose").properties(new String[] {"title^2", "note"}).build();
    OldAnswer.to("keywords, weighted", measured(get().withBm25(weighted).withLimit(5), "score"));
    var all = words("fox island").searchOperator(Bm25Argument.SearchOperator.and()).build();
    OldAnswer.to("keywords, all", numbers(get().withBm25(all).withLimit(20)));
    var two = words("red fox island").searchOperator(Bm25Argument.SearchOperator.or(2)).build();
    OldAnswer.to("keywords, two of three", numbers(get().withBm25(two).withLimit(20)));
    OldAnswer.to("hybrid", measured(get().withHybrid(hybrid().build()).withLimit(5), "score"));
    OldAnswer.to("hybrid, ranked", measured(
        get().withHybrid(hybrid().fusionType(FusionType.RANKED).build()).withLimit(5), "score"));
    var own = HybridArgument.builder().query("whale").vector(boxed(Library.plain(5))).alpha(0.6f)
        .targetVectors(new String[] {"plain"}).build();
    OldAnswer.to("hybrid, own vector", measured(get().withHybrid(own).withLimit(5), "score"));
  }

  private static Bm25Argument.Bm25ArgumentBuilder words(String query) {
    return Bm25Argument.builder().query(query);
  }

  private static HybridArgument.HybridArgumentBuilder hybrid() {
    return HybridArgument.builder().query("fox desert").alpha(0.5f).targetVectors(new String[] {"meaning"});
  }

  /** What a tenant finds of a word. */
  List<Object> texts(String collection, String tenant, String word) {
    var search = client.graphQL().get().withClassName(collection).withTenant(tenant)
        .withBm25(words(word).build()).withFields(field("text"));
    return rows(OldJourney.must(search.run()), "Get", collection).stream().map(hit -> hit.get("text")).toList();
  }

  private static WhereFilter.WhereFilterBuilder where(String path, String operator) {
    return WhereFilter.builder().path(path).operator(operator);
  }

  private static WhereFilter and(WhereFilter... operands) {
    return WhereFilter.builder().operator(Operator.And).operands(operands).build();
  }

  void filters() {
    var below6 = where("n", Operator.LessThan).valueInt(6).build();
    var below9 = where("n", Operator.LessThan).valueInt(9).build();
    var conditions = new LinkedHashMap<String, WhereFilter>();
    conditions.put("equal", where("title", Operator.Equal).valueText("fox river").build());
    conditions.put("not equal", and(where("note", Operator.NotEqual).valueText("signed").build(), below6));
    conditions.put("less", where("price", Operator.LessThan).valueNumber(5.5).build());
    conditions.put("less or equal", where("price", Operator.LessThanEqual).valueNumber(5.5).build());
    conditions.put("like", and(
        where("title", Operator.Like).valueText("*hal*").build(), where("n", Operator.LessThan).valueInt(8).build()));
    conditions.put("any", and(where("genres", Operator.ContainsAny).valueText("poems", "travel").build(), below6));
    conditions.put("all", and(where("genres", Operator.ContainsAll).valueText("all", "novel").build(), below9));
    conditions.put("none", and(where("genres", Operator.ContainsNone).valueText("poems", "travel").build(), below9));
    conditions.put("null", and(where("note", "IsNull").valueBoolean(true).build(), below6));
    conditions.put("length", and(
        where("len(genres)", Operator.Equal).valueInt(2).build(), where("n", Operator.LessThan).valueInt(2).build()));
    conditions.put("boolean", and(where("inStock", Operator.Equal).valueBoolean(true).build(), below6));
    conditions.put("or", WhereFilter.builder().operator(Operator.Or).operands(
        where("n", Operator.Equal).valueInt(2).build(), where("n", Operator.Equal).valueInt(20).build()).build());
    conditions.put("not", WhereFilter.builder().operator(Operator.Not)
        .operands(where("n", Operator.GreaterThan).valueInt(1).build()).build());
    conditions.put("id", where("id", Operator.Equal).valueText(Library.bookId(9)).build());
    conditions.put("reference", and(
        WhereFilter.builder().path("writtenBy", Library.AUTHORS, "born").operator(Operator.Equal)
            .valueInt(1902).build(), below9));
    var byNumber = SortArgument.builder().path(new String[] {"n"}).order(SortOrder.asc).build();
    conditions.forEach((name, condition) -> OldAnswer.to("filter: " + name,
        numbers(get().withWhere(condition).withSort(byNumber).withLimit(50))));
    var late = SortArgument.builder().path(new String[] {"price"}).order(SortOrder.desc).build();
    var byNote = SortArgument.builder().path(new String[] {"note"}).order(SortOrder.asc).build();
    OldAnswer.to("sorted by several", numbers(get().withSort(byNote, late).withLimit(8).withOffset(16)));
    OldAnswer.to("cursor", numbers(get().withLimit(5).withAfter(Library.bookId(0))).size());
  }

  private Aggregate aggregate(Field... fields) {
    return client.graphQL().aggregate().withClassName(Library.SHELF).withFields(fields);
  }

  private static List<Map<String, Object>> figures(Aggregate aggregate) {
    var found = rows(OldJourney.must(aggregate.run()), "Aggregate", Library.SHELF);
    return found.stream().<Map<String, Object>>map(row -> {
      var shown = new LinkedHashMap<>(row);
      shown.put("count", within(row, "meta").get("count"));
      shown.remove("meta");
      return shown;
    }).toList();
  }

  void aggregates() {
    var meta = field("meta", field("count"));
    var n = field("n", field("count"), field("maximum"), field("mean"), field("minimum"), field("sum"));
    var price = field("price", field("count"), field("maximum"), field("mean"), field("median"),
        field("minimum"), field("mode"), field("sum"));
    var few = where("n", Operator.LessThan).valueInt(5).build();
    OldAnswer.to("aggregate, filtered", figures(aggregate(meta, n, price).withWhere(few)).get(0));
    OldAnswer.to("aggregate, near vector",
        figures(aggregate(meta, n).withNearVector(near(4).build()).withObjectLimit(5)).get(0));
    var object = NearObjectArgument.builder()
        .id(Library.bookId(4)).targetVectors(new String[] {"plain"}).build();
    OldAnswer.to("aggregate, near object",
        figures(aggregate(meta, n).withNearObject(object).withObjectLimit(3)).get(0));
    var groups = figures(aggregate(meta, field("groupedBy", field("value"))).withGroupBy("inStock"));
    OldAnswer.to("groups", groups.stream().map(each -> each.get("count")).toList());
  }

  /** The client has no builder for reranking: it is a field like others. */
  void modules() {
    var fox = words("fox river").build();
    var rerank = field("_additional", field("rerank(property: \"title\" query: \"any\")", field("score")));
    OldAnswer.to("reranked", hits(get().withBm25(fox).withLimit(3), field("title"), rerank).stream()
        .map(hit -> hit.get("title")).toList());
    var task = GenerativeSearchBuilder.builder().singleResultPrompt("about {title}")
        .groupedResultTask("sum up").build();
    var written = hits(get().withBm25(fox).withLimit(2).withGenerativeSearch(task), field("title"));
    OldAnswer.to("generated", written.stream().map(hit -> within(within(hit, "_additional"), "generate")
        .get("singleResult").toString().contains("about " + hit.get("title"))).toList());
  }
}
