import io.weaviate.client6.v1.api.collections.GeoCoordinates;
import io.weaviate.client6.v1.api.collections.PhoneNumber;
import io.weaviate.client6.v1.api.collections.Vectors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** The books as this client takes them. */
final class Books {
  static Vectors[] vectors(int n) {
    return new Vectors[] {Vectors.of("plain", Library.plain(n)), Vectors.of("tokens", Library.tokens(n))};
  }

  static Map<String, Object> book(int n) {
    var book = new HashMap<String, Object>();
    book.put("n", n);
    book.put("title", Library.title(n));
    book.put("price", 5 + n / 4.0);
    book.put("published", Library.month(n));
    book.put("genres", Library.genres(n));
    book.put("inStock", n % 2 == 0);
    book.put("isbn", UUID.fromString(Library.id("isbn", n)));
    book.put("shop", new GeoCoordinates(50 + n / 4f, 13f));
    book.put("details", Map.of("publisher", "house " + n % 2, "edition", n % 3));
    book.put("reviews", List.of(Map.of("stars", 1 + n % 5, "text", "good"), Map.of("stars", 3, "text", "fair")));
    if (n % 4 == 0) {
      book.put("note", "signed");
      book.put("phone", PhoneNumber.international("+441612345000"));
    }
    return book;
  }

  private Books() {}
}
