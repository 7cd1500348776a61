"""A day with the official Python client: every step asserts what it got, then prints its name."""

import os

import weaviate
from weaviate.classes.config import Configure, DataType, Property, Reconfigure, Tokenization
from weaviate.classes.config import VectorDistances
from weaviate.classes.data import DataObject
from weaviate.classes.init import Auth
from weaviate.classes.query import Filter, GroupBy, HybridFusion, MetadataQuery, Sort, TargetVectors
from weaviate.classes.tenants import Tenant, TenantActivityStatus
from weaviate.exceptions import (
    InsufficientPermissionsError,
    UnexpectedStatusCodeError,
    WeaviateInsertManyAllFailedError,
    WeaviateQueryError,
)
from weaviate.util import generate_uuid5

NAME = "JourneyPython"


def connect(key):
    return weaviate.connect_to_local(
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        grpc_port=int(os.environ["GRPC_PORT"]),
        auth_credentials=Auth.api_key(key) if key else None,
    )


def done(step):
    print(step, flush=True)


def raises(kind, call):
    try:
        call()
    except kind as error:
        return str(error)
    raise AssertionError(f"{kind.__name__} was expected")


def numbers(result):
    return [o.properties["n"] for o in result.objects]


def tokens(n):
    """Three token vectors; the nearer n is to a query's, the more similar."""
    return [[1.0, n / 10, 0.0], [0.0, 1.0, n / 20], [float(n), 0.0, 2.0]]


def page(n, color):
    return {"n": n, "title": f"page {n} {color}", "color": color, "tags": [color, f"t{n % 3}"]}


def vectors(n):
    return {"tokens": tokens(n), "one": [1.0, float(n)]}


client = connect("the-key")

# --- the server
assert client.is_ready() and client.is_live()
meta = client.get_meta()
assert meta["version"] and "modules" in meta, meta
(node,) = client.cluster.nodes(output="verbose")
assert node.status == "HEALTHY" and node.version == meta["version"], node
for wrong in ["wrong", None]:
    message = raises(UnexpectedStatusCodeError, lambda: connect(wrong))
    assert "401" in message, message
done("server")

# --- collections
client.collections.delete(NAME)
assert not client.collections.exists(NAME)
created = client.collections.create(
    NAME,
    description="pages of a book",
    properties=[
        Property(name="n", data_type=DataType.INT, index_range_filters=True),
        Property(name="title", data_type=DataType.TEXT, tokenization=Tokenization.WORD),
        Property(name="color", data_type=DataType.TEXT, tokenization=Tokenization.FIELD),
        Property(name="tags", data_type=DataType.TEXT_ARRAY),
    ],
    vector_config=[
        Configure.MultiVectors.self_provided(name="tokens"),
        Configure.Vectors.self_provided(
            name="one",
            vector_index_config=Configure.VectorIndex.hnsw(
                distance_metric=VectorDistances.L2_SQUARED
            ),
        ),
    ],
    inverted_index_config=Configure.inverted_index(bm25_b=0.5, bm25_k1=1.5, index_timestamps=True),
)
assert client.collections.exists(NAME)
assert NAME in client.collections.list_all()
config = created.config.get()
assert config.name == NAME and config.description == "pages of a book"
assert [p.name for p in config.properties] == ["n", "title", "color", "tags"]
assert config.properties[0].index_range_filters
assert config.properties[2].tokenization == Tokenization.FIELD
assert config.vector_config["tokens"].vector_index_config.multi_vector is not None
assert config.vector_config["one"].vector_index_config.multi_vector is None
assert config.vector_config["one"].vector_index_config.distance_metric == VectorDistances.L2_SQUARED
assert config.inverted_index_config.bm25.b == 0.5
assert client.collections.export_config(NAME) == config
copied = client.collections.create_from_dict({**config.to_dict(), "class": NAME + "Copy"})
assert {**copied.config.get().to_dict(), "class": NAME} == config.to_dict()
client.collections.delete(NAME + "Copy")
message = raises(UnexpectedStatusCodeError, lambda: client.collections.create(NAME))
assert "already exists" in message, message
done("collections")

