"""Asks a library everything that the client can ask."""

from library_books import (
    AUTHORS,
    BOOKS,
    SHELF,
    answer,
    author_id,
    book_id,
    connect,
    month,
    plain,
    tokens,
)
from weaviate.classes.aggregate import GroupByAggregate, Metrics
from weaviate.classes.query import (
    BM25Operator,
    Boost,
    Diversity,
    Filter,
    GeoCoordinate,
    GroupBy,
    HybridFusion,
    HybridVector,
    MetadataQuery,
    Move,
    QueryNested,
    QueryReference,
    Sort,
    TargetVectors,
)
from weaviate.util import generate_uuid5

client = connect()
books = client.collections.use(SHELF)
query = books.query


def numbers(result):
    return [one.properties["n"] for one in result.objects]


def distances(result):
    return [[one.properties["n"], one.metadata.distance] for one in result.objects]


def scores(result):
    return [[one.properties["n"], one.metadata.score] for one in result.objects]


def groups(result):
    return {name: [o.properties["n"] for o in group.objects] for name, group in result.groups.items()}


def references(one):
    return {
        name: sorted(
            [{**each.properties, **references(each)} for each in found.objects],
            key=lambda each: str(each),
        )
        for name, found in (one.references or {}).items()
    }


# --- configuration
config = books.config.get()
answer("collection", [config.name == BOOKS, [p.name for p in config.properties]])
answer("references", [[r.name, len(r.target_collections)] for r in config.references])
answer("vectors", sorted(config.vector_config))
answer("aliases", [alias == SHELF for alias in client.alias.list_all(collection=BOOKS)])
answer("shards", [shard.status for shard in books.config.get_shards()])
answer("length", len(books))

# --- fetching
one = query.fetch_object_by_id(book_id(4))
phone = one.properties["phone"]
written = [phone.national, phone.international_formatted, phone.valid]
answer("by id", {**one.properties, "phone": written})
answer("by id, nothing there", query.fetch_object_by_id(author_id(0)))
one = query.fetch_object_by_id(book_id(5), include_vector=["plain", "tokens"])
answer("vectors by name", one.vector)
answer("cursor", len(query.fetch_objects(limit=5, after=book_id(0)).objects))
few = query.fetch_objects(
    limit=3,
    sort=Sort.by_property("n"),
    return_properties=["title", QueryNested(name="details", properties=["edition"])],
)
answer("chosen properties", [o.properties for o in few.objects])
answer(
    "sorted by several",
    numbers(
        query.fetch_objects(
            sort=Sort.by_property("note").by_property("price", ascending=False), limit=8, offset=16
        )
    ),
)
linked = query.fetch_objects(
    filters=Filter.by_property("n").less_than(4),
    sort=Sort.by_property("n"),
    return_properties=["n"],
    return_references=[
        QueryReference(link_on="writtenBy", return_properties=["name"]),
        QueryReference.MultiTarget(
            link_on="seeAlso", target_collection=BOOKS, return_properties=["n"]
        ),
    ],
)
answer("references in answers", [[o.properties["n"], references(o)] for o in linked.objects])
# The TypeScript client does not ask for references of references.
linked = query.fetch_objects(
    filters=Filter.by_id().contains_any([book_id(1), book_id(2)]),
    sort=Sort.by_property("n"),
    return_references=QueryReference.MultiTarget(
        link_on="seeAlso",
        target_collection=BOOKS,
        return_properties=["n"],
        return_references=QueryReference(link_on="writtenBy", return_properties=["born"]),
    ),
)
answer("references of references", [references(o) for o in linked.objects])

# --- vectors
near = {"target_vector": "plain", "return_metadata": MetadataQuery(distance=True)}
answer("near vector", distances(query.near_vector(plain(4), limit=5, **near)))
answer("near vector, later", numbers(query.near_vector(plain(4), limit=3, offset=2, **near)))
answer("near vector, within", numbers(query.near_vector(plain(4), distance=0.01, **near)))
answer("near vector, certain", numbers(query.near_vector(plain(4), certainty=0.999, **near)))
answer("near vector, cut", len(query.near_vector(plain(4), auto_limit=1, **near).objects) > 0)
answer(
    "near tokens",
    distances(
        query.near_vector(
            tokens(7),
            target_vector="tokens",
            limit=4,
            return_metadata=MetadataQuery(distance=True),
        )
    ),
)
answer("near object", distances(query.near_object(book_id(9), limit=4, **near)))
both = {"plain": plain(6), "tokens": tokens(6)}
for name, join in {
    "sum": TargetVectors.sum(["plain", "tokens"]),
    "average": TargetVectors.average(["plain", "tokens"]),
    "minimum": TargetVectors.minimum(["plain", "tokens"]),
    "weights": TargetVectors.manual_weights({"plain": 2, "tokens": 0.25}),
    "relative score": TargetVectors.relative_score({"plain": 1, "tokens": 0.5}),
}.items():
    found = query.near_vector(
        both, target_vector=join, limit=2, return_metadata=MetadataQuery(distance=True)
    )
    answer(f"several vectors, {name}", distances(found))
