import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.aggregate.Aggregate;
import io.weaviate.client6.v1.api.collections.query.Boost;
import io.weaviate.client6.v1.api.collections.query.Diversity;
import io.weaviate.client6.v1.api.collections.query.Filter;
import io.weaviate.client6.v1.api.collections.query.GroupBy;
import io.weaviate.client6.v1.api.collections.query.Hybrid.FusionType;
import io.weaviate.client6.v1.api.collections.query.Metadata;
import io.weaviate.client6.v1.api.collections.query.NearText;
import io.weaviate.client6.v1.api.collections.query.NearVector;
import io.weaviate.client6.v1.api.collections.query.NearVectorTarget;
import io.weaviate.client6.v1.api.collections.query.SearchOperator;
import io.weaviate.client6.v1.api.collections.query.Target;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Everything that is searched. */
final class Searches {
  private static final GroupBy BY_GENRE = GroupBy.property("genres", 3, 2);

  static void vectors(CollectionHandle<Map<String, Object>> shelf) {
    var query = shelf.query;
    var near = Target.vector("plain", Library.plain(4));
    Answer.to("near vector",
        Reads.distances(query.nearVector(near, q -> q.limit(5).returnMetadata(Metadata.DISTANCE))));
    Answer.to("near vector, later", Reads.numbers(query.nearVector(near, q -> q.limit(3).offset(2))));
    Answer.to("near vector, within", Reads.numbers(query.nearVector(near, q -> q.distance(0.01f))));
    Answer.to("near vector, certain", Reads.numbers(query.nearVector(near, q -> q.certainty(0.999f))));
    Answer.to("near vector, cut", !query.nearVector(near, q -> q.autolimit(1)).objects().isEmpty());
    Answer.to("near tokens", Reads.distances(query.nearVector(Target.vector("tokens", Library.tokens(7)),
        q -> q.limit(4).returnMetadata(Metadata.DISTANCE))));
    var plain = Target.vector("plain", Library.plain(6));
    var tokens = Target.vector("tokens", Library.tokens(6));
    var joins = Map.<String, NearVectorTarget>of(
        "sum", Target.sum(plain, tokens),
        "average", Target.average(plain, tokens),
        "minimum", Target.min(plain, tokens),
        "weights", Target.manualWeights(
            Target.vector("plain", 2f, Library.plain(6)), Target.vector("tokens", 0.25f, Library.tokens(6))),
        "relative score", Target.relativeScore(
            Target.vector("plain", 1f, Library.plain(6)), Target.vector("tokens", 0.5f, Library.tokens(6))));
    joins.forEach((name, join) -> Answer.to("several vectors, " + name, Reads.distances(
        query.nearVector(join, q -> q.limit(2).returnMetadata(Metadata.DISTANCE)))));
    var sold = Filter.property("inStock").eq(false);
    Answer.to("near vector, filtered", Reads.numbers(query.nearVector(near, q -> q.limit(4).filters(sold))));
    Answer.to("near vector, groups", Reads.groups(
        query.nearVector(Target.vector("plain", Library.plain(0)), q -> q.limit(12), BY_GENRE)));
  }

  /** The client names no vector for it: it is for collections that have one. */
  static void nearObject(CollectionHandle<Map<String, Object>> authors) {
    var id = Library.authorId(1);
    var near = authors.query.nearObject(id, q -> q.limit(2).excludeSelf().returnMetadata(Metadata.DISTANCE));
    Answer.to("near object", near.objects().stream()
        .map(each -> List.of(each.properties().get("born"), each.queryMetadata().distance())).toList());
    var born = authors.aggregate.nearObject(id,
        a -> a.objectLimit(2).metrics(Aggregate.integer("born", p -> p.sum())));
    Answer.to("aggregate, near object", born.integer("born").sum());
  }

  static void texts(CollectionHandle<Map<String, Object>> shelf) {
    var query = shelf.query;
    var fox = Target.text("meaning", "red fox and forest");
    Answer.to("near text",
        Reads.distances(query.nearText(fox, q -> q.limit(4).returnMetadata(Metadata.DISTANCE))));
    Answer.to("near text, moved", Reads.distances(query.nearText(Target.text("meaning", "red fox"), q -> q
        .limit(4)
        .moveTo(0.8f, to -> to.concepts("island"))
        .moveAway(0.2f, from -> from.uuids(Library.bookId(0)))
        .returnMetadata(Metadata.DISTANCE))));
    var grouped = query.nearText(Target.text("meaning", "green", "tree"), q -> q.limit(12),
        GroupBy.property("writtenBy", 2, 2));
    // The client keeps groups in no order.
    Answer.to("near text, groups by reference", Reads.groups(grouped).values().stream()
        .sorted(Comparator.comparing(Object::toString)).toList());
    keywords(shelf);
    hybrids(shelf);
  }