# --- changes of the configuration
pages = client.collections.use(NAME)
pages.config.update(
    description="pages of another book",
    inverted_index_config=Reconfigure.inverted_index(bm25_b=0.75, stopwords_additions=["page"]),
)
pages.config.add_property(Property(name="note", data_type=DataType.TEXT))
pages.config.add_vector(vector_config=Configure.Vectors.self_provided(name="late"))
config = pages.config.get()
assert config.description == "pages of another book"
assert config.inverted_index_config.bm25.b == 0.75
assert config.inverted_index_config.stopwords.additions == ["page"]
assert config.properties[-1].name == "note"
assert set(config.vector_config) == {"tokens", "one", "late"}
done("configuration")

# --- batches: pages 0 to 19, five of each kind
colors = ["red", "green", "blue", "red", "white"]
ids = {n: generate_uuid5(str(n)) for n in range(20)}
kinds = [
    lambda: pages.batch.fixed_size(batch_size=2, concurrent_requests=2),
    lambda: pages.batch.dynamic(),
    lambda: pages.batch.rate_limit(requests_per_minute=6000),
    lambda: pages.batch.stream(),
]
for kind, make in enumerate(kinds):
    with make() as batch:
        for n in range(kind * 5, kind * 5 + 5):
            properties = page(n, colors[n % 5])
            batch.add_object(properties=properties, vector=vectors(n), uuid=ids[n])
        batch.add_object(properties={"n": "no number"}, vector=vectors(0))
    (failed,) = pages.batch.failed_objects
    assert "'n'" in failed.message, failed.message
assert len(pages) == 20
with client.batch.experimental() as batch:
    batch.add_object(collection=NAME, properties=page(20, "black"), vector=vectors(20))
assert client.batch.failed_objects == []
assert len(pages) == 21
result = pages.data.insert_many(
    [
        DataObject(properties=page(21, "black"), vector=vectors(21), uuid=generate_uuid5("21")),
        DataObject(properties=page(22, "black"), vector={"one": [1.0, 2.0, 3.0]}),
    ]
)
assert list(result.errors) == [1] and "3 dimensions" in result.errors[1].message
assert str(result.uuids[0]) == generate_uuid5("21")
broken = [DataObject(properties={"n": "no number"})]
raises(WeaviateInsertManyAllFailedError, lambda: pages.data.insert_many(broken))
pages.batch.wait_for_vector_indexing()
assert len(pages) == 22
done("batches")

# --- single objects
own = pages.data.insert(page(100, "gold"), vector=vectors(100))
assert pages.data.exists(own)
stored = pages.query.fetch_object_by_id(own, include_vector=True)
assert stored.properties["title"] == "page 100 gold" and stored.properties["note"] is None
assert stored.vector["tokens"][1] == [0.0, 1.0, 5.0]
assert stored.vector["one"] == [1.0, 100.0]
pages.data.update(own, properties={"note": "new"}, vector={"one": [2.0, 100.0]})
stored = pages.query.fetch_object_by_id(own, include_vector=["one"])
assert stored.properties["note"] == "new" and stored.properties["n"] == 100
assert stored.vector == {"one": [2.0, 100.0]}
assert stored.metadata.last_update_time > stored.metadata.creation_time
gold_since = stored.metadata.creation_time
pages.data.replace(own, properties={"n": 101}, vector={"one": [3.0, 1.0]})
stored = pages.query.fetch_object_by_id(own, include_vector=True)
assert stored.properties["n"] == 101 and stored.properties["title"] is None
assert stored.vector == {"one": [3.0, 1.0]}
raises(UnexpectedStatusCodeError, lambda: pages.data.insert(page(1, "red"), uuid=own))
raises(UnexpectedStatusCodeError, lambda: pages.data.insert({"n": "x"}))
raises(UnexpectedStatusCodeError, lambda: pages.data.insert({}, vector={"tokens": [1.0, 2.0]}))
assert pages.data.delete_by_id(own) and not pages.data.exists(own)
assert pages.query.fetch_object_by_id(own) is None
assert len(pages) == 22
done("objects")