answer(
    "near vector, filtered",
    numbers(
        query.near_vector(
            plain(4), limit=4, filters=Filter.by_property("inStock").equal(False), **near
        )
    ),
)
by_genre = GroupBy(prop="genres", number_of_groups=3, objects_per_group=2)
grouped = query.near_vector(plain(0), limit=12, group_by=by_genre, **near)
answer("near vector, groups", groups(grouped))

# --- texts
meant = {"target_vector": "meaning", "return_metadata": MetadataQuery(distance=True)}
answer("near text", distances(query.near_text("red fox and forest", limit=4, **meant)))
moved = query.near_text(
    "red fox",
    limit=4,
    move_to=Move(force=0.8, concepts=["island"]),
    move_away=Move(force=0.2, objects=[book_id(0)]),
    **meant,
)
answer("near text, moved", distances(moved))
by_author = GroupBy(prop="writtenBy", number_of_groups=2, objects_per_group=2)
grouped = query.near_text(["green", "tree"], limit=12, group_by=by_author, **meant)
answer("near text, groups by reference", [group for group in groups(grouped).values()])
scored = {"return_metadata": MetadataQuery(score=True)}
answer("keywords", scores(query.bm25("fox island", limit=6, **scored)))
answer(
    "keywords, weighted",
    scores(query.bm25("signed rose", query_properties=["title^2", "note"], limit=5, **scored)),
)
answer(
    "keywords, all",
    numbers(query.bm25("fox island", operator=BM25Operator.and_(), limit=20)),
)
answer(
    "keywords, two of three",
    numbers(query.bm25("red fox island", operator=BM25Operator.or_(minimum_match=2), limit=20)),
)
answer(
    "keywords, filtered",
    numbers(query.bm25("fox", filters=Filter.by_property("note").equal("signed"), limit=20)),
)
answer("keywords, groups", groups(query.bm25("fox", group_by=by_genre, limit=12)))
hybrid = {"target_vector": "meaning", "limit": 5, **scored}
answer("hybrid", scores(query.hybrid("fox desert", alpha=0.5, **hybrid)))
answer(
    "hybrid, ranked",
    scores(query.hybrid("fox desert", alpha=0.5, fusion_type=HybridFusion.RANKED, **hybrid)),
)
answer(
    "hybrid, own vector",
    scores(
        query.hybrid(
            "whale", vector=plain(5), target_vector="plain", alpha=0.6, limit=5, **scored
        )
    ),
)
answer(
    "hybrid, near text inside",
    scores(
        query.hybrid(
            "whale",
            alpha=0.6,
            vector=HybridVector.near_text("fox", move_to=Move(force=0.5, concepts=["city"])),
            **hybrid,
        )
    ),
)
answer(
    "hybrid, all words",
    numbers(query.hybrid("fox island", alpha=0, bm25_operator=BM25Operator.and_(), **hybrid)),
)
answer(
    "hybrid, groups",
    groups(query.hybrid("fox", alpha=0, target_vector="meaning", group_by=by_genre, limit=12)),
)

# --- what the other client has no words for
boosts = {
    "filter": Boost.filter(Filter.by_property("inStock").equal(False), weight=0.9),
    "numeric decay": Boost.numeric_decay("price", origin=8, scale=0.5, weight=1),
    "time decay": Boost.time_decay("published", origin=month(2), scale="30d", weight=1),
    "several": Boost.blend(
        [
            Boost.numeric_property("n", weight=2),
            Boost.filter(Filter.by_property("note").equal("signed"), weight=1),
        ],
        weight=0.8,
    ),
}
for name, boost in boosts.items():
    found = query.near_vector(plain(4), target_vector="plain", limit=6, boost=boost)
    answer(f"boost, {name}", numbers(found))
diverse = query.near_vector(
    plain(4), target_vector="plain", limit=8, diversity_selection=Diversity.mmr(limit=4, balance=0.3)
)
answer("diversity", numbers(diverse))
profile = query.bm25("fox", return_metadata=MetadataQuery(query_profile=True)).query_profile
answer("profile", [sorted(shard.searches) for shard in profile.shards])
spoken = client.tokenization.for_property(SHELF, "title", "The red Fox")
answer("tokens", [spoken.indexed, spoken.query])

