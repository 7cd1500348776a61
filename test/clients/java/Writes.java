import io.weaviate.client6.v1.api.collections.CollectionHandle;
import io.weaviate.client6.v1.api.collections.WeaviateObject;
import io.weaviate.client6.v1.api.collections.Vectors;
import io.weaviate.client6.v1.api.collections.batch.TaskHandle;
import io.weaviate.client6.v1.api.collections.data.BatchReference;
import io.weaviate.client6.v1.api.collections.data.ObjectReference;
import io.weaviate.client6.v1.api.collections.query.Filter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;

/** The books come to the shelf: by insertMany, by a stream, and one by one. */
final class Writes {
  private static WeaviateObject<Map<String, Object>> object(int n) {
    return WeaviateObject.of(o -> o
        .uuid(Library.bookId(n))
        .properties(Books.book(n))
        .vectors(Books.vectors(n)));
  }

  private static WeaviateObject<Map<String, Object>> broken() {
    return WeaviateObject.of(o -> o
        .uuid(UUID.randomUUID().toString())
        .properties(Map.of("n", "no number")));
  }

  private static BatchReference reference(int from, String property, String collection, String to) {
    return new BatchReference(
        Library.BOOKS, property, Library.bookId(from), ObjectReference.collection(collection, to));
  }

  /** Eight books each way, and one that fails. What a stream says of references the client can't read. */
  static void batches(CollectionHandle<Map<String, Object>> books) throws Exception {
    var objects = new ArrayList<WeaviateObject<Map<String, Object>>>();
    for (var n = 0; n < 8; n++) objects.add(object(n));
    objects.add(broken());
    var failed = books.data.insertMany(objects).responses().stream()
        .filter(each -> !each.successful()).toList();
    Answer.to("failures of insertMany", List.of(failed.size(), failed.get(0).error().contains("'n'")));
    Answer.to("failures of a stream", stream(books));
    var references = new ArrayList<BatchReference>();
    for (var n = 0; n < 16; n++) {
      references.add(reference(n, "writtenBy", Library.AUTHORS, Library.authorId(n % 4)));
    }
    references.add(reference(0, "nowhere", Library.AUTHORS, Library.authorId(0)));
    Answer.to("failures of references", books.data.referenceAddMany(references).errors().size());
  }

  private static List<Object> stream(CollectionHandle<Map<String, Object>> books) throws Exception {
    var handles = new ArrayList<TaskHandle>();
    try (var batch = books.batch.start()) {
      for (var n = 8; n < 16; n++) handles.add(batch.add(object(n)));
      handles.add(batch.add(broken()));
    }
    var reasons = new ArrayList<String>();
    for (var handle : handles) {
      try {
        handle.done().get();
      } catch (ExecutionException failure) {
        reasons.add(failure.getMessage());
      }
    }
    return List.of(reasons.size(), String.join("", reasons).contains("'n'"));
  }

  static void singleObjects(CollectionHandle<Map<String, Object>> books) throws Exception {
    var data = books.data;
    for (var n = 16; n < Library.COUNT; n++) {
      var id = Library.bookId(n);
      var vectors = Books.vectors(n);
      data.insert(Books.book(n), o -> o.uuid(id).vectors(vectors)
          .reference("writtenBy", ObjectReference.collection(Library.AUTHORS, Library.authorId(0))));
      data.referenceReplace(id, "writtenBy", ObjectReference.uuid(Library.authorId(n % 4)));
    }
    var first = ObjectReference.collection(Library.BOOKS, Library.bookId(0));
    for (var n = 1; n < 6; n++) data.referenceAdd(Library.bookId(n), "seeAlso", first);
    for (var n : List.of(1, 2)) {
      var author = ObjectReference.collection(Library.AUTHORS, Library.authorId(n));
      data.referenceAdd(Library.bookId(n), "seeAlso", author);
    }
    data.referenceDelete(Library.bookId(5), "seeAlso", first);

    var id = Library.bookId(3);
    data.update(id, o -> o
        .properties(Map.of("price", 0.5, "note", "cheap"))
        .vectors(Vectors.of("plain", new float[] {9, 9, 9})));
    var merged = books.query.fetchObjectById(id, q -> q.includeVector("plain", "tokens")).orElseThrow();
    Answer.to("merged", Arrays.asList(
        merged.properties().get("note"), merged.properties().get("price"),
        merged.properties().get("title"), merged.vectors().getSingle("plain"),
        merged.vectors().getMulti("tokens")));
    data.replace(id, o -> o
        .properties(Books.book(3))
        .vectors(Books.vectors(3))
        .reference("writtenBy", ObjectReference.collection(Library.AUTHORS, Library.authorId(3))));
    data.referenceAdd(id, "seeAlso", first);
    deletedAgain(books);
  }

  private static void deletedAgain(CollectionHandle<Map<String, Object>> books) throws Exception {
    var own = "";
    for (var n = 0; n < 6; n++) own = books.data.insert(Map.of("n", 100 + n, "title", "spare")).uuid();
    var taken = own;
    Answer.to("a second object of an id",
        Answer.statusOf(() -> books.data.insert(Map.of("n", 1), o -> o.uuid(taken))));
    Answer.to("exists", books.data.exists(own));
    books.data.deleteById(own);
    Answer.to("exists no more", books.data.exists(own));
    var spares = Filter.property("n").gte(100);
    for (var isDry : List.of(true, false)) {
      var done = books.data.deleteMany(spares, d -> d.verbose(true).dryRun(isDry));
      Answer.to(isDry ? "deleting, dry" : "deleting",
          List.of(done.matches(), done.successful(), done.failed(), done.objects().size()));
    }
  }

  private Writes() {}
}