# --- vector search
query = tokens(4)
near = pages.query.near_vector(
    query, target_vector="tokens", limit=3, return_metadata=MetadataQuery(distance=True)
)
assert numbers(near)[0] == 4 and abs(near.objects[0].metadata.distance + 3) < 1e-5
distances = [o.metadata.distance for o in near.objects]
assert distances == sorted(distances)
by_object = pages.query.near_object(ids[4], target_vector="tokens", limit=3)
assert numbers(by_object) == numbers(near)
both = pages.query.near_vector([1.0, 7.2], target_vector="one", limit=4)
assert numbers(both) == [7, 8, 6, 9]
offset = pages.query.near_vector([1.0, 7.2], target_vector="one", limit=2, offset=1)
assert numbers(offset) == [8, 6]
within = pages.query.near_vector([1.0, 7.2], target_vector="one", distance=1)
assert numbers(within) == [7, 8]
cut = pages.query.near_vector([1.0, 40.0], target_vector="one", auto_limit=1)
assert 0 < len(cut.objects) < 22
several = pages.query.near_vector(
    {"tokens": query, "one": [1.0, 4.0]},
    target_vector=TargetVectors.manual_weights({"tokens": 1, "one": 2}),
    limit=1,
)
assert numbers(several) == [4]
message = raises(WeaviateQueryError, lambda: pages.query.near_vector([1.0], target_vector="one"))
assert "1 dimensions" in message, message
done("vectors")

# --- keywords and hybrid
words = pages.query.bm25("red", query_properties=["title"], limit=20)
assert sorted(numbers(words)) == [0, 3, 5, 8, 10, 13, 15, 18]
assert pages.query.bm25("page").objects == []
first = pages.query.bm25("7", return_metadata=MetadataQuery(score=True, explain_score=True))
assert numbers(first) == [7] and first.objects[0].metadata.score > 0
for fusion in [HybridFusion.RANKED, HybridFusion.RELATIVE_SCORE]:
    mixed = pages.query.hybrid(
        "blue",
        vector={"tokens": tokens(7)},
        target_vector="tokens",
        alpha=0.5,
        fusion_type=fusion,
        limit=5,
        return_metadata=MetadataQuery(score=True),
    )
    assert numbers(mixed)[0] == 7, (fusion, numbers(mixed))
keywords_only = pages.query.hybrid("blue", target_vector="tokens", alpha=0, limit=20)
assert sorted(numbers(keywords_only)) == [2, 7, 12, 17]
done("keywords")

# --- filters
n, color, tags = (Filter.by_property(name) for name in ["n", "color", "tags"])
cases = [
    (color.equal("green"), [1, 6, 11, 16]),
    (color.not_equal("red") & n.less_than(5), [1, 2, 4]),
    (n.greater_than(3) & n.less_or_equal(6), [4, 5, 6]),
    (n.equal(2) | n.greater_or_equal(20), [2, 20, 21]),
    (color.contains_any(["green", "black"]) & n.greater_than(10), [11, 16, 20, 21]),
    (tags.contains_all(["red", "t0"]), [0, 3, 15, 18]),
    (Filter.all_of([n.less_than(9), tags.contains_any(["t2"])]), [2, 5, 8]),
    (color.like("gr*"), [1, 6, 11, 16]),
    (Filter.not_(n.greater_than(1)), [0, 1]),
    (Filter.by_id().equal(ids[9]), [9]),
    (Filter.by_id().contains_any([ids[9], ids[8]]), [8, 9]),
    (Filter.by_creation_time().greater_than(gold_since), []),
]
for condition, expected in cases:
    found = pages.query.fetch_objects(filters=condition, sort=Sort.by_property("n"), limit=50)
    assert numbers(found) == expected, (condition, numbers(found), expected)
filtered = pages.query.near_vector(
    tokens(4), target_vector="tokens", filters=color.equal("green"), limit=2
)
assert sorted(numbers(filtered)) == [1, 6], numbers(filtered)
assert numbers(pages.query.bm25("red", filters=n.less_than(4))) in ([0, 3], [3, 0])
done("filters")