# --- filters
p = Filter.by_property
now = query.fetch_object_by_id(book_id(0)).metadata.creation_time
conditions = {
    "equal": p("title").equal("fox river"),
    "not equal": p("note").not_equal("signed") & p("n").less_than(6),
    "less": p("price").less_than(5.5),
    "less or equal": p("price").less_or_equal(5.5),
    "greater": p("published").greater_than(month(21)),
    "greater or equal": p("published").greater_or_equal(month(21)),
    "like": p("title").like("*hal*") & p("n").less_than(8),
    "any": p("genres").contains_any(["poems", "travel"]) & p("n").less_than(6),
    "all": p("genres").contains_all(["all", "novel"]) & p("n").less_than(9),
    "none": p("genres").contains_none(["poems", "travel"]) & p("n").less_than(9),
    "null": p("note").is_none(True) & p("n").less_than(6),
    "not null": p("phone").is_none(False) & p("n").less_than(12),
    "length": p("genres", length=True).equal(2) & p("n").less_than(2),
    "boolean": p("inStock").equal(True) & p("n").less_than(6),
    "uuid": p("isbn").equal(generate_uuid5("isbn 7")),
    "range": p("shop").within_geo_range(GeoCoordinate(latitude=51, longitude=13), distance=30_000),
    "or": p("n").equal(2) | p("n").equal(20) | p("n").equal(200),
    "not": ~(p("n").greater_than(1)),
    "id": Filter.by_id().equal(book_id(9)),
    "ids": Filter.by_id().contains_any([book_id(9), book_id(8)]),
    "time": Filter.by_creation_time().less_or_equal(now) & Filter.by_id().equal(book_id(0)),
    "update time": Filter.by_update_time().less_than(month(0)),
    "reference": Filter.by_ref("writtenBy").by_property("born").equal(1902) & p("n").less_than(9),
    "reference by id": Filter.by_ref("writtenBy").by_id().equal(author_id(1)) & p("n").less_than(9),
    "reference of several": Filter.by_ref_multi_target("seeAlso", AUTHORS)
    .by_property("name")
    .equal("author 2"),
    "reference twice": Filter.by_ref_multi_target("seeAlso", BOOKS)
    .by_ref("writtenBy")
    .by_property("born")
    .equal(1900),
    "reference count": Filter.by_ref_count("seeAlso").greater_than(1),
    "no reference": Filter.by_ref_count("seeAlso").equal(0) & p("n").less_than(7),
}
for name, condition in conditions.items():
    found = query.fetch_objects(filters=condition, sort=Sort.by_property("n"), limit=50)
    answer(f"filter: {name}", numbers(found))

# --- aggregates
metrics = [
    Metrics("price").number(
        count=True, maximum=True, mean=True, median=True, minimum=True, mode=True, sum_=True
    ),
    Metrics("n").integer(count=True, maximum=True, mean=True, minimum=True, sum_=True),
    Metrics("title").text(count=True, top_occurrences_count=True, top_occurrences_value=True),
    Metrics("inStock").boolean(
        count=True, percentage_false=True, percentage_true=True, total_false=True, total_true=True
    ),
    Metrics("published").date_(count=True, maximum=True, median=True, minimum=True),
]


def figure(name, value):
    """By the name that the other client has for it."""
    if name == "top_occurrences":
        value = [[top.value, top.count] for top in value]
    first, *others = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in others), value


def figures(found):
    shown = {
        name: dict(figure(*each) for each in vars(values).items())
        for name, values in found.properties.items()
    }
    return {"count": found.total_count, **shown}


def grouped_figures(found):
    named = [[group.grouped_by.value, figures(group)] for group in found.groups]
    return sorted(named, key=lambda each: str(each[0]))


aggregate = books.aggregate
answer("aggregate", figures(aggregate.over_all(total_count=True, return_metrics=metrics)))
answer(
    "aggregate, filtered",
    figures(
        aggregate.over_all(
            total_count=True, filters=p("n").less_than(5), return_metrics=metrics[:2]
        )
    ),
)
answer(
    "aggregate, groups",
    grouped_figures(
        aggregate.over_all(
            total_count=True, group_by=GroupByAggregate(prop="inStock"), return_metrics=metrics[:1]
        )
    ),
)
answer(
    "aggregate, near vector",
    figures(
        aggregate.near_vector(
            plain(4),
            target_vector="plain",
            object_limit=5,
            total_count=True,
            return_metrics=metrics[1:2],
        )
    ),
)
answer(
    "aggregate, near object",
    figures(
        aggregate.near_object(
            book_id(4),
            target_vector="plain",
            object_limit=3,
            total_count=True,
            return_metrics=metrics[1:2],
        )
    ),
)
answer(
    "aggregate, near text",
    grouped_figures(
        aggregate.near_text(
            "red fox",
            target_vector="meaning",
            object_limit=6,
            total_count=True,
            group_by=GroupByAggregate(prop="title"),
        )
    ),
)
answer(
    "aggregate, hybrid",
    figures(
        aggregate.hybrid(
            "whale", alpha=0, target_vector="meaning", object_limit=50, total_count=True
        )
    ),
)

# --- everything, one after the other
answer("iterator", sorted(one.properties["n"] for one in books.iterator(cache_size=7)))
chosen = books.iterator(return_properties=["title"], include_vector=["plain"])
answer("iterator, chosen", sorted({len(one.properties) + len(one.vector) for one in chosen}))
client.close()
