"""Fills a library with every kind of write that the client has."""

from library_books import (
    AUTHORS,
    BOOKS,
    COUNT,
    SHELF,
    answer,
    author_id,
    book,
    book_id,
    connect,
    vectors,
)
from weaviate.classes.config import Configure, DataType, Property, ReferenceProperty, Tokenization
from weaviate.classes.data import DataObject, DataReference, ReferenceToMulti
from weaviate.classes.query import Filter

client = connect()
authors = client.collections.create(
    AUTHORS,
    properties=[
        Property(name="name", data_type=DataType.TEXT),
        Property(name="born", data_type=DataType.INT),
    ],
    vector_config=Configure.Vectors.self_provided(),
)
client.collections.create(
    BOOKS,
    properties=[
        Property(name="n", data_type=DataType.INT, index_range_filters=True),
        Property(name="title", data_type=DataType.TEXT),
        Property(name="note", data_type=DataType.TEXT, tokenization=Tokenization.FIELD),
        Property(name="price", data_type=DataType.NUMBER),
        Property(name="published", data_type=DataType.DATE),
        Property(name="genres", data_type=DataType.TEXT_ARRAY, tokenization=Tokenization.FIELD),
        Property(name="inStock", data_type=DataType.BOOL),
        Property(name="isbn", data_type=DataType.UUID),
        Property(name="shop", data_type=DataType.GEO_COORDINATES),
        Property(name="phone", data_type=DataType.PHONE_NUMBER),
        Property(
            name="details",
            data_type=DataType.OBJECT,
            nested_properties=[
                Property(name="publisher", data_type=DataType.TEXT),
                Property(name="edition", data_type=DataType.INT),
            ],
        ),
        Property(
            name="reviews",
            data_type=DataType.OBJECT_ARRAY,
            nested_properties=[
                Property(name="stars", data_type=DataType.INT),
                Property(name="text", data_type=DataType.TEXT),
            ],
        ),
    ],
    references=[ReferenceProperty(name="writtenBy", target_collection=AUTHORS)],
    vector_config=[
        Configure.Vectors.self_provided(name="plain"),
        Configure.MultiVectors.self_provided(name="tokens"),
        Configure.Vectors.text2vec_transformers(
            name="meaning", source_properties=["title"]
        ),
    ],
    inverted_index_config=Configure.inverted_index(
        index_null_state=True, index_property_length=True, index_timestamps=True
    ),
)
client.alias.create(alias_name=SHELF, target_collection=BOOKS)
books = client.collections.use(SHELF)
books.config.add_reference(
    ReferenceProperty.MultiTarget(name="seeAlso", target_collections=[AUTHORS, BOOKS])
)
for n in range(4):
    properties = {"name": f"author {n}", "born": 1900 + n}
    authors.data.insert(properties, uuid=author_id(n), vector=[1.0, float(n)])

# --- batches, one that fails in each
kinds = [
    lambda: books.batch.fixed_size(batch_size=3, concurrent_requests=2),
    lambda: books.batch.dynamic(),
    lambda: books.batch.rate_limit(requests_per_minute=6000),
    lambda: books.batch.stream(),
]
for kind, make in enumerate(kinds):
    with make() as batch:
        for n in range(kind * 4, kind * 4 + 4):
            batch.add_object(properties=book(n), vector=vectors(n), uuid=book_id(n))
            author = author_id(n % 4)
            batch.add_reference(from_uuid=book_id(n), from_property="writtenBy", to=author)
        batch.add_object(properties={"n": "no number"})
        batch.add_reference(from_uuid=book_id(0), from_property="nowhere", to=author_id(0))
    answer(
        f"failures of batch {kind}",
        [len(books.batch.failed_objects), len(books.batch.failed_references)],
    )
result = books.data.insert_many(
    [
        DataObject(
            properties=book(n),
            vector=vectors(n),
            uuid=book_id(n),
            references={"writtenBy": author_id(n % 4)},
        )
        for n in range(16, 20)
    ]
)
assert not result.has_errors, result.errors

# --- single objects and references
for n in range(20, COUNT):
    author = {"writtenBy": author_id(0)}
    books.data.insert(book(n), vector=vectors(n), uuid=book_id(n), references=author)
    books.data.reference_replace(book_id(n), "writtenBy", author_id(n % 4))
result = books.data.reference_add_many(
    [
        DataReference.MultiTarget(
            from_uuid=book_id(n),
            from_property="seeAlso",
            to_uuid=book_id(0),
            target_collection=BOOKS,
        )
        for n in range(1, 6)
    ]
)
assert not result.has_errors, result.errors
for n in (1, 2):
    author = ReferenceToMulti(target_collection=AUTHORS, uuids=author_id(n))
    books.data.reference_add(book_id(n), "seeAlso", author)
first = ReferenceToMulti(target_collection=BOOKS, uuids=book_id(0))
books.data.reference_delete(book_id(5), "seeAlso", first)

# --- what is written again, is as if it had been written so at first
books.data.update(book_id(3), properties={"price": 0.5, "note": "cheap"})
books.data.replace(
    book_id(3), book(3), vector=vectors(3), references={"writtenBy": author_id(3)}
)
books.data.reference_add(book_id(3), "seeAlso", first)

# --- what is written too much, is deleted again
spare = [DataObject(properties={"n": 100 + n, "title": "spare"}) for n in range(6)]
own = books.data.insert_many(spare).uuids[0]
answer("exists", books.data.exists(own))
books.data.delete_by_id(own)
answer("exists no more", books.data.exists(own))
spare = Filter.by_property("n").greater_or_equal(100)
dry = books.data.delete_many(spare, dry_run=True, verbose=True)
answer("deleting, dry", [dry.matches, dry.successful, dry.failed, len(dry.objects)])
gone = books.data.delete_many(spare, verbose=True)
answer("deleting", [gone.matches, gone.successful, gone.failed, len(gone.objects)])
answer("left", len(books))
client.close()