# --- order, pages, groups
backwards = Sort.by_property("color").by_property("n", ascending=False)
assert numbers(pages.query.fetch_objects(sort=backwards, limit=4)) == [21, 20, 17, 12]
assert numbers(pages.query.fetch_objects(sort=backwards, limit=2, offset=2)) == [17, 12]
grouped = pages.query.near_vector(
    [1.0, 0.0],
    target_vector="one",
    limit=22,
    group_by=GroupBy(prop="color", number_of_groups=2, objects_per_group=3),
)
assert list(grouped.groups) == ["red", "green"]
assert [o.properties["n"] for o in grouped.groups["red"].objects] == [0, 3, 5]
seen = [o.properties["n"] for o in pages.iterator(include_vector=True, cache_size=7)]
assert sorted(seen) == list(range(22))
done("order")

# --- deleting
dry = pages.data.delete_many(where=n.greater_than(19), dry_run=True, verbose=True)
assert dry.matches == 2 and len(dry.objects) == 2 and len(pages) == 22
gone = pages.data.delete_many(where=n.greater_than(19), verbose=True)
assert gone.successful == 2 and all(o.successful for o in gone.objects) and len(pages) == 20
assert pages.data.delete_many(where=color.equal("green")).matches == 4
assert pages.aggregate.over_all(total_count=True, filters=n.less_than(10)).total_count == 8
assert numbers(pages.query.near_vector(tokens(6), target_vector="tokens", limit=1)) != [6]
client.collections.delete(NAME)
assert not client.collections.exists(NAME)
raises(WeaviateQueryError, lambda: pages.query.fetch_objects())
done("deleting")

# --- tenants
notes = client.collections.create(
    NAME,
    properties=[Property(name="n", data_type=DataType.INT)],
    vector_config=Configure.MultiVectors.self_provided(name="tokens"),
    multi_tenancy_config=Configure.multi_tenancy(auto_tenant_creation=True),
)
notes.tenants.create(["anna", Tenant(name="ben", activity_status=TenantActivityStatus.INACTIVE)])
anna, ben = notes.with_tenant("anna"), notes.with_tenant("ben")
same = generate_uuid5("note")
anna.data.insert({"n": 1}, uuid=same, vector={"tokens": tokens(1)})
message = raises(WeaviateQueryError, lambda: ben.query.fetch_objects())
assert "tenant not active: 'ben'" in message, message
notes.tenants.activate("ben")
objects = [DataObject({"n": m}, vector={"tokens": tokens(m)}) for m in range(2, 5)]
assert not ben.data.insert_many(objects).has_errors
ben.data.insert({"n": 9}, uuid=same, vector={"tokens": tokens(9)})
assert (len(anna), len(ben)) == (1, 4)
assert [each.query.fetch_object_by_id(same).properties["n"] for each in (anna, ben)] == [1, 9]
for each, expected in [(anna, [1]), (ben, [2])]:
    near = each.query.near_vector(tokens(1), target_vector="tokens", limit=1)
    assert numbers(near) == expected, (expected, numbers(near))
    assert numbers(each.query.fetch_objects(filters=n.less_than(3))) == expected
with client.batch.fixed_size(batch_size=2) as batch:
    for m in range(3):
        batch.add_object(NAME, {"n": m}, vector={"tokens": tokens(m)}, tenant="carl")
assert not client.batch.failed_objects and len(notes.with_tenant("carl")) == 3
assert anna.data.delete_many(where=n.greater_than(0)).successful == 1
assert (len(anna), len(ben), sorted(notes.tenants.get())) == (0, 4, ["anna", "ben", "carl"])
notes.tenants.deactivate(["carl"])
assert notes.tenants.get_by_name("carl").activity_status == TenantActivityStatus.INACTIVE
notes.tenants.remove(["anna", "nobody"])
assert not notes.tenants.exists("anna") and notes.tenants.exists("ben")
assert "without tenant" in raises(WeaviateQueryError, lambda: notes.query.fetch_objects())
client.collections.delete(NAME)
done("tenants")

# --- a key that may only read
reader = connect("read-key")
assert isinstance(reader.collections.list_all(), dict)
raises(InsufficientPermissionsError, lambda: reader.collections.create(NAME))
reader.close()
done("rights")

client.close()