  private static void keywords(CollectionHandle<Map<String, Object>> shelf) {
    var query = shelf.query;
    Answer.to("keywords",
        Reads.scores(query.bm25("fox island", q -> q.limit(6).returnMetadata(Metadata.SCORE))));
    Answer.to("keywords, weighted", Reads.scores(query.bm25("signed rose",
        q -> q.queryProperties("title^2", "note").limit(5).returnMetadata(Metadata.SCORE))));
    Answer.to("keywords, all", Reads.numbers(query.bm25("fox island",
        q -> q.searchOperator(SearchOperator.and()).limit(20))));
    Answer.to("keywords, two of three", Reads.numbers(query.bm25("red fox island",
        q -> q.searchOperator(SearchOperator.or(2)).limit(20))));
    Answer.to("keywords, filtered", Reads.numbers(query.bm25("fox",
        q -> q.filters(Filter.property("note").eq("signed")).limit(20))));
    Answer.to("keywords, groups", Reads.groups(query.bm25("fox", q -> q.limit(12), BY_GENRE)));
  }

  private static void hybrids(CollectionHandle<Map<String, Object>> shelf) {
    var query = shelf.query;
    var foxDesert = Target.text("meaning", "fox desert");
    Answer.to("hybrid", Reads.scores(query.hybrid(foxDesert,
        q -> q.alpha(0.5f).limit(5).returnMetadata(Metadata.SCORE))));
    Answer.to("hybrid, ranked", Reads.scores(query.hybrid(foxDesert,
        q -> q.alpha(0.5f).fusionType(FusionType.RANKED).limit(5).returnMetadata(Metadata.SCORE))));
    Answer.to("hybrid, own vector", Reads.scores(query.hybrid("whale", q -> q
        .nearVector(NearVector.of(Target.vector("plain", Library.plain(5))))
        .alpha(0.6f).limit(5).returnMetadata(Metadata.SCORE))));
    Answer.to("hybrid, own tokens", Reads.numbers(query.hybrid("whale", q -> q
        .nearVector(NearVector.of(Target.vector("tokens", Library.tokens(5)))).alpha(1).limit(1))));
    Answer.to("hybrid, near text inside", Reads.scores(query.hybrid(Target.text("meaning", "whale"), q -> q
        .nearText(NearText.of(Target.text("meaning", "fox"), t -> t.moveTo(0.5f, to -> to.concepts("city"))))
        .alpha(0.6f).limit(5).returnMetadata(Metadata.SCORE))));
    Answer.to("hybrid, groups", Reads.groups(query.hybrid(Target.text("meaning", "fox"),
        q -> q.alpha(0).limit(12), BY_GENRE)));
  }

  /** What ranks hits anew. */
  static void ranking(CollectionHandle<Map<String, Object>> shelf) {
    var near = Target.vector("plain", Library.plain(4));
    var boosts = Map.of(
        "filter", Boost.filter(Filter.property("inStock").eq(false), b -> b.weight(0.9f)),
        "numeric decay", Boost.numericDecay("price", 8, 0.5f, b -> b.weight(1)),
        "time decay", Boost.timeDecay("published", "30d", b -> b.origin("2000-03-01T00:00:00Z").weight(1)),
        "several", Boost.blend(0.8f, null,
            Boost.numericProperty("n", b -> b.weight(2)),
            Boost.filter(Filter.property("note").eq("signed"), b -> b.weight(1))));
    boosts.forEach((name, boost) -> Answer.to("boost, " + name,
        Reads.numbers(shelf.query.nearVector(near, q -> q.limit(6).boost(boost)))));
    Answer.to("diversity", Reads.numbers(shelf.query.nearVector(near,
        q -> q.limit(8).diversity(Diversity.mmr(d -> d.limit(4).balance(0.3f))))));
    var profile = shelf.query.bm25("fox", q -> q.returnMetadata(Metadata.QUERY_PROFILE)).queryProfile();
    Answer.to("profile", profile.shards().stream()
        .map(each -> each.searches().keySet().stream().sorted().toList()).toList());
  }

  private Searches() {}
}
